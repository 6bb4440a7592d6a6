// Hooks as a script: the words in which the tests of the kernel side tell what cifs does, and a driver for each build
// of the programs to play them on. Requests are identified by their tree id, which the programs only write down.

import { afterAll, beforeAll, setDefaultTimeout } from "bun:test";
import { COMMAND } from "../../src/model/command.ts";
import { FLAG, GEOMETRY } from "../../src/model/request.gen.ts";
import type { Request } from "../../src/model/request.ts";
import { describeBpf, OBJECTS } from "../helpers/bpf.ts";
import { Driver, type Dump, type Operation, type Result } from "./driver.ts";

/** Deadline of one test: the test hangs. Thousands of operations take minutes on a busy machine. */
export const HANGS_MS = 600_000;
setDefaultTimeout(HANGS_MS);

export const SESSION = 0x1c40_0000_0031n;
export const NOT_FOUND = { ntStatus: 0xc0000034, rc: -2 };
export const DENIED = { ntStatus: 0xc0000022, rc: -13 };
export const NEVER = 0xffff_ffff_ffff_ffffn;
/** The thread that reports replies of READs and WRITEs. */
export const CIFSD = 9;
export const { SMB2_READ: READ, SMB2_WRITE: WRITE, SMB2_CREATE: CREATE, SMB2_CLOSE: CLOSE } = COMMAND;

export const REPLIED = FLAG.REPLIED;
export const FAILED = FLAG.REPLIED | FLAG.ERRORED;

export interface Outcome extends Dump {
  readonly results: readonly Result[];
  readonly tasks: ReadonlyMap<number, number>;
  readonly processId: number;
  readonly records: readonly Request[];
  /** The line of the request with this tree id; the table has no other of it. */
  line(treeId: number): Request | undefined;
}

async function playOn(driver: Driver, operations: readonly Operation[]): Promise<Outcome> {
  const run = await driver.run([...operations, { verb: "dump" }]);
  const dump = run.results.at(-1)?.dump;
  if (dump === undefined) throw new Error("no dump");
  const records = run.results.flatMap((result) => result.records);
  return { ...run, ...dump, records, line: (treeId) => dump.lines.find((line) => line.treeId === treeId) };
}

/** Request number `treeId`, which stands for its tree id: the programs only write that down. */
export function enter(
  thread: number,
  treeId: number,
  command: number,
  messageId: bigint,
  sessionId = SESSION,
): Operation {
  return { verb: "enter", thread, treeId, sessionId, command, messageId };
}

export function done(thread: number, command: number, messageId: bigint, sessionId = SESSION): Operation {
  return { verb: "done", thread, treeId: 0, sessionId, command, messageId };
}

export function err(thread: number, command: number, messageId: bigint, error = DENIED): Operation {
  return { verb: "err", thread, treeId: 0, sessionId: SESSION, command, messageId, ...error };
}

export function filter(command: number, slowNs: bigint, errnos: readonly number[] = []): Operation {
  const errnoMask = Array.from({ length: GEOMETRY.ERRNO_WORDS }, (_, word) =>
    errnos.reduce((mask, errno) => (errno >> 6 === word ? mask | (1n << BigInt(errno & 63)) : mask), 0n),
  );
  return { verb: "filter", command, slowNs, errnoMask };
}

/** Nothing goes on the ring for its latency or its error. */
export const silence = Array.from({ length: GEOMETRY.COMMANDS }, (_, command) => filter(command, NEVER));

/** The n-th message id of an owner that belongs in one and the same set, below 16,384: find_place, bpf/table.h. */
export function crowd(n: number): bigint {
  return 16_383n * BigInt(n + 1);
}

export type Play = (operations: readonly Operation[]) => Promise<Outcome>;

/** The same tests on both builds of the programs; `play` is for use inside of tests. */
export function describeBuilds(title: string, body: (play: Play) => void): void {
  for (const [build, object] of Object.entries(OBJECTS)) {
    describeBpf(`${title}, ${build} build`, () => {
      let driver: Driver;
      beforeAll(() => {
        driver = new Driver(object);
      });
      afterAll(() => driver.close());
      body((operations) => playOn(driver, operations));
    });
  }
}
