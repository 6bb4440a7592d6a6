// The real BPF programs, run by test/kernel/driver.c in tasks of our choice. In: operations; out: what came of each,
// decoded. Text in between is the driver's own, described at its top. It judges nothing.

import { OperationMemory, type Operation as Pending } from "../../src/model/operation.ts";
import {
  COUNTERS,
  type COUNTERS as Counters,
  OPERATION,
  REQUEST_BYTES,
} from "../../src/model/request.gen.ts";
import { type Request, RequestMemory } from "../../src/model/request.ts";
import { testProgram } from "../helpers/bpf.ts";

/** A request as its hooks name it. */
export interface Key {
  readonly treeId: number;
  readonly sessionId: bigint;
  readonly command: number;
  readonly messageId: bigint;
}

/** `thread` is a number of ours, 0 to 63; each has a task of its own. */
export type Operation =
  | ({ readonly verb: "enter" | "done"; readonly thread: number } & Key)
  | ({ readonly verb: "err"; readonly thread: number; readonly ntStatus: number; readonly rc: number } & Key)
  | {
      readonly verb: "run";
      readonly thread: number;
      readonly program: string;
      readonly args: readonly bigint[];
    }
  /** Reaps the request that operation number `entered` of thread `sender` sent. */
  | ({
      readonly verb: "reap";
      readonly thread: number;
      readonly entered: number;
      readonly sender: number;
    } & Omit<Key, "treeId">)
  | { readonly verb: "begin" | "end"; readonly thread: number; readonly xid: number }
  | { readonly verb: "fail"; readonly thread: number; readonly xid: number; readonly rc: number }
  /** Reaps what operation number `begun` of thread `beginner` began. */
  | { readonly verb: "forget"; readonly thread: number; readonly begun: number; readonly beginner: number }
  /** Starts the thread as a task whose operations are in the set of thread 0's; before its first operation. */
  | { readonly verb: "crowd"; readonly thread: number }
  | { readonly verb: "name"; readonly thread: number; readonly comm: string }
  | {
      readonly verb: "filter";
      readonly command: number;
      readonly slowNs: bigint;
      readonly errnoMask: readonly bigint[];
    }
  | { readonly verb: "quiet"; readonly ntStatus: number; readonly command: number }
  | { readonly verb: "tree"; readonly sessionId: bigint; readonly treeId: number; readonly slot: number }
  | { readonly verb: "asleep" | "deaf"; readonly value: number }
  /** `look` shows no histograms. */
  | { readonly verb: "look" | "dump" | "reset" };

export interface Histogram {
  readonly slot: number;
  readonly command: number;
  readonly sumNs: number;
  readonly errors: number;
  /** Counts by bucket, those that are not 0. */
  readonly buckets: ReadonlyMap<number, number>;
}

/** Everything that user space could see at that moment. */
export interface Dump {
  readonly lines: readonly Request[];
  /** The operations of all tasks inside cifs. */
  readonly pending: readonly Pending[];
  readonly counters: Readonly<Record<(typeof Counters)[number], number>>;
  readonly histograms: readonly Histogram[];
  readonly asleep: number;
  readonly ghosts: number;
}

export interface Result {
  /** CLOCK_MONOTONIC around the program's run. */
  readonly beforeNs: bigint;
  readonly afterNs: bigint;
  /** What the program returned. */
  readonly returned: number;
  /** What it put on the ring. */
  readonly records: readonly Request[];
  readonly dump: Dump | undefined;
}

export interface Run {
  /** One for each operation. */
  readonly results: readonly Result[];
  /** The kernel's pid of each thread, and the process id that they share. */
  readonly tasks: ReadonlyMap<number, number>;
  readonly processId: number;
}

/** The programs in the kernel. Runs batches of calls, one after the other; close it at the end. */
export class Driver {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #output: { read(): Promise<{ readonly value?: string | undefined; readonly done: boolean }> };
  /** What it says on stderr before it ends. */
  readonly #words: Promise<string>;
  readonly #tasks = new Map<number, number>();
  #processId = 0;

  /** @param object path of one of the builds. */
  constructor(object: string) {
    this.#child = Bun.spawn([testProgram("driver"), object], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#output = this.#child.stdout.pipeThrough<string>(new TextDecoderStream()).getReader();
    this.#words = new Response(this.#child.stderr).text();
  }

  /** Runs the operations one after the other, on maps as they are when newly loaded. Throws with the driver's words. */
  async run(operations: readonly Operation[]): Promise<Run> {
    const script = ["- reset", ...operations.map(toLine), "- flush"];
    this.#child.stdin.write(`${script.join("\n")}\n`);
    // Not awaited before the output is read: a driver that can't write does not read either.
    const [output] = await Promise.all([
      this.#readTo(`\nop ${operations.length} `),
      this.#child.stdin.flush(),
    ]);
    return this.#decode(output, operations.length);
  }

  /** Output up to the end of the line that begins like this; `flush` makes it the last. */
  async #readTo(begin: string): Promise<string> {
    let output = "";
    for (;;) {
      const { value, done } = await this.#output.read();
      if (done) throw new Error(`the driver ended: ${await this.#words}`);
      output += value;
      if (
        output.endsWith("\n") &&
        output.lastIndexOf(begin) === output.lastIndexOf("\n", output.length - 2)
      ) {
        return output;
      }
    }
  }

  async close(): Promise<void> {
    await this.#child.stdin.end();
    await this.#child.exited;
  }

  #decode(output: string, count: number): Run {
    const results: Result[] = [];
    let seen = makeSeen();
    for (const line of output.split("\n")) {
      const [what, ...words] = line.split(" ");
      const [first = 0, second = 0, third = 0, fourth = 0] = words.map(Number);
      if (what === "task") {
        this.#tasks.set(first, second);
        this.#processId = third;
      } else if (what === "record") {
        seen.records.push(readRecord(words[0] ?? ""));
      } else if (what === "pending") {
        seen.pending.push(readPending(words[0] ?? ""));
      } else if (what === "line") {
        seen.lines.push(readRecord(words[0] ?? ""));
      } else if (what === "counter") {
        seen.counters.set(first, second);
      } else if (what === "histogram") {
        const buckets = new Map(
          words.slice(4).map((word) => word.split(":").map(Number) as [number, number]),
        );
        seen.histograms.push({ slot: first, command: second, sumNs: third, errors: fourth, buckets });
      } else if (what === "control") {
        const { lines, pending, histograms } = seen;
        const counters = Object.fromEntries(COUNTERS.map((name, i) => [name, seen.counters.get(i) ?? 0]));
        seen.dump = {
          lines,
          pending,
          histograms,
          asleep: first,
          ghosts: second,
          counters: counters as Dump["counters"],
        };
      } else if (what === "op") {
        const { records, dump } = seen;
        const [beforeNs, afterNs] = [BigInt(words[1] ?? 0), BigInt(words[2] ?? 0)];
        results.push({ beforeNs, afterNs, returned: fourth, records, dump });
        seen = makeSeen();
      } else if (what !== "") {
        throw new Error(`the driver said ${line}`);
      }
    }
    // Without the reset before and the flush behind them.
    if (results.length !== count + 2) throw new Error("the driver lost operations");
    return { results: results.slice(1, -1), tasks: this.#tasks, processId: this.#processId };
  }
}

function toLine(operation: Operation): string {
  const { verb } = operation;
  switch (operation.verb) {
    case "enter":
    case "done":
      return `${operation.thread} ${verb} ${keyOf(operation)}`;
    case "err":
      return `${operation.thread} ${verb} ${keyOf(operation)} ${operation.ntStatus} ${operation.rc}`;
    case "run":
      return `${operation.thread} run ${operation.program} ${operation.args.join(" ")}`;
    case "reap": {
      const { thread, entered, messageId, sessionId, sender, command } = operation;
      return `${thread} reap ${entered} ${messageId} ${sessionId} ${sender} ${command}`;
    }
    case "begin":
    case "end":
      return `${operation.thread} ${verb} ${operation.xid}`;
    case "fail":
      return `${operation.thread} fail ${operation.xid} ${operation.rc}`;
    case "forget":
      return `${operation.thread} forget ${operation.begun} ${operation.beginner}`;
    case "crowd":
      return `${operation.thread} crowd`;
    case "name":
      return `${operation.thread} name ${operation.comm}`;
    case "filter":
      return `- filter ${operation.command} ${operation.slowNs} ${operation.errnoMask.join(" ")}`;
    case "quiet":
      return `- quiet ${operation.ntStatus} ${operation.command}`;
    case "tree":
      return `- tree ${operation.sessionId} ${operation.treeId} ${operation.slot}`;
    case "asleep":
    case "deaf":
      return `- ${verb} ${operation.value}`;
    case "look":
    case "dump":
    case "reset":
      return `- ${verb}`;
    default:
      operation satisfies never;
      throw new Error("unknown operation");
  }
}

function keyOf({ treeId, sessionId, command, messageId }: Key): string {
  return `${treeId} ${sessionId} ${command} ${messageId}`;
}

function makeSeen() {
  return {
    records: [] as Request[],
    lines: [] as Request[],
    pending: [] as Pending[],
    counters: new Map<number, number>(),
    histograms: [] as Histogram[],
    dump: undefined as Dump | undefined,
  };
}

function readRecord(hex: string): Request {
  const bytes = Uint8Array.fromHex(hex);
  if (bytes.length !== REQUEST_BYTES) throw new Error(`a record of ${bytes.length} bytes`);
  return new RequestMemory(bytes.buffer).read(0);
}

function readPending(hex: string): Pending {
  const bytes = Uint8Array.fromHex(hex);
  if (bytes.length !== OPERATION.BYTES) throw new Error(`an operation of ${bytes.length} bytes`);
  return new OperationMemory(bytes.buffer).read(0);
}
