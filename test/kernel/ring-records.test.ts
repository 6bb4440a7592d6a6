// What the programs put on the ring (bpf/ring.h): what the filters ask for, evictions, signals, wakes.

import { expect, test } from "bun:test";
import { GEOMETRY, KIND, REQUEST_BYTES, SIGNAL } from "../../src/model/request.gen.ts";
import type { Request } from "../../src/model/request.ts";
import {
  CLOSE,
  CREATE,
  DENIED,
  describeBuilds,
  done,
  enter,
  err,
  filter,
  NEVER,
  NOT_FOUND,
  type Outcome,
  REPLIED,
  SESSION,
  silence,
} from "./script.ts";

describeBuilds("the ring", (play) => {
  const exchange = (n: bigint, error?: typeof DENIED, command: number = CREATE) => [
    enter(0, Number(n), command, n),
    error === undefined ? done(0, command, n) : err(0, command, n, error),
  ];
  const sent = ({ records }: Outcome) => records.map(({ treeId }) => treeId);

  test("carries every request where the threshold is 0", async () => {
    const outcome = await play([...silence, filter(CREATE, 0n), ...exchange(1n), ...exchange(2n, DENIED)]);
    expect(outcome.records).toEqual([1, 2].map((n) => outcome.line(n) as Request));
  });

  test("carries what is as slow as its command's threshold, and not what is faster", async () => {
    const slow = await play([
      ...silence,
      filter(CREATE, 1n),
      ...exchange(1n),
      ...exchange(2n, undefined, CLOSE),
    ]);
    const fast = await play([...silence, filter(CREATE, 3_600_000_000_000n), ...exchange(1n)]);
    expect([sent(slow), sent(fast)]).toEqual([[1], []]);
  });

  test("carries errors whose errno is tracked for their command", async () => {
    const outcome = await play([
      ...silence,
      filter(CREATE, NEVER, [13, 64, 255]),
      ...exchange(1n, DENIED),
      ...exchange(2n, NOT_FOUND),
      ...exchange(3n, { ntStatus: 1, rc: -64 }),
      ...exchange(4n, { ntStatus: 1, rc: -4000 }),
      ...exchange(5n),
      ...exchange(6n, DENIED, CLOSE),
    ]);
    expect(sent(outcome)).toEqual([1, 3, 4]);
  });

  test("stays free of quiet statuses of a command, unless they are slow", async () => {
    const quiet = { verb: "quiet", ntStatus: DENIED.ntStatus, command: CREATE } as const;
    const outcome = await play([
      ...silence,
      filter(CREATE, NEVER, [13, 2]),
      filter(CLOSE, NEVER, [13, 2]),
      quiet,
      ...exchange(1n, DENIED),
      ...exchange(2n, NOT_FOUND),
      ...exchange(3n, DENIED, CLOSE),
      filter(CREATE, 1n, [13, 2]),
      ...exchange(4n, DENIED),
    ]);
    expect(sent(outcome)).toEqual([2, 3, 4]);
  });

  test("wakes a reader that said it sleeps, once", async () => {
    const { records, asleep } = await play([
      ...silence,
      ...exchange(1n),
      { verb: "asleep", value: 1 },
      done(0, CREATE, 99n),
      ...exchange(2n),
      ...exchange(3n),
    ]);
    expect(records.map(({ kind }) => kind)).toEqual([KIND.WAKE]);
    expect(asleep).toBe(0);
  });

  test("counts what finds no room, and has the table all the same", async () => {
    const room = Math.floor(GEOMETRY.RING_BYTES / (REQUEST_BYTES + 8));
    const exchanges = Array.from({ length: room + 5 }, (_, i) => exchange(BigInt(i + 1))).flat();
    const outcome = await play([
      ...silence,
      filter(CREATE, 0n),
      { verb: "deaf", value: 1 },
      ...exchanges,
      { verb: "deaf", value: 0 },
    ]);
    expect(outcome.records).toHaveLength(room);
    expect(outcome.counters).toMatchObject({ replied: room + 5, ring_full: 5 });
    expect(outcome.line(room + 5)?.flags).toBe(REPLIED);
  });

  /** The expected fields of the record: session or connection, message id, tree id, errno. */
  const CONNECTION = { sessionId: 0x55n, messageId: 7n, treeId: 0, errno: 0 };
  const UNNAMED = { ...CONNECTION, sessionId: 0n };
  const HOST = 0xffff_8880_1234_5678n;
  const credits = [7n, 0x55n, HOST, 1n, 2n, 3n];
  /** The kernel hands over an int, zero-extended. */
  const rc = (errno: number) => BigInt.asUintN(32, BigInt(-errno));

  test.each<[string, number, readonly bigint[], Partial<Request>]>([
    ["on_reconnect", SIGNAL.RECONNECT, [7n, 0x55n, HOST], CONNECTION],
    ["on_partial_send_reconnect", SIGNAL.PARTIAL_SEND_RECONNECT, [7n, 0x55n, HOST], CONNECTION],
    [
      "on_ses_expired",
      SIGNAL.SES_EXPIRED,
      [3n, SESSION, 8n, 7n],
      { sessionId: SESSION, messageId: 7n, treeId: 3, errno: 0 },
    ],
    ["on_credit_timeout", SIGNAL.CREDIT_TIMEOUT, credits, CONNECTION],
    ["on_reconnect_invalid_credits", SIGNAL.RECONNECT_INVALID_CREDITS, credits, CONNECTION],
    [
      "on_connect_err",
      SIGNAL.CONNECT_ERR,
      [HOST, 0x55n, HOST, rc(111)],
      { ...CONNECTION, messageId: 0n, errno: 111 },
    ],
    ["on_insufficient_credits", SIGNAL.INSUFFICIENT_CREDITS, credits, CONNECTION],
    ["on_overflow_credits", SIGNAL.OVERFLOW_CREDITS, credits, CONNECTION],
    [
      "on_ses_not_found",
      SIGNAL.SES_NOT_FOUND,
      [SESSION],
      { sessionId: SESSION, messageId: 0n, treeId: 0, errno: 0 },
    ],
    [
      "on_key_expired",
      SIGNAL.KEY_EXPIRED,
      [HOST, HOST, 0x55n, HOST, rc(127)],
      { ...CONNECTION, messageId: 0n, errno: 127 },
    ],
    [
      "on_tcon",
      SIGNAL.TREE_CONNECT_ERR,
      [99n, 3n, SESSION, HOST, rc(4000)],
      { sessionId: SESSION, messageId: 0n, treeId: 3, errno: 255 },
    ],
    ["on_reconnect_unnamed", SIGNAL.RECONNECT, [7n, HOST], UNNAMED],
    ["on_partial_send_reconnect_unnamed", SIGNAL.PARTIAL_SEND_RECONNECT, [7n, HOST], UNNAMED],
    ["on_credit_timeout_unnamed", SIGNAL.CREDIT_TIMEOUT, [7n, HOST, 1n, 2n], UNNAMED],
    ["on_reconnect_invalid_credits_unnamed", SIGNAL.RECONNECT_INVALID_CREDITS, [7n, HOST, 1n, 2n], UNNAMED],
    ["on_insufficient_credits_unnamed", SIGNAL.INSUFFICIENT_CREDITS, [7n, HOST, 1n, 2n], UNNAMED],
    ["on_overflow_credits_unnamed", SIGNAL.OVERFLOW_CREDITS, [7n, HOST, 1n, 2n], UNNAMED],
  ])("carries the signal of %s", async (program, signal, args, fields) => {
    const { records, counters, tasks, lines } = await play([{ verb: "run", thread: 0, program, args }]);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      kind: KIND.SIGNAL,
      command: signal,
      taskId: tasks.get(0) ?? -1,
      comm: "driver",
      latencyNs: 0,
      ...fields,
    });
    expect(counters.signals).toBe(1);
    expect(lines).toEqual([]);
  });

  test("carries no signal of a tree that was connected", async () => {
    const args = [99n, 3n, SESSION, HOST, 0n];
    const { records, counters } = await play([{ verb: "run", thread: 0, program: "on_tcon", args }]);
    expect([records, counters.signals]).toEqual([[], 0]);
  });
});
