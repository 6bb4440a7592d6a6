// Kinds of mounts, and the kernel's own facts about them: session and tree ids, requests in flight, counts.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { FILESERVER1 } from "./network.ts";
import { run } from "./process.ts";
import { PASSWORD } from "./server.ts";

interface MountKind {
  /** As mount and aod write it: //server/share. */
  readonly source: string;
  readonly options: string;
}

/** Each has a session of its own (nosharesock), except for the two shares of one server, which share theirs. */
export const MOUNTS = {
  plain: { source: "//fileserver1/alpha", options: "nosharesock" },
  cacheNone: { source: "//fileserver1/alpha", options: "nosharesock,cache=none" },
  // Without a lease on a file the client reads its attributes again and again.
  unleased: { source: "//fileserver1/alpha", options: "nosharesock,cache=none,nolease" },
  seal: { source: "//fileserver1/alpha", options: "nosharesock,seal" },
  multichannel: {
    source: `//${FILESERVER1.secondAddress}/alpha`,
    options: "nosharesock,multichannel,max_channels=3",
  },
  alpha: { source: "//fileserver1/alpha", options: "" },
  beta: { source: "//fileserver1/beta", options: "" },
  slowDisk: { source: "//fileserver1/beta", options: "nosharesock" },
  oldDialect: { source: "//fileserver1/beta", options: "nosharesock,vers=2.1" },
  fewCredits: { source: "//fileserver1/alpha", options: "nosharesock,max_credits=20" },
  limited: { source: "//fileserver1/alpha", options: "nosharesock,username=limited" },
  // A silent server is given up after three seconds: 3 * echo_interval.
  impatient: { source: "//fileserver1/alpha", options: "nosharesock,echo_interval=1" },
  ipv6: { source: `//${FILESERVER1.name}-v6/alpha`, options: "nosharesock" },
  // An id for each SID of an access list comes from a program that the kernel starts: upcall.ts.
  cifsAcl: { source: "//fileserver1/alpha", options: "nosharesock,cifsacl" },
  // Without a cached handle of the root folder there is no open file, and only then does Samba end idle connections.
  idle: { source: `//${FILESERVER1.secondAddress}/beta`, options: "nosharesock,nohandlecache" },
} as const satisfies Record<string, MountKind>;

export type MountName = keyof typeof MOUNTS;

export function mountPoint(name: MountName): string {
  return `/mnt/${name}`;
}

/** The options for `mount -o`. */
export function optionsOf(name: MountName): string {
  const words = [`username=root,password=${PASSWORD},vers=3.1.1`, MOUNTS[name].options];
  return words.filter((word) => word !== "").join(",");
}

export async function mount(name: MountName): Promise<void> {
  mkdirSync(mountPoint(name), { recursive: true });
  await run("mount", "-t", "cifs", MOUNTS[name].source, mountPoint(name), "-o", optionsOf(name));
}

/** Unmounts every cifs mount, topmost first; mounts of a failed scenario by force. */
export async function unmountAll(): Promise<void> {
  for (const line of mountLines().toReversed()) await run("umount", "-f", line.split(" ")[1] ?? "");
}

export async function unmount(name: MountName): Promise<void> {
  await run("umount", mountPoint(name));
}

function mountLines(): string[] {
  return readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .filter((line) => line.split(" ")[2] === "cifs");
}

interface Tree {
  readonly share: string;
  readonly sessionId: bigint;
  readonly treeId: number;
}

/** The trees that DebugData lists; formats in fs/smb/client/cifs_debug.c of 6.1 and 6.12. */
export function trees(): Tree[] {
  const found: Tree[] = [];
  let sessionId = 0n;
  let share = "";
  for (const line of debugData().split("\n")) {
    const session = /SessionId: (0x[0-9a-f]+)/.exec(line)?.[1];
    const unc = /^\s*\d+\) (?:IPC: )?\\\\(\S+)\\(\S+) Mounts:/.exec(line);
    const tree = /^\s*tid: (0x[0-9a-f]+)/.exec(line)?.[1];
    if (session !== undefined) sessionId = BigInt(session);
    if (unc !== null) share = `//${unc[1]}/${unc[2]}`;
    if (tree !== undefined) found.push({ share, sessionId, treeId: Number(tree) });
  }
  return found;
}

/** DebugData has tree ids of SMB 3 alone. */
export function hasTreeId(name: MountName): boolean {
  return !optionsOf(name).includes("vers=2");
}

/** The one tree of a share; a scenario that looks one up has mounted that share once. */
export function treeOf(name: MountName): Tree {
  const matching = trees().filter((tree) => tree.share === MOUNTS[name].source);
  assert.equal(matching.length, 1, `trees of ${MOUNTS[name].source} in DebugData`);
  return matching[0] as Tree;
}

/** Whether the kernel holds a request of this task and command number in flight (DebugData's MIDs). */
export function isInFlight(command: number, pid: number): boolean {
  return new RegExp(`com: ${command} pid: ${pid}\\b`).test(debugData());
}

/** How often connections to this address were re-established: DebugData's Instance starts at 1. */
export function connectionInstance(address: string): number {
  // Before 5.12 a server has no line of its own, and the first line of its session has its address.
  const server = new RegExp(`(?:Hostname|Name): ${address}[^]*?Instance: (\\d+)`).exec(debugData())?.[1];
  return Number(server ?? 0);
}

/** Requests by operation that the kernel counted for a share, as /proc/fs/cifs/Stats names them. */
export function statsOf(name: MountName): Readonly<Record<string, number>> {
  const unc = MOUNTS[name].source.replaceAll("/", "\\");
  const section = readFileSync("/proc/fs/cifs/Stats", "utf8")
    .split(/^\d+\) /m)
    .find((text) => text.startsWith(unc));
  assert.ok(section !== undefined, `${unc} is in /proc/fs/cifs/Stats`);
  return Object.fromEntries(
    [...section.matchAll(/^(\w+): (\d+) total/gm)].map(([, operation, count]) => [operation, Number(count)]),
  );
}

function debugData(): string {
  return readFileSync("/proc/fs/cifs/DebugData", "utf8");
}
