// Kinds of mounts, and what the kernel itself says of them: session and tree ids, requests in flight, counts.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { run } from "./process.ts";
import { PASSWORD, SECOND_ADDRESS } from "./server.ts";

interface MountKind {
  /** As mount and aod write it: //server/share. */
  readonly source: string;
  readonly options: string;
}

/** Each gets a session of its own (nosharesock), but for the two shares of one server, which share theirs. */
export const MOUNTS = {
  plain: { source: "//127.0.0.1/alpha", options: "nosharesock" },
  cacheNone: { source: "//127.0.0.1/alpha", options: "nosharesock,cache=none" },
  // Without a lease on a file its attributes are asked for again and again.
  unleased: { source: "//127.0.0.1/alpha", options: "nosharesock,cache=none,nolease" },
  seal: { source: "//127.0.0.1/alpha", options: "nosharesock,seal" },
  multichannel: { source: `//${SECOND_ADDRESS}/alpha`, options: "nosharesock,multichannel,max_channels=3" },
  alpha: { source: "//127.0.0.1/alpha", options: "" },
  beta: { source: "//127.0.0.1/beta", options: "" },
  slowDisk: { source: "//127.0.0.1/beta", options: "nosharesock" },
  fewCredits: { source: "//127.0.0.1/alpha", options: "nosharesock,max_credits=20" },
  limited: { source: "//127.0.0.1/alpha", options: "nosharesock,username=limited" },
  // Without a cached handle of the root folder there is no open file, and only then does Samba end idle connections.
  idle: { source: `//${SECOND_ADDRESS}/beta`, options: "nosharesock,nohandlecache" },
} as const satisfies Record<string, MountKind>;

export type MountName = keyof typeof MOUNTS;

export function mountPoint(name: MountName): string {
  return `/mnt/${name}`;
}

/** What `mount -o` takes for it. */
export function optionsOf(name: MountName): string {
  const words = [`username=root,password=${PASSWORD},vers=3.1.1`, MOUNTS[name].options];
  return words.filter((word) => word !== "").join(",");
}

export async function mount(name: MountName): Promise<void> {
  mkdirSync(mountPoint(name), { recursive: true });
  await run("mount", "-t", "cifs", MOUNTS[name].source, mountPoint(name), "-o", optionsOf(name));
}

/** Unmounts every cifs mount, topmost first; by force what a failed scenario left behind. */
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

/** How often connections to this address were made anew: DebugData's Instance starts at 1. */
export function connectionInstance(address: string): number {
  // Before 5.12 a server has no line of its own, and its session's first line says where it leads.
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
