import { describe, expect, test } from "bun:test";
import { type Anomaly, type AnomalyKind, SEVERITY } from "../../src/model/anomaly.ts";
import { familyOf } from "../../src/model/family.ts";
import type { Incident } from "../../src/model/incident.ts";
import { serverNameOf } from "../../src/model/server-identity.ts";
import { Incidents, type Observation } from "../../src/supervisor/incidents.ts";
import { aKnownTree } from "../helpers/known-tree.ts";
import { type Random, seeded } from "../helpers/random.ts";

const COOLDOWN_MS = 5_000;
const RESOLVE_AFTER_MS = 2_000;
const RULES = ["slow", "stuck", "errors"] as const;
const KINDS: Readonly<Record<(typeof RULES)[number], readonly [AnomalyKind, ...AnomalyKind[]]>> = {
  slow: ["slow", "emergency", "hung"],
  stuck: ["hung"],
  errors: ["error", "emergency"],
};
const SHARES = ["//a/x", "//A/y", "//a", "//b/x", "//10.0.0.2/x", "//c/x", "unknown"] as const;
/** `b` and 10.0.0.2 are one server. */
const TREES = ["//b/x", "//10.0.0.2/x"].map((share) => aKnownTree({ share, address: "10.0.0.2" }));

function anAnomaly({ pick, int }: Random): Anomaly {
  const rule = pick(RULES);
  const kind = pick(KINDS[rule]);
  const count = int(0, 9);
  return {
    rule,
    kind,
    share: pick(SHARES),
    occurredNs: 0,
    detectedNs: 0,
    count,
    worstNs: int(1, 1e9),
    ruleType: rule === "errors" ? "error" : rule === "stuck" ? "stuck" : "latency",
    standing: kind === "hung" ? { count: int(1, 5), oldestNs: int(1, 1e9) } : undefined,
    evidence: [],
    statuses: [],
  };
}

function troubleOf(anomaly: Anomaly): string {
  const name = serverNameOf(anomaly.share);
  return `${name === "10.0.0.2" ? "b" : name} ${familyOf(anomaly)}`;
}

/** The state of one server and family in the model. */
interface Expected {
  id: string;
  kind: AnomalyKind;
  count: number;
  quietFromMs: number;
  /** What hangs, by rule and share. */
  readonly hanging: Set<string>;
}

interface Step {
  readonly ms: number;
  readonly observation: Observation | undefined;
}

/** Runs random anomalies, recoveries and quiet, and checks each step. `jump` sets the time of day. */
function live(random: Random, clock: Random, jump: (random: Random) => number): readonly Step[] {
  const { seedText } = random;
  const incidents = new Incidents({ captureCooldownMs: COOLDOWN_MS, resolveAfterMs: RESOLVE_AFTER_MS });
  incidents.trees = TREES;
  const open = new Map<string, Expected>();
  const captured = new Map<string, number>();
  const ids = new Set<string>();
  const steps: Step[] = [];
  let ms = 0;
  let offsetMs = 0;

  const resolve = (now: { epochMs: number; monotonicNs: number }) => {
    const isOver = ({ hanging, quietFromMs }: Expected) =>
      hanging.size === 0 && ms - quietFromMs >= RESOLVE_AFTER_MS;
    const over = [...open].filter(([, expected]) => isOver(expected));
    const resolved = incidents.resolve(now).map(({ id }) => id);
    expect(resolved.toSorted(), seedText).toEqual(over.map(([, { id }]) => id).toSorted());
    for (const [trouble] of over) open.delete(trouble);
  };

  const observe = (now: { epochMs: number; monotonicNs: number }): Observation => {
    const anomaly = anAnomaly(random);
    const trouble = troubleOf(anomaly);
    const before = open.get(trouble);
    const observation = incidents.observe(anomaly, now);
    const { incident } = observation;
    expect(observation.opened, seedText).toBe(before === undefined);
    if (before === undefined) expect(ids.has(incident.id), seedText).toBe(false);
    else expect(incident.id, seedText).toBe(before.id);
    expect(incident.count, seedText).toBeGreaterThanOrEqual(before?.count ?? 0);
    expect(incident.count, seedText).toBeLessThanOrEqual((before?.count ?? 0) + anomaly.count);
    expect(incident.rules, seedText).toContain(anomaly.rule);
    expect(incident.shares, seedText).toContain(anomaly.share);
    checkCapture(anomaly, trouble, before, observation);
    const hanging = before?.hanging ?? new Set<string>();
    const part = `${anomaly.rule} ${anomaly.share}`;
    if (anomaly.standing === undefined) hanging.delete(part);
    else hanging.add(part);
    expect(incident.standing !== undefined, seedText).toBe(hanging.size > 0);
    ids.add(incident.id);
    const { id, kind, count } = incident;
    open.set(trouble, { id, kind, count, quietFromMs: ms, hanging });
    return observation;
  };

  const checkCapture = (
    { kind }: Anomaly,
    trouble: string,
    before: Expected | undefined,
    { capture, opened, worsened }: Observation,
  ) => {
    const since = (severity: number) => ms - (captured.get(`${trouble} ${severity}`) ?? -Infinity);
    const isHeldBack = [1, 2, 3].some((rank) => rank >= SEVERITY[kind] && since(rank) < COOLDOWN_MS);
    expect(capture, seedText).toBe(opened || !isHeldBack);
    expect(worsened, seedText).toBe(before !== undefined && SEVERITY[kind] > SEVERITY[before.kind]);
    if (capture) captured.set(`${trouble} ${SEVERITY[kind]}`, ms);
  };

  const recover = (now: { epochMs: number; monotonicNs: number }) => {
    const [rule, share] = [random.pick(["slow", "stuck"]), random.pick(SHARES)];
    const trouble = troubleOf({ share, kind: "hung", ruleType: "stuck", evidence: [] } as unknown as Anomaly);
    const expected = open.get(trouble);
    const hung = expected?.hanging.has(`${rule} ${share}`) === true;
    // Like the detector, it reports an end only for something that hung.
    if (!hung || expected === undefined) return;
    const recovery = { rule, share, count: 5, abandoned: 0, unreported: 1, longestNs: 1, endedNs: 0 };
    const recovered = incidents.recover(recovery, now);
    expected.hanging.delete(`${rule} ${share}`);
    expect(recovered?.incident.id, seedText).toBe(expected.id);
    expect(recovered?.ended !== undefined, seedText).toBe(expected.hanging.size === 0);
    expect(recovered?.incident.count ?? 0, seedText).toBeGreaterThanOrEqual(expected.count);
    expected.count = recovered?.incident.count ?? 0;
    expected.quietFromMs = ms;
  };

  for (let step = 0; step < 400; step++) {
    ms += random.int(0, 900);
    if (clock.chance(0.1)) offsetMs += jump(clock);
    const now = { epochMs: 1_795_000_000_000 + offsetMs + ms, monotonicNs: ms * 1e6 };
    resolve(now);
    const isAnomaly = random.chance(0.6);
    steps.push({ ms, observation: isAnomaly ? observe(now) : undefined });
    if (!isAnomaly) recover(now);
    checkOpen(incidents.open(), open, seedText);
  }
  return steps;
}

function checkOpen(incidents: readonly Incident[], open: ReadonlyMap<string, Expected>, seedText: string) {
  const ids = incidents.map(({ id }) => id).toSorted();
  expect(ids, seedText).toEqual([...open.values()].map(({ id }) => id).toSorted());
}

describe("for any sequence of anomalies", () => {
  test("a server and family has one open incident, which has every anomaly and ends by quiet only", () => {
    const { int } = seeded();
    for (let run = 0; run < 20; run++) {
      const seed = int(0, 2 ** 31);
      live(seeded(seed), seeded(seed + 1), () => 0);
    }
  });

  test("a clock that is set forward or back changes nothing", () => {
    const { int, seedText } = seeded();
    const decisions = (steps: readonly Step[]) =>
      steps.map(({ observation: seen }) => [seen?.opened, seen?.capture, seen?.grown, seen?.incident.count]);
    for (let run = 0; run < 10; run++) {
      const seed = int(0, 2 ** 31);
      const shaken = live(seeded(seed), seeded(seed + 1), (clock) => clock.int(-1e9, 1e9));
      const calm = live(seeded(seed), seeded(seed + 1), () => 0);
      expect(decisions(shaken), seedText).toEqual(decisions(calm));
    }
  });
});
