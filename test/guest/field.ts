// The kinds of mounts: a table of what is mounted and what aod must know about it. Data only; the scenarios mount them,
// compare aod with the facts and store fixtures.

import { release } from "node:os";
import { FILESERVER1, FILESERVER2, FILESERVER3 } from "./network.ts";

/** The facts of a mount, which the guest knows because it has mounted it. */
export interface MountFacts {
  /** //server/share; for DFS the share that the link leads to. */
  readonly share: string;
  /** The server's address, as the guest has given it to its host. */
  readonly address: string;
  readonly mountPoint: string;
  readonly dialect: string;
  readonly encrypted: boolean;
}

export interface FieldMount {
  readonly source: string;
  readonly options: string;
  /** Where it is mounted. */
  readonly folder: string;
  /** A file there that can be opened; its path may cross into another mount. */
  readonly file: string;
  readonly facts: MountFacts;
}

export interface FieldKind {
  readonly name: string;
  readonly mounts: readonly FieldMount[];
  /** A second user of a multiuser mount opens the file, with a session of its own. */
  readonly hasSecondUser?: boolean;
  /** What else must exist. */
  readonly needs?: "second server" | "ksmbd";
}

/** The differences of a mount from one of SMB 3.1.1 over IPv4 by the server's name. */
interface Difference {
  readonly options?: string;
  readonly dialect?: string;
  readonly encrypted?: boolean;
  /** The server in the source of the mount. */
  readonly server?: string;
  readonly address?: string;
  readonly share?: string;
  /** The folder of the share that is mounted. */
  readonly subfolder?: string;
}

const FOLDER = "/mnt/field";

function aMount(kind: string, difference: Difference = {}, suffix = ""): FieldMount {
  const { options = "", dialect = "3.1.1", encrypted = false, server = FILESERVER1.name } = difference;
  const { address = FILESERVER1.address, share = kind, subfolder = "" } = difference;
  const folder = `${FOLDER}/${kind}${suffix}`;
  // mount(8) calls the first dialect 2.0, the specification 2.0.2.
  const words = [`vers=${dialect === "2.0.2" ? "2.0" : dialect}`, options].filter((word) => word !== "");
  return {
    source: `//${server}/${share}${subfolder}`,
    options: words.join(","),
    folder,
    file: subfolder === "" ? "data" : "file-1",
    facts: { share: `//${server}/${share}`, address, mountPoint: folder, dialect, encrypted },
  };
}

function aKind(name: string, difference: Difference): FieldKind {
  return { name, mounts: [aMount(name, difference)] };
}

/** A DFS root is mounted, and the path to the file goes through a link. */
function aDfsRoot(name: string, link: string, target: string): FieldKind {
  const root = aMount(name, { share: "dfs" });
  const facts = {
    ...root.facts,
    share: target,
    address: FILESERVER2.address,
    mountPoint: `${root.folder}/${link}`,
  };
  return { name, needs: "second server", mounts: [{ ...root, file: `${link}/data`, facts }] };
}

/** The link itself is mounted. */
function aDfsLink(name: string, link: string, target: string): FieldKind {
  const mount = aMount(name, { share: "dfs", subfolder: `/${link}` });
  const facts = { ...mount.facts, share: target, address: FILESERVER2.address };
  return { name, needs: "second server", mounts: [{ ...mount, file: "data", facts }] };
}

/** The target of a DFS root's links: a host by its name, which the kernel has resolved, or by its address. */
export const DFS_LINKS = {
  named: `${FILESERVER2.name}/named`,
  numbered: `${FILESERVER2.address}/numbered`,
  direct: `${FILESERVER2.name}/direct`,
} as const;

const ALL_KINDS: readonly FieldKind[] = [
  ...["2.0.2", "2.1", "3.0", "3.0.2", "3.1.1"].map((dialect) => aKind(`smb${dialect}`, { dialect })),
  aKind("seal", { options: "seal", encrypted: true }),
  aKind("seal-3.0", { options: "seal", dialect: "3.0", encrypted: true }),
  aKind("multichannel", { options: "multichannel,max_channels=3" }),
  { ...aKind("multiuser", { options: "multiuser" }), hasSecondUser: true },
  {
    name: "nosharesock",
    mounts: [1, 2].map((number) => aMount("nosharesock", { options: "nosharesock" }, `-${number}`)),
  },
  {
    name: "two-shares",
    mounts: [1, 2].map((number) => aMount("two-shares", { share: `two-shares-${number}` }, `-${number}`)),
  },
  aKind("folder", { subfolder: "/many" }),
  aKind("ipv4-literal", { server: FILESERVER1.address }),
  aKind("ipv6-name", { server: `${FILESERVER1.name}-v6`, address: FILESERVER1.address6 }),
  aKind("ipv6-literal", { server: FILESERVER1.address6, address: FILESERVER1.address6 }),
  aKind("ipv6-link-local", {
    options: `ip=${FILESERVER1.linkLocal}%${FILESERVER1.device}`,
    address: FILESERVER1.linkLocal,
  }),
  aKind("ipv4-mapped", { options: `ip=::ffff:${FILESERVER1.address}` }),
  aDfsRoot("dfs-root", "named", `//${DFS_LINKS.named}`),
  aDfsRoot("dfs-root-by-address", "numbered", `//${DFS_LINKS.numbered}`),
  aDfsLink("dfs-link", "direct", `//${DFS_LINKS.direct}`),
  {
    ...aKind("ksmbd", { server: FILESERVER3.name, address: FILESERVER3.address }),
    needs: "ksmbd",
  },
];

/** ksmbd of earlier kernels crashes when a file is opened. */
const HAS_KSMBD = Number(release().split(".")[0]) > 6 || /^6\.(?:1[2-9]|[2-9]\d)\./.test(release());

export const FIELD_KINDS: readonly FieldKind[] = ALL_KINDS.filter(
  ({ needs }) => needs !== "ksmbd" || HAS_KSMBD,
);

/** The shares of the first host for them: each kind has its own, so that a capture belongs to one kind. */
export const FIELD_SHARES: readonly string[] = [
  ...new Set(
    ALL_KINDS.filter(({ needs }) => needs === undefined)
      .flatMap(({ mounts }) => mounts)
      .map(({ facts }) => facts.share.split("/").at(-1) ?? ""),
  ),
];
