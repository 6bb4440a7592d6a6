import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseBuiltIn, parseConfig } from "../../src/config/config.ts";
import { readConfigFile } from "../../src/config/file.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { judgeConfig } from "../../src/daemon/readiness.ts";
import { summarizeRule } from "../../src/daemon/rule-summary.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const folder = tempDir();
const RULES = "guardian:\n  anomalies:\n    slow: {type: Latency, acceptable_count: 10}\n";
const onDisk = () => ({ type: "ext4", mountPoint: "/", source: "/dev/sda1" });

function found(text: string) {
  const path = join(folder, "aod.yaml");
  writeFileSync(path, text);
  return { path, config: readConfigFile(path) };
}

describe("aod check", () => {
  test("prints ok, the number of rules, and one line for each", () => {
    const { path, config } = found(RULES);
    const { code, problems, lines } = judgeConfig(config, onDisk);
    expect({ code, problems }).toEqual({ code: 0, problems: [] });
    expect(lines).toEqual([
      `${path}: ok, 1 rule`,
      expect.stringMatching(/^ {2}slow \(Latency\): 10 in 1 s of /),
    ]);
  });

  test("succeeds with warnings, and prints them", () => {
    const { code, problems } = judgeConfig(
      found(`${RULES}cleanup: {max_total_log_size_mb: 1}\n`).config,
      onDisk,
    );
    expect(code).toBe(0);
    expect(problems.map(({ severity }) => severity)).toEqual(["warning"]);
  });

  test("warns if pinned captures alone exceed the limit, with the place of the key", () => {
    const { path, config } = found(`${RULES}cleanup: {max_total_log_size_mb: 8}\n`);
    const asked: number[] = [];
    const { code, problems } = judgeConfig(
      config,
      onDisk,
      () => undefined,
      ({ cleanup }) => asked.push(cleanup.maxTotalBytes) && 3 << 20,
    );
    expect({ code, asked }).toEqual({ code: 0, asked: [8 << 20] });
    expect(problems.map(formatProblem)).toEqual([
      expect.stringContaining(
        `${path}:4:34: cleanup.max_total_log_size_mb: warning: pinned captures exceed it by 3 MiB`,
      ),
    ]);
  });

  test("exits with 78 for mistakes", () => {
    const { path, config } = found(`${RULES}a: 1\n`);
    const { code, problems, lines } = judgeConfig(config, onDisk);
    expect({ code, lines }).toEqual({ code: 78, lines: [`aod: ${path}: 1 error`] });
    expect(problems.map(formatProblem)).toEqual([`${path}:4:1: a: unknown key`]);
  });

  test("exits with 66 for a missing file, and with 77 for one that may not be read", () => {
    expect(judgeConfig(readConfigFile(join(folder, "gone")), onDisk).code).toBe(66);
    const forbidden = {
      config: undefined,
      problems: [],
      code: "NOT_PERMITTED",
      summary: "read x: EACCES",
    } as const;
    expect(judgeConfig(forbidden, onDisk)).toEqual({
      code: 77,
      problems: [],
      lines: ["aod: read x: EACCES"],
    });
  });

  test("refuses a metrics file on a share, together with other paths on a share", () => {
    const { path, config } = found(`${RULES}metrics: {textfile: /mnt/a/aod.prom}\naod_output_dir: /mnt/b\n`);
    const { code, problems, lines } = judgeConfig(config, (where) => ({
      ...onDisk(),
      type: "nfs4",
      mountPoint: where,
    }));
    expect({ code, lines }).toEqual({ code: 78, lines: [`aod: ${path}: 2 errors`] });
    expect(problems.map(({ path: key }) => key).sort()).toEqual(["aod_output_dir", "metrics.textfile"]);
  });

  test("refuses an output folder on a share, with the place of the key", () => {
    const { path, config } = found(`${RULES}aod_output_dir: /mnt/logs/aod\n`);
    const asked: string[] = [];
    const { code, problems } = judgeConfig(config, (where) => {
      asked.push(where);
      return { type: "cifs", mountPoint: "/mnt/logs", source: "//srv/logs" };
    });
    expect({ code, asked }).toEqual({ code: 78, asked: ["/mnt/logs/aod"] });
    expect(problems.map(formatProblem)).toEqual([
      `${path}:4:17: aod_output_dir: /mnt/logs/aod is on cifs, mounted at /mnt/logs: choose a local file system`,
    ]);
  });

  test.each([
    ["does not exist", "/nowhere/tell", onDisk, "/nowhere/tell does not exist"],
    ["is not a file", "/usr/bin", onDisk, "/usr/bin is not a file"],
    ["is not executable", "/etc/passwd", onDisk, "/etc/passwd can't be run: EACCES"],
    [
      "is on a share",
      "/bin/true",
      (path: string) => (path === "/bin/true" ? { ...onDisk(), type: "cifs" } : onDisk()),
      "/bin/true is on cifs, which may hang: it will not be run",
    ],
  ])("warns about a program of notify that %s", (_, program, whereIs, what) => {
    const { path, config } = found(`${RULES}notify: {command: [${program}]}\n`);
    const { code, problems } = judgeConfig(config, whereIs);
    expect({ code, said: problems.map(formatProblem) }).toEqual({
      code: 0,
      said: [`${path}:4:19: notify.command: warning: ${what}`],
    });
  });

  test("warns about a program of an action that does not exist", () => {
    const custom = "custom_actions: {a: {command: [/nowhere/a]}, b: {command: [/bin/true]}}\n";
    const { path, config } = found(`${RULES}${custom}`);
    const { code, problems } = judgeConfig(config, onDisk);
    expect({ code, said: problems.map(formatProblem) }).toEqual({
      code: 0,
      said: [`${path}:4:31: custom_actions.a.command: warning: /nowhere/a does not exist`],
    });
  });

  test("accepts a program that can be run", () => {
    expect(judgeConfig(found(`${RULES}notify: {command: [/bin/true]}\n`).config, onDisk).problems).toEqual(
      [],
    );
  });

  test("accepts the built-in configuration", () => {
    const { code, lines } = judgeConfig(parseBuiltIn(), onDisk);
    expect({ code, first: lines[0] }).toEqual({ code: 0, first: "built-in default: ok, 6 rules" });
  });
});

describe("summarizeRule", () => {
  test.each([
    [
      { type: "Latency", acceptable_count: 5, track_commands: [{ command: "SMB2_READ", threshold: 50 }] },
      "x (Latency): 5 in 1 s of SMB2_READ from 50 ms, every other command from 10 ms, never SMB2_LOCK SMB2_CHANGE_NOTIFY; one of 1000 ms at once; collects mounts",
    ],
    [
      {
        type: "Latency",
        acceptable_count: 5,
        mode: "trackonly",
        default_threshold_ms: 0,
        track_commands: [{ command: "SMB2_READ" }],
        actions: [],
      },
      "x (Latency): 5 in 1 s of SMB2_READ of any latency; one of 1000 ms at once; collects no actions",
    ],
    [
      { type: "Error", acceptable_count: 1, mode: "trackonly", track_codes: ["EIO", "ENOENT"] },
      "x (Error): 1 in 1 s of ENOENT EIO; one of STATUS_USER_SESSION_DELETED STATUS_INSUFF_SERVER_RESOURCES at once; collects mounts",
    ],
    [
      { type: "Error", acceptable_count: 1, track_codes: ["ENOENT"], exclude_codes: ["EACCES"] },
      "x (Error): 1 in 1 s of any errno but EACCES, everyday answers too for ENOENT; one of STATUS_INSUFFICIENT_RESOURCES STATUS_IO_TIMEOUT STATUS_NETWORK_NAME_DELETED STATUS_USER_SESSION_DELETED STATUS_INSUFF_SERVER_RESOURCES at once; collects mounts",
    ],
    [
      { type: "Error", acceptable_percent: 5, track_codes: ["STATUS_RETRY"], emergency_codes: [] },
      "x (Error): 5 % of at least 100 replies in 1 s of any errno STATUS_RETRY; collects mounts",
    ],
    [
      { type: "Stuck", exclude_commands: ["SMB2_ECHO"], match: { share: "//Files/*" } },
      "x (Stuck): 1 at one time of every command from 5000 ms, never SMB2_LOCK SMB2_ECHO SMB2_CHANGE_NOTIFY without a reply, operations that wait to be sent from 5000 ms; only share //files/*; collects mounts",
    ],
    [
      { type: "Signal", mode: "trackonly", track_signals: ["ses_expired", "reconnect"] },
      "x (Signal): 1 in 1 s of reconnect ses_expired; collects mounts",
    ],
  ])("of %j", (x, summary) => {
    const text = JSON.stringify({ watcher: { actions: ["mounts"] }, guardian: { anomalies: { x } } });
    expect(parseConfig(text).config?.rules.map(summarizeRule)).toEqual([summary]);
  });
});
