// The other side: Samba on the loopback device; a wire that delays or loses, a server that stops, a disk that is slow.

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { run, waitFor } from "./process.ts";

const CONFIG_FILE = "/etc/samba/smb.conf";

/** A second address of this machine: multichannel needs more than one, and two shares may then be two servers. */
export const SECOND_ADDRESS = "10.9.0.1";

/** root may read everything; `limited` is refused what is not world-readable. */
export const USERS = ["root", "limited"] as const;
export const PASSWORD = "guest";

/** Where the shares lie on the server's disk. */
export const SHARE_FOLDERS = { alpha: "/srv/alpha", beta: "/srv/beta" } as const;

/** The disk of beta, behind a device that can delay what is written. */
const BETA_DISK = "beta";

/** Samba's own default. */
const CREDITS_MAX = 8192;

// Three channels need interfaces that claim to be fast and RSS capable. deadtime is in minutes: the shortest there is.
// One smbd serves both shares of a connection, and two seconds after a write it sets the file's time: on a disk that is
// frozen it would stay there, and alpha with it. The delay is in microseconds: an hour.
const config = (creditsMax: number): string => `
[global]
  smb2 max credits = ${creditsMax}
  server role = standalone server
  interfaces = ${["127.0.0.1", SECOND_ADDRESS].map((ip) => `"${ip};capability=RSS,speed=1000000000"`).join(" ")}
  bind interfaces only = yes
  smb ports = 445
  disable netbios = yes
  load printers = no
  server multi channel support = yes
  deadtime = 1
  smbd:writetimeupdatedelay = 3600000000
  log level = 1
${Object.entries(SHARE_FOLDERS)
  // A write is answered once it is on the disk.
  .map(([share, folder]) => `[${share}]\n  path = ${folder}\n  read only = no\n  sync always = yes`)
  .join("\n")}
`;

/** Starts Samba with its users and shares, each with files to read, write, list and be refused. */
export async function startServer(): Promise<void> {
  await run("ip", "addr", "add", `${SECOND_ADDRESS}/24`, "dev", "lo");
  await makeDisk(SHARE_FOLDERS.beta);
  for (const folder of Object.values(SHARE_FOLDERS)) {
    mkdirSync(`${folder}/many`, { recursive: true });
    chmodSync(folder, 0o755);
    writeFileSync(`${folder}/data`, Buffer.alloc(1 << 20, "aod"));
    chmodSync(`${folder}/data`, 0o666);
    writeFileSync(`${folder}/lock`, "");
    writeFileSync(`${folder}/secret`, "for root only", { mode: 0o600 });
    for (let number = 0; number < 500; number++) writeFileSync(`${folder}/many/file-${number}`, "");
  }
  mkdirSync("/run/samba", { recursive: true });
  writeFileSync(CONFIG_FILE, config(CREDITS_MAX));
  await run("useradd", "--no-create-home", "limited");
  for (const user of USERS) {
    await run("sh", "-c", `printf '%s\\n%s\\n' ${PASSWORD} ${PASSWORD} | smbpasswd -s -a ${user}`);
  }
  await run("smbd", "-D");
  await waitFor("smbd to listen", async () => (await run("ss", "-ltn")).includes(`${SECOND_ADDRESS}:445`));
}

/** A file system of its own, so that it can be frozen, on a device that can be made slow. */
async function makeDisk(folder: string): Promise<void> {
  const image = `/var/tmp/${basename(folder)}.ext4`;
  mkdirSync(folder, { recursive: true });
  await run("mke2fs", "-q", "-t", "ext4", image, "64M");
  for (const module of ["loop", "dm-mod", "dm-delay"]) await run("modprobe", module);
  const device = (await run("losetup", "--find", "--show", image)).trim();
  const sectors = (await run("blockdev", "--getsz", device)).trim();
  writeDelay = (delayMs) => `0 ${sectors} delay ${device} 0 0 ${device} 0 ${delayMs}`;
  await run("dmsetup", "create", BETA_DISK, "--noudevsync", "--table", writeDelay(0));
  await run("dmsetup", "mknodes"); // there is no udev
  await run("mount", `/dev/mapper/${BETA_DISK}`, folder);
}

/** The device's table; Documentation/admin-guide/device-mapper/delay.rst: for reads, then for writes. */
let writeDelay: (delayMs: number) => string;

/** What is written to beta's disk takes so much longer, several times in a row for each write, while `work` runs. */
export async function withSlowDisk<T>(delayMs: number, work: () => Promise<T>): Promise<T> {
  await setWriteDelay(delayMs);
  try {
    return await work();
  } finally {
    await setWriteDelay(0);
  }
}

async function setWriteDelay(delayMs: number): Promise<void> {
  await run("dmsetup", "suspend", BETA_DISK, "--noudevsync");
  await run("dmsetup", "reload", BETA_DISK, "--noudevsync", "--table", writeDelay(delayMs));
  await run("dmsetup", "resume", BETA_DISK, "--noudevsync");
}

/** Delays every packet by `delayMs` while `work` runs: a request and its reply take twice that. */
export function withDelay<T>(delayMs: number, work: () => Promise<T>): Promise<T> {
  return withNetem(["delay", `${delayMs}ms`], work);
}

/** Loses so many of the packets to the server while `work` runs. Of those that it sends only its own side could tell. */
export async function withLoss<T>(percent: number, work: () => Promise<T>): Promise<T> {
  const tc = (...words: readonly string[]) => run("tc", ...words);
  await tc("qdisc", "add", "dev", "lo", "root", "handle", "1:", "prio");
  try {
    await tc("qdisc", "add", "dev", "lo", "parent", "1:3", "netem", "loss", `${percent}%`);
    const toServer = ["u32", "match", "ip", "dport", "445", "0xffff", "flowid", "1:3"];
    await tc("filter", "add", "dev", "lo", "parent", "1:", "protocol", "ip", "prio", "1", ...toServer);
    return await work();
  } finally {
    await tc("qdisc", "del", "dev", "lo", "root");
  }
}

async function withNetem<T>(what: readonly string[], work: () => Promise<T>): Promise<T> {
  await run("tc", "qdisc", "add", "dev", "lo", "handle", "1:", "root", "netem", ...what);
  try {
    return await work();
  } finally {
    await run("tc", "qdisc", "del", "dev", "lo", "root");
  }
}

/** Connections that are made while `work` runs are granted so few requests at a time. */
export async function withFewCredits<T>(creditsMax: number, work: () => Promise<T>): Promise<T> {
  await reconfigure(creditsMax);
  try {
    return await work();
  } finally {
    await reconfigure(CREDITS_MAX);
  }
}

async function reconfigure(creditsMax: number): Promise<void> {
  writeFileSync(CONFIG_FILE, config(creditsMax));
  await run("smbcontrol", "smbd", "reload-config");
}

/** Stops every smbd while `work` runs: requests reach the server's sockets and nobody answers. */
export async function withStoppedServer<T>(work: () => Promise<T>): Promise<T> {
  const servers = serverProcesses();
  assert.ok(servers.length > 1, "smbd serves somebody");
  for (const pid of servers) process.kill(pid, "SIGSTOP");
  try {
    return await work();
  } finally {
    for (const pid of servers) process.kill(pid, "SIGCONT");
  }
}

/** Ends the processes that serve connections to an address, as a crash of the server does: clients connect anew. */
export async function killConnections(address: string): Promise<void> {
  const sockets = await run("ss", "-Htnp", "state", "established", "src", `${address}:445`);
  const pids = new Set([...sockets.matchAll(/"smbd[^"]*",pid=(\d+)/g)].map(([, pid]) => Number(pid)));
  assert.ok(pids.size > 0, `smbd serves ${address}`);
  for (const pid of pids) process.kill(pid, "SIGKILL");
}

/** Has the server forget who has this share connected: their next request is refused. */
export async function closeShare(share: keyof typeof SHARE_FOLDERS): Promise<void> {
  await run("smbcontrol", "all", "close-share", share);
}

/** Writes to a share's disk wait while `work` runs; reads, and the server's other shares, do not. */
export async function withFrozenDisk<T>(
  share: keyof typeof SHARE_FOLDERS,
  work: () => Promise<T>,
): Promise<T> {
  await run("fsfreeze", "--freeze", SHARE_FOLDERS[share]);
  try {
    return await work();
  } finally {
    await run("fsfreeze", "--unfreeze", SHARE_FOLDERS[share]);
  }
}

function serverProcesses(): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && commOf(pid) === "smbd");
}

function commOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch (error) {
    // It has ended since it was listed.
    assert.ok(["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? ""));
    return undefined;
  }
}
