// READs and WRITEs in flight that have no line (bpf/ghosts.h): how many fit, and what becomes of the others. All
// requests are in one set of the table, so that of N in flight all but the four youngest are ghosts.

import { expect, test } from "bun:test";
import { FLAG, GEOMETRY, KIND } from "../../src/model/request.gen.ts";
import { type Random, seeded } from "../helpers/random.ts";
import type { Operation } from "./driver.ts";
import { CIFSD, crowd, describeBuilds, done, enter, err, READ, REPLIED, SESSION, silence } from "./script.ts";

const LINES = 4;
/** Two buckets of seven. */
const PLACES_OF_A_KEY = 14;
const BUCKETS_LOG2 = 10n;

/** The first bucket of a READ, by the formula of fingerprint_of. */
function bucketOf(messageId: bigint): bigint {
  let hash = BigInt.asUintN(64, (SESSION + BigInt(READ)) * 0x9e3779b97f4a7c15n);
  hash = BigInt.asUintN(64, (hash ^ (hash >> 32n) ^ messageId) * 0xd6e8feb86659fd93n);
  return (hash ^ (hash >> 32n)) >> (64n - BUCKETS_LOG2);
}

/** Message ids of one set; the first `count` whose ghosts begin in bucket `bucket`, or in any other. */
function idsOf(count: number, bucket: bigint, isSame: boolean): bigint[] {
  const ids: bigint[] = [];
  for (let n = 1; ids.length < count; n++) {
    if ((bucketOf(crowd(n)) === bucket) === isSame) ids.push(crowd(n));
  }
  return ids;
}

const times = (count: number, operation: Operation): Operation[] =>
  Array.from({ length: count }, () => operation);

describeBuilds("ghosts", (play) => {
  test("of one key fit as many as a session sends at a time, and each reply takes one away", async () => {
    const sent = LINES + PLACES_OF_A_KEY;
    const all = await play(times(sent, enter(0, 1, READ, crowd(0))));
    expect(all.ghosts).toBe(PLACES_OF_A_KEY);
    expect(all.counters).toMatchObject({ evicted: PLACES_OF_A_KEY, forgotten: 0 });
    const { ghosts, counters } = await play([
      ...times(sent, enter(0, 1, READ, crowd(0))),
      ...times(sent, done(CIFSD, READ, crowd(0))),
      enter(0, 2, READ, crowd(0)),
      done(CIFSD, READ, crowd(0)),
    ]);
    expect(ghosts).toBe(0);
    expect(counters).toMatchObject({ ambiguous: LINES, unpaired: PLACES_OF_A_KEY, replied: 1 });
  });

  test("that find no place make all of their bucket ambiguous, until the last of them is gone", async () => {
    const key = crowd(0);
    const [twin = 0n] = idsOf(1, bucketOf(key), true);
    const [stranger = 0n] = idsOf(1, bucketOf(key), false);
    const without = 3;
    const sent = LINES + PLACES_OF_A_KEY + without;
    const exchange = (number: number, messageId: bigint) => [
      enter(0, number, READ, messageId),
      done(CIFSD, READ, messageId),
    ];
    const { results, counters, ghosts } = await play([
      ...silence,
      ...times(sent, enter(0, 1, READ, key)),
      // The first line of both is taken from the key: one ghost more.
      ...exchange(2, twin),
      { verb: "look" },
      ...exchange(3, stranger),
      { verb: "look" },
      // Three lines and fourteen fingerprints go first, then those without.
      ...times(sent - 1, done(CIFSD, READ, key)),
      ...exchange(4, twin),
      { verb: "look" },
      done(CIFSD, READ, key),
      ...exchange(5, twin),
      { verb: "look" },
    ]);
    const flagsOf = (number: number) =>
      results.flatMap(({ dump }) => dump?.lines ?? []).find(({ treeId }) => treeId === number)?.flags;
    expect([2, 3, 4, 5].map(flagsOf)).toEqual([
      REPLIED | FLAG.AMBIGUOUS,
      REPLIED,
      REPLIED | FLAG.AMBIGUOUS,
      REPLIED,
    ]);
    expect(counters.forgotten).toBe(without + 1);
    expect(ghosts).toBe(0);
  });

  test("of 4,096 keys all have a place", async () => {
    const random = seeded();
    // As many ids as there are sets begin in one and the same, and then in the one before it.
    const first = random.int(0, 60) * GEOMETRY.SETS + random.int(0, GEOMETRY.SETS - LINES - 4096);
    const ids = Array.from({ length: LINES + 4096 }, (_, n) => crowd(first + n));
    const { counters, ghosts } = await play([...silence, ...ids.map((id) => enter(0, 1, READ, id))]);
    expect(counters, random.seedText).toMatchObject({ evicted: 4096, forgotten: 0 });
    expect(ghosts, random.seedText).toBe(4096);
    const replies = shuffle(ids, random).map((id) => done(CIFSD, READ, id));
    const after = await play([...silence, ...ids.map((id) => enter(0, 1, READ, id)), ...replies]);
    expect(after.ghosts, random.seedText).toBe(0);
    expect(after.counters, random.seedText).toMatchObject({ replied: LINES, unpaired: 4096, ambiguous: 0 });
  });

  test("never let a reply close another's request unmarked, and are all gone in the end, however many there are", async () => {
    const random = seeded();
    for (let round = 0; round < 8; round++) {
      const { records, counters, ghosts } = await play(makeTraffic(random));
      const wrong = records.filter(
        ({ kind, treeId, ntStatus }) => kind === KIND.REQUEST && treeId !== ntStatus,
      );
      expect(wrong, random.seedText).toEqual([]);
      expect(counters.forgotten, random.seedText).toBeGreaterThan(0);
      expect(counters.replied, random.seedText).toBeGreaterThan(0);
      expect(ghosts, random.seedText).toBe(0);
    }
  });
});

/**
 * READs of keys whose ghosts begin in one bucket, more than fit, and their replies in any order; then one at a time.
 * A request carries its number as tree id, a reply that of the request which it answers as NT status.
 */
function makeTraffic(random: Random): Operation[] {
  const keys = idsOf(3, bucketOf(crowd(0)), true);
  const inFlight: { readonly number: number; readonly messageId: bigint }[] = [];
  const operations: Operation[] = [];
  let number = 0;
  const send = () => {
    const messageId = keys[random.int(0, keys.length - 1)] ?? 0n;
    inFlight.push({ number: ++number, messageId });
    operations.push(enter(random.int(0, 3), number, READ, messageId));
  };
  const answer = () => {
    const [one] = inFlight.splice(random.int(0, inFlight.length - 1), 1);
    if (one !== undefined) {
      operations.push(err(CIFSD, READ, one.messageId, { ntStatus: one.number, rc: -5 }));
    }
  };
  // Three keys with a bucket in common have 28 places.
  while (inFlight.length < 60) random.chance(0.8) || inFlight.length === 0 ? send() : answer();
  while (inFlight.length > 0) random.chance(0.8) ? answer() : send();
  for (let i = 0; i < 20; i++) {
    send();
    answer();
  }
  return operations;
}

function shuffle<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: random.int(0, 2 ** 32 - 1) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
