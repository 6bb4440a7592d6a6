// The one that somebody means by the beginning of an id. In: all that fit; out: the only one, or NOT_FOUND with what there is to
// choose from. What fits is decided elsewhere. Pure.

import { AodError } from "../model/failure.ts";

/** As many ids as a message lists. */
const SHOWN_MAX = 8;

/**
 * Throws NOT_FOUND for none and for several.
 * @param text what was typed. @param what is chosen: also the name, with an s, of the command that lists them.
 */
export function chooseOne<Item>(
  fitting: readonly Item[],
  text: string,
  what: "capture" | "incident",
  idOf: (item: Item) => string,
): Item {
  const [only] = fitting;
  if (only === undefined) throw new AodError("NOT_FOUND", `no ${what} ${text}; aod ${what}s lists them`);
  if (fitting.length === 1) return only;
  const ids = fitting.slice(0, SHOWN_MAX).map(idOf).join(" ");
  const more = fitting.length > SHOWN_MAX ? " …" : "";
  throw new AodError("NOT_FOUND", `${fitting.length} ${what}s begin with ${text}: ${ids}${more}`);
}
