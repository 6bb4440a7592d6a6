// The real programs against the model of their rules (pairing-model.ts), on random traffic (traffic.ts) that knows
// which request each reply answers. After every single hook the whole table, the counters and the ring are compared.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { FLAG, GEOMETRY, KIND } from "../../src/model/request.gen.ts";
import type { Request } from "../../src/model/request.ts";
import { describeBpf, OBJECTS } from "../helpers/bpf.ts";
import { type Random, seeded } from "../helpers/random.ts";
import { Driver, type Operation, type Result, type Run } from "./driver.ts";
import { type Line, PairingModel } from "./pairing-model.ts";
import { filter, HANGS_MS } from "./script.ts";
import { type Event, makeTraffic, type TrafficShape } from "./traffic.ts";

const ANY = [3, 5, 6, 7, 11, 14, 16, 17] as const;

/** What is to be expected of each: without it the traffic would prove nothing. */
const SHAPES: readonly [string, TrafficShape, readonly string[]][] = [
  [
    "in the whole table",
    { sessions: 2, channels: 3, commands: ANY, charges: [1, 1, 1, 4, 16, 64], inFlightMax: 24, events: 220 },
    ["tail_closed", "reaped"],
  ],
  [
    "whose keys repeat",
    {
      sessions: 2,
      channels: 3,
      commands: [5, 6],
      charges: [1],
      idsBeginAnewAfter: 3,
      inFlightMax: 16,
      events: 220,
    },
    ["ambiguous", "superseded", "tail_closed"],
  ],
  [
    "in crowded sets",
    {
      sessions: 1,
      channels: 3,
      commands: ANY,
      charges: [16_383],
      idsBeginAnewAfter: 9,
      inFlightMax: 12,
      events: 220,
    },
    ["ambiguous", "evicted"],
  ],
];
/** Rounds go on until all that is expected has happened this often; it may be rare, but not absent. */
const ENOUGH = 6;
const ROUNDS_LEAST = 4;
const ROUNDS_MOST = 60;

const everything: readonly Operation[] = Array.from({ length: GEOMETRY.COMMANDS }, (_, command) =>
  filter(command, 0n),
);

/** What one line of the table says, without times. */
function summaryOf({ flags, ntStatus, errno, latencyNs, messageId, sessionId, command, taskId }: Request) {
  return { flags, ntStatus, errno, open: latencyNs === 0, messageId, sessionId, command, taskId };
}

function summaryOfModel({ flags, ntStatus, errno, open, key, thread }: Line, { tasks }: Run) {
  const { messageId, sessionId, command } = key;
  return { flags, ntStatus, errno, open, messageId, sessionId, command, taskId: tasks.get(thread) ?? -1 };
}

/** Looks at everything after every event: the operations, and where in them the events are. */
function interleave(events: readonly Event[]): Operation[] {
  return events.flatMap(({ operation }) => {
    // Operations are counted with the looks between them and the filters before.
    const moved =
      operation.verb === "reap"
        ? { ...operation, entered: everything.length + 2 * operation.entered }
        : operation;
    return [moved, { verb: "look" } as const];
  });
}

class Comparison {
  readonly #model = new PairingModel();
  readonly #run: Run;
  /** Which request each reply closed that was paired and not ambiguous, against the one that it answers. */
  readonly #wrong: string[] = [];
  pairs = 0;

  constructor(run: Run) {
    this.#run = run;
  }

  get counters(): PairingModel["counters"] {
    return this.#model.counters;
  }

  check(events: readonly Event[], seedText: string): void {
    events.forEach((event, i) => {
      const at = everything.length + 2 * i;
      const [result, look] = [this.#run.results[at], this.#run.results[at + 1]];
      if (result === undefined || look?.dump === undefined) throw new Error("an operation without a result");
      const table = new Map(look.dump.lines.map((line) => [line.treeId, line]));
      const message = `after event ${i}, ${JSON.stringify(event, (_, v) => (typeof v === "bigint" ? `${v}` : v))}, ${seedText}`;
      const records = this.#apply(event, result, table, message);
      this.#recycle(table);
      const expected = [...this.#model.lines].map(
        ([number, line]) => [number, summaryOfModel(line, this.#run)] as const,
      );
      const actual = [...table].map(([number, line]) => [number, summaryOf(line)] as const);
      expect(new Map(actual), message).toEqual(new Map(expected));
      expect(look.dump.counters, message).toEqual(this.#model.counters);
      expect(look.dump.ghosts, message).toBe(this.#model.ghosts.length);
      expect(
        result.records.filter(({ kind }) => kind === KIND.REQUEST),
        message,
      ).toEqual(records);
    });
    expect(this.#wrong, seedText).toEqual([]);
  }

  /** @returns the records of requests that have to be on the ring now. */
  #apply(
    event: Event,
    { records, returned }: Result,
    table: Map<number, Request>,
    message: string,
  ): Request[] {
    const { operation, answers } = event;
    const { verb } = operation;
    if (verb === "enter") {
      const evicted = records.filter(({ kind }) => kind === KIND.EVICTED).map(({ treeId }) => treeId);
      this.#model.enter(operation, evicted);
    } else if (verb === "reap") {
      const number = answers ?? 0;
      const known = this.#model.lines.has(number);
      expect(returned, message).toBe(
        known ? this.#model.reap(number) : this.#model.reapGhost({ ...operation, treeId: number }),
      );
    } else if (verb === "done" || verb === "err") {
      const { thread, treeId, sessionId, command, messageId } = operation;
      const key = { thread, treeId, sessionId, command, messageId };
      const reply = verb === "err" ? { ...key, error: operation } : key;
      const allowed = this.#model.allowed(reply);
      const chosen = allowed.find(({ key: { treeId: number } }) => table.get(number)?.latencyNs !== 0);
      const closed = this.#model.reply(reply, chosen ?? allowed[0]);
      if (closed === undefined || (closed.flags & FLAG.AMBIGUOUS) !== 0) return [];
      this.pairs++;
      const number = closed.key.treeId;
      if (number !== answers) this.#wrong.push(`${message}: closed ${number}`);
      return [table.get(number) as Request];
    }
    return [];
  }

  /** Complete lines whose place was needed are gone from the table, one at most for each request that was sent. */
  #recycle(table: ReadonlyMap<number, Request>): void {
    const gone = [...this.#model.lines].filter(([number, line]) => !line.open && !table.has(number));
    expect(gone.length).toBeLessThanOrEqual(1);
    for (const [number] of gone) this.#model.recycle(number);
  }
}

for (const [build, object] of Object.entries(OBJECTS)) {
  describeBpf(`random traffic, ${build} build`, () => {
    let driver: Driver;
    beforeAll(() => {
      driver = new Driver(object);
    });
    afterAll(() => driver.close());

    test.each(SHAPES)(
      "%s: no reply ever closes another's request, and the rules hold after every hook",
      async (_, shape, expected) => {
        const random: Random = seeded();
        let pairs = 0;
        const totals: Record<string, number> = {};
        const isRare = (name: string) => (totals[name] ?? 0) < ENOUGH;
        for (let round = 0; round < ROUNDS_LEAST || (round < ROUNDS_MOST && expected.some(isRare)); round++) {
          const events = makeTraffic(random, shape);
          const run = await driver.run([...everything, ...interleave(events)]);
          const comparison = new Comparison(run);
          comparison.check(events, random.seedText);
          pairs += comparison.pairs;
          for (const [name, count] of Object.entries(comparison.counters)) {
            totals[name] = (totals[name] ?? 0) + count;
          }
        }
        // Traffic in which nothing happens would prove nothing.
        expect(pairs, random.seedText).toBeGreaterThan(50);
        expect(expected.filter(isRare), random.seedText).toEqual([]);
      },
      HANGS_MS,
    );
  });
}
