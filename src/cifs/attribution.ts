// Finds whose trouble an anomaly is: its server, mounts and processes, from the anomaly's share and evidence, the known
// trees and /proc. Pure but for the readers of /proc, which are handed in. It must not touch a mount. Of other
// processes it reads only comm, cgroup and mountinfo, because reading other files waits for the lock of their memory.

import { canonicalAddress } from "../model/address.ts";
import type { Attribution, Process } from "../model/attribution.ts";
import { dfsPathsOfMount, sharesOfMounts } from "../model/mounted-share.ts";
import { type Mount, parseMountInfo } from "../model/mountinfo.ts";
import type { Request } from "../model/request.ts";
import { isPipeShare, isShareOf, type KnownTree, ShareIndex, serverOfShare } from "../model/share.ts";
import { isKernelThread, readCgroup, readHostMountinfo, readMountinfo, readProcessName } from "./proc.ts";
import { nameSender, parseCgroup } from "./process.ts";

/** Reads files of /proc; undefined for a process that has exited or may not be read. */
export interface ProcReader {
  readonly readProcessName: (pid: number) => string | undefined;
  readonly isKernelThread: (taskId: number) => boolean | undefined;
  readonly readCgroup: (pid: number) => string | undefined;
  readonly readMountinfo: (pid: number | "host") => string | undefined;
}

/** Processes that are examined: each costs three small files. */
const PROCESSES_MAX = 8;
const MOUNT_POINTS_MAX = 32;
const DFS_PATHS_MAX = 8;
const POSSIBLE_SHARES_MAX = 16;

/** @param share `//server/share`, `//server`, or another word such as "unknown". */
type Attribute = (share: string, evidence: readonly Request[]) => Attribution;

/** Makes a function for many shares at one moment: each list of mounts is read and matched with the trees only once. */
export function makeAttribute(trees: readonly KnownTree[], proc: ProcReader): Attribute {
  const sources = { trees, index: new ShareIndex(trees), mounts: new MountsOfTrees(trees, proc), proc };
  return (share, evidence) => attribute(share, evidence, sources);
}

/** As makeAttribute, with the host's /proc. */
export function makeAttributeOnHost(trees: readonly KnownTree[]): Attribute {
  return makeAttribute(trees, PROC);
}

/** Attributes one share with the host's /proc. */
export function attributeOnHost(
  share: string,
  evidence: readonly Request[],
  trees: readonly KnownTree[],
): Attribution {
  return makeAttributeOnHost(trees)(share, evidence);
}

// --- internal ---

interface Sources {
  readonly trees: readonly KnownTree[];
  readonly index: ShareIndex;
  readonly mounts: MountsOfTrees;
  readonly proc: ProcReader;
}

function attribute(
  share: string,
  evidence: readonly Request[],
  { trees, index, mounts, proc }: Sources,
): Attribution {
  const isIts = (other: string) => other.toLowerCase() === share.toLowerCase() || isShareOf(other, share);
  const its = trees.filter((tree) => isIts(tree.share));
  // An IPC$ is never mounted, and may be encrypted when the shares are not.
  const files = its.filter((tree) => !isPipeShare(tree.share));
  const processes = processesOf(evidence, proc);
  const isKnown = share.startsWith("//");
  const mounted = isKnown ? mounts.find(isIts, ["host", ...processes.map(({ pid }) => pid)]) : [];
  return {
    server: isKnown ? serverOfShare(share).slice(2) : undefined,
    address: addressOf(its),
    connectionIds: [...new Set(its.flatMap(({ connectionId }) => connectionId ?? []))].sort((a, b) => a - b),
    dialect: its.at(-1)?.dialect,
    encrypted: files.length === 0 ? undefined : files.every(({ encrypted }) => encrypted),
    dfsPaths: firstOf(
      [...its.flatMap(({ dfsPaths = [] }) => dfsPaths), ...mounted.flatMap(({ dfsPaths }) => dfsPaths)],
      DFS_PATHS_MAX,
    ),
    possibleShares: firstOf(possibleShares(evidence, index), POSSIBLE_SHARES_MAX),
    mountPoints: firstOf(
      mounted.map(({ mountPoint }) => mountPoint),
      MOUNT_POINTS_MAX,
    ),
    processes,
  };
}

const PROC: ProcReader = {
  readProcessName: (pid) => readProcessName(pid),
  isKernelThread: (taskId) => isKernelThread(taskId),
  readCgroup: (pid) => readCgroup(pid),
  readMountinfo: (pid) => (pid === "host" ? readHostMountinfo() : readMountinfo(pid)),
};

function processesOf(
  evidence: readonly Request[],
  { readProcessName, readCgroup, isKernelThread }: ProcReader,
): readonly Process[] {
  const byPid = Map.groupBy(evidence, ({ processId }) => processId);
  const most = [...byPid].sort(([, a], [, b]) => b.length - a.length).slice(0, PROCESSES_MAX);
  return most.flatMap(([pid, [first, ...more]]) => {
    if (first === undefined) return [];
    const name = nameSender(readProcessName(pid) ?? first.comm, first.command, () =>
      isKernelThread(first.taskId),
    );
    return [{ pid, name, ...parseCgroup(readCgroup(pid) ?? ""), requests: 1 + more.length }];
  });
}

interface Mounted {
  readonly mountPoint: string;
  readonly dfsPaths: readonly string[];
}

/** The mounts that processes see, with their shares. */
class MountsOfTrees {
  readonly #trees: readonly KnownTree[];
  readonly #readMountinfo: ProcReader["readMountinfo"];
  readonly #texts = new Map<number | "host", string | undefined>();
  readonly #shares = new Map<string, ReadonlyMap<Mount, readonly string[]>>();

  constructor(trees: readonly KnownTree[], { readMountinfo }: ProcReader) {
    this.#trees = trees;
    this.#readMountinfo = readMountinfo;
  }

  /**
   * The mounts of matching shares. An affected process sees the mount that it waits for, even in its own mount
   * namespace.
   */
  find(isIts: (share: string) => boolean, pids: readonly (number | "host")[]): readonly Mounted[] {
    // Most processes share a namespace.
    const texts = new Set(pids.flatMap((pid) => this.#textOf(pid) ?? []));
    return [...texts].flatMap((text) =>
      [...this.#sharesIn(text)].flatMap(([mount, shares]) => {
        const share = shares.find(isIts);
        if (share === undefined) return [];
        return { mountPoint: mount.mountPoint, dfsPaths: dfsPathsOfMount(mount, share) };
      }),
    );
  }

  #textOf(pid: number | "host"): string | undefined {
    if (!this.#texts.has(pid)) this.#texts.set(pid, this.#readMountinfo(pid));
    return this.#texts.get(pid);
  }

  #sharesIn(text: string): ReadonlyMap<Mount, readonly string[]> {
    const shares = this.#shares.get(text) ?? sharesOfMounts(parseMountInfo(text), this.#trees);
    this.#shares.set(text, shares);
    return shares;
  }
}

function addressOf(trees: readonly KnownTree[]): string | undefined {
  const address = trees.findLast((tree) => (tree.address ?? "") !== "")?.address;
  return address && canonicalAddress(address);
}

/** The shares that requests may belong to, for requests whose share is uncertain. */
function possibleShares(evidence: readonly Request[], index: ShareIndex): readonly string[] {
  return evidence.flatMap(({ sessionId, treeId }) => {
    const possible = index.possible(sessionId, treeId);
    return possible.includes(index.find(sessionId, treeId) ?? "") ? [] : possible;
  });
}

function firstOf(names: readonly string[], most: number): readonly string[] {
  return [...new Set(names)].slice(0, most);
}
