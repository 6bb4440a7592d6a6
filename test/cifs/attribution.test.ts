import { describe, expect, test } from "bun:test";
import { makeAttribute, type ProcReader } from "../../src/cifs/attribution.ts";
import { COMMAND } from "../../src/model/command.ts";
import type { KnownTree } from "../../src/model/share.ts";
import { aRequest } from "../helpers/request.ts";

const mountLine = (point: string, source: string, type = "cifs") =>
  `33 1 0:33 / ${point} rw - ${type} ${source} rw,vers=3.1.1\n`;

/** A host with two mount namespaces: that of process 1 and that of process 4200. */
const HOST = mountLine("/mnt/db", "//files/db") + mountLine("/mnt/other", "//files/other");
const CONTAINER = mountLine("/data", "//FILES/db/sub") + mountLine("/proc", "proc", "proc");

const proc: ProcReader = {
  readProcessName: (pid) => ({ 4200: "postgres", 31: "kworker/u8:1" })[pid],
  isKernelThread: (taskId) => (taskId === 31 ? true : undefined),
  readCgroup: (pid) => (pid === 4200 ? "0::/system.slice/postgresql.service\n" : undefined),
  readMountinfo: (pid) => (pid === "host" ? HOST : pid === 4200 ? CONTAINER : undefined),
};

const tree = (share: string, parts: Partial<KnownTree> = {}): KnownTree => ({
  sessionId: 1n,
  treeId: 5,
  share,
  connectionId: 7,
  dialect: 0x311,
  encrypted: false,
  slot: 0,
  ...parts,
});

describe("attribute", () => {
  const trees = [
    tree("//files/db", { encrypted: true, address: "2001:0db8:0000:0000:0000:0000:0000:0007" }),
    tree("//files/other"),
    tree("//else/where", { connectionId: 9 }),
  ];

  test("gives the share's server, address and mount points in the namespaces of the affected processes", () => {
    const evidence = [aRequest({ processId: 4200 }), aRequest({ processId: 4200 })];
    expect(makeAttribute(trees, proc)("//files/db", evidence)).toEqual({
      server: "files",
      address: "2001:db8::7",
      connectionIds: [7],
      dialect: 0x311,
      encrypted: true,
      dfsPaths: [],
      possibleShares: [],
      mountPoints: ["/mnt/db", "/data"],
      processes: [
        { pid: 4200, name: "postgres", unit: "postgresql.service", container: undefined, requests: 2 },
      ],
    });
  });

  test("reads each list of mounts once for many shares", () => {
    let reads = 0;
    const counting: ProcReader = {
      ...proc,
      readMountinfo(pid) {
        reads += 1;
        return proc.readMountinfo(pid);
      },
    };
    const attribute = makeAttribute(trees, counting);
    const points = ["//files/db", "//files/other"].map((share) => attribute(share, []).mountPoints);
    expect({ points, reads }).toEqual({ points: [["/mnt/db"], ["/mnt/other"]], reads: 1 });
  });

  test("for a server, covers all its shares", () => {
    const { encrypted, connectionIds, mountPoints } = makeAttribute(trees, proc)("//files", []);
    expect({ encrypted, connectionIds, mountPoints }).toEqual({
      encrypted: false,
      connectionIds: [7],
      mountPoints: ["/mnt/db", "/mnt/other"],
    });
  });

  test("names kernel workers after their work, and exited processes as they were named when they sent", () => {
    const evidence = [
      aRequest({ processId: 31, taskId: 31, command: COMMAND.SMB2_WRITE }),
      aRequest({ processId: 99, comm: "gone" }),
      aRequest({ processId: 99, comm: "gone" }),
    ];
    const { processes } = makeAttribute(trees, proc)("//files/db", evidence);
    expect(processes.map(({ pid, name, unit }) => [pid, name, unit])).toEqual([
      [99, "gone", undefined],
      [31, "writeback", undefined],
    ]);
  });

  test("for an unknown share, gives only the waiting processes", () => {
    expect(makeAttribute(trees, proc)("unknown", [aRequest({ processId: 99 })])).toMatchObject({
      server: undefined,
      connectionIds: [],
      encrypted: undefined,
      mountPoints: [],
      processes: [{ pid: 99 }],
    });
  });

  test("examines a bounded number of processes", () => {
    const evidence = Array.from({ length: 32 }, (_, pid) => aRequest({ processId: pid }));
    expect(makeAttribute(trees, proc)("//files/db", evidence).processes).toHaveLength(8);
  });

  test("for a DFS leaf, gives the path that it is mounted by, and the mount point", () => {
    const leaf = tree("//leaf1/data", { address: "192.0.2.21" });
    const line = mountLine("/mnt/dfs", "//corp.example/dfs/data").replace(
      "rw,vers",
      "rw,addr=192.0.2.21,vers",
    );
    const dfs = { ...proc, readMountinfo: (pid: number | "host") => (pid === "host" ? line : undefined) };
    expect(makeAttribute([leaf], dfs)("//leaf1/data", [])).toMatchObject({
      dfsPaths: ["//corp.example/dfs/data"],
      mountPoints: ["/mnt/dfs"],
    });
  });

  test("for requests that may belong to several shares, lists these shares", () => {
    const shares = ["//files/db", "//files/other"];
    const unnumbered = shares.map((share) => tree(share, { treeId: undefined, dialect: 0x210 }));
    const evidence = [aRequest({ sessionId: 1n, treeId: 7 }), aRequest({ sessionId: 1n, treeId: 8 })];
    expect(makeAttribute(unnumbered, proc)("//files", evidence)).toMatchObject({
      possibleShares: shares,
      mountPoints: ["/mnt/db", "/mnt/other", "/data"],
      dialect: 0x210,
    });
    expect(makeAttribute(unnumbered, proc)("//files", []).possibleShares).toEqual([]);
  });

  test("for requests of an unknown tree, names the only share to which no other tree is bound", () => {
    const unnumbered = ["//files/db", "//files/other"].map((share) => tree(share, { treeId: undefined }));
    const bound = [...unnumbered, tree("//files/db", { treeId: 7 })];
    const evidence = [aRequest({ sessionId: 1n, treeId: 7 }), aRequest({ sessionId: 1n, treeId: 8 })];
    expect(makeAttribute(bound, proc)("//files", evidence).possibleShares).toEqual(["//files/other"]);
  });

  test("ignores a server's IPC$ when it decides whether the shares are encrypted", () => {
    const sealed = [tree("//files/IPC$"), tree("//files/db", { encrypted: true })];
    expect(makeAttribute(sealed, proc)("//files", []).encrypted).toBe(true);
  });
});
