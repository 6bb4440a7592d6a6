// `make e2e-full`: plays every scenario on every kernel, and the service on the newest. It prints the output of each
// run, and at the end `N passed, N failed` over all. The exit status is 1 if something failed. CI plays fewer:
// left-out.txt.

import { join } from "node:path";

const RUN = join(import.meta.dir, "run.sh");
const RUNS: readonly (readonly string[])[] = [["5.10"], ["6.1"], ["6.12"], ["6.12", "--systemd"]];
/** Minutes of mixed work without incident, on this kernel alone: the rules know nothing of the kernel's version. */
const QUIET_KERNEL = "6.12";
const QUIET_MINUTES = process.env.AOD_QUIET_MINUTES ?? "60";

/** Reads the counts from the last line of the run; a run without such a line has failed. */
async function play(argv: readonly string[]): Promise<{ readonly passed: number; readonly failed: number }> {
  const minutes = argv.length === 1 && argv[0] === QUIET_KERNEL ? QUIET_MINUTES : "0";
  const env = { ...process.env, AOD_QUIET_MINUTES: minutes };
  const child = Bun.spawn([RUN, ...argv], { stdin: "ignore", stdout: "pipe", stderr: "inherit", env });
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of child.stdout) {
    process.stdout.write(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  const [, passed, failed] = /^(\d+) passed, (\d+) failed\n$/m.exec(output) ?? [];
  const isFine = (await child.exited) === 0;
  return { passed: Number(passed ?? 0), failed: Math.max(Number(failed ?? 0), isFine ? 0 : 1) };
}

const sum = { passed: 0, failed: 0 };
for (const argv of RUNS) {
  process.stdout.write(`== ${argv.join(" ")}\n`);
  const { passed, failed } = await play(argv);
  sum.passed += passed;
  sum.failed += failed;
}
process.stdout.write(`${sum.passed} passed, ${sum.failed} failed\n`);
process.exit(sum.failed === 0 ? 0 : 1);
