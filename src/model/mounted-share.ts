// Finds the share of each mount of the cifs client: mounts as mountinfo shows them, trees as DebugData lists them.
// Pure. One share has several names: that of a DFS namespace and that of the server that a link leads to, in any case,
// with one slash or two. So names are compared in one form, and an address decides if names do not match.
//
// Sources: smb3_parse_devname and cifs_show_devname (fs_context.c, cifsfs.c) of 6.12; before 5.11 mountinfo shows what
// was typed.

import { canonicalAddress } from "./address.ts";
import type { Mount } from "./mountinfo.ts";
import { isPipeShare, type KnownTree } from "./share.ts";

type Tree = Pick<KnownTree, "share" | "address" | "dfsPaths">;

/** Whether the kernel's SMB client serves the mount. */
export function isCifsMount({ type }: Mount): boolean {
  return type === "cifs" || type === "smb3";
}

/**
 * The canonical form of `//server/share/path` for comparison: lower case, single slashes, no slash at its end, an
 * address in its canonical form. Undefined for a text of another form.
 */
export function canonicalPath(text: string): string | undefined {
  const slashes = text.replaceAll("\\", "/");
  if (!slashes.startsWith("//")) return undefined;
  const [host, ...path] = slashes.split("/").filter((part) => part !== "");
  if (host === undefined) return undefined;
  return `//${[canonicalAddress(host), ...path.map((part) => part.toLowerCase())].join("/")}`;
}

/** `//server/share` of a canonical path. */
export function canonicalShare(text: string): string | undefined {
  return canonicalPath(text)?.split("/", 4).join("/");
}

/** The paths of a mount: its source, and the option `unc=`, which some tools use for the share. */
export function pathsOfMount({ source, superOptions }: Mount): readonly string[] {
  const unc = superOptions.find((option) => option.startsWith("unc="))?.slice("unc=".length);
  return [source, ...(unc === undefined ? [] : [unc])].map((path) => path.replaceAll("\\", "/"));
}

/** The shares of each mount for which a tree is known; nearly always one. */
export function sharesOfMounts(
  mounts: readonly Mount[],
  trees: readonly Tree[],
): ReadonlyMap<Mount, readonly string[]> {
  const facts = distinct(trees.filter(({ share }) => !isPipeShare(share))).map(factsOfTree);
  const found = new Map<Mount, readonly string[]>();
  const cifs = mounts.filter(isCifsMount).map((mount) => ({ mount, its: factsOfMount(mount) }));
  for (const { mount, its } of cifs) {
    const shares = sharesNamedBy(its, facts);
    if (shares.length > 0) found.set(mount, shares);
  }
  // Kernels before 6.2 do not print where a DFS link leads: it is the share of its server that no mount names.
  const taken = new Set([...found.values()].flat());
  for (const { mount, its } of cifs.filter(({ mount }) => !found.has(mount))) {
    const left = sharesWhere(facts, ({ share, address }) => !taken.has(share) && isAt(its, address));
    const shares = left.length === 1 ? left : sharesWhere(facts, (tree) => isCalled(its, tree));
    if (shares.length > 0) found.set(mount, shares);
  }
  return found;
}

/** A mount's own path if it is another name than the share's: a DFS path. */
export function dfsPathsOfMount(mount: Mount, share: string): readonly string[] {
  const name = canonicalShare(share);
  return pathsOfMount(mount).filter((path) => {
    const mounted = canonicalShare(path);
    return mounted !== undefined && mounted !== name;
  });
}

/** The trees with the DFS paths that mount their shares, which kernels before 6.2 do not print. */
export function withDfsPathsOfMounts<T extends Tree>(
  trees: readonly T[],
  mounts: readonly Mount[],
): readonly T[] {
  const paths = new Map<string, string[]>();
  for (const [mount, shares] of sharesOfMounts(mounts, trees))
    for (const share of shares) {
      const ofShare = paths.get(share) ?? [];
      paths.set(share, ofShare);
      ofShare.push(...dfsPathsOfMount(mount, share));
    }
  return trees.map((tree) => {
    const more = paths.get(tree.share) ?? [];
    return more.length === 0
      ? tree
      : { ...tree, dfsPaths: [...new Set([...(tree.dfsPaths ?? []), ...more])] };
  });
}

// --- internal ---

interface MountFacts {
  readonly paths: readonly string[];
  readonly shares: readonly string[];
  readonly address: string | undefined;
}

interface TreeFacts {
  readonly share: string;
  readonly name: string | undefined;
  readonly address: string | undefined;
  readonly dfsPaths: readonly string[];
}

/** How a tree matches a mount, the surest way first: by the share's name, and by the address. */
const NAMED: readonly ((mount: MountFacts, tree: TreeFacts) => boolean)[] = [
  ({ paths }, { dfsPaths }) => paths.some((path) => dfsPaths.includes(path)),
  // Since a reconnect its connection may lead to another address of the server.
  ({ paths }, { name }) => name !== undefined && paths.includes(name),
  (mount, tree) => isCalled(mount, tree) && (mount.address === undefined || isAt(mount, tree.address)),
  ({ paths }, { dfsPaths }) =>
    paths.some((path) => dfsPaths.some((dfsPath) => path.startsWith(`${dfsPath}/`))),
  // A domain's namespace has the name of one of its servers in DebugData.
  (mount, { dfsPaths, address }) =>
    isAt(mount, address) &&
    mount.paths.some((path) => dfsPaths.some((dfsPath) => belowHost(dfsPath) === belowHost(path))),
];

/** Chosen by the surest match of any tree. */
function sharesNamedBy(mount: MountFacts, trees: readonly TreeFacts[]): readonly string[] {
  for (const isIts of NAMED) {
    const shares = sharesWhere(trees, (tree) => isIts(mount, tree));
    if (shares.length > 0) return shares;
  }
  return [];
}

/** With `multiuser` each user has a tree of the same share. */
function distinct(trees: readonly Tree[]): readonly Tree[] {
  const byFacts = new Map(
    trees.map((tree) => [JSON.stringify([tree.share, tree.address, tree.dfsPaths]), tree]),
  );
  return [...byFacts.values()];
}

function isCalled({ shares }: MountFacts, { name }: TreeFacts): boolean {
  return name !== undefined && shares.includes(name);
}

function isAt(mount: MountFacts, address: string | undefined): boolean {
  return address !== undefined && mount.address === address;
}

function belowHost(path: string): string {
  return path.slice(path.indexOf("/", 2));
}

function sharesWhere(trees: readonly TreeFacts[], isIts: (tree: TreeFacts) => boolean): readonly string[] {
  return [...new Set(trees.filter(isIts).map(({ share }) => share))];
}

function factsOfTree({ share, address, dfsPaths = [] }: Tree): TreeFacts {
  return {
    share,
    name: canonicalShare(share),
    address: address === undefined || address === "" ? undefined : canonicalAddress(address),
    dfsPaths: dfsPaths.flatMap((path) => canonicalPath(path) ?? []),
  };
}

function factsOfMount(mount: Mount): MountFacts {
  const paths = pathsOfMount(mount).flatMap((path) => canonicalPath(path) ?? []);
  const address = /^(?:addr|ip)=(.+)$/;
  const told = mount.superOptions.flatMap((option) => address.exec(option)?.[1] ?? [])[0];
  return {
    paths,
    shares: paths.flatMap((path) => canonicalShare(path) ?? []),
    address: told === undefined ? undefined : canonicalAddress(told),
  };
}
