// The process as a pipe has it: what it writes arrives whole, however late it is read, and who stops reading is no trouble.

import { beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RULES } from "../helpers/daemon.ts";
import { type Ended, ROOT, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

/** More than a pipe takes while nobody reads: 64 KiB, pipe(7). */
const CAPTURES = 400;
const LATE = "{ head -c 1; sleep 0.3; cat; }";

const folder = tempDir();
const config = join(folder, "aod.yaml");
/** Each problem says it, and there are a hundred at most. */
const deep = join(folder, ...Array.from({ length: 4 }, () => "d".repeat(250)));
const wrong = join(deep, "wrong.yaml");

/** Its exit code is what `stderr` ends with. */
function piped(argv: readonly string[], reader: string, from = ""): Promise<Ended> {
  const script = `{ "$@" ${from}; echo "exit $?" >&3; } 3>&2 | ${reader}`;
  return run(["sh", "-c", script, "sh", process.execPath, join(ROOT, "src/main.ts"), ...argv], folder);
}

beforeAll(() => {
  const batches = join(folder, "out/batches");
  mkdirSync(batches, { recursive: true, mode: 0o700 });
  for (let index = 0; index < CAPTURES; index++) {
    const ms = String(index).padStart(3, "0");
    writeFileSync(join(batches, `aod_20261123T012345.${ms}Z_slow.tar.zst`), "");
  }
  writeFileSync(config, `aod_output_dir: ${join(folder, "out")}\n${RULES}`);
  mkdirSync(deep, { recursive: true });
  writeFileSync(wrong, Array.from({ length: 200 }, (_, index) => `no_such_key_${index}: 1\n`).join(""));
});

describe("a pipe", () => {
  test("gets all of the output, however late it is read", async () => {
    const { stdout, stderr } = await piped(["captures", "--json", "--config", config], LATE);
    expect(stdout.length).toBeGreaterThan(64 << 10);
    expect(JSON.parse(stdout)).toHaveLength(CAPTURES);
    expect(stderr).toBe("exit 0\n");
  });

  test("gets every problem of a file, and the exit code is that of the problems", async () => {
    const { stdout, stderr } = await piped(["check", "--config", wrong], LATE, "2>&1");
    expect(stdout.length).toBeGreaterThan(64 << 10);
    expect(stdout).toEndWith(" errors\n");
    expect(stderr).toBe("exit 78\n");
  });

  test("may be closed while there is more to say", async () => {
    const { stdout, stderr } = await piped(["captures", "--json", "--config", config], "head -n 1");
    expect(stdout).toBe("[\n");
    expect(stderr).toBe("exit 0\n");
  });
});
