// Hosts for tests: a machine with every file, all local, and one network namespace, except for the parts of the test.

import type { Permits } from "../../src/model/sandbox.ts";
import type { Host } from "../../src/runner/plan.ts";

export const NAMESPACE = "net:[4026531840]";

export const ALL_PERMITTED: Permits = { stacks: true, namespaces: true, packets: true, internet: true };

export function aHost(parts: Partial<Host> = {}): Host {
  return {
    networkFileSystem: () => undefined,
    exists: () => true,
    networkNamespace: () => NAMESPACE,
    permits: ALL_PERMITTED,
    ...parts,
  };
}
