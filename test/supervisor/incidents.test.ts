import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeEntries } from "../../src/history/entry.ts";
import { foldIncidents } from "../../src/history/fold.ts";
import type { Anomaly, AnomalyKind, Recovery } from "../../src/model/anomaly.ts";
import { type Incident, SHARES_MAX } from "../../src/model/incident.ts";
import { KIND, SIGNAL } from "../../src/model/request.gen.ts";
import type { Request } from "../../src/model/request.ts";
import { Incidents } from "../../src/supervisor/incidents.ts";
import { anAttribution } from "../helpers/attribution.ts";
import { aKnownTree } from "../helpers/known-tree.ts";
import { aRequest } from "../helpers/request.ts";
import { SERVER, UNKNOWN } from "../helpers/verdict.ts";

const LIMITS = { captureCooldownMs: 60_000, resolveAfterMs: 10_000 };

function at(ms: number) {
  return { epochMs: 1_795_000_000_000 + ms, monotonicNs: ms * 1e6 };
}

function anAnomaly(parts: Partial<Anomaly> = {}): Anomaly {
  const nowhere = { rule: "slow", ruleType: "latency", kind: "slow", share: "//files/db" } as const;
  return {
    ...nowhere,
    occurredNs: 0,
    detectedNs: 0,
    count: 10,
    worstNs: 5e7,
    evidence: [],
    standing: undefined,
    statuses: [],
    ...parts,
  };
}

/** A hang, as an anomaly reports it. */
function aHang(count: number, oldestNs: number): Partial<Anomaly> {
  return { kind: "hung", standing: { count, oldestNs } };
}

function aRecovery(parts: Partial<Recovery> = {}): Recovery {
  return {
    rule: "slow",
    share: "//files/db",
    count: 2,
    abandoned: 0,
    unreported: 0,
    longestNs: 7e9,
    endedNs: 0,
    ...parts,
  };
}

function aCapture(incidentId: string, name: string, verdict = UNKNOWN) {
  return { incidentId, name, verdict };
}

describe("incidents", () => {
  test("the first anomaly opens one and is captured, further ones only add to it", () => {
    const incidents = new Incidents(LIMITS);
    const first = incidents.observe(anAnomaly({ count: 10, worstNs: 5e7 }), at(0));
    const second = incidents.observe(anAnomaly({ count: 7, worstNs: 9e7 }), at(200));
    expect(first).toMatchObject({ opened: true, capture: true });
    expect(second).toMatchObject({ opened: false, worsened: false, capture: false });
    expect(second.incident).toMatchObject({ id: first.incident.id, count: 17, worstNs: 9e7, suppressed: 1 });
  });

  test("rules and shares of one server join its incident, and are named in it once each", () => {
    const incidents = new Incidents(LIMITS);
    const seen = [
      {},
      { rule: "other" },
      { share: "//FILES/home" },
      { share: "//files" },
      { rule: "other", share: "//files" },
    ].map((parts) => incidents.observe(anAnomaly(parts), at(0)));
    expect(seen.map(({ opened, joined, capture }) => [opened, joined, capture])).toEqual([
      [true, false, true],
      [false, false, false],
      [false, true, false],
      [false, true, false],
      [false, false, false],
    ]);
    expect(incidents.open()).toMatchObject([
      {
        server: "files",
        family: "availability",
        rule: "slow",
        share: "//files/db",
        rules: ["slow", "other"],
        shares: ["//files/db", "//FILES/home", "//files"],
      },
    ]);
  });

  test("servers, families and requests without a known share have incidents of their own", () => {
    const incidents = new Incidents(LIMITS);
    const error = { rule: "errors", ruleType: "error", kind: "error" } as const;
    const seen = [{}, error, { share: "//other/db" }, { share: "unknown" }].map((parts) =>
      incidents.observe(anAnomaly(parts), at(0)),
    );
    expect(seen.map(({ opened, capture }) => opened && capture)).toEqual([true, true, true, true]);
    const open = incidents.open().map(({ server, family }) => `${server} ${family}`);
    expect(open).toEqual([
      "files availability",
      "files refusals",
      "other availability",
      "unknown availability",
    ]);
  });

  test("a server with two names and one address has one incident", () => {
    const incidents = new Incidents(LIMITS);
    const shares = ["//files/db", "//files.example.net/home", "//10.9.1.2/x"];
    incidents.trees = shares.map((share) => aKnownTree({ share, address: "[::ffff:10.9.1.2]:445" }));
    for (const share of shares) incidents.observe(anAnomaly({ share }), at(0));
    expect(incidents.open()).toMatchObject([{ server: "files", shares }]);
  });

  test("requests that two rules report of one share count and hang once, those of two shares add up", () => {
    const incidents = new Incidents(LIMITS);
    const hangs = [
      { rule: "slow", share: "//files/db", count: 3 },
      { rule: "stuck", share: "//files/db", count: 3 },
      { rule: "slow", share: "//files/home", count: 2 },
      { rule: "stuck", share: "//files/home", count: 1 },
    ];
    for (const { count, ...parts } of hangs)
      incidents.observe(anAnomaly({ ...aHang(count, count * 1e9), ...parts, count }), at(0));
    expect(incidents.open()).toMatchObject([
      { count: 5, standing: { count: 5, startedNs: -3e9 }, hung: { count: 5, longestNs: 3e9 } },
    ]);
  });

  test("it is resolved when it has been quiet for resolve_after_sec, and not a moment earlier", () => {
    const incidents = new Incidents(LIMITS);
    incidents.observe(anAnomaly(), at(0));
    incidents.observe(anAnomaly(), at(4_000));
    expect(incidents.nextResolveNs()).toBe(14_000 * 1e6);
    expect(incidents.resolve(at(13_999))).toEqual([]);
    expect(incidents.resolve(at(14_000))).toMatchObject([{ state: "resolved", count: 20 }]);
    expect(incidents.nextResolveNs()).toBe(Infinity);
  });

  test("a new one is captured within the cooldown of the last: it may have another cause", () => {
    const incidents = new Incidents(LIMITS);
    incidents.observe(anAnomaly(), at(0));
    expect(incidents.observe(anAnomaly(), at(1_000))).toMatchObject({ capture: false });
    incidents.resolve(at(20_000));
    expect(incidents.observe(anAnomaly(), at(30_000))).toMatchObject({
      opened: true,
      capture: true,
      suppressedBefore: 1,
    });
    // The new incident has its own cooldown.
    expect(incidents.observe(anAnomaly(), at(89_999))).toMatchObject({ capture: false });
    expect(incidents.observe(anAnomaly(), at(90_000))).toMatchObject({ capture: true, suppressedBefore: 1 });
  });

  test("a dropped capture counts as suppressed, with those before it", () => {
    const incidents = new Incidents(LIMITS);
    const first = incidents.observe(anAnomaly(), at(0));
    incidents.observe(anAnomaly(), at(1_000));
    const { incident, suppressedBefore } = incidents.observe(anAnomaly(), at(60_000));
    expect(suppressedBefore).toBe(1);
    const order = { rule: "slow", scope: incident, incidentId: incident.id, suppressed: suppressedBefore };
    incidents.dropped(order);
    expect(incidents.open()).toMatchObject([{ id: first.incident.id, suppressed: 2 }]);
    // A dropped capture of a resolved incident counts for the next incident.
    incidents.resolve(at(80_000));
    incidents.dropped({ ...order, suppressed: 0 });
    expect(incidents.observe(anAnomaly(), at(120_000))).toMatchObject({ capture: true, suppressedBefore: 3 });
    // A capture on demand belongs to no incident.
    incidents.dropped({ rule: "manual", scope: undefined, incidentId: undefined, suppressed: 0 });
  });

  test("an incident stores the newest signal of each kind, up to a limit", () => {
    const incidents = new Incidents(LIMITS);
    const signal = (command: number, errno = 0) =>
      aRequest({ kind: KIND.SIGNAL, command, errno, latencyMs: 0 });
    const observe = (...evidence: Request[]) =>
      incidents.observe(anAnomaly({ kind: "signal", ruleType: "signal", evidence }), at(0)).incident.signals;
    const lost = signal(SIGNAL.RECONNECT);
    expect(observe(signal(SIGNAL.RECONNECT), lost)).toEqual([lost]);
    const refused = signal(SIGNAL.CONNECT_ERR, 111);
    expect(observe(refused)).toEqual([lost, refused]);
    for (let errno = 1; errno < 100; errno++) observe(signal(SIGNAL.CONNECT_ERR, errno));
    expect(incidents.open()[0]?.signals).toHaveLength(16);
    expect(incidents.observe(anAnomaly({ evidence: [aRequest({})] }), at(1)).incident.signals).toHaveLength(
      16,
    );
  });

  test("a cooldown of zero suppresses nothing", () => {
    const incidents = new Incidents({ ...LIMITS, captureCooldownMs: 0 });
    const seen = [0, 100, 200].map((ms) => incidents.observe(anAnomaly(), at(ms)).capture);
    expect(seen).toEqual([true, true, true]);
  });

  const escalation: readonly (readonly [AnomalyKind, AnomalyKind, boolean])[] = [
    ["slow", "emergency", true],
    ["slow", "hung", true],
    ["emergency", "hung", true],
    ["hung", "emergency", false],
    ["hung", "slow", false],
    ["emergency", "slow", false],
    ["hung", "hung", false],
  ];
  test.each(escalation)(
    "after a capture of %s, one of %s is made within the cooldown: %p",
    (before, after, made) => {
      const incidents = new Incidents(LIMITS);
      incidents.observe(anAnomaly({ kind: before }), at(0));
      expect(incidents.observe(anAnomaly({ kind: after }), at(1_000)).capture).toBe(made);
    },
  );

  test("the newest capture of an open incident is protected, and that of the last one after it is resolved", () => {
    const incidents = new Incidents(LIMITS);
    const { incident } = incidents.observe(anAnomaly(), at(0));
    incidents.captured(aCapture(incident.id, "first.tar.zst"));
    incidents.captured(aCapture(incident.id, "second.tar.zst"));
    expect(incidents.protectedNames()).toEqual(["second.tar.zst"]);
    incidents.resolve(at(60_000));
    expect(incidents.protectedNames()).toEqual(["second.tar.zst"]);
  });

  test("a capture that is complete only after its incident was resolved is protected too", () => {
    const incidents = new Incidents(LIMITS);
    const { incident } = incidents.observe(anAnomaly(), at(0));
    incidents.resolve(at(60_000));
    incidents.captured(aCapture(incident.id, "late.tar.zst"));
    expect(incidents.protectedNames()).toEqual(["late.tar.zst"]);
  });

  test("an incident has the verdict of its newest capture that names a cause", () => {
    const incidents = new Incidents(LIMITS);
    const { incident } = incidents.observe(anAnomaly(), at(0));
    expect(incident.verdict).toBeUndefined();
    const NETWORK = { ...SERVER, cause: "network" } as const;
    const verdicts = [UNKNOWN, SERVER, UNKNOWN, NETWORK].map(
      (verdict) => incidents.captured(aCapture(incident.id, "x", verdict))?.verdict,
    );
    expect(verdicts).toEqual([UNKNOWN, SERVER, SERVER, NETWORK]);
  });

  test("the number of servers is bounded, and the last one has its incident", () => {
    const incidents = new Incidents(LIMITS);
    let displaced = 0;
    for (let i = 0; i < 5_000; i++) {
      const seen = incidents.observe(anAnomaly({ share: `//server${i}/x` }), at(i));
      if (seen.displaced !== undefined) displaced += 1;
    }
    expect(incidents.open()).toHaveLength(1024);
    expect(displaced).toBe(5_000 - 1024);
    expect(incidents.open().at(-1)?.share).toBe("//server4999/x");
  });

  test("shares of one server are named up to a limit, and all of them count", () => {
    const incidents = new Incidents(LIMITS);
    for (let i = 0; i < 5_000; i++) incidents.observe(anAnomaly({ share: `//server/${i}`, count: 2 }), at(i));
    const [only, ...others] = incidents.open();
    expect(others).toEqual([]);
    expect(only?.shares).toHaveLength(SHARES_MAX);
    expect(only?.count).toBe(10_000);
  });

  test("a clock that is set back leads to no duplicate id", () => {
    const incidents = new Incidents(LIMITS);
    const ids = ["a", "b", "c"].map(
      (server) => incidents.observe(anAnomaly({ share: `//${server}/db` }), at(5)).incident.id,
    );
    expect(new Set(ids).size).toBe(3);
  });
});

describe("an incident in which something hangs", () => {
  test("lasts through any quiet, and is resolved by the quiet after the hang", () => {
    const incidents = new Incidents(LIMITS);
    incidents.observe(anAnomaly(aHang(2, 1e9)), at(0));
    expect(incidents.nextResolveNs()).toBe(Infinity);
    expect(incidents.resolve(at(86_400_000))).toEqual([]);

    const recovered = incidents.recover(aRecovery({ count: 3, longestNs: 9e9 }), at(90_000_000));
    expect(recovered?.ended).toEqual({ count: 3, abandoned: 0, longestNs: 9e9 });
    expect(recovered?.incident).toMatchObject({
      state: "open",
      standing: undefined,
      hung: { count: 3, longestNs: 9e9 },
      worstNs: 9e9,
      lastAtMs: at(90_000_000).epochMs,
    });
    expect(incidents.resolve(at(90_009_999))).toEqual([]);
    expect(incidents.resolve(at(90_010_000))).toMatchObject([{ state: "resolved", kind: "hung" }]);
  });

  test("ends the hang with the next anomaly too, if that reports nothing that hangs", () => {
    const incidents = new Incidents(LIMITS);
    incidents.observe(anAnomaly(aHang(1, 1e9)), at(0));
    incidents.observe(anAnomaly(), at(1_000));
    expect(incidents.nextResolveNs()).toBe(11_000 * 1e6);
  });

  test("ends the hang with the recovery of its last rule and share, and counts all that hung", () => {
    const incidents = new Incidents(LIMITS);
    const parts = [
      { rule: "slow", share: "//files/db" },
      { rule: "stuck", share: "//files/db" },
      { rule: "slow", share: "//files/home" },
    ];
    for (const part of parts) incidents.observe(anAnomaly({ ...aHang(2, 1e9), ...part }), at(0));
    const ends = parts.map((part, i) =>
      incidents.recover(aRecovery({ ...part, count: 3, abandoned: 1, longestNs: i * 1e9 }), at(i)),
    );
    expect(ends.map((end) => end?.ended)).toEqual([
      undefined,
      undefined,
      { count: 6, abandoned: 2, longestNs: 2e9 },
    ]);
    expect(ends.map((end) => end?.incident.standing?.count)).toEqual([4, 2, undefined]);
    expect(incidents.nextResolveNs()).toBe(10_002 * 1e6);
  });

  test("counts a new hang separately from an old one", () => {
    const incidents = new Incidents(LIMITS);
    for (const count of [5, 2]) {
      incidents.observe(anAnomaly({ ...aHang(count, 1e9) }), at(0));
      const end = incidents.recover(aRecovery({ count, longestNs: count * 1e9 }), at(1));
      expect(end?.ended).toEqual({ count, abandoned: 0, longestNs: count * 1e9 });
    }
    expect(incidents.open()[0]?.hung).toEqual({ count: 5, longestNs: 5e9 });
  });

  test("ignores a recovery of another rule or share, and a recovery alone opens no incident", () => {
    const incidents = new Incidents(LIMITS);
    incidents.observe(anAnomaly(aHang(1, 1e9)), at(0));
    expect(incidents.recover(aRecovery({ rule: "other" }), at(1))).toBeUndefined();
    expect(incidents.recover(aRecovery({ share: "//files/home" }), at(1))).toBeUndefined();
    expect(incidents.nextResolveNs()).toBe(Infinity);
    expect(incidents.open()).toHaveLength(1);
  });

  test("becomes quiet when the detector restarts, unless the new one reports the hang again", () => {
    const incidents = new Incidents(LIMITS);
    incidents.observe(anAnomaly(aHang(1, 1e9)), at(0));
    incidents.observe(anAnomaly({ ...aHang(1, 1e9), share: "//other/db" }), at(0));
    incidents.endStanding(at(50_000));
    incidents.observe(anAnomaly({ ...aHang(1, 50e9), count: 0 }), at(50_100));
    expect(incidents.resolve(at(60_000))).toMatchObject([{ server: "other" }]);
    expect(incidents.nextResolveNs()).toBe(Infinity);
  });

  test("ends the hang of a removed rule, but not that of another rule", () => {
    const incidents = new Incidents(LIMITS);
    incidents.observe(anAnomaly(aHang(1, 1e9)), at(0));
    incidents.observe(anAnomaly({ ...aHang(3, 1e9), rule: "gone" }), at(0));
    incidents.endStanding(at(5_000), (rule) => rule === "gone");
    expect(incidents.open()[0]?.standing?.count).toBe(1);
    incidents.endStanding(at(6_000), (rule) => rule === "slow");
    expect(incidents.resolve(at(16_000))).toMatchObject([{ state: "resolved" }]);
  });

  test("has grown when twice as many requests hang, or twice as long, and not before", () => {
    const incidents = new Incidents(LIMITS);
    const grown = (count: number, oldestSec: number, ms: number) =>
      incidents.observe(anAnomaly({ ...aHang(count, oldestSec * 1e9), count: 0 }), at(ms)).grown;
    incidents.observe(anAnomaly({ ...aHang(2, 1e9), count: 2 }), at(0));
    expect([grown(3, 1.5, 1), grown(4, 1.6, 2), grown(5, 3, 3), grown(5, 3.2, 4)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });
});

describe("an incident stores", () => {
  test("its first and last moment, and the request that took longest, in flight or not", () => {
    const incidents = new Incidents(LIMITS);
    const quick = aRequest({ latencyMs: 40 });
    const slow = aRequest({ latencyMs: 60 });
    const inFlight = aRequest({ latencyMs: 0, startMs: 1_000 });
    incidents.observe(anAnomaly({ evidence: [quick, slow], worstNs: 6e7 }), at(0));
    const milder = incidents.observe(anAnomaly({ evidence: [quick], worstNs: 4e7 }), at(500)).incident;
    expect(milder).toMatchObject({ openedAtMs: at(0).epochMs, lastAtMs: at(500).epochMs, worst: slow });
    const hang = { evidence: [slow, inFlight], detectedNs: 2_200e6, worstNs: 1.2e9 };
    expect(incidents.observe(anAnomaly(hang), at(900)).incident.worst).toBe(inFlight);
  });

  test("its newest captures, also one that is complete after its end", () => {
    const incidents = new Incidents(LIMITS);
    const { id } = incidents.observe(anAnomaly(), at(0)).incident;
    for (let i = 0; i < 40; i++) incidents.captured(aCapture(id, `${i}`));
    incidents.resolve(at(60_000));
    const last = incidents.captured(aCapture(id, "late"));
    expect(last).toMatchObject({ state: "resolved" });
    expect(last?.captures).toHaveLength(32);
    expect(last?.captures.slice(-2)).toEqual(["39", "late"]);
    expect(incidents.captured(aCapture("unheard of", "x"))).toBeUndefined();
  });
});

describe("incidents of an earlier run", () => {
  const earlier = (parts: Partial<Incident> = {}): Incident => {
    const { incident } = new Incidents(LIMITS).observe(anAnomaly({ ...aHang(1, 1e9), count: 5 }), at(0));
    return { ...incident, captures: ["aod_20261117T000000.000Z_slow.tar.zst"], ...parts };
  };
  /** After a reboot: the monotonic clock starts again. */
  const booted = (ms: number) => ({ epochMs: at(3_600_000 + ms).epochMs, monotonicNs: ms * 1e6 });

  test("continue with id, count and captures; their hang is over, and the quiet begins now", () => {
    const incidents = new Incidents(LIMITS);
    expect(incidents.restore([earlier()], booted(20_000))).toEqual([]);
    expect(incidents.nextResolveNs()).toBe(30_000 * 1e6);
    expect(incidents.protectedNames()).toEqual(earlier().captures);
    const { incident, opened } = incidents.observe(anAnomaly({ count: 2 }), booted(21_000));
    expect(opened).toBe(false);
    expect(incident).toMatchObject({ id: earlier().id, count: 7, captures: earlier().captures });
    expect(incidents.resolve(booted(31_000))).toMatchObject([{ openedAtMs: earlier().openedAtMs }]);
  });

  test("suppress a capture as long as without a restart", () => {
    const incidents = new Incidents(LIMITS);
    const name = new Date(booted(10_000).epochMs).toISOString().replaceAll(/[-:]/g, "");
    incidents.restore([earlier({ captures: [`aod_${name}_slow.tar.zst`] })], booted(20_000));
    expect(incidents.observe(anAnomaly(aHang(1, 1e9)), booted(69_999)).capture).toBe(false);
    expect(incidents.observe(anAnomaly(aHang(1, 1e9)), booted(70_000)).capture).toBe(true);
  });

  test("have unique ids, even if the clock was set back to when one of them opened", () => {
    const incidents = new Incidents(LIMITS);
    incidents.restore([earlier({ state: "resolved" })], booted(0));
    expect(incidents.observe(anAnomaly(), at(0)).incident.id).toBe(`${earlier().id}-2`);
    expect(incidents.captured(aCapture(earlier().id, "late"))?.captures).toHaveLength(2);
  });

  test("of one server and family become one: the end of the first was lost, or each had its own rule and share", () => {
    const incidents = new Incidents(LIMITS);
    const ended = incidents.restore(
      [
        earlier({ id: "first", rule: "stuck" }),
        earlier({ id: "second", share: "//files/home" }),
        earlier({ id: "third", family: "refusals" }),
      ],
      booted(0),
    );
    expect(ended).toMatchObject([{ id: "first", state: "resolved" }]);
    expect(incidents.open()).toMatchObject([{ id: "second" }, { id: "third" }]);
  });

  test("of a history with one for each rule and share continue as one, and the others end", () => {
    // An old history with an incident for each rule and share: two rules, two shares, one server.
    const text = readFileSync(join(import.meta.dir, "../fixtures/history/rule-and-share.jsonl"), "utf8");
    const stored = foldIncidents(decodeEntries(text)).map(({ incident }) => incident);
    expect(stored).toHaveLength(4);
    const incidents = new Incidents(LIMITS);
    const ended = incidents.restore(stored, booted(0));
    expect(ended.map(({ id }) => id)).toEqual(stored.slice(0, 3).map(({ id }) => id));
    const stuck = { ...aHang(2, 1e9), rule: "slow-requests", share: "//files/db", count: 2 };
    expect(incidents.observe(anAnomaly(stuck), booted(1))).toMatchObject({
      opened: false,
      joined: true,
      incident: { id: stored[3]?.id, server: "files", count: 4, shares: ["//files/home", "//files/db"] },
    });
  });

  test("are found by their earlier address", () => {
    const incidents = new Incidents(LIMITS);
    incidents.restore([earlier({ attribution: anAttribution({ address: "10.9.1.2" }) })], booted(0));
    const { incident } = incidents.observe(anAnomaly({ share: "//10.9.1.2/db" }), booted(1));
    expect(incident.id).toBe(earlier().id);
  });
});
