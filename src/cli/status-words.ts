// The form of lines of `aod status`: labels, cells, ages. No name of a server, a user or a file can break a line. Pure.
// It does not know the document.

import { durationText } from "../model/figure.ts";
import { fit, type Glyphs, harmless, type Line, type Style, span } from "../top/line.ts";

const LABEL_COLUMNS = 10;

/** The form of all lines: width, alphabet and the time of the document. */
export class StatusWords {
  readonly columns: number;
  readonly glyphs: Glyphs;
  readonly #nowMs: number;

  constructor(columns: number, glyphs: Glyphs, nowMs: number) {
    this.columns = columns;
    this.glyphs = glyphs;
    this.#nowMs = nowMs;
  }

  /** The time since a moment; 0 if the clock was set back. */
  ago(utc: string): string {
    return durationText(Math.max(0, this.#nowMs - Date.parse(utc)));
  }

  /** A cell of exactly this width. A long text is cut in its middle: both ends of a name matter. */
  cell(text: string, columns: number, align: "left" | "right" = "left"): string {
    return fit(harmless(text, this.glyphs), columns, this.glyphs, align, "ends");
  }

  line(text: string, style: Style = "plain"): Line {
    return [span(fit(harmless(text, this.glyphs), this.columns, this.glyphs).trimEnd(), style)];
  }

  /** As `labelled`, on as many lines as the text needs. */
  wrapped(label: string, text: string, style: Style): readonly Line[] {
    const room = Math.max(1, this.columns - LABEL_COLUMNS);
    const shown = harmless(text, this.glyphs);
    const lines = shown.match(new RegExp(`.{1,${room}}(?:\\s|$)|.{1,${room}}`, "gu")) ?? [];
    return lines.map((line, at) => this.labelled(at === 0 ? label : "", line.trim(), style));
  }

  labelled(label: string, text: string, style: Style = "plain"): Line {
    const room = this.columns - LABEL_COLUMNS;
    const shown = fit(harmless(text, this.glyphs), room, this.glyphs).trimEnd();
    return [span(label.padEnd(LABEL_COLUMNS), "faint"), span(shown, style)];
  }
}

/** A line about the rest of a list. @param count of items that are not shown; there is no line for 0 or less. */
export function moreLines(count: number, how: string, text: StatusWords): readonly Line[] {
  return count <= 0 ? [] : [text.line(`  and ${count} more: ${how}`, "faint")];
}
