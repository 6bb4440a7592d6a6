// Findings of doctor on single facts: clock, journal, settings, services, disk.

import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseConfig } from "../../src/config/config.ts";
import { clockFinding } from "../../src/doctor/clock.ts";
import { type JournalFacts, journalFinding } from "../../src/doctor/journal.ts";
import { settingsFindings } from "../../src/doctor/kernel-settings.ts";
import { findHolder, outputFindings, spaceFindings, textfileFindings } from "../../src/doctor/output.ts";
import { parseServices, serviceFindings } from "../../src/doctor/services.ts";
import type { Config } from "../../src/model/config.ts";
import { readClockState } from "../../src/system/clock-state.ts";
import { takeLock } from "../../src/system/lock.ts";
import { RULES } from "../helpers/daemon.ts";
import { tempDir } from "../helpers/temp-dir.ts";

describe("doctor on the clock", () => {
  test.each([
    ["synchronised", { synchronised: true, maxErrorMs: 12 }, "ok", "synchronised, within 12 ms"],
    ["synchronised with a large error", { synchronised: true, maxErrorMs: 4000 }, "warn", "within 4 s"],
    ["not synchronised", { synchronised: false, maxErrorMs: 16_000 }, "warn", "not synchronised"],
    ["not readable", undefined, "note", "cannot read whether"],
  ] as const)("%s", (_, clock, severity, text) => {
    const finding = clockFinding(clock);
    expect(finding).toMatchObject({ severity, found: expect.stringContaining(text) });
    expect(finding.todo !== undefined).toBe(severity === "warn");
  });

  test("the kernel answers with a possible error", () => {
    const state = readClockState();
    // A container may forbid the system call.
    if (state !== undefined) expect(state.maxErrorMs).toBeWithin(0, 3_600_000);
  });
});

describe("doctor on the journal", () => {
  const facts: JournalFacts = {
    persistent: ["m1"],
    volatile: ["m1"],
    machineId: "m1",
    readable: true,
    settings: "[Journal]\n#RateLimitBurst=5\n",
  };

  test.each([
    ["persistent", {}, "ok", "persistent; drops messages of a service beyond 10000 in 30s"],
    ["of another machine", { persistent: ["m0"] }, "warn", "in memory only"],
    ["in memory", { persistent: undefined }, "warn", "lost after a restart"],
    ["none", { persistent: undefined, volatile: [] }, "note", "captures have no journal"],
    ["not readable", { readable: false }, "warn", "cannot be read"],
  ] as const)("%s", (_, parts, severity, text) => {
    const finding = journalFinding({ ...facts, ...parts });
    expect(finding).toMatchObject({ severity, found: expect.stringContaining(text) });
    expect(finding.todo !== undefined).toBe(severity === "warn");
  });

  test.each([
    ["RateLimitBurst=200\nRateLimitIntervalSec=5", "beyond 200 in 5 s"],
    ["RateLimitBurst=1\nRateLimitBurst = 2", "beyond 2 in"],
    ["RateLimitIntervalSec=0", "messages are never dropped"],
    ["RateLimitBurst=0", "messages are never dropped"],
  ])("settings %j: %s", (settings, text) => {
    expect(journalFinding({ ...facts, settings }).found).toContain(text);
  });
});

describe("doctor on settings of BPF", () => {
  test.each([
    ["without a problem", "0", "1", ["ok"]],
    ["with measuring on", "1", "1", ["note"]],
    ["with the JIT off", "0", "0", ["warn"]],
    ["with both", "1", "0", ["warn", "note"]],
    ["that cannot be read", undefined, undefined, ["ok"]],
  ] as const)("%s", (_, bpfStats, bpfJit, severities) => {
    const findings = settingsFindings({ bpfStats, bpfJit });
    expect(findings.map(({ severity }) => severity)).toEqual([...severities]);
    expect(findings.every(({ severity, todo }) => severity === "ok" || todo !== undefined)).toBe(true);
  });
});

describe("doctor on services", () => {
  const unit = (name: string, load: string, state: string) =>
    `Id=${name}\nLoadState=${load}\nActiveState=${state}\n`;

  test("reads the output of systemctl, without services that are not installed", () => {
    const text = [
      unit("aod.service", "loaded", "active"),
      unit("aodv2.service", "not-found", "inactive"),
      unit("linux_diagnostics.service", "loaded", "active"),
    ].join("\n");
    expect(parseServices(text)).toEqual([
      { name: "aod.service", state: "active" },
      { name: "linux_diagnostics.service", state: "active" },
    ]);
    expect(parseServices("")).toEqual([]);
  });

  test.each([
    ["active", "ok"],
    ["inactive", "note"],
    ["failed", "warn"],
    ["activating", "note"],
  ])("aod.service that is %s gives the finding %s", (state, severity) => {
    expect(serviceFindings([{ name: "aod.service", state }])).toMatchObject([
      { subject: "service", severity },
    ]);
  });

  test("AODv2 is a note only while it runs", () => {
    expect(serviceFindings([{ name: "aodv2.service", state: "inactive" }])).toEqual([]);
    expect(serviceFindings([{ name: "aodv2.service", state: "active" }])).toMatchObject([
      { subject: "AODv2", severity: "note", todo: expect.stringContaining("disable --now aodv2.service") },
    ]);
  });
});

describe("doctor on an output folder", () => {
  test("warns if AODv2 uses it too, which deletes unknown files", () => {
    const outputDir = tempDir();
    mkdirSync(join(outputDir, "batches"));
    const { config } = parseConfig(`aod_output_dir: ${outputDir}\n${RULES}`);
    const warnings = () =>
      outputFindings(config as Config, []).filter(({ found }) => found.includes("AODv2"));
    expect(warnings()).toEqual([]);
    writeFileSync(join(outputDir, "batches/aod_quick_1.tar.zst"), "");
    expect(warnings()).toMatchObject([{ severity: "warn", todo: expect.stringContaining("aod_output_dir") }]);
  });
});

describe("doctor on the file of metrics", () => {
  const { config } = parseConfig(`${RULES}metrics: {textfile: /mnt/a/aod.prom}\n`);
  const on = (type: string) => () => ({ type, mountPoint: "/mnt", source: "it" });

  test("reports a folder with which aod would not start, in the words of the start", () => {
    expect(textfileFindings(config as Config, on("nfs4"))).toEqual([
      {
        subject: "metrics",
        severity: "bad",
        code: "CONFIG_INVALID",
        found: "/mnt/a/aod.prom is on nfs4, mounted at /mnt",
        todo: "set metrics.textfile to a local file system",
      },
    ]);
  });

  test("has no finding on a local folder or without a file", () => {
    expect(textfileFindings(config as Config, on("ext4"))).toEqual([]);
    expect(textfileFindings({ metrics: undefined }, on("nfs4"))).toEqual([]);
  });
});

describe("doctor on the holder of the output folder", () => {
  test("names the holder, or none", () => {
    const outputDir = tempDir();
    expect(findHolder(outputDir, true)).toBe("none");
    const lock = takeLock(join(outputDir, "aod.lock"));
    expect(findHolder(outputDir, true)).toBe(process.pid);
    if (lock.locked) lock.release();
  });

  test("does not know the holder if the kernel's list may be incomplete", () => {
    expect(findHolder(tempDir(), false)).toBe("unknown");
  });
});

describe("doctor on disk space", () => {
  const MIB = 2 ** 20;
  const config = {
    cleanup: { intervalMs: 1, maxAgeMs: 1, maxTotalBytes: 200 * MIB },
    capture: { budgetMs: 1, maxBytes: 1, minFreeBytes: 64 * MIB, withReport: true },
  };
  const severities = (freeMiB: number, usedMiB = 0, pinnedMiB = 0) =>
    spaceFindings(
      {
        outputDir: "/out",
        freeBytes: freeMiB * MIB,
        usedBytes: usedMiB * MIB,
        pinnedBytes: pinnedMiB * MIB,
      },
      config,
    ).map(({ severity, found }) => [severity, found.replace(/^.*;/, "…")]);

  test("is ok if the space that captures may still take is free", () => {
    expect(severities(200)).toMatchObject([["ok", expect.any(String)]]);
    expect(severities(100, 100)).toMatchObject([["ok", expect.any(String)]]);
    expect(severities(100)).toMatchObject([["warn", expect.any(String)]]);
  });

  test("warns if there is too little space for any capture", () => {
    expect(severities(63, 200)).toEqual([
      ["warn", "… below 64 MiB (capture.min_free_mb) no capture is made"],
    ]);
  });

  test("warns if pinned captures take all of the space", () => {
    expect(severities(500, 201, 200)).toHaveLength(1);
    expect(severities(500, 201, 201)).toMatchObject([
      ["ok", expect.any(String)],
      ["warn", expect.any(String)],
    ]);
  });
});
