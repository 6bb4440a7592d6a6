// The screen of `aod status`: trouble first, then the watched shares, the stored captures and the cost. Pure. Names in
// the document come from servers: control characters are escaped.

import type { Status } from "../api/status.ts";
import { bytesText, countText, durationText } from "../model/figure.ts";
import { LOSS_CAUSES } from "../model/losses.ts";
import { CLIENT_LISTS_TEXT } from "../model/readability.ts";
import { REFUSAL_CAUSES } from "../model/refusals.ts";
import { TROUBLE_TEXT } from "../model/trouble.ts";
import { columnsFor, isOverdue } from "../top/columns.ts";
import { clip, EMPTY, fit, type Glyphs, type Line, span } from "../top/line.ts";
import type { ScreenSize } from "../top/screen.ts";
import { stallLine } from "../top/stall-line.ts";
import { cellStyle } from "../top/table.ts";
import { statusIncidentLines } from "./status-incidents.ts";
import { moreLines, StatusWords } from "./status-words.ts";

/** Lines of a screen that are always there; three lists share the rest. */
const FIXED_ROWS = 15;
const LEAST_ROWS = 2;
/** Columns for a longer name than in `aod top`, in place of a figure. */
const MORE_NAME_COLUMNS = 8;
const STALLS_SHOWN = 3;
/** Why captures were not made, by the causes of `suppressed`. */
const SUPPRESSION_WORDS: Readonly<Record<string, string>> = {
  cooldown: "cooldown",
  captures_under_way: "too many at once",
  captures_of_rule: "hourly limit of the rule",
  captures_of_all: "hourly limit of all rules",
  bytes: "hourly limit of MB",
};

export function statusLines(status: Status, size: ScreenSize, glyphs: Glyphs): readonly Line[] {
  const nowMs = Date.parse(status.at);
  const most = Math.max(LEAST_ROWS, Math.floor((size.rows - FIXED_ROWS) / 3));
  const text = new StatusWords(size.columns, glyphs, nowMs);
  const lines = [
    ...stateLines(status, text),
    ...stallLines(status, text),
    ...troubleLines(status, text),
    EMPTY,
    ...statusIncidentLines(status, most, text),
    EMPTY,
    ...shareLines(status, most, text),
    EMPTY,
    ...captureLines(status, most, text),
    EMPTY,
    ...lossLines(status, text),
    ...refusalLines(status, text),
    text.labelled("costs", costText(status), "plain"),
  ];
  return lines.map((line) => clip(line, size.columns));
}

function stateLines({ watching, daemon }: Status, text: StatusWords): readonly Line[] {
  const missing = watching.hooks.filter(({ reason }) => reason !== null);
  const isWatching = watching.state === "watching";
  const said = isWatching
    ? `aod watches every SMB request of this host, for ${text.ago(watching.since ?? daemon.started_at)}`
    : "aod waits: the kernel module cifs is not loaded, or no share is mounted";
  const trouble = CLIENT_LISTS_TEXT[watching.client_lists];
  const plain = watching.build === "plain" ? ["plain build (kernel before 5.12)"] : [];
  const about = [
    `version ${daemon.version}`,
    `pid ${daemon.pid}`,
    `up ${text.ago(daemon.started_at)}`,
    `${daemon.rules} ${daemon.rules === 1 ? "rule" : "rules"} of ${daemon.config_file ?? "the built-in default"}`,
    ...plain,
  ];
  return [
    text.line(said, "strong"),
    text.line(about.join(", "), "faint"),
    ...(trouble === undefined ? [] : [text.line(trouble, "trouble")]),
    ...(missing.length === 0
      ? []
      : [
          text.line(
            `not seen: ${missing.map(({ tracepoint, reason }) => `${tracepoint} (${reason})`).join(", ")}`,
          ),
        ]),
  ];
}

/** Silent servers come first: the figures below are about replies, and a silent server sends none. */
function stallLines({ stalled }: Status, text: StatusWords): readonly Line[] {
  return [
    ...stalled.slice(0, STALLS_SHOWN).map((stall) => stallLine(stall, 0, text.columns, text.glyphs)),
    ...moreLines(stalled.length - STALLS_SHOWN, "aod status --json has all", text),
  ];
}

/** Each trouble in full: any part of its text may matter. */
function troubleLines({ troubles }: Status, text: StatusWords): readonly Line[] {
  return troubles.flatMap(({ subject, text: what, since, over_at }): readonly Line[] => {
    const when = over_at === null ? `for ${text.ago(since)}` : `over ${text.ago(over_at)} ago`;
    return text.wrapped(
      "trouble",
      `${TROUBLE_TEXT[subject]}, ${when}: ${what}`,
      over_at === null ? "trouble" : "strong",
    );
  });
}

function shareLines(
  { shares: all, window_sec, now_sec, waiting_operations }: Status,
  most: number,
  text: StatusWords,
): readonly Line[] {
  const waiting =
    waiting_operations === 0
      ? []
      : [
          text.labelled(
            "waiting",
            `${countText(waiting_operations)} tasks can't send: no credits, or no connection`,
            "trouble",
          ),
        ];
  const shares = oldestFirst(all);
  if (shares.length === 0) return [text.labelled("shares", "none in use"), ...waiting];
  const widths = columnsFor(text.columns - MORE_NAME_COLUMNS, "rate");
  const room = text.columns - widths.reduce((sum, { width }) => sum + width + 1, 2);
  const [now, whole] = [now_sec, window_sec].map((sec) => durationText(sec * 1000));
  const window = window_sec > 0 ? `: now ${now}, rest ${whole}` : "";
  const titles = widths.map(({ title, width }) => title.padStart(width)).join(" ");
  const head: Line = [
    span(fit(`shares${window}`, room + 2, text.glyphs), "faint"),
    span(` ${titles}`, "faint"),
  ];
  const rows = shares.slice(0, most).map(({ share, mount_points: [mountPoint], ...figures }): Line => {
    const name = mountPoint === undefined || room < 50 ? share : `${share}  ${mountPoint}`;
    const row = { key: share, ...figures };
    const cells = widths.map((column) =>
      span(` ${text.cell(column.text(row), column.width, "right")}`, cellStyle(column, row)),
    );
    return [span(`  ${text.cell(name, room)}`, isOverdue(row) ? "trouble" : "plain"), ...cells];
  });
  return [head, ...rows, ...moreLines(shares.length - most, "aod status --json has all", text), ...waiting];
}

/** Captures that were not made, by cause. */
function heldText(suppressed: Status["suppressed"]): string {
  const causes = Object.entries(suppressed)
    .filter(([, count]) => count > 0)
    .toSorted(([, a], [, b]) => b - a);
  if (causes.length === 0) return "";
  const sum = causes.reduce((total, [, count]) => total + count, 0);
  const words = causes.map(([cause, count]) => {
    const text = SUPPRESSION_WORDS[cause] ?? cause;
    return causes.length === 1 ? text : `${countText(count)} ${text}`;
  });
  return `${countText(sum)} not made: ${words.join(", ")}`;
}

/** Shares in trouble first, by their oldest request; then the others in their order. */
function oldestFirst(shares: Status["shares"]): Status["shares"] {
  const age = (share: Status["shares"][number]) => (isOverdue(share) ? (share.oldest_ms ?? 0) : 0);
  return shares.toSorted((a, b) => age(b) - age(a));
}

function captureLines(
  { captures, last_captures, suppressed }: Status,
  most: number,
  text: StatusWords,
): readonly Line[] {
  const { count, bytes, limit_bytes } = captures;
  const held = heldText(suppressed);
  const title = [
    count === 0 ? "none yet" : `${countText(count)} stored, ${bytesText(bytes)} of ${bytesText(limit_bytes)}`,
    ...(held === "" ? [] : [held]),
  ].join(", ");
  const suspended = captures.age_suspended;
  return [
    text.labelled("captures", title),
    ...(suspended === null ? [] : text.wrapped("", `age limit suspended: ${suspended}`, "faint")),
    ...last_captures.slice(0, most).map(({ name, taken_at, verdict }): Line => {
      const age = text.cell(`${text.ago(taken_at)} ago`, 11, "right");
      const left = `  ${age}  ${text.cell(verdict?.cause ?? "", 7)}  `;
      const room = Math.max(1, text.columns - left.length);
      return [span(left), span(text.cell(name, room).trimEnd(), "faint")];
    }),
  ];
}

function lossLines({ losses }: Status, text: StatusWords): readonly Line[] {
  const over = Object.entries(losses).filter(([, count]) => count > 0);
  if (over.length === 0) return [text.labelled("lost", "nothing: every request was seen")];
  return over.map(([cause, count], at) =>
    text.labelled(
      at === 0 ? "lost" : "",
      `${countText(count)} ${cause}: ${LOSS_CAUSES[cause] ?? "see /usr/share/doc/aod/api.md"}`,
      "trouble",
    ),
  );
}

function refusalLines({ refused }: Status, text: StatusWords): readonly Line[] {
  const causes: Readonly<Record<string, string>> = REFUSAL_CAUSES;
  const over = Object.entries(refused).filter(([, count]) => count > 0);
  return over.map(([cause, count], at) =>
    text.labelled(
      at === 0 ? "refused" : "",
      `${countText(count)} ${cause}: ${causes[cause] ?? "see /usr/share/doc/aod/api.md"}`,
    ),
  );
}

function costText({ cost }: Status): string {
  return [
    `${Number(cost.cpu_percent.toPrecision(2))} % CPU`,
    `${bytesText(cost.resident_bytes)} memory`,
    `${bytesText(cost.kernel_map_bytes)} kernel memory`,
    ...(cost.request_ns === null ? [] : [`${countText(cost.request_ns)} ns a request`]),
  ].join(", ");
}
