// What a supervisor is made of, and with. Types only.

import type { KernelSource } from "../kernel/kernel-source.ts";
import type { RequestSource } from "../kernel/source.ts";
import type { Source } from "../model/capture.ts";
import type { Config } from "../model/config.ts";
import type { Incident } from "../model/incident.ts";
import type { SupervisorEvent } from "./events.ts";
import type { OutputFolder } from "./output-folder.ts";
import type { Spawned } from "./thread-handle.ts";

/** Makes the workers; main.ts holds it. */
export type SpawnTable = Readonly<Record<"detector" | "runner" | "janitor", () => Spawned>>;

export interface SupervisorOptions {
  readonly config: Config;
  readonly source: RequestSource;
  /** Attach to the tracepoints of cifs.ko; undefined for the demo. */
  readonly watch: KernelSource | undefined;
  readonly sourceName: Source;
  /** Claimed by the caller, who releases it. */
  readonly folder: Pick<OutputFolder, "path" | "check">;
  /** Those of an earlier run, oldest first; what was open goes on. */
  readonly incidents?: readonly Incident[];
  readonly spawn: SpawnTable;
  readonly tell: (event: SupervisorEvent) => void;
  /** How often each thread has to show that it lives. */
  readonly pingEveryMs?: number | undefined;
}
