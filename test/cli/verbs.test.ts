// The process with its output in a pipe: the output is complete even for a slow reader, and a closed pipe is no
// failure.

import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failureLines } from "../../src/daemon/failure-lines.ts";
import { AodError, toFailure } from "../../src/model/failure.ts";
import { RULES } from "../helpers/daemon.ts";
import { type Ended, ROOT, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

// Each test starts programs, which take seconds on a busy machine.
setDefaultTimeout(60_000);

/** More output than a pipe holds without a reader: 64 KiB, pipe(7). */
const CAPTURES = 400;
const LATE = "{ head -c 1; sleep 0.3; cat; }";

/** Deadline of one test: the test hangs. */
const HANGS_MS = 60_000;

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

describe("a disk that is full", () => {
  test.each(["check", "--version", "check --help"])(
    "is a failure where %s is written to it",
    async (typed) => {
      const { stdout, stderr } = await piped(typed.split(" "), "cat", ">/dev/full");
      expect(stdout).toBe("");
      expect(stderr).toBe("aod: cannot write the output: no space left on the disk (ENOSPC)\nexit 73\n");
    },
  );

  test("leaves the exit code of what has failed already", async () => {
    const { stderr } = await piped(["check", "--config", wrong], "cat", ">/dev/full 2>/dev/null");
    expect(stderr).toBe("exit 78\n");
  });
});

describe("a failure", () => {
  const linesOf = (...args: ConstructorParameters<typeof AodError>) =>
    failureLines(toFailure(new AodError(...args)));
  const enoent = Object.assign(new Error("ENOENT: no such file or directory, open '/x'"), { code: "ENOENT" });

  test("is one line with control characters escaped, whatever the names in it", () => {
    const hostile = "a\u001b[2Jb\u009b2J\nc";
    expect(linesOf("NOT_FOUND", `open ${hostile}`, {}, new Error(hostile))).toEqual([
      "aod: open a\\u001b[2Jb\\u009b2J\\u000ac",
    ]);
  });

  test("says why, and each errno once", () => {
    expect(linesOf("NOT_FOUND", "open /x", {}, enoent)).toEqual([
      "aod: open /x: ENOENT: no such file or directory, open '/x'",
    ]);
    expect(linesOf("NOT_FOUND", "open /x: ENOENT", {}, enoent)).toEqual(["aod: open /x: ENOENT"]);
    expect(linesOf("NOT_FOUND", "open /ENOENTS", {}, enoent)[0]).toContain("no such file");
  });

  test("is followed by what the verifier said, as it said it, and where it is a bug by its place", () => {
    expect(linesOf("BPF_LOAD", "load", { verifier: "0: r1\n\u001b1: r2" })).toEqual([
      "aod: load",
      "0: r1",
      "\\u001b1: r2",
    ]);
    expect(linesOf("BUG", "broken")[2]).toStartWith("    at ");
    expect(linesOf("SYSCALL", "broken")).toHaveLength(1);
  });

  test("of what was typed is no trouble for the terminal either", async () => {
    const { exitCode, stderr } = await run(
      [process.execPath, join(ROOT, "src/main.ts"), "captures", "show", "a\u009b2J", "--config", config],
      folder,
    );
    expect(stderr).toBe("aod: no capture a\\u009b2J; aod captures lists them\n");
    expect(exitCode).toBe(66);
  });
});

describe("what is typed at a prompt", () => {
  const aod = (...argv: readonly string[]) =>
    run([process.execPath, join(ROOT, "src/main.ts"), ...argv], folder);

  test.each([
    ["staus", "no command staus (did you mean status?); aod help lists the commands"],
    ["--status", "no option --status; the command is aod status, without dashes"],
    ["--confg=x", "no option --confg=x; aod help lists the commands"],
    ["xyzzy", "no command xyzzy; aod help lists the commands"],
    [
      "captures --foo 1h",
      "no option --foo; its options are --since, --until, --rule, --share, --json, --config",
    ],
    [
      "captures show",
      "captures show needs CAPTURE: latest, the beginning of an id as `aod captures` shows it, or the path of a file",
    ],
  ])(
    "%s is refused, with what to type",
    async (typed, complaint) => {
      expect(await aod(...typed.split(" "))).toMatchObject({
        exitCode: 64,
        stdout: "",
        stderr: `aod: ${complaint}\n`,
      });
    },
    HANGS_MS,
  );

  test(
    "help is --help, also of one command, and refuses what is none",
    async () => {
      expect(await aod("help")).toEqual(await aod("--help"));
      expect(await aod("help", "captures", "show")).toEqual(await aod("captures", "show", "--help"));
      expect(await aod("help", "staus")).toMatchObject({ exitCode: 64 });
    },
    HANGS_MS,
  );

  test(
    "version is --version, as -V and -v are",
    async () => {
      const whole = await aod("--version");
      expect(whole.stdout).toStartWith("aod ");
      for (const word of ["version", "-V", "-v"]) expect(await aod(word)).toEqual(whole);
    },
    HANGS_MS,
  );
});
