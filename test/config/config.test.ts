import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ParsedConfig, parseConfig } from "../../src/config/config.ts";
import { formatProblem } from "../../src/config/problem.ts";
import type { Config } from "../../src/model/config.ts";
import { type Random, seeded } from "../helpers/random.ts";

const FIXTURES = join(import.meta.dir, "../fixtures/config");
const RULE = "guardian:\n  anomalies:\n    slow: {type: Latency, acceptable_count: 10}\n";

const said = ({ problems }: ParsedConfig): string[] => problems.map(formatProblem);

function configOf(text: string): Config {
  const { config, problems } = parseConfig(text, "f");
  if (config === undefined) throw new Error(problems.map(formatProblem).join("\n"));
  return config;
}

describe("parseConfig", () => {
  test("fills in defaults", () => {
    expect(configOf(RULE)).toMatchObject({
      file: "f",
      sha256: createHash("sha256").update(RULE).digest("hex"),
      outputDir: "/var/log/aod",
      defaultActions: ["dmesg", "journalctl", "debugdata", "stats"],
      captureCooldownMs: 60_000,
      resolveAfterMs: 10_000,
      hourly: { captures: 30, bytes: 200 * 2 ** 20 },
      capture: { budgetMs: 30_000, maxBytes: 32 * 2 ** 20, minFreeBytes: 64 * 2 ** 20, withReport: true },
      cleanup: { intervalMs: 60_000, maxAgeMs: 14 * 86_400_000, maxTotalBytes: 200 * 2 ** 20 },
      auditEnabled: true,
      notify: undefined,
      rules: [{ name: "slow", windowNs: 1e9, actions: ["dmesg", "journalctl", "debugdata", "stats"] }],
    });
  });

  test("accepts every key, with fractions where they are allowed", () => {
    const text = `
watch_interval_sec: 0.25
aod_output_dir: /srv//aod/./x/
watcher: {actions: [mounts, mounts]}
guardian:
  capture_cooldown_sec: 0
  resolve_after_sec: 0.5
  max_captures_per_hour: 1
  max_capture_mb_per_hour: 0.5
  anomalies:
    a: {type: " LATENCY ", acceptable_count: 1, actions: []}
    b: {type: error, acceptable_count: 2}
cleanup: {cleanup_interval_sec: 1, max_log_age_days: 0.5, max_total_log_size_mb: 4.5}
audit: {enabled: false}
capture: {budget_sec: 0.5, max_mb: 1.5, min_free_mb: 0}
notify: {command: [/usr/bin/logger, -t, ""], on: [resolved, resolved], timeout_sec: 0.5}
custom_actions: {my_own-1: {command: [/bin/echo, a b], timeout_sec: 0.5, max_mb: 0.5, stage: 1}}
`;
    expect(configOf(text)).toMatchObject({
      outputDir: "/srv/aod/x",
      defaultActions: ["mounts"],
      captureCooldownMs: 0,
      resolveAfterMs: 500,
      hourly: { captures: 1, bytes: 2 ** 19 },
      capture: { budgetMs: 500, maxBytes: 1.5 * 2 ** 20, minFreeBytes: 0, withReport: true },
      cleanup: { intervalMs: 1000, maxAgeMs: 43_200_000, maxTotalBytes: 4.5 * 2 ** 20 },
      auditEnabled: false,
      notify: { command: ["/usr/bin/logger", "-t", ""], on: ["resolved"], timeoutMs: 500 },
      customActions: [
        { name: "my_own-1", command: ["/bin/echo", "a b"], timeoutMs: 500, maxBytes: 2 ** 19, stage: 1 },
      ],
      rules: [
        { name: "a", type: "latency", windowNs: 250_000_000, actions: [] },
        { name: "b", type: "error", acceptableCount: 2, actions: ["mounts"] },
      ],
    });
  });

  test("reports all problems at once, in the order of the file", () => {
    const wrong = parseConfig(readFileSync(join(FIXTURES, "wrong.yaml")), "wrong.yaml");
    expect(wrong.config).toBeUndefined();
    expect(`${said(wrong).join("\n")}\n`).toBe(readFileSync(join(FIXTURES, "wrong.expected"), "utf8"));
  });

  test("accepts a file for AODv2 unchanged, except for the packet capture", () => {
    const old = parseConfig(readFileSync(join(FIXTURES, "aodv2.yaml")), "aodv2.yaml");
    expect(said(old)).toEqual([
      expect.stringMatching(
        /^aodv2\.yaml:\d+:7: watcher\.actions\[0\]: must be an action .*"tcpdump" \(aod calls it pcap\)/,
      ),
    ]);
  });

  test("points from the layout of AODv2's 2026 files to the migration guide, and reports nothing else", () => {
    const text = "watch_interval_sec: 60\nanomalies:\n  smb:\n    latency: {tool: smbslower}\nnonsense: 1\n";
    expect(said(parseConfig(text, "f"))).toEqual([
      expect.stringMatching(/^f:2:1: anomalies: .*\/usr\/share\/doc\/aod\/migrating\.md/),
    ]);
  });

  test.each([
    ["io", '    error:\n      tool: "iosnoop"\n      rules:\n        - name: a\n'],
    ["nfs", "    latency: {tool: nfsslower}\n"],
    ["anything", "    latency: {}\n"],
  ])("recognises that layout by its groups, whatever the protocol: %s", (protocol, group) => {
    const text = `watch_interval_sec: 60\nanomalies:\n  ${protocol}:\n${group}cleanup: 1\n`;
    expect(said(parseConfig(text, "f"))).toEqual([
      expect.stringMatching(/^f:2:1: anomalies: .*\/usr\/share\/doc\/aod\/migrating\.md/),
    ]);
  });

  test.each([
    "anomalies:\n  slow: {type: Latency, match: {share: //a/*}}\n",
    "anomalies:\n  slow: {}\n",
    "anomalies: []\n",
  ])("does not mistake misplaced rules for that layout: %j", (text) => {
    expect(said(parseConfig(text, "f")).join("\n")).toContain(
      "anomalies: unknown key (it belongs in guardian)",
    );
  });

  test("reports the relevant problems of two files from the field, and no other", () => {
    const parse = (name: string) => parseConfig(readFileSync(join(FIXTURES, name)), "f");
    expect(said(parse("aodv2-2026-io.yaml"))).toEqual([
      expect.stringMatching(/^f:3:1: anomalies: AODv2's layout of 2026/),
    ]);
    const lists = parse("aodv2-empty-lists.yaml");
    expect(lists.config?.rules[0]).toMatchObject({ name: "latency", actions: ["dmesg", "journalctl"] });
    expect(said(lists).every((line) => line.includes(": warning: "))).toBe(true);
  });

  test("reads a mapping of names without values as a list, with a warning", () => {
    const text = (actions: string) =>
      `watcher:\n  actions:${actions}\nguardian:\n  anomalies:\n    slow:\n      type: Latency\n      default_threshold_ms: 20\n      acceptable_count: 3\n      actions:\n        dmesg:\n        stats:\n`;
    const parsed = parseConfig(text("\n    dmesg:\n    journalctl:"), "f");
    expect(parsed.config?.rules[0]?.actions).toEqual(["dmesg", "stats"]);
    expect(parsed.config?.defaultActions).toEqual(["dmesg", "journalctl"]);
    expect(said(parsed)).toEqual([
      expect.stringMatching(/^f:2:3: watcher\.actions: warning: is a mapping of names without values/),
      expect.stringMatching(/^f:11:7: .*slow\.actions: warning: is a mapping of names without values/),
    ]);
    expect(parseConfig(text("\n    dmesg: 1"), "f").config).toBeUndefined();
    expect(said(parseConfig(text("\n    dmsg:"), "f")).join("\n")).toContain("f:2:3: watcher.actions");
  });

  test.each([
    ["nothing", "", "f:1:1: is empty"],
    ["comments", "# nothing yet\n", "f:1:1: is empty"],
    ["a list", "- a\n", "f:1:1: must be a mapping of keys, not a list"],
    ["a word", "aod\n", 'f:1:1: must be a mapping of keys, not "aod"'],
    ["no rules", "guardian: {}\n", "f:1:1: guardian.anomalies: is required"],
    ["no guardian", "watch_interval_sec: 1\n", "f:1:1: guardian: is required"],
    [
      "an empty set of rules",
      "guardian:\n  anomalies: {}\n",
      "f:2:3: guardian.anomalies: needs at least one rule",
    ],
    ["rules without a value", "guardian:\n  anomalies:\n", "not nothing"],
    [
      "rules in a list",
      "guardian:\n  anomalies: [a]\n",
      "f:2:14: guardian.anomalies: must be a mapping of rules by name",
    ],
    ["a section that is a list", `${RULE}audit: []\n`, "f:4:8: audit: must be a mapping of keys, not a list"],
    [
      "a key of a rule at the top",
      `mode: all\n${RULE}`,
      "f:1:1: mode: unknown key (it belongs in guardian.anomalies.NAME)",
    ],
    ["a top key in a section", `${RULE}cleanup: {aod_output_dir: /x}\n`, "(it belongs at the top"],
    ["an inherited name", `${RULE}toString: 1\n`, "f:4:1: toString: unknown key"],
    ["a prototype", `${RULE}__proto__: {a: 1}\n`, "f:4:1: __proto__: unknown key"],
    ["a merge key", `x: &x {a: 1}\n${RULE}<<: *x\n`, 'f:5:1: "<<": unknown key (YAML 1.2 has no merge keys)'],
    [
      "a relative folder",
      `aod_output_dir: log\n${RULE}`,
      'f:1:17: aod_output_dir: must be an absolute path, not "log"',
    ],
    ["a quoted number", `watch_interval_sec: "5"\n${RULE}`, 'not "5" (write 5, without quotes'],
    [
      "a number with its unit",
      `watch_interval_sec: 5s\n${RULE}`,
      "(a plain number: the key's name has the unit)",
    ],
    ["no number", `watch_interval_sec: .nan\n${RULE}`, "not NaN"],
    [
      "a number without end",
      `${RULE}cleanup: {max_log_age_days: .inf}\n`,
      "must be a number over 0, not Infinity",
    ],
    ["yes", `${RULE}audit: {enabled: yes}\n`, 'not "yes" (in YAML 1.2 yes is text: write true)'],
    ["Off", `${RULE}audit: {enabled: Off}\n`, "(in YAML 1.2 Off is text: write false)"],
    [
      "a program without its path",
      `${RULE}notify: {command: [curl]}\n`,
      "f:4:19: notify.command: curl needs its absolute path, such as /usr/bin/curl",
    ],
    ["a program in no list", `${RULE}notify: {command: /bin/true}\n`, "notify.command: must be a list"],
    ["no program", `${RULE}notify: {command: []}\n`, "notify.command: the program is missing"],
    [
      "a number for an argument",
      `${RULE}notify: {command: [/bin/true, 5]}\n`,
      "notify.command[1]: must be text",
    ],
    [
      "a share as Windows writes it",
      RULE.replace("{type", "{match: {share: '\\\\files\\projects'}, type"),
      '(write "//files/projects")',
    ],
    [
      "a share without its server",
      RULE.replace("{type", "{match: {share: projects}, type"),
      '(write "//*/projects")',
    ],
    [
      "a percentage with its sign",
      RULE.replace("acceptable_count: 10", "acceptable_percent: 5%"),
      'not "5%" (write 5)',
    ],
    [
      "codes by their numbers",
      RULE.replace("type: Latency", "type: Error, track_codes: [13]"),
      "not 13 (13 is EACCES: write the name)",
    ],
    [
      "a status by its number",
      RULE.replace("type: Latency", "type: Error, track_codes: [0xc0000022]"),
      "not 3221225506 (0xc0000022 is STATUS_ACCESS_DENIED: write the name)",
    ],
    [
      "a command line in place of a list",
      `${RULE}notify: {command: /usr/bin/mail -s aod root}\n`,
      "(write [/usr/bin/mail, -s, aod, root])",
    ],
    ["an empty file", "", "f:1:1: is empty; at least one rule below guardian.anomalies is needed"],
    ["a notice of nothing", `${RULE}notify: {on: [opened]}\n`, "notify.command: is required"],
    ["another event", `${RULE}notify: {command: [/bin/true], on: [open]}\n`, "(did you mean opened?)"],
    ["an escape sequence in a name", `${RULE}"\\e[31m": 1\n`, 'f:4:1: "\\u001b[31m": unknown key'],
    ["an escape sequence in a value", `aod_output_dir: "\\e[31m"\n${RULE}`, 'not "\\u001b[31m"'],
    ["a NUL", "a: \0\n", "f:1:4: has a control character, U+0000"],
    ["UTF-16", new Uint8Array([0xff, 0xfe, 0x61, 0]), "f:1:1: is UTF-16"],
    ["a tab", "guardian:\n\tanomalies: 1\n", "f:2:1: tabs can't indent in YAML: use spaces"],
  ])("refuses %s", (_, input, message) => {
    const parsed = parseConfig(input, "f");
    expect(parsed.config).toBeUndefined();
    expect(said(parsed).join("\n")).toContain(message);
  });

  test.each([
    ["watch_interval_sec", [0.01, 3600], [0, 0.009, 3600.1, -1]],
    ["guardian.capture_cooldown_sec", [0, 86_400], [-1, 86_401]],
    ["guardian.resolve_after_sec", [0, 86_400], [-1, 86_401]],
    ["cleanup.cleanup_interval_sec", [1, 86_400], [0.5, 86_401]],
    ["cleanup.max_log_age_days", [0.001, 1e6], [0, -1]],
    ["cleanup.max_total_log_size_mb", [0.001, 1e9], [0, -1]],
    ["notify.timeout_sec", [0.001, 3600], [0, -1, 3601]],
    ["guardian.anomalies.slow.acceptable_count", [1, 1_000_000], [0, 1.5, 1_000_001]],
    ["guardian.anomalies.slow.default_threshold_ms", [0, 0.5, 3_600_000], [-0.1, 3_600_001]],
    ["guardian.anomalies.slow.emergency_threshold_ms", [0.001, 3_600_000], [0, -1, 3_600_001]],
    ["guardian.anomalies.slow.track_commands.0.threshold", [0, 3_600_000], [-1, 3_600_001]],
  ])("accepts %s only within its range", (path, allowed, refused) => {
    const isRefused = (value: number) => parseConfig(withValue(path, value)).config === undefined;
    expect(allowed.filter(isRefused)).toEqual([]);
    expect(refused.filter((value) => !isRefused(value))).toEqual([]);
  });

  test("warns about a missing value, and about a limit too small for a capture", () => {
    const parsed = parseConfig(`${RULE}cleanup:\n  max_total_log_size_mb: 1\naudit:\n`, "f");
    expect(said(parsed)).toEqual([
      expect.stringContaining(
        "f:5:26: cleanup.max_total_log_size_mb: warning: 1 is too small for one capture",
      ),
      "f:6:1: audit: warning: has no value: ignored",
    ]);
    expect(parsed.config).toBeDefined();
  });

  test("makes problems about a key for rooms that know more", () => {
    const parsed = parseConfig(`${RULE}aod_output_dir: /mnt/share\n`, "f");
    expect(formatProblem(parsed.errorAt(["aod_output_dir"], "is on cifs"))).toBe(
      "f:4:17: aod_output_dir: is on cifs",
    );
    expect(formatProblem(parsed.warnAt(["aod_output_dir"], "is small"))).toBe(
      "f:4:17: aod_output_dir: warning: is small",
    );
  });

  test("reports a bounded number of problems, and still refuses the file", () => {
    const many = Array.from({ length: 5000 }, (_, i) => `k${i}: 1\n`).join("");
    const parsed = parseConfig(RULE + many);
    expect(parsed.problems.length).toBe(100);
    expect(parsed.config).toBeUndefined();
  });
});

describe("whatever the bytes are, parseConfig", () => {
  const corpus = ["wrong.yaml", "aodv2.yaml"].map((name) => readFileSync(join(FIXTURES, name), "utf8"));

  test("returns a result whose problems have places inside the file, one clean line each", () => {
    const random = seeded();
    for (let i = 0; i < 500; i++) {
      const bytes = random.chance(0.2) ? randomBytes(random) : mutate(random, corpus);
      const hint = `${random.seedText} case ${i}`;
      const { config, problems } = parseConfig(bytes, "f");
      expect(config !== undefined || problems.some(({ severity }) => severity === "error"), hint).toBe(true);
      const lines = new TextDecoder().decode(bytes).split("\n");
      for (const problem of problems) {
        const { line, column } = problem;
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
        expect(formatProblem(problem), hint).toMatch(/^[^\u0000-\u001f\u007f-\u009f]{1,500}$/);
        expect(column, hint).toBeGreaterThanOrEqual(1);
        expect(column, hint).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 1);
        expect(line, hint).toBeLessThanOrEqual(lines.length);
      }
    }
  }, 60_000);
});

function withValue(path: string, value: number): string {
  const rule = { type: "Latency", acceptable_count: 10, track_commands: [{ command: "SMB2_READ" }] };
  const root = { guardian: { anomalies: { slow: rule } }, cleanup: {}, notify: { command: ["/x"] } };
  const keys = path.split(".");
  const last = keys.pop() as string;
  let at: Record<string, unknown> = root;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  at[last] = value;
  return JSON.stringify(root);
}

function randomBytes(random: Random): Uint8Array {
  return Uint8Array.from({ length: random.int(0, 120) }, () => random.int(0, 255));
}

const SNIPPETS = [
  ..."[]{}?:-,#&*!|>'\"%@`\n\t\r\0\u0085\u2028\ufeff".split(""),
  ..."? |- |: |&a |*a |\\e[31m|\\x9b|\\n|xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|!x |---\n|...\n|%YAML 1.1\n|<<: |~|null|.inf|1e400|0x1F|yes|__proto__: |[*a, *a]|\r\n|  ".split(
    "|",
  ),
] as [string, ...string[]];

/** A file that almost makes sense finds more than noise does. */
function mutate(random: Random, corpus: readonly string[]): Uint8Array {
  let text = corpus[random.int(0, corpus.length - 1)] ?? "";
  for (let rounds = random.int(1, 6); rounds > 0; rounds--) {
    const at = random.int(0, text.length);
    const cut = random.chance(0.5) ? random.int(0, 30) : 0;
    text = text.slice(0, at) + (random.chance(0.8) ? random.pick(SNIPPETS) : "") + text.slice(at + cut);
  }
  return new TextEncoder().encode(text);
}
