// Trees as the detector knows them, for tests: an SMB 3.1.1 share without encryption, but for what the test says.

import type { KnownTree } from "../../src/model/share.ts";

let lastTreeId = 0;

export function aKnownTree(parts: Partial<KnownTree> = {}): KnownTree {
  lastTreeId += 1;
  return {
    sessionId: 0x1122_3344_5566_7788n,
    treeId: lastTreeId,
    share: "//files/db",
    slot: 0,
    connectionId: 7,
    dialect: 0x311,
    encrypted: false,
    ...parts,
  };
}
