// The real programs against the model of their rules (operation-model.ts), on tasks that all share one set of lines.
// After every single event the lines and the counters are compared.

import { expect, test } from "bun:test";
import { type Random, seeded } from "../helpers/random.ts";
import type { Operation } from "./driver.ts";
import { OperationModel, XIDS } from "./operation-model.ts";
import { CLOSE, CREATE, describeBuilds, done, enter } from "./script.ts";

/** More than a set has lines, and one that only reports. */
const TASKS = [0, 30, 31, 32, 33, 34] as const;
const KWORKER = 9;
const EVENTS = 300;
const ROUNDS = 12;

const gather = TASKS.map((thread): Operation => ({ verb: "crowd", thread }));

interface Begun {
  readonly thread: number;
  readonly xid: number;
  readonly event: number;
}

/** xids mostly count up, and sometimes skip so far that they share their entry of the index with an earlier one. */
function makeEvents(random: Random): readonly Operation[] {
  const begun: Begun[] = [];
  let xid = random.pick([0, 0xffff_fff0]);
  const steps: readonly ((event: number) => Operation | undefined)[] = [
    (event) => {
      xid = (xid + (random.chance(0.3) ? XIDS : 1)) >>> 0;
      const thread = random.pick(TASKS);
      begun.push({ thread, xid, event });
      return { verb: "begin", thread, xid };
    },
    () => {
      const some = recent(random, begun);
      const thread = random.chance(0.6) ? some?.thread : random.pick([...TASKS, KWORKER]);
      if (some === undefined || thread === undefined) return undefined;
      return random.chance(0.5)
        ? { verb: "end", thread, xid: some.xid }
        : { verb: "fail", thread, xid: some.xid, rc: -13 };
    },
    () => done(random.pick(TASKS), CLOSE, 5n),
    () => {
      const some = recent(random, begun);
      if (some === undefined) return undefined;
      const operation = gather.length + 2 * some.event;
      return { verb: "forget", thread: KWORKER, begun: operation, beginner: some.thread };
    },
    (event) => enter(random.pick(TASKS), event, CREATE, BigInt(event)),
  ];
  const weighted = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4] as const;
  const events: Operation[] = [];
  while (events.length < EVENTS) {
    const event = steps[random.pick(weighted)]?.(events.length);
    if (event !== undefined) events.push(event);
  }
  return events;
}

function recent(random: Random, begun: readonly Begun[]): Begun | undefined {
  const last = begun.slice(-8);
  return last[random.int(0, last.length - 1)];
}

/** @returns what the program has to return; undefined: that says nothing. */
function apply(model: OperationModel, operation: Operation, event: number): number | undefined {
  switch (operation.verb) {
    case "begin":
      model.begin(operation.thread, operation.xid, event);
      return 1;
    case "end":
    case "fail":
      return model.exit(operation.thread, operation.xid);
    case "forget":
      return model.reap(operation.beginner, (operation.begun - gather.length) / 2);
    case "enter":
      model.send(operation.thread, event);
      return undefined;
    default:
      model.close((operation as { readonly thread: number }).thread);
      return undefined;
  }
}

describeBuilds("random operations of tasks that share a set", (play) => {
  test("stand and end as the rules say, after every event", async () => {
    const random = seeded();
    const totals: Record<string, number> = {};
    for (let round = 0; round < ROUNDS; round++) {
      const events = makeEvents(random);
      const looked = events.flatMap((event) => [event, { verb: "look" } as const]);
      const { results, tasks } = await play([...gather, ...looked]);
      const model = new OperationModel((thread) => tasks.get(thread) ?? -1);
      events.forEach((operation, event) => {
        const at = gather.length + 2 * event;
        const message = `after event ${event} of round ${round}, ${describe(operation)}, ${random.seedText}`;
        const returned = apply(model, operation, event);
        if (returned !== undefined) expect(results[at]?.returned, message).toBe(returned);
        const dump = results[at + 1]?.dump;
        const expected = model.lines.flatMap((line) =>
          line === undefined ? [] : [{ taskId: tasks.get(line.thread) ?? -1, xid: line.xid }],
        );
        expect(
          dump?.pending.map(({ taskId, xid }) => ({ taskId, xid })),
          message,
        ).toEqual(expected);
        expect(dump?.counters, message).toMatchObject(model.counters);
      });
      for (const [name, count] of Object.entries(model.counters)) totals[name] = (totals[name] ?? 0) + count;
    }
    // Were it not so, nothing would have been tried: of 3,600 events the rarest of these is some 60.
    for (const name of ["ended", "overwritten", "reaped", "displaced"]) {
      expect(totals[`operations_${name}`], `${name}, ${random.seedText}`).toBeGreaterThan(5);
    }
  });
});

function describe(operation: Operation): string {
  return JSON.stringify(operation, (_, value) => (typeof value === "bigint" ? `${value}` : value));
}
