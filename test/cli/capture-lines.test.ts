import { describe, expect, test } from "bun:test";
import { captureLines } from "../../src/cli/capture-lines.ts";
import { LOSS_CAUSES } from "../../src/model/losses.ts";
import { aManifestText } from "../helpers/packed-capture.ts";

const WHERE = { path: "/out/aod_x.tar.zst", bytes: 1 << 20, isPinned: true };

function linesOf(fields: Readonly<Record<string, unknown>> = {}) {
  const files = new Map([["manifest.json", new Uint8Array(2048)]]);
  return captureLines({ name: "aod_x", files, manifest: JSON.parse(aManifestText(fields)) }, WHERE);
}

describe("a capture in words", () => {
  test("begins with its path, the verdict and the reasons", () => {
    expect(linesOf().slice(0, 6)).toEqual([
      "capture     /out/aod_x.tar.zst",
      "            1 MiB, pinned, inside: aod_x/",
      "verdict     network, confidence 0.81",
      "            The network is to blame.",
      "            3 of 4 segments were sent again",
      "trigger     slow (latency), slow",
    ]);
  });

  test("shows its trigger, and the losses by the same causes as the log", () => {
    const text = linesOf({ losses: { ring_full: 2, reaped: 0 }, suppressed: 1, scrubbed: 3 }).join("\n");
    expect(text).toContain("share       //files/data");
    expect(text).toContain(`losses      2 ring_full: ${LOSS_CAUSES.ring_full}`);
    expect(text).toContain("suppressed  1 capture of this server and family");
    expect(text).toContain("secrets     3 taken out");
    expect(text).not.toContain("reaped");
    expect(linesOf({ losses: {} })).toContain("losses      none");
  });

  test("shows the path of its page, or why it has none", () => {
    expect(linesOf({ report: { file: "report.html", bytes: 1 } })).toContain(
      "page        report.html is inside: open it in a browser",
    );
    expect(linesOf({ report: { file: null, reason: "too big" } })).toContain(
      "page        none inside (too big); aod report makes one",
    );
    expect(linesOf({ report: undefined }).join("\n")).not.toContain("page   ");
  });

  test("shows the longest request first, and the outcome of each action", () => {
    const evidence = [
      { command: "SMB2_READ", latency_ns: 1e6, state: "done", comm: "cp", pid: 7, nt_status: "", errno: "" },
      { command: "SMB2_WRITE", latency_ns: 2e9, state: "in_flight", comm: "dd", pid: 8 },
      { command: "", latency_ns: null, state: "waiting", comm: "ls", pid: 9 },
    ];
    const actions = [
      {
        name: "dmesg",
        status: "timed_out",
        duration_ms: 10_000,
        bytes: 5,
        exit_code: null,
        reason: "killed",
      },
      { name: "ss", status: "failed", duration_ms: 1, bytes: 0, exit_code: 2, reason: null },
    ];
    const text = linesOf({ evidence, actions }).map((line) => line.replaceAll(/ {2,}/g, "  "));
    expect(text.filter((line) => /SMB2|waits/.test(line))).toEqual([
      "  2 s  SMB2_WRITE  in flight  dd (8)",
      "  1 ms  SMB2_READ  done  cp (7)",
      "  -  waits to be sent  waiting  ls (9)",
    ]);
    expect(text).toContain("  dmesg  timed out  10 s  5 B  killed");
    expect(text).toContain("  ss  failed  1 ms  0 B  exit code 2");
  });

  test("a capture on demand shows that, and one of a demo shows that its traffic is synthetic", () => {
    const lines = linesOf({ trigger: "manual", share: null, incident_id: null, source: "demo" });
    expect(lines).toContain("trigger     on demand");
    expect(lines.join("\n")).toContain("synthetic traffic");
    expect(lines.some((line) => /^(share|incident) /.test(line))).toBe(false);
  });

  test("a capture on demand during a hang shows what hung, the worst server first, and the requests", () => {
    const hanging = [
      { server: "nas", shares: ["//nas/a", "//nas/b\u001b[2J"], count: 5, oldest_ms: 36_000 },
      { server: "other", shares: ["//other/x"], count: 1, oldest_ms: 2_000 },
    ];
    const request = { latency_ns: 36e9, command: "SMB2_READ", state: "in_flight", comm: "dd", pid: 7 };
    const lines = linesOf({ trigger: "manual", share: "//nas", hanging, evidence: [request] });
    expect(lines).toContain("hanging     5 on nas (//nas/a //nas/b\\u001b[2J), the oldest for 36 s");
    expect(lines).toContain("            1 on other (//other/x), the oldest for 2 s");
    expect(lines).toContain("the oldest of what hangs");
    expect(lines.join("\n")).toMatch(/ {2}36 s +SMB2_READ +in flight +dd \(7\)/);
    expect(lines).not.toContain("the worst of what tripped it");
  });

  test("a capture on demand without a hang shows that nothing hung", () => {
    const lines = linesOf({ trigger: "manual", share: null, hanging: [], evidence: [] });
    expect(lines).toContain("hanging     nothing: every request had its reply within a second");
  });

  test("a capture on demand shows its reason, with control characters escaped", () => {
    const lines = linesOf({ trigger: "manual", reason: "before the upgrade\u001b[2J\u009b" });
    expect(lines).toContain("trigger     on demand: before the upgrade\\u001b[2J\\u009b");
    expect(linesOf({ trigger: "rule", reason: "x" })).toContain("trigger     slow (latency), slow");
  });

  test.each([
    ["an empty manifest", {}],
    [
      "one in which nothing is what it should be",
      Object.fromEntries(Object.keys(JSON.parse(aManifestText())).map((key) => [key, [null, 7, { a: {} }]])),
    ],
    [
      "one of texts",
      Object.fromEntries(Object.keys(JSON.parse(aManifestText())).map((key) => [key, "\u001b[2J\n"])),
    ],
  ])("makes something of %s, and nothing that a terminal obeys", (_, manifest) => {
    const lines = captureLines(
      { name: "x\u009b", files: new Map([["\u202e", new Uint8Array(0)]]), manifest },
      WHERE,
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    expect(lines.filter((line) => /[\u0000-\u001f\u007f-\u009f\u202e]/.test(line))).toEqual([]);
    expect(lines.length).toBeGreaterThan(4);
  });
});
