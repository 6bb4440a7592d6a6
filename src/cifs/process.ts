// What /proc shows of a process that sends SMB requests: its name, and from its cgroup the systemd unit and the
// container. Pure: texts in, names out. Formats: systemd's resource-control, and the cgroup names of the container
// runtimes.

import { hasWorkerName, READAHEAD, UNKNOWN_SENDER, WRITEBACK } from "../model/attribution.ts";
import { COMMAND } from "../model/command.ts";

export interface CgroupOwner {
  readonly unit: string | undefined;
  readonly container: string | undefined;
}

const ID_SHOWN = 12;
/** Limit for names, which users and runtimes choose. */
const NAME_MAX = 256;

/** @param text of /proc/PID/cgroup: `0::/path`, or with cgroup v1 a line for each controller. */
export function parseCgroup(text: string): CgroupOwner {
  const byController = new Map<string, readonly string[]>();
  for (const line of text.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers !== undefined && path !== undefined) byController.set(controllers, partsOf(path));
  }
  // Version 2 has one hierarchy, without a controller; in version 1, systemd's own hierarchy shows units best.
  const all = [...byController.values()];
  const parts = byController.get("name=systemd") ?? byController.get("") ?? all[0] ?? [];
  // A runtime without systemd names its groups only in the hierarchies of the other controllers.
  const [container] = [parts, ...all].flatMap((one) => containerOf(one) ?? []);
  return { unit: parts.findLast(isUnit)?.slice(0, NAME_MAX), container };
}

/**
 * The name of a sender. Kernel workers are named after their work. Any program may name itself `kworker/…`, so the
 * kernel is asked whether it is one; if the task has exited, the sender is unknown.
 * @param comm the name of the process, or of the thread if the process has exited.
 * @param isKernelThread called only for such a name; undefined if the task has exited.
 */
export function nameSender(comm: string, command: number, isKernelThread: () => boolean | undefined): string {
  if (!hasWorkerName(comm)) return comm;
  const isWorker = isKernelThread();
  if (isWorker === undefined) return UNKNOWN_SENDER;
  if (!isWorker) return comm;
  return command === COMMAND.SMB2_READ ? READAHEAD : WRITEBACK;
}

// --- internal ---

/** Whether a cgroup is a unit. A slice only groups units, and containerOf names the scopes of containers. */
function isUnit(part: string): boolean {
  return /\.(service|scope|socket|mount)$/.test(part);
}

/**
 * systemd escapes characters that unit names can't contain as \x2d, and prefixes cgroup names that would clash with
 * "_".
 */
function unescapeUnit(part: string): string {
  return part
    .replace(/^_/, "")
    .replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The parts of a cgroup path, without the mark that the kernel appends for a removed group. */
function partsOf(path: string): readonly string[] {
  return path
    .replace(/ \(deleted\)$/, "")
    .split("/")
    .map(unescapeUnit);
}

/** The forms of names that container runtimes give their groups. The innermost group that matches is the container. */
const NAMED: readonly RegExp[] = [
  // docker, podman, containerd, CRI-O and others: TYPE-ID.scope, or the id alone.
  /^(?:.*[-:])?(?<id>[0-9a-f]{64})(?:\.scope)?$/,
  // Fargate: the task's id and a number.
  /^(?<id>[0-9a-f]{32}-\d+)$/,
  // LXC, LXD and Incus; machines of systemd-machined, libvirt's among them.
  /^lxc\.payload\.(?<name>.+)$/,
  /^machine-(?<name>.+)\.scope$/,
  // systemd-nspawn, also under the unit that NixOS uses for it.
  /^(?:systemd-nspawn|container)@(?<name>.+)\.service$/,
  // Nomad: an allocation's id and a task.
  /^(?<name>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\..+?)(?:\.scope)?$/,
  // A pod's own group, if its containers have none: in the form of cgroupfs, or in systemd's, with underscores for
  // dashes.
  /^(?:kubepods-(?:\w+-)?)?(?<name>pod[0-9a-f]{8}(?:[-_]?[0-9a-f]{4}){3}[-_]?[0-9a-f]{12})(?:\.slice)?$/,
  // Apptainer numbers its groups by process id.
  /^(?<name>(?:apptainer|singularity)-\d+)(?:\.scope)?$/,
];

/**
 * Groups whose child is named after the container: Proxmox, LXC with cgroup v1, Garden of Cloud Foundry, BuildKit,
 * Apptainer.
 */
const PARENTS: ReadonlySet<string> = new Set([
  "lxc",
  "lxc.payload",
  "garden",
  "good",
  "bad",
  "buildkit",
  "apptainer",
  "singularity",
]);
/** Children of these groups that are not containers. */
const NO_NAME: ReadonlySet<string> = new Set(["", "good", "bad", "init", "init.scope"]);

function containerOf(parts: readonly string[]): string | undefined {
  for (let i = parts.length - 1; i >= 0; i--) {
    const [part = "", parent = "", child] = [parts[i], parts[i - 1], parts[i + 1]];
    const { id, name } = NAMED.map((form) => form.exec(part)?.groups).find((groups) => groups) ?? {};
    if (id !== undefined) return id.slice(0, ID_SHOWN);
    // The supervisor child holds systemd-nspawn itself, not the container.
    if (name !== undefined && child !== "supervisor") return tidyPod(name).slice(0, NAME_MAX);
    const isGarden = !["good", "bad"].includes(parent) || parts[i - 2] === "garden";
    if (PARENTS.has(parent) && !NO_NAME.has(part) && isGarden) return part.slice(0, NAME_MAX);
  }
  return undefined;
}

function tidyPod(name: string): string {
  return /^pod[0-9a-f_]+$/.test(name) ? name.replaceAll("_", "-") : name;
}
