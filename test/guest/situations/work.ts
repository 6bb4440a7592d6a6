// Work on a share, healthy or not: programs that a situation runs for a while, and that must not delay it.

import { readdirSync } from "node:fs";
import { type MountName, mountPoint } from "../mount.ts";
import { finish, Provoker } from "../process.ts";

/** The duration of work that is ended by force. */
export const ENDLESS = 1_000_000;

/**
 * Runs programs while `during` runs. Programs that hang then are killed, so that they do not disturb later situations.
 */
export async function atWork(
  starters: readonly (() => Promise<Provoker>)[],
  during: () => Promise<void>,
): Promise<void> {
  const provokers = await Promise.all(starters.map((start) => start()));
  for (const provoker of provokers) provoker.go();
  try {
    await during();
  } finally {
    for (const provoker of provokers) provoker.kill();
  }
}

/** Reads and writes 4 KiB again and again, each thread with one request at a time. */
export const io =
  (mount: MountName, threads = 1) =>
  () =>
    Provoker.start("direct-io", `${mountPoint(mount)}/data`, threads, ENDLESS);

/** Opens names that do not exist. */
export const look = (mount: MountName, threads: number) => () =>
  Provoker.start("look-often", `${mountPoint(mount)}/many`, threads, ENDLESS);

export const read = (mount: MountName) => () => Provoker.start("direct-read", `${mountPoint(mount)}/data`);

/** A shell command that may fail, on a mount; it is killed after `seconds`. */
export async function shell(command: string, seconds = 20): Promise<void> {
  await finish(["sh", "-c", command], { timeoutMs: seconds * 1000 });
}

/** The mixed work of a healthy day. */
export async function useShare(mount: MountName): Promise<void> {
  const folder = mountPoint(mount);
  readdirSync(`${folder}/many`);
  await shell(`ls -lR ${folder} >/dev/null`);
  await shell(`find ${folder}/none-1 ${folder}/none-2 2>/dev/null`);
  await shell(`dd if=${folder}/data of=/dev/null bs=64k status=none`);
  await shell(
    `dd if=/dev/zero of=${folder}/written bs=64k count=8 conv=fsync status=none; rm -f ${folder}/written`,
  );
  await shell(`df ${folder} >/dev/null`);
}

export const sleepSec = (seconds: number): Promise<void> => Bun.sleep(seconds * 1000);
