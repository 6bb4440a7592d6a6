import { describe, expect, test } from "bun:test";
import type { Anomaly, AnomalyKind } from "../../src/model/anomaly.ts";
import { Incidents } from "../../src/supervisor/incidents.ts";

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
    incidents.captured(incident.id, "first.tar.zst");
    incidents.captured(incident.id, "second.tar.zst");
    expect(incidents.protectedNames()).toEqual(["second.tar.zst"]);
    incidents.resolve(at(60_000));
    expect(incidents.protectedNames()).toEqual(["second.tar.zst"]);
  });

  test("a capture that is ready only after its incident was resolved is protected too", () => {
    const incidents = new Incidents(LIMITS);
    const { incident } = incidents.observe(anAnomaly(), at(0));
    incidents.resolve(at(60_000));
    incidents.captured(incident.id, "late.tar.zst");
    expect(incidents.protectedNames()).toEqual(["late.tar.zst"]);
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
