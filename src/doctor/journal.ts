// Checks what captures can get from the journal: whether it survives a restart, can be read, and drops messages. Pure
// but for `readJournal`, which reads names and settings and opens no journal.

import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import { remoteFileSystemOf } from "../system/mounts.ts";
import { type Finding, note, ok, warn } from "./finding.ts";

export interface JournalFacts {
  /** Folders in /var/log/journal; undefined if it is missing or on a network file system. */
  readonly persistent: readonly string[] | undefined;
  /** Folders in /run/log/journal; undefined likewise. */
  readonly volatile: readonly string[] | undefined;
  readonly machineId: string;
  readonly readable: boolean;
  /** journald.conf and its drop-ins; of settings that occur twice the last one counts. */
  readonly settings: string;
}

const PLACES = ["/usr/lib/systemd", "/etc/systemd"];
const DROP_INS = ["/usr/lib/systemd", "/run/systemd", "/etc/systemd"];
/** journald.conf(5). */
const RATE_DEFAULT = { interval: "30s", burst: "10000" };

export function readJournal(): JournalFacts {
  const drops = DROP_INS.flatMap((place) => {
    const folder = `${place}/journald.conf.d`;
    const names = (namesIn(folder) ?? []).filter((name) => name.endsWith(".conf"));
    return names.sort().map((name) => `${folder}/${name}`);
  });
  const persistent = namesIn("/var/log/journal");
  const machineId = (textOf("/etc/machine-id") ?? "").trim();
  const folder = persistent?.includes(machineId) ? "/var/log/journal" : "/run/log/journal";
  return {
    persistent,
    volatile: namesIn("/run/log/journal"),
    machineId,
    readable: isReadable(`${folder}/${machineId}`),
    settings: [...PLACES.map((place) => `${place}/journald.conf`), ...drops]
      .map((path) => textOf(path) ?? "")
      .join("\n"),
  };
}

export function journalFinding(facts: JournalFacts): Finding {
  const isPersistent = facts.persistent?.includes(facts.machineId) === true;
  const exists = isPersistent || facts.volatile?.includes(facts.machineId) === true;
  if (!exists) return note("journal", "none: captures have no journal (the action syslogs reads /var/log)");
  if (!facts.readable)
    return warn("journal", "cannot be read", "run as root, or in the group systemd-journal");
  const rate = rateText(facts.settings);
  if (!isPersistent) {
    const found = `in memory only, lost after a restart; ${rate}`;
    return warn("journal", found, "mkdir -p /var/log/journal && systemctl restart systemd-journald");
  }
  return ok("journal", `persistent; ${rate}`);
}

// --- internal ---

function rateText(settings: string): string {
  const settingOf = (name: string) =>
    [...settings.matchAll(new RegExp(`^\\s*${name}\\s*=\\s*(\\S+)`, "gm"))].at(-1)?.[1];
  const interval =
    settingOf("RateLimitIntervalSec") ?? settingOf("RateLimitInterval") ?? RATE_DEFAULT.interval;
  const burst = settingOf("RateLimitBurst") ?? RATE_DEFAULT.burst;
  if (/^0\D*$/.test(interval) || burst === "0") return "messages are never dropped";
  const span = /^\d+$/.test(interval) ? `${interval} s` : interval;
  return `drops messages of a service beyond ${burst} in ${span}`;
}

/** Undefined if the folder does not exist, or is on a network file system and must not be touched. */
function namesIn(folder: string): string[] | undefined {
  if (remoteFileSystemOf(folder) !== undefined) return undefined;
  try {
    return readdirSync(folder);
  } catch {
    // Mostly ENOENT; with any error the content is unknown.
    return undefined;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function isReadable(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
