// Captures made to harm the reader, in show, extract and report of dist/aod: nothing is written outside the requested
// folder, nothing crashes, and memory is bounded.

import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXECUTABLE } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { recordFault } from "./fault-log.ts";
import { ARCHIVES, CONTENTS, MARKUP, NAME, OUTSIDE } from "./hostile-captures.ts";
import { describeHostile } from "./hostile-daemon.ts";

/** Memory of one command; 1.02 GB were measured before there was a limit. */
const RESIDENT_MAX_MB = 900;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e\u2066]/;
const PAGE = "page.html";

/** Runs dist/aod in a folder, and expects an answer or a refusal. */
async function open(cwd: string, argv: readonly string[]): Promise<void> {
  const child = Bun.spawn([EXECUTABLE, ...argv], { cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  let peakMb = 0;
  const timer = setInterval(() => {
    peakMb = Math.max(peakMb, readPeakMb(child.pid));
  }, 5);
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  // 65 means damaged. It must never be 70 or a signal.
  expect([0, 65], `${argv[0]}: ${stderr}`).toContain(await child.exited);
  clearInterval(timer);
  expect(CONTROLS.test(stdout + stderr), argv[0]).toBe(false);
  expect(peakMb, argv[0]).toBeLessThan(RESIDENT_MAX_MB);
}

/** Peak of resident memory since the exec. The rusage would include the memory of this process at the fork. */
function readPeakMb(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    // The process has ended; the reading before counts.
    return 0;
  }
}

describeHostile("a hostile capture", () => {
  test.each([...ARCHIVES, ...CONTENTS])(
    "with %s is shown, extracted and turned into a page, or refused; nothing else happens",
    async (_, make) => {
      const folder = tempDir();
      const inside = join(folder, "deep/inside");
      mkdirSync(inside, { recursive: true });
      const file = join(folder, `${NAME}.tar.zst`);
      writeFileSync(file, make());
      await open(inside, ["captures", "show", file]);
      await open(inside, ["captures", "extract", file, "out"]);
      await open(inside, ["report", file, "-o", PAGE]);
      const page = join(inside, PAGE);
      if (existsSync(page)) expect(readFileSync(page, "utf8").includes(MARKUP)).toBe(false);
      expect(existsSync(OUTSIDE)).toBe(false);
      expect(readdirSync(folder).sort()).toEqual([`${NAME}.tar.zst`, "deep"]);
      expect(readdirSync(join(folder, "deep"))).toEqual(["inside"]);
      rmSync(inside, { recursive: true });
    },
  );

  afterAll(() =>
    recordFault({
      fault: `${ARCHIVES.length} hostile archives and ${CONTENTS.length} hostile contents of captures, shown, extracted and turned into pages`,
      reaction:
        "shows them without control characters and markup, or refuses them as damaged; writes nothing outside",
      lost: {},
      // The daemon does not open captures.
      normalAfterMs: 0,
    }),
  );
});
