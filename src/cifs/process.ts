// What /proc says of a process that sends SMB requests: text in, names out. Pure. The cgroup tells which systemd unit and
// which container it belongs to; formats: systemd's resource-control, and what docker, podman, containerd, CRI-O, LXC and
// systemd-nspawn call their groups.

import { isKernelWorker, READAHEAD, WRITEBACK } from "../model/attribution.ts";
import { COMMAND } from "../model/command.ts";

export interface Group {
  readonly unit: string | undefined;
  readonly container: string | undefined;
}

const ID_SHOWN = 12;
/** A name that somebody else chose may be long. */
const NAME_MAX = 256;

/** @param text of /proc/PID/cgroup: `0::/path`, or with cgroup v1 a line for each controller. */
export function parseCgroup(text: string): Group {
  const paths = text.split("\n").flatMap((line) => /^\d+:([^:]*):(\/.*)$/.exec(line)?.slice(1, 3) ?? []);
  // In pairs, controllers and path. Version 2's has no controller; of version 1 systemd's own hierarchy says most.
  const found = new Map<string, string>();
  for (let i = 0; i + 1 < paths.length; i += 2) found.set(paths[i] ?? "", paths[i + 1] ?? "");
  const path = found.get("name=systemd") ?? found.get("") ?? [...found.values()][0] ?? "/";
  const parts = path.split("/").map(unescapeUnit);
  return { unit: parts.findLast(isUnit)?.slice(0, NAME_MAX), container: containerOf(parts) };
}

/**
 * What a sender is called: kernel workers by what they do.
 * @param comm of the process, or of the thread where the process is no more.
 */
export function nameSender(comm: string, command: number): string {
  if (!isKernelWorker(comm)) return comm;
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

function containerOf(parts: readonly string[]): string | undefined {
  for (const part of parts.toReversed()) {
    // docker-ID.scope, libpod-ID.scope, cri-containerd-ID.scope, crio-ID.scope, or the id alone.
    const id = /(?:^|[-:])([0-9a-f]{64})(?:\.scope)?$/.exec(part)?.[1];
    if (id !== undefined) return id.slice(0, ID_SHOWN);
    const name = /^(?:lxc\.payload\.|machine-)(.+?)(?:\.scope)?$/.exec(part)?.[1];
    if (name !== undefined) return name.slice(0, NAME_MAX);
  }
  return undefined;
}
