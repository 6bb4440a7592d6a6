// The results of the built-in rules in all situations, in groups under one daemon each. A group fails if a trouble is
// missed, if there is an incident too many, or if the wrong party is blamed.

import assert from "node:assert/strict";
import { run } from "../process.ts";
import type { Scenario } from "../scenario.ts";
import { startSecondServer } from "../server.ts";
import { lateSituations } from "../situations/late.ts";
import { missingSituations } from "../situations/missing.ts";
import { pairSituations } from "../situations/pairs.ts";
import { quietSituations } from "../situations/quiet.ts";
import { refusedSituations } from "../situations/refused.ts";
import { builtInConfig, playSituation, type Result, type Situation } from "../situations/situation.ts";

/** The situations that may name no cause, each with its reason in docs/quality.md. */
const UNKNOWN_MAX = 3;
const unknown: Result[] = [];

function groupOf(name: string, situations: readonly Situation[]): Scenario {
  return {
    name: `situations: ${name}`,
    async run(daemons) {
      await run("modprobe", "cifs"); // or there is nothing to attach to
      const aod = daemons.start(builtInConfig());
      if (situations === missingSituations) await startSecondServer();
      await aod.attached();
      const results: Result[] = [];
      for (const situation of situations) results.push(...(await playSituation(situation, aod)));
      unknown.push(...results.filter(({ outcome }) => outcome === "unknown"));
      assert.deepEqual(
        results.filter(({ outcome }) => outcome !== "right" && outcome !== "unknown"),
        [],
      );
      assert.ok(unknown.length <= UNKNOWN_MAX, `unknown: ${JSON.stringify(unknown)}`);
    },
  };
}

export const situationScenarios: readonly Scenario[] = [
  groupOf("healthy days make no incident", quietSituations),
  groupOf("late replies are found, and their cause", lateSituations),
  groupOf("missing replies are found, and their cause", missingSituations),
  groupOf("refusals are found, and their cause", refusedSituations),
  groupOf("two troubles in a row are distinguished", pairSituations),
];
