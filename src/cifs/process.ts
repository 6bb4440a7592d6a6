// What /proc says of a process that sends SMB requests: text in, names out. Pure. The cgroup tells which systemd unit and
// which container it belongs to; formats: systemd's resource-control, and what the runtimes of containers call their groups.

import { hasWorkerName, READAHEAD, UNKNOWN_SENDER, WRITEBACK } from "../model/attribution.ts";
import { COMMAND } from "../model/command.ts";

export interface CgroupOwner {
  readonly unit: string | undefined;
  readonly container: string | undefined;
}

const ID_SHOWN = 12;
/** A name that somebody else chose may be long. */
const NAME_MAX = 256;

/** @param text of /proc/PID/cgroup: `0::/path`, or with cgroup v1 a line for each controller. */
export function parseCgroup(text: string): CgroupOwner {
  const byController = new Map<string, readonly string[]>();
  for (const line of text.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers !== undefined && path !== undefined) byController.set(controllers, partsOf(path));
  }
  // Version 2's has no controller; of version 1 systemd's own hierarchy says most of units.
  const all = [...byController.values()];
  const parts = byController.get("name=systemd") ?? byController.get("") ?? all[0] ?? [];
  // A runtime without systemd names its groups in the hierarchies of the other controllers alone.
  const [container] = [parts, ...all].flatMap((one) => containerOf(one) ?? []);
  return { unit: parts.findLast(isUnit)?.slice(0, NAME_MAX), container };
}

/**
 * The name of a sender: kernel workers are named by their work. Any program may name itself `kworker/…`, so that the kernel has to say
 * whether it is one; where the task is no more, the sender is unknown.
 * @param comm of the process, or of the thread where the process is no more.
 * @param isKernelThread asked only for such a name; undefined where the task is no more.
 */
export function nameSender(comm: string, command: number, isKernelThread: () => boolean | undefined): string {
  if (!hasWorkerName(comm)) return comm;
  const isWorker = isKernelThread();
  if (isWorker === undefined) return UNKNOWN_SENDER;
  if (!isWorker) return comm;
  return command === COMMAND.SMB2_READ ? READAHEAD : WRITEBACK;
}

// --- internal ---

/** Scopes of containers are named below; a slice is no unit that anybody started. */
function isUnit(part: string): boolean {
  return /\.(service|scope|socket|mount)$/.test(part);
}

/** systemd writes characters that unit names can't have as \x2d; cgroup names that would clash get a "_" in front. */
function unescapeUnit(part: string): string {
  return part
    .replace(/^_/, "")
    .replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Without the mark that the kernel puts behind the path of a removed group. */
function partsOf(path: string): readonly string[] {
  return path
    .replace(/ \(deleted\)$/, "")
    .split("/")
    .map(unescapeUnit);
}

/** Groups that a runtime names by itself. One row a form; the innermost group that has one is the container. */
const NAMED: readonly RegExp[] = [
  // docker, podman, containerd, CRI-O and others: TYPE-ID.scope, or the id alone.
  /^(?:.*[-:])?(?<id>[0-9a-f]{64})(?:\.scope)?$/,
  // Fargate: the task's id, and a number.
  /^(?<id>[0-9a-f]{32}-\d+)$/,
  // LXC, LXD and Incus; machines of systemd-machined, libvirt's among them.
  /^lxc\.payload\.(?<name>.+)$/,
  /^machine-(?<name>.+)\.scope$/,
  // systemd-nspawn, and NixOS, which starts it by another unit.
  /^(?:systemd-nspawn|container)@(?<name>.+)\.service$/,
  // Nomad: an allocation's id and a task.
  /^(?<name>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\..+?)(?:\.scope)?$/,
  // A pod's own group, where its containers have none: cgroupfs's form, or systemd's, which has underscores for dashes.
  /^(?:kubepods-(?:\w+-)?)?(?<name>pod[0-9a-f]{8}(?:[-_]?[0-9a-f]{4}){3}[-_]?[0-9a-f]{12})(?:\.slice)?$/,
  // Apptainer numbers its groups by a process.
  /^(?<name>(?:apptainer|singularity)-\d+)(?:\.scope)?$/,
];

/** Groups whose child is called like the container: Proxmox, LXC of cgroup v1, Garden of Cloud Foundry, BuildKit, Apptainer. */
const PARENTS: ReadonlySet<string> = new Set([
  ...["lxc", "lxc.payload", "garden", "good", "bad"],
  ...["buildkit", "apptainer", "singularity"],
]);
/** Children of these that are no containers. */
const NO_NAME: ReadonlySet<string> = new Set(["", "good", "bad", "init", "init.scope"]);

function containerOf(parts: readonly string[]): string | undefined {
  for (let i = parts.length - 1; i >= 0; i--) {
    const [part = "", parent = "", child] = [parts[i], parts[i - 1], parts[i + 1]];
    const { id, name } = NAMED.map((form) => form.exec(part)?.groups).find((groups) => groups) ?? {};
    if (id !== undefined) return id.slice(0, ID_SHOWN);
    // systemd-nspawn itself is outside of what it runs.
    if (name !== undefined && child !== "supervisor") return tidyPod(name).slice(0, NAME_MAX);
    const isGarden = !["good", "bad"].includes(parent) || parts[i - 2] === "garden";
    if (PARENTS.has(parent) && !NO_NAME.has(part) && isGarden) return part.slice(0, NAME_MAX);
  }
  return undefined;
}

function tidyPod(name: string): string {
  return /^pod[0-9a-f_]+$/.test(name) ? name.replaceAll("_", "-") : name;
}
