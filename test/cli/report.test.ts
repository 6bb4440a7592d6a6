// `aod report` on the command line: the target of the page, and its failures.

import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ROOT, run } from "../helpers/program.ts";
import { mountSmall } from "../helpers/small-disk.ts";
import { aStory, packStory } from "../helpers/story.ts";
import { tempDir } from "../helpers/temp-dir.ts";

// Each test starts programs, which take seconds on a busy machine.
setDefaultTimeout(60_000);

const FOLDER = tempDir();
const SMALL = mountSmall("64k");
const NAME = "aod_20261125T091214.482Z_no-reply";
const CONFIG = join(FOLDER, "aod.yaml");
const report = (...argv: readonly string[]) =>
  run([process.execPath, join(ROOT, "src/main.ts"), "report", ...argv], FOLDER);

beforeAll(() => {
  const batches = join(FOLDER, "out/batches");
  mkdirSync(batches, { recursive: true, mode: 0o700 });
  const file = packStory(aStory(500));
  writeFileSync(join(batches, `${NAME}.tar.zst`), file);
  writeFileSync(join(FOLDER, "sent.tar.zst"), file);
  writeFileSync(join(FOLDER, "cut.tar.zst"), file.subarray(0, file.length >> 1));
  const rules = "guardian:\n  anomalies:\n    slow:\n      type: Latency\n      acceptable_count: 10\n";
  writeFileSync(CONFIG, `aod_output_dir: ${FOLDER}/out\n${rules}`);
});

describe("aod report", () => {
  test("writes the page for its owner alone, prints its path, and overwrites no file", async () => {
    expect(await report("sent.tar.zst")).toMatchObject({ exitCode: 0, stdout: `${NAME}.html\n`, stderr: "" });
    const path = join(FOLDER, `${NAME}.html`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, "utf8")).toContain("The server is to blame.");

    writeFileSync(path, "mine");
    const again = await report("sent.tar.zst");
    expect(again).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("--force") });
    expect(readFileSync(path, "utf8")).toBe("mine");
    expect(await report("sent.tar.zst", "--force")).toMatchObject({ exitCode: 0 });
    expect(readFileSync(path, "utf8")).toEndWith("</body></html>\n");
  });

  test("takes the newest capture or one by the beginning of its id, and writes to the given path", async () => {
    expect(await report("latest", "-o", "a.html", "--config", CONFIG)).toMatchObject({ exitCode: 0 });
    const piped = await report("20261125T0912", "-o", "-", "--config", CONFIG);
    expect(piped.exitCode).toBe(0);
    expect(piped.stdout).toBe(readFileSync(join(FOLDER, "a.html"), "utf8"));
  });

  test.each([
    ["a capture that is cut short", ["./cut.tar.zst"], 65],
    ["no such file", ["./none.tar.zst"], 66],
    ["no such id", ["2031", "--config", CONFIG], 66],
    ["two captures", ["sent.tar.zst", "sent.tar.zst"], 64],
    ["an option without its value", ["sent.tar.zst", "-o"], 64],
    ["a folder that is not there", ["sent.tar.zst", "-o", "none/a.html"], 73],
    ["a disk that is full", ["sent.tar.zst", "-o", "/dev/full", "--force"], 73],
  ])("of %s ends with the code that says so, and writes nothing", async (_, argv, exitCode) => {
    const ended = await report(...argv);
    expect(ended).toMatchObject({ exitCode, stdout: "", stderr: expect.stringMatching(/^aod: /) });
    expect(existsSync(join(FOLDER, "none"))).toBe(false);
  });

  test.skipIf(process.geteuid?.() !== 0)(
    "with --force writes into no file that another user has put there (a test for root)",
    async () => {
      const path = join(FOLDER, "theirs.html");
      writeFileSync(path, "theirs");
      chownSync(path, 12345, 12345);
      const ended = await report("sent.tar.zst", "-o", path, "--force");
      expect(ended).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("not a file of yours") });
      expect(readFileSync(path, "utf8")).toBe("theirs");
    },
  );

  test.skipIf(SMALL === undefined)("leaves no half of a page on a disk that gets full", async () => {
    const ended = await report("sent.tar.zst", "-o", join(SMALL ?? "", "a.html"));
    expect(ended).toMatchObject({ exitCode: 73, stderr: expect.stringContaining("ENOSPC") });
    expect(readdirSync(SMALL ?? "")).toEqual([]);
  });
});
