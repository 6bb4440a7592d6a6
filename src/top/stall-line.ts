// A server's silence in one line, the same in `aod top` and `aod status`. Figures are shown whole or not at all; only
// the name of a server or share is shortened.

import type { Live } from "../api/live.ts";
import { UNKNOWN_SHARE } from "../model/anomaly.ts";
import { countText, durationText } from "../model/figure.ts";
import { fit, type Glyphs, harmless, joinParts, type Line, span } from "./line.ts";

type StallOfApi = Live["stalled"][number];

const NAME_LEAST = 12;
const GAP = "; ";

/**
 * `no reply for 36 s; 5 requests in flight; 2 shares of //files`.
 * @param more silent servers that have no line of their own.
 */
export function stallLine(stall: StallOfApi, more: number, columns: number, glyphs: Glyphs): Line {
  const { server, silent_ms, in_flight, shares } = stall;
  const [only = server] = shares;
  const [before, name] =
    shares.length > 1
      ? [`${countText(shares.length)} shares of `, `//${server}`]
      : ["", only === UNKNOWN_SHARE ? "share not known" : only];
  const silence = `no reply for ${durationText(silent_ms)}`;
  const owed = `${countText(in_flight)} ${in_flight === 1 ? "request" : "requests"} in flight`;
  const others = more > 0 ? [`${countText(more)} more silent`] : [];
  const used = [silence, owed, ...others].reduce(
    (sum, text) => sum + text.length + GAP.length,
    before.length,
  );
  const shown = harmless(name, glyphs);
  const room = Math.max(NAME_LEAST, columns - used);
  const place = before + fit(shown, Math.min(Bun.stringWidth(shown), room), glyphs, "left", "ends");
  const ranked: readonly (readonly [string, number])[] = [
    [silence, 4],
    [owed, 2],
    [place, 3],
    ...others.map((text) => [text, 1] as const),
  ];
  const line = joinParts(
    ranked.map(([text, rank]) => ({ rank, line: [span(text, "alarm")] })),
    columns,
    GAP,
  );
  return line.map(({ text }) => span(text, "alarm"));
}
