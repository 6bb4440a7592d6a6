// Hosts for tests: a machine that has every file, all local, and one network namespace, but for what the test says.

import type { Host } from "../../src/runner/actions.ts";

export const NAMESPACE = "net:[4026531840]";

export function aHost(parts: Partial<Host> = {}): Host {
  return {
    networkFileSystem: () => undefined,
    exists: () => true,
    networkNamespace: () => NAMESPACE,
    ...parts,
  };
}
