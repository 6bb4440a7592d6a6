// The build of this aod: constants from three names that scripts/build-aod.sh puts into the executable. Run from the
// sources they do not exist.

declare const AOD_VERSION: string | undefined;
declare const AOD_COMMIT: string | undefined;
declare const AOD_INSIDE: Readonly<Record<string, string>> | undefined;

/** The version of package.json; `source` if nothing was built. */
export const version: string = typeof AOD_VERSION === "undefined" ? "source" : AOD_VERSION;

/** Twelve digits of the commit, `-dirty` behind them if the tree differed; `unknown` outside a repository. */
export const commit: string = typeof AOD_COMMIT === "undefined" ? "unknown" : AOD_COMMIT;

/** The versions of Bun and of the libraries inside, by name; empty if nothing was built. */
export const inside: Readonly<Record<string, string>> = typeof AOD_INSIDE === "undefined" ? {} : AOD_INSIDE;
