// The other side: Samba on the loopback device, a delay on the wire, and a server that stops answering.

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

// Three channels need interfaces that claim to be fast and RSS capable. deadtime is in minutes: the shortest there is.
const CONFIG = `
[global]
  server role = standalone server
  interfaces = ${["127.0.0.1", SECOND_ADDRESS].map((ip) => `"${ip};capability=RSS,speed=1000000000"`).join(" ")}
  bind interfaces only = yes
  smb ports = 445
  disable netbios = yes
  load printers = no
  server multi channel support = yes
  deadtime = 1
  log level = 1
${Object.entries(SHARE_FOLDERS)
  .map(([share, folder]) => `[${share}]\n  path = ${folder}\n  read only = no`)
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
  writeFileSync(CONFIG_FILE, CONFIG);
  await run("useradd", "--no-create-home", "limited");
  for (const user of USERS) {
    await run("sh", "-c", `printf '%s\\n%s\\n' ${PASSWORD} ${PASSWORD} | smbpasswd -s -a ${user}`);
  }
  await run("smbd", "-D");
  await waitFor("smbd to listen", async () => (await run("ss", "-ltn")).includes(`${SECOND_ADDRESS}:445`));
}

/** A file system of its own, so that it can be frozen. */
async function makeDisk(folder: string): Promise<void> {
  const image = `/var/tmp/${basename(folder)}.ext4`;
  mkdirSync(folder, { recursive: true });
  await run("mke2fs", "-q", "-t", "ext4", image, "64M");
  await run("modprobe", "loop");
  await run("mount", "-o", "loop", image, folder);
}

/** Delays every packet by `delayMs` while `work` runs: a request and its reply take twice that. */
export async function withDelay<T>(delayMs: number, work: () => Promise<T>): Promise<T> {
  await run("tc", "qdisc", "add", "dev", "lo", "handle", "1:", "root", "netem", "delay", `${delayMs}ms`);
  try {
    return await work();
  } finally {
    await run("tc", "qdisc", "del", "dev", "lo", "root");
  }
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
