// An unprivileged user of the host writes lines to the system log that make the search for secrets as slow as possible.
// Without journald, as on most machines that run tests, a custom action that prints a file of that user replaces
// journalctl; its output goes through the same code. Eight lines of 45 KB were enough to end aod; one of 1 MiB is a
// whole log.

import { beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { readCapture } from "../../src/capture/reader.ts";
import { run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { recordFault } from "./fault-log.ts";
import { describeHostile, HostileDaemon } from "./hostile-daemon.ts";

/** Each line begins with the first text, repeats the second, and ends with the third. */
const LINES: Readonly<Record<string, readonly [string, string, string]>> = {
  blanks: ["session key", " ", "x"],
  "blanks-and-signs": ["password", " =", "x"],
  commas: ["", "password=,", ""],
  pwd: ["", "pwd=,", ""],
  quotes: ["password=", '"\\', ""],
  braces: ["", '{"name":"password",', ""],
  tags: ["", "<password>", ""],
  urls: ["", "//a:", "@"],
  tokens: ["", "eyJ", "."],
  "long-word": ["", "aB3/", ""],
  hex: ["proctitle=", "70617373", ""],
  options: ["mount.cifs -o ", "user=a%", ""],
  keys: ["", "-----BEGIN RSA PRIVATE KEY-----", ""],
  hashes: ["", "::a:0123456789abcdef:", ""],
};
/** The longest line that logger(1) writes, and the longest that a capture of a log can hold. */
const SIZES = {
  "45-kb": { what: "eight of 45 KB", lines: 8, bytes: 45_000 },
  "1-mib": { what: "one of 1 MiB", lines: 1, bytes: (1 << 20) - 1 },
} as const;
/** Runs in the shell of the unprivileged user. */
const WRITE = `awk -v head="$1" -v part="$2" -v tail="$3" -v bytes="$4" -v lines="$5" 'BEGIN {
  text = part; while (length(text) < bytes) text = text text
  line = substr(head text, 1, bytes - length(tail)) tail
  for (i = 0; i < lines; i++) print line }' > "$6"`;

const folder = join(tempDir(), "log");
const UNPRIVILEGED = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

async function writeLog(
  [head, part, tail]: readonly [string, string, string],
  { lines, bytes }: { readonly lines: number; readonly bytes: number },
  path: string,
): Promise<void> {
  // To awk a backslash begins an escape.
  const texts = [head, part, tail].map((text) => text.replaceAll("\\", "\\\\"));
  const argv = [...UNPRIVILEGED, "sh", "-c", WRITE, "sh", ...texts, `${bytes}`, `${lines}`, path];
  expect(await run(argv, "/")).toMatchObject({ exitCode: 0, stderr: "" });
}

beforeAll(async () => {
  mkdirSync(folder);
  chmodSync(dirname(folder), 0o755);
  chmodSync(folder, 0o777);
  for (const [kind, parts] of Object.entries(LINES)) {
    for (const [size, extent] of Object.entries(SIZES))
      await writeLog(parts, extent, join(folder, `${kind}-${size}`));
  }
});

for (const [size, { what }] of Object.entries(SIZES)) {
  describeHostile(`lines in the system log that are slow to search, ${what} of each kind,`, () => {
    const names = Object.keys(LINES).map((kind) => `${kind}-${size}`);
    const actions = names.map((name) => `  ${name}: { command: [/bin/cat, ${folder}/${name}], stage: 2 }`);
    const aod = new HostileDaemon(
      [`watcher: { actions: [${names}] }`, "custom_actions:", ...actions, ""].join("\n"),
    );

    test("cost neither a capture nor a thread, and every question gets its answer meanwhile", async () => {
      await aod.start().says("ready");
      let isCaptured = false;
      let answers = 0;
      const detected = aod.detect().finally(() => {
        isCaptured = true;
      });
      while (!isCaptured) {
        await aod.status();
        answers++;
      }
      const { name, tookMs } = await detected;
      expect(answers).toBeGreaterThan(0);
      const { manifest } = readCapture(join(aod.folder, "batches", name));
      const outcomes = manifest.actions as readonly { name: string; status: string }[];
      const collected = outcomes.filter(({ status }) => status === "ok").map(({ name }) => name);
      expect(collected).toEqual(expect.arrayContaining(names));
      expect((await aod.detect()).name).not.toBe(name);
      expect(aod.log).not.toContain("is started again");
      aod.signal("SIGTERM");
      expect(await aod.ended()).toBe(0);
      expect(aod.captures().filter((one) => one.startsWith("."))).toEqual([]);
      recordFault({
        fault: `an unprivileged user writes lines to the system log that are made to be slow to search for secrets, ${what} of each of ${names.length} kinds`,
        reaction:
          "searches them in slices, in a time that grows with their length; every thread answers meanwhile",
        lost: {},
        normalAfterMs: tookMs,
      });
    });
  });
}
