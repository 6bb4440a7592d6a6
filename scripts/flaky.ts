// `make test-flaky`: repeats the tests that a slow or busy machine could make fail. `flaky.ts ROUNDS` plays that many
// rounds on one CPU, and as many on two CPUs with a busy loop on each. The first round that fails ends the run and
// prints its seed. The last line is `N passed, N failed`, in rounds. A test is repeated if its text matches one of
// SIGNS.

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
/** Deadline of one test: the test hangs. */
const TEST_TIMEOUT_MS = 10 * 60_000;

/** Patterns in the text of a test that depends on threads, the kernel, time or chance. */
const SIGNS: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: "threads", pattern: /new Worker\(|ThreadHandle|helpers\/thread/ },
  { what: "programs in the kernel", pattern: /describeBpf|describeBuilds|KernelSource/ },
  { what: "time", pattern: /Bun\.sleep|setTimeout\(|performance\.now|waitUntil/ },
  { what: "chance", pattern: /seeded\(/ },
];
/** These need more than `make check` builds or installs, or test the sources and not the machine. */
const OTHERS = /^test\/(binary|packages|operator|hostile|scripts|docs)\//;

interface Setting {
  readonly name: string;
  readonly cpus: string;
  readonly busyLoops: number;
}

const SETTINGS: readonly Setting[] = [
  { name: "one CPU", cpus: "0", busyLoops: 0 },
  {
    name: "two busy CPUs",
    cpus: availableParallelism() > 1 ? "0,1" : "0",
    busyLoops: Math.min(2, availableParallelism()),
  },
];

function chooseTests(): string[] {
  return [...new Bun.Glob("test/**/*.test.ts").scanSync({ cwd: ROOT })]
    .filter((path) => !OTHERS.test(path))
    .filter((path) => {
      const text = readFileSync(join(ROOT, path), "utf8");
      return SIGNS.some(({ pattern }) => pattern.test(text));
    })
    .sort();
}

/** Starts a busy loop on each of the first CPUs. @returns a function that ends them. */
function startBusyLoops(count: number): () => void {
  const loops = Array.from({ length: count }, (_, cpu) =>
    Bun.spawn(["taskset", "-c", String(cpu), process.execPath, "-e", "for (;;);"], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    }),
  );
  return () => {
    for (const loop of loops) loop.kill("SIGKILL");
  };
}

/** @returns the output of a round in which a test failed; undefined if all passed. */
async function playRound(files: readonly string[], cpus: string, seed: number): Promise<string | undefined> {
  const argv = [process.execPath, "test", `--timeout=${TEST_TIMEOUT_MS}`, "--only-failures"];
  const child = Bun.spawn(["taskset", "-c", cpus, ...argv, ...files.map((file) => `./${file}`)], {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, AOD_TEST_SEED: String(seed) },
  });
  const texts = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return (await child.exited) === 0 ? undefined : texts.join("");
}

async function playAll(rounds: number): Promise<number> {
  const files = chooseTests();
  process.stdout.write(`${files.length} files\n`);
  let passed = 0;
  for (const { name, cpus, busyLoops } of SETTINGS) {
    for (let round = 1; round <= rounds; round++) {
      const seed = Math.floor(Math.random() * 2 ** 32);
      const startedAtMs = performance.now();
      const stop = startBusyLoops(busyLoops);
      const failure = await playRound(files, cpus, seed).finally(stop);
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
      process.stdout.write(
        `${failure === undefined ? "ok  " : "FAIL"}  ${name}, round ${round}, AOD_TEST_SEED=${seed} (${seconds} s)\n`,
      );
      if (failure !== undefined) {
        process.stdout.write(`${failure}\n${passed} passed, 1 failed\n`);
        return 1;
      }
      passed += 1;
    }
  }
  process.stdout.write(`${passed} passed, 0 failed\n`);
  return 0;
}

const rounds = Number(process.argv[2] ?? 50);
if (!Number.isInteger(rounds) || rounds < 1) {
  process.stdout.write("usage: flaky.ts ROUNDS\n");
  process.exit(64);
}
process.exit(await playAll(rounds));
