// Chooses the one item whose id begins with a typed text. Which items fit is decided by the caller. Pure.

import { didYouMean } from "../config/suggest.ts";
import { AodError } from "../model/failure.ts";

/** Most ids that a message lists. */
const SHOWN_MAX = 8;

export interface Choice<Item> {
  /** The items that fit the text. */
  readonly fitting: readonly Item[];
  /** All items, for a suggestion where none fits. */
  readonly all: readonly Item[];
  readonly idOf: (item: Item) => string;
  /** Also the name, with an s, of the command that lists them. */
  readonly what: "capture" | "incident";
}

/**
 * The only item that fits. Throws NOT_FOUND if none or several do; the ids of several are in the failure's `choices`,
 * a line each.
 * @param text what was typed.
 */
export function chooseOne<Item>({ fitting, all, idOf, what }: Choice<Item>, text: string): Item {
  const [only] = fitting;
  if (only === undefined) {
    const hint = didYouMean(text, all.map(idOf));
    throw new AodError("NOT_FOUND", `no ${what} ${text}${hint}; aod ${what}s lists them`);
  }
  if (fitting.length === 1) return only;
  const more = fitting.length > SHOWN_MAX ? [`and ${fitting.length - SHOWN_MAX} more`] : [];
  throw new AodError("NOT_FOUND", `${fitting.length} ${what}s begin with ${text}; type more of the id`, {
    choices: [...fitting.slice(0, SHOWN_MAX).map(idOf), ...more].join("\n"),
  });
}
