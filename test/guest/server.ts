// The servers: Samba on two hosts of the network and ksmbd on a third; a server that stops, forgets its clients or
// crashes; a slow or frozen disk. The first host serves every scenario, the others are started for the scenarios that
// need them.

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { DFS_LINKS, FIELD_SHARES } from "./field.ts";
import { addHost, addLocalHost, FILESERVER1, FILESERVER2, FILESERVER3, type Host, runOn } from "./network.ts";
import { finish, run, waitFor } from "./process.ts";

/** root may read everything; `limited` may read only files that are world-readable. */
export const USERS = ["root", "limited"] as const;
export const PASSWORD = "guest";

/** The folder of the shares on the server's disk. */
export const SHARE_FOLDERS = { alpha: "/srv/alpha", beta: "/srv/beta" } as const;

/** A DFS root with links to the second host. */
const DFS_FOLDER = "/srv/dfs";

/** The disk of beta, behind a device that can delay writes. */
const BETA_DISK = "beta";

/** Samba's own default. */
const CREDITS_MAX = 8192;

/** Files of one Samba that another one must not see: options of smb.conf(5). */
const OWN_FOLDERS = ["lock directory", "state directory", "cache directory", "pid directory", "ncalrpc dir"];
const ownFolder = ({ name }: Host, option: string): string => `/run/samba/${name}/${option.split(" ")[0]}`;
const configFileOf = ({ name }: Host): string => `/etc/samba/${name}.conf`;

type Shares = readonly (readonly [name: string, folder: string, ...options: string[]])[];

const FIRST_SHARES: Shares = [
  ...Object.entries(SHARE_FOLDERS),
  ...FIELD_SHARES.map((share) => [share, SHARE_FOLDERS.alpha] as const),
  ["dfs", DFS_FOLDER, "msdfs root = yes"],
];
const SECOND_SHARES: Shares = Object.keys(DFS_LINKS).map((share) => [share, SHARE_FOLDERS.alpha]);

// Three channels need interfaces that claim to be fast and RSS capable. deadtime is in minutes; this is the shortest.
// One smbd serves both shares of a connection, and two seconds after a write it sets the file's time. On a frozen disk
// it would block there, and alpha with it. The delay is in microseconds: an hour.
function configOf(host: Host, shares: Shares, creditsMax = CREDITS_MAX): string {
  const kept = OWN_FOLDERS.map((option) => `  ${option} = ${ownFolder(host, option)}`);
  const interfaces = [host.address, host.secondAddress].map(
    (ip) => `"${ip};capability=RSS,speed=1000000000"`,
  );
  return `
[global]
  smb2 max credits = ${creditsMax}
  server role = standalone server
  netbios name = ${host.name}
  interfaces = ${interfaces.join(" ")}
  smb ports = 445
  disable netbios = yes
  load printers = no
  server min protocol = SMB2_02
  server multi channel support = yes
  deadtime = 1
  smbd:writetimeupdatedelay = 3600000000
  log level = 1
  log file = /var/log/samba/log.smbd
  host msdfs = yes
  private dir = /run/samba/private
${kept.join("\n")}
${shares
  // A write is answered once it is on the disk.
  .map(([share, path, ...options]) =>
    [`[${share}]`, `path = ${path}`, "read only = no", "sync always = yes", ...options].join("\n  "),
  )
  .join("\n")}
`;
}

/**
 * Starts the first host's Samba with its users and shares, each with files to read, write, list, and files to refuse.
 */
export async function startServer(): Promise<void> {
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
  mkdirSync(DFS_FOLDER, { recursive: true });
  for (const [link, target] of Object.entries(DFS_LINKS)) {
    symlinkSync(`msdfs:${target.replace("/", "\\")}`, `${DFS_FOLDER}/${link}`);
  }
  await addHost(FILESERVER1);
  mkdirSync("/run/samba/private", { recursive: true, mode: 0o700 });
  writeConfig(FILESERVER1, FIRST_SHARES);
  await run("useradd", "--no-create-home", "limited");
  for (const user of USERS) {
    const answers = `printf '%s\\n%s\\n' ${PASSWORD} ${PASSWORD}`;
    await run("sh", "-c", `${answers} | smbpasswd -c ${configFileOf(FILESERVER1)} -s -a ${user}`);
  }
  await startSamba(FILESERVER1);
}

let hasSecondServer = false;

/** Starts the second host's Samba, the target of a DFS link of the first, unless it runs already. */
export async function startSecondServer(): Promise<void> {
  if (hasSecondServer) return;
  hasSecondServer = true;
  await addHost(FILESERVER2);
  writeConfig(FILESERVER2, SECOND_SHARES);
  await startSamba(FILESERVER2);
}

/**
 * Starts ksmbd. Its host is an address of the client itself: 6.12.117 makes no socket for a device that comes up in
 * another network namespace.
 */
export async function startKsmbd(): Promise<void> {
  await addLocalHost(FILESERVER3);
  mkdirSync("/etc/ksmbd", { recursive: true });
  const [config, users] = ["/etc/ksmbd/smb.conf", "/etc/ksmbd/users.db"];
  writeFileSync(config, `[global]\n[ksmbd]\n  path = ${SHARE_FOLDERS.alpha}\n  read only = no\n`);
  await run("modprobe", "ksmbd");
  await run("ksmbd.adduser", "-c", config, "-i", users, "-a", "root", "-p", PASSWORD);
  await run("ksmbd.mountd", "-c", config, "-u", users);
  await waitFor("ksmbd to listen", async () => (await run("ss", "-ltn")).includes(":445"));
}

function writeConfig(host: Host, shares: Shares, creditsMax?: number): void {
  for (const option of OWN_FOLDERS) mkdirSync(ownFolder(host, option), { recursive: true });
  writeFileSync(configFileOf(host), configOf(host, shares, creditsMax));
}

async function startSamba(host: Host): Promise<void> {
  await runOn(host, "smbd", "-D", "-s", configFileOf(host));
  await waitFor(`smbd of ${host.name} to listen`, async () =>
    (await run("ss", "-N", host.name, "-ltn")).includes(":445"),
  );
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

/** Delays writes to beta's disk by this much, several times in a row for each write, while `work` runs. */
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

/** Grants connections that are made while `work` runs only this many requests at a time. */
export async function withFewCredits<T>(creditsMax: number, work: () => Promise<T>): Promise<T> {
  await reconfigure(creditsMax);
  try {
    return await work();
  } finally {
    await reconfigure(CREDITS_MAX);
  }
}

async function reconfigure(creditsMax: number): Promise<void> {
  writeConfig(FILESERVER1, FIRST_SHARES, creditsMax);
  await run("smbcontrol", "-s", configFileOf(FILESERVER1), "smbd", "reload-config");
}

/** Stops every smbd of one host, or of all, while `work` runs: requests reach the server's sockets and get no reply. */
export async function withStoppedServer<T>(work: () => Promise<T>, host?: Host): Promise<T> {
  const servers = serverProcesses(host);
  assert.ok(servers.length > 1, "smbd serves a connection");
  for (const pid of servers) process.kill(pid, "SIGSTOP");
  try {
    return await work();
  } finally {
    for (const pid of servers) process.kill(pid, "SIGCONT");
  }
}

/** Ends the processes that serve connections to an address of the first host, as a crash of the server does. */
export async function killConnections(address: string): Promise<void> {
  const from = ["state", "established", "src", `${address}:445`];
  const sockets = await run("ss", "-N", FILESERVER1.name, "-Htnp", ...from);
  const pids = new Set([...sockets.matchAll(/"smbd[^"]*",pid=(\d+)/g)].map(([, pid]) => Number(pid)));
  assert.ok(pids.size > 0, `smbd serves ${address}`);
  for (const pid of pids) process.kill(pid, "SIGKILL");
}

/** Makes the server forget the connections to this share: their next request is refused. */
export async function closeShare(share: keyof typeof SHARE_FOLDERS): Promise<void> {
  await run("smbcontrol", "-s", configFileOf(FILESERVER1), "all", "close-share", share);
}

/** Blocks writes to a share's disk while `work` runs; reads, and the server's other shares, continue. */
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

/** Kills every smbd of a host: the machine answers, and refuses connections to port 445. */
export async function killServer(host: Host): Promise<void> {
  const servers = serverProcesses(host);
  assert.ok(servers.length > 1, `smbd of ${host.name} serves a connection`);
  for (const pid of servers) process.kill(pid, "SIGKILL");
  await waitFor("smbd to be gone", () => serverProcesses(host).length === 0);
}

export const startServerAgain = startSamba;

/** Removes the share from the server while `work` runs, and closes it for existing connections. */
export async function withoutShare<T>(share: keyof typeof SHARE_FOLDERS, work: () => Promise<T>): Promise<T> {
  const offer = async (shares: Shares): Promise<void> => {
    writeConfig(FILESERVER1, shares);
    await run("smbcontrol", "-s", configFileOf(FILESERVER1), "all", "reload-config");
  };
  await offer(FIRST_SHARES.filter(([name]) => name !== share));
  await closeShare(share);
  try {
    return await work();
  } finally {
    await offer(FIRST_SHARES);
  }
}

/** Changes the password while `work` runs; existing connections stay. */
export async function withOtherPassword<T>(work: () => Promise<T>): Promise<T> {
  const set = (password: string): Promise<string> =>
    run(
      ...["sh", "-c"],
      `printf '%s\\n%s\\n' ${password} ${password} | smbpasswd -c ${configFileOf(FILESERVER1)} -s root`,
    );
  await set("another");
  try {
    return await work();
  } finally {
    await set(PASSWORD);
  }
}

/** Fills beta's disk completely while `work` runs. */
export async function withFullDisk<T>(work: () => Promise<T>): Promise<T> {
  const file = `${SHARE_FOLDERS.beta}/fill`;
  await finish(["dd", "if=/dev/zero", `of=${file}`, "bs=64k", "conv=fsync", "status=none"]);
  try {
    return await work();
  } finally {
    await run("rm", file);
  }
}

/** Processes by their command line; children of a server have the same. */
function serverProcesses(host?: Host): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && commOf(pid) === "smbd")
    .filter((pid) => host === undefined || commandLineOf(pid).includes(configFileOf(host)));
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    // It has ended since it was listed.
    return "";
  }
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
