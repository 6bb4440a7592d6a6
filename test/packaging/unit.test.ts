// The unit and its drop-ins as files, compared with what aod does and with the report of systemd-analyze.

import { describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type DropInName, dropInFor } from "../../src/model/drop-in.ts";
import { run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const ROOT = join(import.meta.dir, "../..");
const SYSTEMD = join(ROOT, "packaging/systemd");
const UNIT = readFileSync(join(SYSTEMD, "aod.service"), "utf8");
const DROP_INS = readdirSync(join(SYSTEMD, "drop-ins")).sort();
const DOCS = readFileSync(join(ROOT, "docs/service.md"), "utf8");
const NOT_STARTED_AGAIN = ["64", "69", "73", "77", "78"];

/** The lines of a unit file without comments and empty lines. */
function settingsOf(text: string): string[] {
  return text.split("\n").filter((line) => /^[^#]/.test(line));
}

/** All values of a key, in their order. */
function valuesOf(key: string): string[] {
  return settingsOf(UNIT).flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));
}

/** The exposure of the unit with these drop-ins, in tenths. */
async function exposureOf(...dropIns: readonly string[]): Promise<string> {
  const folder = tempDir();
  const unit = join(folder, "aod.service");
  copyFileSync(join(SYSTEMD, "aod.service"), unit);
  mkdirSync(`${unit}.d`);
  for (const name of dropIns) copyFileSync(join(SYSTEMD, "drop-ins", name), join(`${unit}.d`, name));
  const argv = ["systemd-analyze", "security", "--offline=true", "--no-pager", unit];
  const { stdout, stderr } = await run(argv, folder);
  const figure = /Overall exposure level for aod\.service: (\d+\.\d)/.exec(stdout)?.[1];
  if (figure === undefined) throw new Error(stdout + stderr);
  return figure;
}

/** The row of the table in docs/service.md that begins with this text. */
function figureInDocs(name: string): string | undefined {
  return new RegExp(`^\\| ${name.replaceAll(".", "\\.")} \\| (\\d\\.\\d) \\|`, "m").exec(DOCS)?.[1];
}

describe("the unit", () => {
  test("has an exposure of 3.0 or less by systemd's own measure, and the docs have the figure", async () => {
    const figure = await exposureOf();
    expect(Number(figure)).toBeLessThanOrEqual(3);
    expect(figureInDocs("the unit alone")).toBe(figure);
  });

  test.each(DROP_INS.map((name) => [name]))("has with %s the exposure of the docs", async (name) => {
    expect(figureInDocs(`\`${name}\``)).toBe(await exposureOf(name));
  });

  test("has with all drop-ins the exposure of the docs", async () => {
    expect(figureInDocs("all five")).toBe(await exposureOf(...DROP_INS));
  });

  test("does not restart aod if a second start would fail in the same way", () => {
    expect(valuesOf("RestartPreventExitStatus")).toEqual([NOT_STARTED_AGAIN.join(" ")]);
    expect(valuesOf("Restart")).toEqual(["on-failure"]);
  });

  test("checks the file before the running aod gets the signal", () => {
    const [first, second] = valuesOf("ExecReload");
    expect(first).toBe(`${valuesOf("ExecStart")[0]?.split(" ")[0]} check`);
    expect(second).toContain("kill -HUP");
  });

  test("continues when the kernel kills a program of a capture for its memory", () => {
    expect(valuesOf("OOMPolicy")).toEqual(["continue"]);
  });

  test("has only its own folder, systemd's notify socket and the journal of /run", () => {
    expect(valuesOf("TemporaryFileSystem")).toEqual(["/run:ro"]);
    const bound = ["BindPaths", "BindReadOnlyPaths"].flatMap(valuesOf).flatMap((value) => value.split(" "));
    const ofRun = bound.map((path) => path.replace("-", "")).filter((path) => path.startsWith("/run"));
    expect(ofRun).toEqual([
      ...["/run/aod", "/run/systemd/notify", "/run/systemd/journal", "/run/log/journal"],
    ]);
  });

  test("has one device beside the pseudo devices: the kernel log, read-only", () => {
    expect(valuesOf("DeviceAllow")).toEqual(["/dev/kmsg r"]);
    expect(valuesOf("BindReadOnlyPaths")).toContain("-/dev/kmsg");
  });

  test.each([
    ...[
      "/run/dbus",
      "/run/systemd/private",
      "/run/docker.sock",
      "/run/containerd",
      "/run/crio",
      "/run/podman",
    ],
    ...[
      "/run/libvirt",
      "/run/snapd.socket",
      "/run/rpcbind.sock",
      "/run/incus",
      "/var/lib/incus",
      "/var/lib/lxd",
    ],
  ])("closes %s by name, and starts if it does not exist", (path) => {
    expect(valuesOf("InaccessiblePaths").flatMap((value) => value.split(" "))).toContain(`-${path}`);
  });

  test("lets no program trace another process, whatever its capabilities", () => {
    const last = valuesOf("SystemCallFilter").at(-1) ?? "";
    expect(last).toStartWith("~");
    // ptrace and pidfd_getfd are in systemd's set @debug.
    for (const call of ["@debug", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp"])
      expect(last.slice(1).split(" ")).toContain(call);
  });

  test("uses only settings that systemd 252 knows", () => {
    expect(valuesOf("Type")).toEqual(["notify"]);
    expect(valuesOf("MemoryDenyWriteExecute")).toEqual([]);
  });
});

describe("a drop-in", () => {
  test.each(DROP_INS.map((name) => [name]))("%s has the lines that aod prints", (name) => {
    const text = readFileSync(join(SYSTEMD, "drop-ins", name), "utf8");
    const folder = name === "metrics-textfile.conf" ? "/var/lib/prometheus/node-exporter" : "/srv/aod";
    const dropIn = dropInFor(basename(name, ".conf") as DropInName, folder);
    expect(settingsOf(text)).toEqual([...dropIn.lines]);
    expect(basename(dropIn.file)).toBe(name);
    expect(text).toStartWith("# ");
  });

  test.each([
    ["/srv/a b", '"/srv/a b"'],
    ["/srv/100%", "/srv/100%%"],
    ['/srv/"q"', '"/srv/\\"q\\""'],
  ])("for the output folder %s quotes the path as systemd reads it", (path, value) => {
    expect(dropInFor("output-folder", path).lines[1]).toBe(`ReadWritePaths=${value}`);
  });
});
