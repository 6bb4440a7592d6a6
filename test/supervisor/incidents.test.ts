import { describe, expect, test } from "bun:test";
import type { Anomaly, AnomalyKind, Recovery } from "../../src/model/anomaly.ts";
import type { Incident } from "../../src/model/incident.ts";
import { Incidents } from "../../src/supervisor/incidents.ts";
import { seeded } from "../helpers/random.ts";
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
    ...parts,
  };
}

/** What hangs, as an anomaly says it. */
function aHang(count: number, oldestNs: number): Partial<Anomaly> {
  return { kind: "hung", standing: { count, oldestNs } };
}

function aRecovery(parts: Partial<Recovery> = {}): Recovery {
  return {
    ...{ rule: "slow", share: "//files/db", count: 2, abandoned: 0, unsaid: 0, longestNs: 7e9, endedNs: 0 },
    ...parts,
  };
}

function aCapture(incidentId: string, name: string, verdict = UNKNOWN) {
  return { incidentId, name, verdict };
}

describe("incidents", () => {
  test("the first anomaly opens one and asks for a capture, further ones only add to it", () => {
    const incidents = new Incidents(LIMITS);
    const first = incidents.observe(anAnomaly({ count: 10, worstNs: 5e7 }), at(0));
    const second = incidents.observe(anAnomaly({ count: 7, worstNs: 9e7 }), at(200));
    expect(first).toMatchObject({ opened: true, capture: true });
    expect(second).toMatchObject({ opened: false, worsened: false, capture: false });
    expect(second.incident).toMatchObject({ id: first.incident.id, count: 17, worstNs: 9e7, suppressed: 1 });
  });

  test("rules and shares have incidents of their own", () => {
    const incidents = new Incidents(LIMITS);
    const seen = [{}, { rule: "other" }, { share: "//files/home" }].map((parts) =>
      incidents.observe(anAnomaly(parts), at(0)),
    );
    expect(seen.map(({ opened, capture }) => opened && capture)).toEqual([true, true, true]);
    expect(new Set(seen.map(({ incident }) => incident.id)).size).toBe(3);
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

  test("one that opens again within the cooldown makes no capture, and says how many were held back", () => {
    const incidents = new Incidents(LIMITS);
    incidents.observe(anAnomaly(), at(0));
    incidents.resolve(at(20_000));
    expect(incidents.observe(anAnomaly(), at(30_000))).toMatchObject({ opened: true, capture: false });
    expect(incidents.observe(anAnomaly(), at(59_999))).toMatchObject({ capture: false });
    expect(incidents.observe(anAnomaly(), at(60_000))).toMatchObject({ capture: true, suppressedBefore: 2 });
  });

  test("a capture that was asked for and did not come counts as held back, with those before it", () => {
    const incidents = new Incidents(LIMITS);
    const first = incidents.observe(anAnomaly(), at(0));
    incidents.observe(anAnomaly(), at(1_000));
    const { incident, suppressedBefore } = incidents.observe(anAnomaly(), at(60_000));
    expect(suppressedBefore).toBe(1);
    const order = {
      rule: "slow",
      share: "//files/db",
      incidentId: incident.id,
      suppressed: suppressedBefore,
    };
    incidents.dropped(order);
    expect(incidents.open()).toMatchObject([{ id: first.incident.id, suppressed: 2 }]);
    // One of an incident that is over by then is said by the next.
    incidents.resolve(at(80_000));
    incidents.dropped({ ...order, suppressed: 0 });
    expect(incidents.observe(anAnomaly(), at(120_000))).toMatchObject({ capture: true, suppressedBefore: 3 });
    // Nobody's: one that a person asked for.
    incidents.dropped({ rule: "manual", share: "", incidentId: undefined, suppressed: 0 });
  });

  test("a cooldown of zero holds nothing back", () => {
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

  test("a capture that is ready only after its incident was resolved is protected too", () => {
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

  test("shares without end do not grow it without bound", () => {
    const incidents = new Incidents(LIMITS);
    for (let i = 0; i < 10_000; i++) incidents.observe(anAnomaly({ share: `//server/${i}` }), at(i));
    expect(incidents.open().length).toBeLessThanOrEqual(4096);
    expect(incidents.open().some(({ share }) => share === "//server/9999")).toBe(true);
  });

  test("a clock that is set back makes no two incidents of one name", () => {
    const incidents = new Incidents(LIMITS);
    const ids = ["a", "b", "c"].map((rule) => incidents.observe(anAnomaly({ rule }), at(5)).incident.id);
    expect(new Set(ids).size).toBe(3);
  });
});

describe("an incident in which something hangs", () => {
  test("lasts however long it is quiet, and is resolved by the quiet after the end", () => {
    const incidents = new Incidents(LIMITS);
    incidents.observe(anAnomaly(aHang(2, 1e9)), at(0));
    expect(incidents.nextResolveNs()).toBe(Infinity);
    expect(incidents.resolve(at(86_400_000))).toEqual([]);

    const recovered = incidents.recover(aRecovery({ count: 3, longestNs: 9e9 }), at(90_000_000));
    expect(recovered).toMatchObject({
      ...{ state: "open", standing: undefined, hung: { count: 3, longestNs: 9e9 }, worstNs: 9e9 },
      lastAtMs: at(90_000_000).epochMs,
    });
    expect(incidents.resolve(at(90_009_999))).toEqual([]);
    expect(incidents.resolve(at(90_010_000))).toMatchObject([{ state: "resolved", kind: "hung" }]);
  });

  test("is ended by the next anomaly too, if that says that nothing hangs", () => {
    const incidents = new Incidents(LIMITS);
    incidents.observe(anAnomaly(aHang(1, 1e9)), at(0));
    incidents.observe(anAnomaly(), at(1_000));
    expect(incidents.nextResolveNs()).toBe(11_000 * 1e6);
  });

  test("is not ended by a recovery of another rule or share, and a recovery alone opens none", () => {
    const incidents = new Incidents(LIMITS);
    incidents.observe(anAnomaly(aHang(1, 1e9)), at(0));
    expect(incidents.recover(aRecovery({ rule: "other" }), at(1))).toBeUndefined();
    expect(incidents.recover(aRecovery({ share: "//files/home" }), at(1))).toBeUndefined();
    expect(incidents.nextResolveNs()).toBe(Infinity);
    expect(incidents.open()).toHaveLength(1);
  });

  test("goes quiet when the detector is started again, unless the new one says that it still hangs", () => {
    const incidents = new Incidents(LIMITS);
    incidents.observe(anAnomaly(aHang(1, 1e9)), at(0));
    incidents.observe(anAnomaly({ ...aHang(1, 1e9), rule: "other" }), at(0));
    incidents.endStanding(at(50_000));
    incidents.observe(anAnomaly({ ...aHang(1, 50e9), count: 0 }), at(50_100));
    expect(incidents.resolve(at(60_000))).toMatchObject([{ rule: "other" }]);
    expect(incidents.nextResolveNs()).toBe(Infinity);
  });

  test("of a rule that is gone is let go, and no other", () => {
    const incidents = new Incidents(LIMITS);
    incidents.observe(anAnomaly(aHang(1, 1e9)), at(0));
    incidents.observe(anAnomaly({ ...aHang(1, 1e9), rule: "gone" }), at(0));
    incidents.endStanding(at(5_000), ({ rule }) => rule === "gone");
    expect(incidents.resolve(at(15_000))).toMatchObject([{ rule: "gone" }]);
  });

  test("has grown when twice as many hang, or twice as long, and not before", () => {
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

describe("what an incident remembers", () => {
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

  test("its newest captures, also one that comes when it is over", () => {
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
  /** After a reboot: the monotonic clock is new. */
  const booted = (ms: number) => ({ epochMs: at(3_600_000 + ms).epochMs, monotonicNs: ms * 1e6 });

  test("go on with id, count and captures; what hung is over, and the quiet begins now", () => {
    const incidents = new Incidents(LIMITS);
    expect(incidents.restore([earlier()], booted(20_000))).toEqual([]);
    expect(incidents.nextResolveNs()).toBe(30_000 * 1e6);
    expect(incidents.protectedNames()).toEqual(earlier().captures);
    const { incident, opened } = incidents.observe(anAnomaly({ count: 2 }), booted(21_000));
    expect(opened).toBe(false);
    expect(incident).toMatchObject({ id: earlier().id, count: 7, captures: earlier().captures });
    expect(incidents.resolve(booted(31_000))).toMatchObject([{ openedAtMs: earlier().openedAtMs }]);
  });

  test("hold back a capture as long as if nothing had been started again", () => {
    const incidents = new Incidents(LIMITS);
    const name = new Date(booted(10_000).epochMs).toISOString().replaceAll(/[-:]/g, "");
    incidents.restore([earlier({ captures: [`aod_${name}_slow.tar.zst`] })], booted(20_000));
    expect(incidents.observe(anAnomaly(aHang(1, 1e9)), booted(69_999)).capture).toBe(false);
    expect(incidents.observe(anAnomaly(aHang(1, 1e9)), booted(70_000)).capture).toBe(true);
  });

  test("keep their ids, though the clock was set back to when one of them opened", () => {
    const incidents = new Incidents(LIMITS);
    incidents.restore([earlier({ state: "resolved" })], booted(0));
    expect(incidents.observe(anAnomaly(), at(0)).incident.id).toBe(`${earlier().id}-2`);
    expect(incidents.captured(aCapture(earlier().id, "late"))?.captures).toHaveLength(2);
  });

  test("of one rule and share are one: the end of the first was lost", () => {
    const incidents = new Incidents(LIMITS);
    const ended = incidents.restore([earlier({ id: "first" }), earlier({ id: "second" })], booted(0));
    expect(ended).toMatchObject([{ id: "first", state: "resolved" }]);
    expect(incidents.open()).toMatchObject([{ id: "second" }]);
  });
});

describe("properties", () => {
  /** A life of some rules and shares; `jump` sets the clock of the day. */
  function live(seed: number, seedText: string, jump: (random: () => number) => number) {
    const random = seeded(seed);
    const clock = seeded(seed + 1);
    const incidents = new Incidents({ captureCooldownMs: 5_000, resolveAfterMs: 2_000 });
    const openNow = new Map<string, string>();
    const ids = new Set<string>();
    const decisions: unknown[] = [];
    let ms = 0;
    let offsetMs = 0;
    for (let step = 0; step < 500; step++) {
      ms += random.int(0, 1_500);
      if (clock.chance(0.1)) offsetMs += jump(() => clock.int(-1e9, 1e9));
      const now = { epochMs: 1_795_000_000_000 + offsetMs + ms, monotonicNs: ms * 1e6 };
      for (const { id, rule } of incidents.resolve(now)) {
        expect(openNow.get(rule), seedText).toBe(id);
        openNow.delete(rule);
        decisions.push(["resolved", rule]);
      }
      const rule = random.pick(["a", "b", "c"]);
      const what = random.int(0, 19);
      if (what === 0) incidents.endStanding(now);
      else if (what < 4) decisions.push(["recovered", incidents.recover(aRecovery({ rule }), now)?.count]);
      else {
        const parts = what < 8 ? aHang(random.int(1, 9), random.int(1, 1e9)) : {};
        const { incident, opened, capture, grown } = incidents.observe(anAnomaly({ ...parts, rule }), now);
        // One anomaly opens none beside one that is open, and names none like one before.
        expect(opened, seedText).toBe(!openNow.has(rule));
        expect(opened && ids.has(incident.id), seedText).toBe(false);
        if (!opened) expect(incident.id, seedText).toBe(openNow.get(rule) ?? "");
        openNow.set(rule, incident.id);
        ids.add(incident.id);
        decisions.push([rule, opened, capture, grown, incident.count]);
      }
      expect(
        incidents
          .open()
          .map(({ rule }) => rule)
          .sort(),
      ).toEqual([...openNow.keys()].sort());
    }
    return decisions;
  }

  test("a clock that is set forward or back decides nothing", () => {
    const { int, seedText } = seeded();
    for (let run = 0; run < 10; run++) {
      const seed = int(0, 2 ** 31);
      const shaken = live(seed, seedText, (random) => random());
      const calm = live(seed, seedText, () => 0);
      expect(shaken, seedText).toEqual(calm);
    }
  });
});
