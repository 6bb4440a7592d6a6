// Attributions for tests: a database that waits for its share, but for what the test says.

import type { Attribution } from "../../src/model/attribution.ts";

export function anAttribution(parts: Partial<Attribution> = {}): Attribution {
  return {
    ...{
      server: "files",
      address: "192.0.2.7",
      connectionIds: [7],
      dialect: 0x311,
      encrypted: true,
      mountPoints: ["/mnt/db"],
    },
    dfsPaths: [],
    possibleShares: [],
    processes: [
      { pid: 4200, name: "postgres", unit: "postgresql.service", container: undefined, requests: 3 },
    ],
    ...parts,
  };
}
