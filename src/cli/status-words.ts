// How the lines of `aod status` are written: labels, cells, ages. In: the terminal's width and alphabet, the document's time; out: lines
// that no name of a server, user or file can break. Pure. It knows nothing of the document.

import { durationText } from "../model/figure.ts";
import { fit, type Glyphs, harmless, type Line, type Style, span } from "../top/line.ts";

const LABEL_COLUMNS = 10;

/** What all lines have in common. */
export class StatusWords {
  readonly columns: number;
  readonly glyphs: Glyphs;
  readonly #nowMs: number;

  constructor(columns: number, glyphs: Glyphs, nowMs: number) {
    this.columns = columns;
    this.glyphs = glyphs;
    this.#nowMs = nowMs;
  }

  /** Clocks may have been set. */
  ago(utc: string): string {
    return durationText(Math.max(0, this.#nowMs - Date.parse(utc)));
  }

  /** Exactly so wide; both ends of a name tell more than its begin. */
  cell(text: string, columns: number, align: "left" | "right" = "left"): string {
    return fit(harmless(text, this.glyphs), columns, this.glyphs, align, "ends");
  }

  line(text: string, style: Style = "plain"): Line {
    return [span(fit(harmless(text, this.glyphs), this.columns, this.glyphs).trimEnd(), style)];
  }

  /** As `labelled`, on as many lines as it takes. */
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

/** That a list goes on. @param count of what is not shown; 0 or less is no line. */
export function moreLines(count: number, how: string, text: StatusWords): readonly Line[] {
  return count <= 0 ? [] : [text.line(`  and ${count} more: ${how}`, "faint")];
}
