// Services of systemd that have to do with aod: its own, and AODv2's beside it. In: what `systemctl show` prints; out: findings.
// Pure but for `readServices`.

import { type Finding, note, ok, warn } from "./finding.ts";
import { AOD_UNIT, showUnits } from "./systemctl.ts";

/** Names under which AODv2 is installed. */
const AODV2 = ["aodv2.service", "linux_diagnostics.service"];

export interface Service {
  readonly name: string;
  /** active, inactive, failed, activating …; systemd's ActiveState. */
  readonly state: string;
}

/** Those that are installed; empty where there is no systemd, or no answer. */
export async function readServices(): Promise<readonly Service[]> {
  return parseServices((await showUnits([AOD_UNIT, ...AODV2], ["Id", "LoadState", "ActiveState"])) ?? "");
}

/** @param text paragraphs of `Property=value`, one for each unit. */
export function parseServices(text: string): readonly Service[] {
  return text.split(/\n\n+/).flatMap((paragraph) => {
    const propertyOf = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(paragraph)?.[1];
    const [name, state] = [propertyOf("Id"), propertyOf("ActiveState")];
    if (name === undefined || state === undefined || propertyOf("LoadState") !== "loaded") return [];
    return [{ name, state }];
  });
}

export function serviceFindings(services: readonly Service[]): readonly Finding[] {
  const own = services.find(({ name }) => name === AOD_UNIT);
  const others = services.filter(({ name, state }) => AODV2.includes(name) && state === "active");
  return [
    ...(own === undefined ? [] : [ownFinding(own)]),
    ...others.map(({ name }) => ({
      ...note("AODv2", `runs too (${name}): they don't disturb each other, but the host pays for both`),
      todo: `systemctl disable --now ${name}, once aod does what it did (docs/migrating.md)`,
    })),
  ];
}

function ownFinding({ state }: Service): Finding {
  if (state === "active") return ok("service", "aod.service is running");
  if (state === "failed") {
    return warn("service", "aod.service has failed", "journalctl -u aod -n 50 says why");
  }
  if (state === "inactive") {
    const todo = "systemctl enable --now aod";
    return { ...note("service", "aod.service is installed and not started"), todo };
  }
  return note("service", `aod.service is ${state}`);
}
