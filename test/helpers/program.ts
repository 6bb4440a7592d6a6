// Programs as their users have them: away from the checkout, with nothing of this environment, without a terminal.

import { join } from "node:path";

/** The checkout. */
export const ROOT = join(import.meta.dir, "../..");
/** There once `make build` has run. */
export const EXECUTABLE = join(ROOT, "dist/aod");

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. @param env all of its environment; PATH is that of a root shell unless it is given. */
export async function run(
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = Bun.spawn([...argv], {
    cwd,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const texts = [new Response(child.stdout).text(), new Response(child.stderr).text()] as const;
  const [stdout, stderr] = await Promise.all(texts);
  return { exitCode: await child.exited, stdout, stderr };
}
