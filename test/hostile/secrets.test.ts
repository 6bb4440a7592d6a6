// Secrets in every form of logs, settings and command lines, in a real capture of dist/aod: none may be in any of its
// files. A second file has text of the kernel, which must stay as it is. `secret-corpus.ts` makes both.

import { afterAll, expect, test } from "bun:test";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCapture } from "../../src/capture/reader.ts";
import { testProgram } from "../helpers/bpf.ts";
import { run } from "../helpers/program.ts";
import { seeded } from "../helpers/random.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { recordFault } from "./fault-log.ts";
import { describeHostile, HostileDaemon } from "./hostile-daemon.ts";
import { FORMS, KERNEL_TEXT, type PlantedSecret, plantSecrets } from "./secret-corpus.ts";

const OF_EACH = 2;
/** aod sees 11 characters of a process's name. */
const COMM_SECRET = "Kx7q2b";
const REASON_SECRET = "Wv5tR8yQ2m";
const WORDS = ["Project Nightjar", "vault-7.corp.example"];
/** A word that is added while aod runs; the text of the kernel contains it. */
const ADDED_WORD = "nas.example";
const PATTERN_MATCH = "EMP-271828";

const random = seeded();
const planted = plantSecrets(random, OF_EACH);
const folder = tempDir();
const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
/** A program with the secret among its arguments, as `ps` and /proc show it. */
const running: Bun.Subprocess[] = [];
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

/** Secrets in arguments of a process, which have no line feed. */
const ofCommandLines = planted.filter(({ form }) => /^(option|program of Samba)/.test(form)).slice(0, 24);

function startWithArguments({ text }: PlantedSecret): number {
  const child = Bun.spawn(["sleep", "600"], {
    argv0: text,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  running.push(child);
  return child.pid;
}

function survivors(secrets: readonly PlantedSecret[], text: string): readonly string[] {
  return secrets.filter(({ traces }) => traces.some((trace) => text.includes(trace))).map(({ form }) => form);
}

describeHostile("secrets in what a capture collects", () => {
  const pids = ofCommandLines.map(startWithArguments);
  const lines = write("lines.txt", planted.map(({ text }) => `${text}\n`).join(""));
  // The text before and behind a secret must not matter.
  const apart = write(
    "apart.txt",
    planted
      .toReversed()
      .map(({ text }) => `${text}\n\n`)
      .join(""),
  );
  const own = write("own.txt", `${WORDS.join(" on ")}, asked by ${PATTERN_MATCH}\n`);
  const kernel = write("kernel.txt", KERNEL_TEXT);
  const sections = (words: readonly string[]) =>
    [
      "watcher: { actions: [lines, apart, kernel, own, command-lines, processes] }",
      "custom_actions:",
      `  lines: { command: [/bin/cat, ${lines}] }`,
      `  apart: { command: [/bin/cat, ${apart}] }`,
      `  kernel: { command: [/bin/cat, ${kernel}] }`,
      `  own: { command: [/bin/cat, ${own}] }`,
      `  command-lines: { command: [/bin/cat, ${pids.map((pid) => `/proc/${pid}/cmdline`).join(", ")}] }`,
      `  processes: { command: [/bin/ps, -ww, -o, "pid,args", -p, "${pids.join(",")}"] }`,
      `redact: { words: [${words}], patterns: ['EMP-\\d{6}'] }`,
      "",
    ].join("\n");
  const aod = new HostileDaemon(sections(WORDS));

  test("are in none of its files, and the text of the kernel stays as it is", async () => {
    expect(planted.length).toBeGreaterThanOrEqual(200);
    expect(FORMS.flatMap(({ templates }) => templates).length).toBeGreaterThanOrEqual(60);
    await aod.start().says("chmod 600");
    await aod.says("ready");
    const traffic = join(folder, `pass=${COMM_SECRET}`);
    copyFileSync(testProgram("smb-traffic"), traffic);
    expect(await run(["chmod", "700", traffic], "/")).toMatchObject({ exitCode: 0 });
    expect(await run([traffic, `${aod.pid}`, "3", "1000"], "/")).toMatchObject({ exitCode: 0 });
    const begunMs = performance.now();
    const asked = await aod.ask("snapshot", "--reason", `mount failed with password=${REASON_SECRET}`);
    expect(asked).toMatchObject({ exitCode: 0 });
    const tookMs = performance.now() - begunMs;

    const [name = ""] = aod.captures().filter((one) => one.includes("_manual"));
    const path = join(aod.folder, "batches", name);
    const { files, manifest } = readCapture(path);
    const outcomes = manifest.actions as readonly { name: string; status: string; reason: string | null }[];
    expect(outcomes.filter(({ name }) => name === "processes" || name === "lines")).toMatchObject([
      { status: "ok" },
      { status: "ok" },
    ]);
    const other = [COMM_SECRET, REASON_SECRET, ...WORDS, PATTERN_MATCH];
    for (const [file, content] of files) {
      const text = new TextDecoder().decode(content);
      expect({ file, left: survivors(planted, text) }, random.seedText).toEqual({ file, left: [] });
      expect({ file, left: other.filter((secret) => text.includes(secret)) }).toEqual({ file, left: [] });
    }
    const textOf = (file: string) => new TextDecoder().decode(files.get(file));
    expect(textOf("requests.csv")).toContain(",pass=[scrubbed],");
    expect(manifest).toMatchObject({ reason: expect.stringContaining("password=[scrubbed]") });
    expect(manifest.scrubbed).toBeGreaterThanOrEqual(planted.length);
    expect(textOf("actions/kernel.log")).toBe(KERNEL_TEXT);
    expect(textOf("actions/own.log")).toBe("[scrubbed] on [scrubbed], asked by [scrubbed]\n");

    // A second search must find nothing.
    const before = readFileSync(path);
    const again = await aod.ask("captures", "scrub", "latest", "--config", aod.config);
    expect(again).toMatchObject({ exitCode: 0, stdout: `${name}: no secret found, nothing changed\n` });
    expect(readFileSync(path).equals(before)).toBe(true);
    recordFault({
      fault: `${planted.length} secrets in ${FORMS.flatMap(({ templates }) => templates).length} forms stand in logs, settings and command lines that a capture collects`,
      reaction: "removes each from every file of the capture, and leaves the text of the kernel as it is",
      lost: {},
      normalAfterMs: tookMs,
    });
  });

  test("that an operator adds to redact are in no later capture, and in no stored one that is cleaned", async () => {
    aod.configure(sections([...WORDS, ADDED_WORD]));
    aod.signal("SIGHUP");
    await aod.says("configuration applied");
    const stored = aod.captures();
    const cleaned = await aod.ask("captures", "scrub", "latest", "--config", aod.config);
    expect(cleaned).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("secrets taken out") });
    expect(aod.captures()).toEqual(stored);
    expect(await aod.ask("snapshot")).toMatchObject({ exitCode: 0 });
    expect(aod.captures()).toHaveLength(stored.length + 1);
    for (const name of aod.captures()) {
      for (const [file, content] of readCapture(join(aod.folder, "batches", name)).files)
        expect({ name, file, has: new TextDecoder().decode(content).includes(ADDED_WORD) }).toEqual({
          name,
          file,
          has: false,
        });
    }
  });

  test("are in no message of aod about itself", async () => {
    const secrets = [...WORDS, ADDED_WORD, PATTERN_MATCH, REASON_SECRET];
    const ofConfig = ["--config", aod.config];
    const asked = [
      ["check", ...ofConfig],
      ["status"],
      ["status", "--json"],
      ["captures", "show", "latest", ...ofConfig],
    ];
    for (const argv of asked) {
      const { exitCode, stdout, stderr } = await aod.ask(...argv);
      const left = secrets.filter((secret) => (stdout + stderr).includes(secret));
      expect({ argv, exitCode, left }).toEqual({ argv, exitCode: 0, left: [] });
    }
    aod.signal("SIGTERM");
    expect(await aod.ended()).toBe(0);
    const history = readFileSync(join(aod.folder, "incidents.jsonl"), "utf8");
    expect(secrets.filter((secret) => aod.log.includes(secret) || history.includes(secret))).toEqual([]);
  });
});
