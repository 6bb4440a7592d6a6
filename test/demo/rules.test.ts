// The rules of the demo with its traffic: a host that keeps the client from running must not look like a slow server.

import { describe, expect, test } from "bun:test";
import { parseConfig } from "../../src/config/config.ts";
import rulesText from "../../src/demo/rules.yaml" with { type: "text" };
import { Client } from "../../src/demo/traffic.ts";
import { factsInFlight } from "../../src/detector/facts.ts";
import { judgeLatency } from "../../src/detector/latency.ts";
import { SlidingWindow } from "../../src/detector/window.ts";
import type { LatencyRule } from "../../src/model/rule.ts";
import { seeded } from "../helpers/random.ts";

const { config, problems } = parseConfig(rulesText, "the demo's rules");
const latencyRules = (config?.rules ?? []).filter((rule): rule is LatencyRule => rule.type === "latency");

describe("the rules of the demo", () => {
  test("are a valid configuration with the rules that the story waits for", () => {
    expect(problems).toEqual([]);
    expect(config?.rules.map(({ name }) => name)).toEqual([
      "slow-replies",
      "failed-requests",
      "hung-requests",
    ]);
  });

  test.each(latencyRules.map((rule) => [rule.name, rule] as const))(
    "%s never trips on healthy traffic, however slow the host is",
    (_, rule) => {
      const random = seeded();
      const client = new Client();
      for (const worstNs of [1e6, 130e6, 2e9, 60e9]) {
        const window = new SlidingWindow(rule.acceptableCount, rule.windowNs);
        let nowNs = 0;
        for (let sent = 0; sent < 3000; sent++) {
          // The host may pause between each request and its reply; the next request is sent after the reply.
          const latencyNs = random.int(0, worstNs);
          nowNs += latencyNs;
          const judged = judgeLatency(rule, factsInFlight(client.next().command, latencyNs, false));
          expect(judged, random.seedText).not.toBe("emergency");
          if (judged === "counts") expect(window.add(nowNs), random.seedText).toBe(false);
        }
      }
    },
  );
});
