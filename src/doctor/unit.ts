// The sandbox of the unit aod.service, as systemd has combined it from the unit and its drop-ins. systemd is asked,
// because the user who runs `aod doctor` is not in that sandbox.

import type { FolderAccess, Sandbox } from "../model/sandbox.ts";
import { AOD_UNIT, showUnits } from "./systemctl.ts";

const PROPERTIES = [
  "LoadState",
  "CapabilityBoundingSet",
  "RestrictAddressFamilies",
  "RestrictNamespaces",
  "ProtectSystem",
  "ProtectHome",
  "PrivateTmp",
  "ReadWritePaths",
  "RuntimeDirectory",
  "StateDirectory",
  "CacheDirectory",
  "LogsDirectory",
] as const;

type Properties = Readonly<Partial<Record<string, string>>>;

/** Parents of the folders that systemd creates for the service; systemd.exec(5). */
const OWN_FOLDERS = {
  RuntimeDirectory: "/run",
  StateDirectory: "/var/lib",
  CacheDirectory: "/var/cache",
  LogsDirectory: "/var/log",
} as const;

const HOMES = ["/home", "/root", "/run/user"];
const TEMPORARY = ["/tmp", "/var/tmp"];

/** Undefined without systemd, without the unit, or if systemd does not answer. */
export async function readUnitSandbox(): Promise<Sandbox | undefined> {
  const text = await showUnits([AOD_UNIT], PROPERTIES);
  return text === undefined ? undefined : parseUnitSandbox(text);
}

/** @param text lines of `Property=value`; undefined for a unit that is not loaded. */
export function parseUnitSandbox(text: string): Sandbox | undefined {
  const properties: Properties = Object.fromEntries(
    text.split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  if (properties.LoadState !== "loaded") return undefined;
  const capabilities = wordsOf(properties.CapabilityBoundingSet);
  const has = (name: string) => capabilities.includes(name);
  return {
    permits: {
      stacks: has("cap_sys_admin"),
      namespaces: has("cap_sys_admin") && allowsNetworkNamespaces(properties.RestrictNamespaces),
      packets: has("cap_net_raw") && allowsFamily(properties.RestrictAddressFamilies, "AF_PACKET"),
      internet: allowsFamily(properties.RestrictAddressFamilies, "AF_INET"),
    },
    folder: (path) => accessOf(path, properties),
  };
}

// --- internal ---

function accessOf(path: string, properties: Properties): FolderAccess {
  if (isBelow(path, HOMES) && /^(yes|tmpfs)$/.test(properties.ProtectHome ?? "")) return "hidden";
  if (isBelow(path, TEMPORARY) && properties.PrivateTmp === "yes") return "private";
  const isReadOnly =
    properties.ProtectSystem === "strict" ||
    (isBelow(path, HOMES) && properties.ProtectHome === "read-only") ||
    (isBelow(path, ["/etc"]) && properties.ProtectSystem === "full") ||
    (isBelow(path, ["/usr", "/boot", "/efi"]) && /^(yes|full)$/.test(properties.ProtectSystem ?? ""));
  return isReadOnly && !isBelow(path, writableOf(properties)) ? "read-only" : "open";
}

function writableOf(properties: Properties): readonly string[] {
  const own = Object.entries(OWN_FOLDERS).flatMap(([property, parent]) =>
    wordsOf(properties[property]).map((name) => `${parent}/${name}`),
  );
  // A prefix "-" means: only if it exists; "+": below RootDirectory=.
  return [...own, ...wordsOf(properties.ReadWritePaths).map((path) => path.replace(/^[-+]+/, ""))];
}

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(`${folder.replace(/\/$/, "")}/`));
}

/** @param value the allowed families, or the forbidden ones after "~"; empty if all are allowed. */
function allowsFamily(value: string | undefined, family: string): boolean {
  if (value === undefined || value === "") return true;
  const isDenied = value.startsWith("~");
  return wordsOf(value.replace(/^~/, "")).includes(family) !== isDenied;
}

/** @param value yes, no, or the allowed types of namespaces. */
function allowsNetworkNamespaces(value: string | undefined): boolean {
  return value === undefined || value === "no" || wordsOf(value).includes("net");
}

function wordsOf(value: string | undefined): readonly string[] {
  return (value ?? "").split(/\s+/).filter((word) => word !== "");
}
