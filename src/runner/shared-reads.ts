// Files of /proc that several actions of one capture show, each read once. In: paths; out: what a program that printed them
// would have given. For files that cost their readers dear: DebugData and Stats hold spin locks of cifs over the whole dump,
// while every request wants the same ones. It also makes actions of one capture agree, for they show one moment.
//
// One object a capture. Read by a disposable child, like everything of /proc.

import { CappedBuffer } from "./capped-buffer.ts";
import type { ChildLimits, ChildResult, Children } from "./child.ts";

/** As the actions that show them have it. */
export const SHARED_READ_LIMITS = { timeoutMs: 3_000, maxBytes: 4 << 20, keep: "head" } as const;

const LINE_FEED = 10;

export class SharedReads {
  readonly #children: Pick<Children, "run">;
  readonly #stop: AbortSignal;
  readonly #results = new Map<string, Promise<ChildResult>>();

  constructor(children: Pick<Children, "run">, stop: AbortSignal) {
    this.#children = children;
    this.#stop = stop;
  }

  /**
   * Several files each behind its name, as `tail -n +1` prints them.
   * @param program absolute path of one that prints a file.
   * @returns how it ended is how the first that did not go well did.
   */
  async print(
    program: string,
    paths: readonly string[],
    { maxBytes }: Pick<ChildLimits, "maxBytes">,
  ): Promise<ChildResult> {
    const output = new CappedBuffer(maxBytes, "head");
    const results = await Promise.all(paths.map((path) => this.#once(program, path)));
    results.forEach((result, index) => {
      const heading = `${index > 0 ? "\n" : ""}==> ${paths[index]} <==\n`;
      if (paths.length > 1) output.push(new TextEncoder().encode(heading));
      output.push(result.output);
    });
    const bad = results.find(({ end, exitCode }) => end !== "exited" || exitCode !== 0);
    const isCut = output.overflowed || results.some(({ truncated }) => truncated);
    return { ...(bad ?? (results[0] as ChildResult)), output: output.take(), truncated: isCut };
  }

  #once(program: string, path: string): Promise<ChildResult> {
    const begun = this.#results.get(path);
    if (begun !== undefined) return begun;
    const reading = this.#children.run([program, path], SHARED_READ_LIMITS, this.#stop).then(withWholeLines);
    this.#results.set(path, reading);
    return reading;
  }
}

/** Half a line in the middle of a text would be taken for a whole one. */
function withWholeLines(result: ChildResult): ChildResult {
  if (!result.truncated) return result;
  return { ...result, output: result.output.subarray(0, result.output.lastIndexOf(LINE_FEED) + 1) };
}
