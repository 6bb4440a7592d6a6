// The kernel's live memory as the detector reads it. Plain types.

import type { OperationMemory } from "../model/operation.ts";
import type { RequestMemory } from "../model/request.ts";

export interface Tables {
  readonly table: RequestMemory;
  readonly operations: OperationMemory;
}
