// Checks which configuration a start would use, and whether it is valid. The verb prints the problems in detail, as
// `aod check` does.

import type { FoundConfig } from "../config/file.ts";
import { bad, type Finding, ok } from "./finding.ts";

export function configFinding(found: FoundConfig): Finding {
  if (found.config === undefined) {
    return bad(
      "configuration",
      found.summary,
      "aod check --config FILE shows each problem with its line",
      found.code,
    );
  }
  const { file, rules } = found.config;
  const warnings =
    found.problems.length === 0
      ? ""
      : `, ${found.problems.length} ${found.problems.length === 1 ? "warning" : "warnings"}`;
  return ok(
    "configuration",
    `${file ?? "the built-in default"}, ${rules.length} ${rules.length === 1 ? "rule" : "rules"}${warnings}`,
  );
}
