// Asks systemd for properties of units. It changes no unit, and does not wait for a systemd that hangs.

import { Children } from "../runner/child.ts";
import { findProgram } from "../runner/program.ts";

export const AOD_UNIT = "aod.service";

const LIMITS = { timeoutMs: 5_000, maxBytes: 64 << 10, keep: "head" } as const;

/** A paragraph of `Property=value` for each unit; undefined without systemd, or if it does not answer. */
export async function showUnits(
  units: readonly string[],
  properties: readonly string[],
): Promise<string | undefined> {
  const systemctl = findProgram("systemctl");
  if (systemctl === undefined) return undefined;
  const argv = [systemctl, "show", ...units, `--property=${properties.join(",")}`] as const;
  const { exitCode, output } = await new Children().run(argv, LIMITS, new AbortController().signal);
  return exitCode === 0 ? new TextDecoder().decode(output) : undefined;
}
