// The options of a supervisor. Types only.

import type { KernelSource } from "../kernel/kernel-source.ts";
import type { RequestSource } from "../kernel/source.ts";
import type { Config } from "../model/config.ts";
import type { Incident } from "../model/incident.ts";
import type { OuterListeners } from "./event-bus.ts";
import type { OutputFolder } from "./output-folder.ts";
import type { Spawned } from "./thread-handle.ts";

/** Makes the workers; main.ts holds it. */
export type SpawnTable = Readonly<Record<"detector" | "runner" | "janitor", () => Spawned>>;

/** Where requests come from. */
export type Origin =
  /** The SMB client of this host: the programs are attached to the tracepoints of cifs.ko. */
  | { readonly kind: "kernel"; readonly source: KernelSource }
  /** Synthetic traffic: nothing is attached. */
  | { readonly kind: "demo"; readonly source: RequestSource };

export interface SupervisorOptions {
  readonly config: Config;
  readonly origin: Origin;
  /** Claimed by the caller, who releases it. */
  readonly folder: Pick<OutputFolder, "path" | "check">;
  /** Incidents of an earlier run, oldest first; those that were open continue. */
  readonly incidents?: readonly Incident[];
  readonly spawn: SpawnTable;
  readonly listeners: OuterListeners;
  /** Interval in which every thread must answer a ping. */
  readonly pingEveryMs?: number | undefined;
}
