// Drop-ins that open the unit's sandbox: one for each restriction that a configuration may need to lift. The same lines
// are in packaging/systemd/drop-ins/, with comments; a test compares both. docs/service.md explains what each costs.

export type DropInName = "kernel-stacks" | "pcap" | "metrics-port" | "metrics-textfile" | "output-folder";

export interface DropIn {
  /** Where the drop-in is installed. */
  readonly file: string;
  readonly lines: readonly string[];
}

const FOLDER = "/etc/systemd/system/aod.service.d";

/**
 * Drop-ins whose only setting is a writable folder, and the prefix of that folder. A minus lets the service start if
 * the folder does not exist: aod is useful without figures, but not without captures.
 */
const FOLDER_PREFIX = { "output-folder": "", "metrics-textfile": "-" } as const;
type FolderDropIn = keyof typeof FOLDER_PREFIX;

const SETTINGS: Readonly<Record<Exclude<DropInName, FolderDropIn>, readonly string[]>> = {
  "kernel-stacks": ["CapabilityBoundingSet=CAP_SYS_ADMIN", "RestrictNamespaces=net"],
  pcap: [
    "CapabilityBoundingSet=CAP_NET_RAW CAP_SETUID CAP_SETGID CAP_KILL",
    "RestrictAddressFamilies=AF_PACKET",
    "SystemCallFilter=@setuid",
  ],
  "metrics-port": ["RestrictAddressFamilies=AF_INET AF_INET6", "IPAddressAllow=any"],
};

/** @param folder the writable folder, for the drop-ins that have one. */
export function dropInFor(name: DropInName, folder: string): DropIn {
  const settings = isOfFolder(name)
    ? [`ReadWritePaths=${quoted(FOLDER_PREFIX[name] + folder)}`]
    : SETTINGS[name];
  return { file: `${FOLDER}/${name}.conf`, lines: ["[Service]", ...settings] };
}

/** The name of a drop-in in messages. */
export function dropInHint(name: DropInName): string {
  return `the service has it with the drop-in ${name}.conf, /usr/share/doc/aod/service.md`;
}

function isOfFolder(name: DropInName): name is FolderDropIn {
  return Object.hasOwn(FOLDER_PREFIX, name);
}

/** systemd.syntax(7): a list splits at blanks, backslashes escape, and a per cent sign begins a specifier. */
function quoted(path: string): string {
  const escaped = path.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%");
  return /[\s"'\\]/.test(path) ? `"${escaped}"` : escaped;
}
