// Checks the related systemd services: aod's own, and AODv2's beside it. Pure but for `readServices`.

import { type Finding, note, ok, warn } from "./finding.ts";
import { AOD_UNIT, showUnits } from "./systemctl.ts";

/** Names of the services of AODv2. */
const AODV2 = ["aodv2.service", "linux_diagnostics.service"];

export interface Service {
  readonly name: string;
  /** systemd's ActiveState: active, inactive, failed, activating … */
  readonly state: string;
}

/** The installed services; empty without systemd, or if it does not answer. */
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
      ...note(
        "AODv2",
        `is also running (${name}): the two do not disturb each other, but the host pays for both`,
      ),
      todo: `systemctl disable --now ${name}, once aod has replaced it (/usr/share/doc/aod/migrating.md)`,
    })),
  ];
}

function ownFinding({ state }: Service): Finding {
  if (state === "active") return ok("service", "aod.service is running");
  if (state === "failed") {
    return warn("service", "aod.service has failed", "see the reason in journalctl -u aod -n 50");
  }
  if (state === "inactive") {
    const todo = "systemctl enable --now aod";
    return { ...note("service", "aod.service is installed but not started"), todo };
  }
  return note("service", `aod.service is ${state}`);
}
