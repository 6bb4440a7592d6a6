// A moment as HTML: in UTC, the same for every reader, and in a form to which the page's script adds the reader's local
// time.

import { type Html, html } from "./html.ts";
import { moment } from "./words.ts";

/** Undefined if `epochMs` is not a time. @param withMs with milliseconds. */
export function momentHtml(epochMs: number, withMs = false): Html | undefined {
  const text = moment(epochMs, withMs);
  if (text === "") return undefined;
  return html`<time datetime="${new Date(epochMs).toISOString()}">${text}</time>`;
}
