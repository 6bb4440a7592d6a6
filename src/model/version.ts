// Which build of aod this is. In: three names that scripts/build-aod.sh puts into the executable; run from the sources
// they do not exist. Out: constants.

declare const AOD_VERSION: string | undefined;
declare const AOD_COMMIT: string | undefined;
declare const AOD_INSIDE: Readonly<Record<string, string>> | undefined;

/** As in package.json; `source` where nothing was built. */
export const version: string = typeof AOD_VERSION === "undefined" ? "source" : AOD_VERSION;

/** Twelve digits of the commit, `-dirty` behind them where the tree differed; `unknown` outside a repository. */
export const commit: string = typeof AOD_COMMIT === "undefined" ? "unknown" : AOD_COMMIT;

/** The versions of Bun and of the libraries inside, by name; none where nothing was built. */
export const inside: Readonly<Record<string, string>> = typeof AOD_INSIDE === "undefined" ? {} : AOD_INSIDE;
