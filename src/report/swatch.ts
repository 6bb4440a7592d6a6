// The coloured square in front of a name. browser/element.ts creates the same as an element.

import { type Html, html } from "./html.ts";
import { hueOf } from "./palette.ts";

/** @param name a class of the style sheet: `c0` and so on, or `bad`. */
export function swatch(name: string): Html {
  return html`<svg class="swatch" width="10" height="10" aria-hidden="true"><rect class="${name}" width="10" height="10" rx="2"/></svg>`;
}

export function swatchOf(command: string): Html {
  return swatch(`c${hueOf(command)}`);
}
