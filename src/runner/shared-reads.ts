// Reads each file of /proc that several actions of one capture show only once, and gives every action the result of its
// program. For expensive files: DebugData and Stats hold spin locks of cifs over the whole dump, and every request
// needs the same locks. It also makes the actions of one capture consistent, because they show the same moment.
//
// One object per capture. A disposable child reads the files, like all files of /proc.

import { CappedBuffer } from "./capped-buffer.ts";
import type { ChildLimits, ChildResult, Children } from "./child.ts";

/** The limits of the actions that show shared files. */
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
   * Prints the files as `tail -n +1` does: several files each below its name.
   * @param program absolute path of a program that prints a file.
   * @returns the output of all, with the end of the first reading that failed.
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
    const failed = results.find(({ end, exitCode }) => end !== "exited" || exitCode !== 0);
    const isCut = output.overflowed || results.some(({ truncated }) => truncated);
    return { ...(failed ?? (results[0] as ChildResult)), output: output.take(), truncated: isCut };
  }

  #once(program: string, path: string): Promise<ChildResult> {
    const begun = this.#results.get(path);
    if (begun !== undefined) return begun;
    const reading = this.#children.run([program, path], SHARED_READ_LIMITS, this.#stop).then(withWholeLines);
    this.#results.set(path, reading);
    return reading;
  }
}

/** Drops the partial line at the end: in the middle of a text it would be taken for a whole line. */
function withWholeLines(result: ChildResult): ChildResult {
  if (!result.truncated) return result;
  return { ...result, output: result.output.subarray(0, result.output.lastIndexOf(LINE_FEED) + 1) };
}
