// What opens the unit's sandbox again: a drop-in for each thing that it forbids and a configuration may want. The same lines
// are in packaging/systemd/drop-ins/, commented; a test holds them together. docs/service.md says what each costs.

export type DropInName = "kernel-stacks" | "pcap" | "metrics-port" | "metrics-textfile" | "output-folder";

export interface DropIn {
  /** Where it goes. */
  readonly file: string;
  readonly lines: readonly string[];
}

const FOLDER = "/etc/systemd/system/aod.service.d";

/**
 * Of these the one setting is a folder to write to, behind this. A minus lets the service start where the folder is not there: without
 * figures aod is worth having, without captures it is not.
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

/** @param folder for those that open one. */
export function dropInFor(name: DropInName, folder: string): DropIn {
  const settings = isOfFolder(name)
    ? [`ReadWritePaths=${quoted(FOLDER_PREFIX[name] + folder)}`]
    : SETTINGS[name];
  return { file: `${FOLDER}/${name}.conf`, lines: ["[Service]", ...settings] };
}

/** How a reader of a capture is told which one it is. */
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
