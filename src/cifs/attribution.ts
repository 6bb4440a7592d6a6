// Puts together whose trouble an anomaly is. In: the anomaly's share and evidence, what is known of the trees, ways to
// read /proc; out: an Attribution. Pure but for what is handed in. It never touches a mount, and reads of other processes
// nothing that waits for their memory's lock: comm, cgroup and mountinfo only.

import type { Attribution, Process } from "../model/attribution.ts";
import { type Mount, parseMountInfo } from "../model/mountinfo.ts";
import type { Request } from "../model/request.ts";
import { isShareOf, type KnownTree, serverOfShare } from "../model/share.ts";
import { readCgroup, readComm, readHostMountinfo, readMountinfo } from "./proc.ts";
import { nameSender, parseCgroup } from "./process.ts";

/** How /proc is read; undefined for a process that is no more or may not be read. */
export interface ProcReader {
  readonly readComm: (pid: number) => string | undefined;
  readonly readCgroup: (pid: number) => string | undefined;
  readonly readMountinfo: (pid: number | "host") => string | undefined;
}

/** Processes that are looked at: each costs three small files. */
const PROCESSES_MAX = 8;
const MOUNT_POINTS_MAX = 32;

/** @param share `//server/share`, `//server`, or a word that is neither. */
export function attribute(
  share: string,
  evidence: readonly Request[],
  trees: readonly KnownTree[],
  proc: ProcReader,
): Attribution {
  const its = trees.filter((tree) => tree.share === share || isShareOf(tree.share, share));
  const processes = processesOf(evidence, proc);
  const isKnown = share.startsWith("//");
  return {
    server: isKnown ? serverOfShare(share).slice(2) : undefined,
    connectionIds: [...new Set(its.flatMap(({ connectionId }) => connectionId ?? []))].sort((a, b) => a - b),
    dialect: its.at(-1)?.dialect,
    encrypted: its.length === 0 ? undefined : its.every(({ encrypted }) => encrypted),
    mountPoints: isKnown ? mountPointsOf(share, ["host", ...processes.map(({ pid }) => pid)], proc) : [],
    processes,
  };
}

/** The same on this host. */
export function attributeOnHost(
  share: string,
  evidence: readonly Request[],
  trees: readonly KnownTree[],
): Attribution {
  return attribute(share, evidence, trees, PROC);
}

// --- internal ---

const PROC: ProcReader = {
  readComm: (pid) => readComm(pid),
  readCgroup: (pid) => readCgroup(pid),
  readMountinfo: (pid) => (pid === "host" ? readHostMountinfo() : readMountinfo(pid)),
};

function processesOf(evidence: readonly Request[], { readComm, readCgroup }: ProcReader): readonly Process[] {
  const byPid = Map.groupBy(evidence, ({ processId }) => processId);
  const most = [...byPid].sort(([, a], [, b]) => b.length - a.length).slice(0, PROCESSES_MAX);
  return most.flatMap(([pid, [first, ...more]]) => {
    if (first === undefined) return [];
    const name = nameSender(readComm(pid) ?? first.comm, first.command);
    return [{ pid, name, ...parseCgroup(readCgroup(pid) ?? ""), requests: 1 + more.length }];
  });
}

/** Who waits sees the mount that it waits for, also in a mount namespace of its own. */
function mountPointsOf(
  share: string,
  pids: readonly (number | "host")[],
  { readMountinfo }: ProcReader,
): readonly string[] {
  const points = new Set<string>();
  const seen = new Set<string>();
  for (const pid of pids) {
    const text = readMountinfo(pid);
    // Most processes share a namespace.
    if (text === undefined || seen.has(text)) continue;
    seen.add(text);
    for (const mount of parseMountInfo(text)) if (isOf(share, mount)) points.add(mount.mountPoint);
  }
  return [...points].slice(0, MOUNT_POINTS_MAX);
}

/** A mount of a folder of the share is one of the share; servers and shares have no case. */
function isOf(share: string, { type, source }: Mount): boolean {
  if (type !== "cifs" && type !== "smb3") return false;
  const wanted = share.toLowerCase();
  const mounted = source.replaceAll("\\", "/").toLowerCase();
  return mounted === wanted || isShareOf(mounted, wanted);
}
