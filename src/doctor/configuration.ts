// Which configuration a start would use, and whether it is right. In: what config/file.ts found; out: a finding. What
// is wrong in detail is printed by the verb, the same way as `aod check` does.

import type { FoundConfig } from "../config/file.ts";
import { bad, type Finding, ok } from "./finding.ts";

export function configFinding(found: FoundConfig): Finding {
  if (found.config === undefined) {
    return bad(
      "configuration",
      found.summary,
      "aod check --config FILE shows each problem and its place",
      found.code,
    );
  }
  const { file, rules } = found.config;
  const warnings = found.problems.length === 0 ? "" : `, ${found.problems.length} warnings`;
  return ok("configuration", `${file ?? "the built-in default"}, ${rules.length} rules${warnings}`);
}
