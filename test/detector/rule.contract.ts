// The contract of every type of rule that has a window, on one share. The tests of the types run it with a rule and
// with factories of a request that the rule counts and one that it passes.

import { describe, expect, test } from "bun:test";
import { factsOfReply } from "../../src/detector/facts.ts";
import { judgeReply } from "../../src/detector/judge.ts";
import { RuleWindow } from "../../src/detector/rule-window.ts";
import { type Anomaly, EVIDENCE_MAX } from "../../src/model/anomaly.ts";
import { endNs, type Request } from "../../src/model/request.ts";
import type { Rule } from "../../src/model/rule.ts";
import { seeded } from "../helpers/random.ts";

export interface RuleContract {
  /** It trips at three requests within a second. */
  readonly rule: Rule;
  readonly counting: (startMs: number) => Request;
  readonly passing: (startMs: number) => Request;
  /** Whether the rule counts a request; for rules that do not judge replies. */
  readonly counts?: (request: Request) => boolean;
}

const MS = 1e6;

export function describeRule({ rule, counting, passing, counts }: RuleContract): void {
  const isCounted = counts ?? ((request) => judgeReply(rule, factsOfReply(request, false)) !== "passes");
  const windowMs = rule.windowNs / MS;

  /** Feeds requests, and takes the anomalies that are due 1 s after each. */
  function run(requests: readonly Request[]): Anomaly[] {
    const ruleWindow = new RuleWindow(rule, "//server/share");
    return requests.flatMap((request) => {
      if (!isCounted(request)) return [];
      const counted = { request, timeNs: endNs(request), latencyNs: request.latencyNs };
      if (ruleWindow.count(counted)) ruleWindow.tripFull(counted, counted.timeNs);
      return ruleWindow.takeDue(counted.timeNs + 1000 * MS);
    });
  }

  describe(`a rule of type ${rule.type}`, () => {
    test("an empty window causes no anomaly", () => {
      expect(run([])).toEqual([]);
      expect(new RuleWindow(rule, "//server/share").nextReportNs).toBe(Infinity);
    });

    test("it trips at its count, with the requests as evidence", () => {
      const requests = [0, 100, 200].map(counting);
      const [anomaly, ...rest] = run(requests);
      expect(rest).toEqual([]);
      expect(anomaly).toMatchObject({
        rule: rule.name,
        ruleType: rule.type,
        share: "//server/share",
        count: 3,
      });
      expect(anomaly?.evidence).toEqual(requests);
      expect(anomaly?.occurredNs).toBe(endNs(requests[2] as Request));
    });

    test("it does not trip one short of its count", () => {
      expect(run([0, 100].map(counting))).toEqual([]);
    });

    test("it ignores requests that it does not count", () => {
      expect(run([counting(0), passing(10), passing(20), counting(30), passing(40)])).toEqual([]);
    });

    test("it does not add up requests that are further apart than its window", () => {
      expect(run([0, windowMs, 2 * windowMs + 1].map(counting))).toEqual([]);
    });

    test("it trips even if the clock does not move", () => {
      expect(run([0, 0, 0].map(counting))).toHaveLength(1);
    });

    test("it trips again at each further request within the window", () => {
      expect(run([0, 100, 200, 300, 400].map(counting)).map(({ count }) => count)).toEqual([3, 1, 1]);
    });

    test("its evidence is bounded, however many requests count", () => {
      const random = seeded();
      let last: Anomaly | undefined;
      for (const anomaly of run(Array.from({ length: 500 }, (_, i) => counting(i + random.int(0, 3))))) {
        expect(anomaly.evidence.length, random.seedText).toBeLessThanOrEqual(EVIDENCE_MAX);
        last = anomaly;
      }
      const ends = last?.evidence.map(endNs) ?? [];
      expect(ends).toEqual([...ends].sort((a, b) => a - b));
      expect(ends).toHaveLength(EVIDENCE_MAX);
    });
  });
}
