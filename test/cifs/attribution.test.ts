import { describe, expect, test } from "bun:test";
import { attribute, type ProcReader } from "../../src/cifs/attribution.ts";
import { COMMAND } from "../../src/model/command.ts";
import type { KnownTree } from "../../src/model/share.ts";
import { aRequest } from "../helpers/request.ts";

const mountLine = (point: string, source: string, type = "cifs") =>
  `33 1 0:33 / ${point} rw - ${type} ${source} rw,vers=3.1.1\n`;

/** A host of two namespaces: its first process's and that of process 4200. */
const HOST = mountLine("/mnt/db", "//files/db") + mountLine("/mnt/other", "//files/other");
const CONTAINER = mountLine("/data", "//FILES/db/sub") + mountLine("/proc", "proc", "proc");

const proc: ProcReader = {
  readComm: (pid) => ({ 4200: "postgres", 31: "kworker/u8:1" })[pid],
  readCgroup: (pid) => (pid === 4200 ? "0::/system.slice/postgresql.service\n" : undefined),
  readMountinfo: (pid) => (pid === "host" ? HOST : pid === 4200 ? CONTAINER : undefined),
};

const tree = (share: string, parts: Partial<KnownTree> = {}): KnownTree => ({
  ...{ sessionId: 1n, treeId: 5, share, connectionId: 7, dialect: 0x311, encrypted: false, slot: 0 },
  ...parts,
});

describe("attribute", () => {
  const trees = [
    tree("//files/db", { encrypted: true }),
    tree("//files/other"),
    tree("//else/where", { connectionId: 9 }),
  ];

  test("says where the share is, how it is reached, and where it is mounted for whom", () => {
    const evidence = [aRequest({ processId: 4200 }), aRequest({ processId: 4200 })];
    expect(attribute("//files/db", evidence, trees, proc)).toEqual({
      server: "files",
      connectionIds: [7],
      dialect: 0x311,
      encrypted: true,
      mountPoints: ["/mnt/db", "/data"],
      processes: [
        { pid: 4200, name: "postgres", unit: "postgresql.service", container: undefined, requests: 2 },
      ],
    });
  });

  test("of a server says what holds for all its shares", () => {
    const { encrypted, connectionIds, mountPoints } = attribute("//files", [], trees, proc);
    expect({ encrypted, connectionIds, mountPoints }).toEqual({
      encrypted: false,
      connectionIds: [7],
      mountPoints: ["/mnt/db", "/mnt/other"],
    });
  });

  test("calls kernel workers by what they do, and who is no more by what it was called when it sent", () => {
    const evidence = [
      aRequest({ processId: 31, command: COMMAND.SMB2_WRITE }),
      aRequest({ processId: 99, comm: "gone" }),
      aRequest({ processId: 99, comm: "gone" }),
    ];
    const { processes } = attribute("//files/db", evidence, trees, proc);
    expect(processes.map(({ pid, name, unit }) => [pid, name, unit])).toEqual([
      [99, "gone", undefined],
      [31, "writeback", undefined],
    ]);
  });

  test("of a share that is not known says who waits, and no more", () => {
    expect(attribute("unknown", [aRequest({ processId: 99 })], trees, proc)).toMatchObject({
      ...{ server: undefined, connectionIds: [], encrypted: undefined, mountPoints: [] },
      processes: [{ pid: 99 }],
    });
  });

  test("looks at a bounded number of processes", () => {
    const evidence = Array.from({ length: 32 }, (_, pid) => aRequest({ processId: pid }));
    expect(attribute("//files/db", evidence, trees, proc).processes).toHaveLength(8);
  });
});
