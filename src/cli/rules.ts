// `aod rules`: prints what each rule watches, and how near it came to tripping in the last hour. The second part
// comes from the running aod, if there is one.

import type { ArgsDef } from "citty";
import { findConfig } from "../config/file.ts";
import { askOnce } from "../control/client.ts";
import { findSocketPath } from "../control/socket-path.ts";
import { printProblems } from "../daemon/problems.ts";
import { AodError } from "../model/failure.ts";
import { CONFIG_ARGUMENT, makeVerb } from "./arguments.ts";
import { printJson, printLines } from "./print.ts";
import { type Closest, ruleLines, watchesText } from "./rule-words.ts";

const ARGUMENTS = {
  json: { type: "boolean", description: "an array, for programs" },
  ...CONFIG_ARGUMENT,
} as const satisfies ArgsDef;

export const rulesCommand = makeVerb({
  name: "rules",
  description: "what each rule watches, and how near it came to tripping in the last hour",
  args: ARGUMENTS,
  examples: [
    { command: "aod rules", meaning: "the configuration of the service" },
    { command: "aod rules --json | jq '.[] | select(.closest.ratio > 0.5)'", meaning: "the near misses" },
  ],
  run: async ({ json, config }) => {
    const found = findConfig(config);
    if (found.config === undefined) {
      printProblems(found.problems);
      throw new AodError(found.code, found.summary);
    }
    const { rules } = found.config;
    const approaches = await askApproaches();
    if (json === true)
      printJson(
        rules.map((rule) => ({
          rule: rule.name,
          type: rule.type,
          watches: watchesText(rule),
          closest: approaches?.find((one) => one.rule === rule.name) ?? null,
        })),
      );
    else printLines(ruleLines(rules, approaches));
    return 0;
  },
});

/** Undefined if no aod answers: the rules are known without it. */
export async function askApproaches(): Promise<readonly Closest[] | undefined> {
  try {
    return (await askOnce(findSocketPath(process.env), { ask: "status" }, "status")).status.approaches;
  } catch (thrown) {
    if (thrown instanceof AodError) return undefined;
    throw thrown;
  }
}
