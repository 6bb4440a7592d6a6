// How aod stands, on one screen: trouble first, then what is watched, what was saved, and what it costs. In: a Status document and
// the terminal's size; out: lines with styles. Pure. What names it holds came from servers: none reaches a terminal unescaped.

import type { Status } from "../api/status.ts";
import { bytesText, countText, durationText } from "../model/figure.ts";
import { LOSS_CAUSES } from "../model/losses.ts";
import { columnsFor } from "../top/columns.ts";
import { clip, EMPTY, fit, type Glyphs, harmless, type Line, type Style, span } from "../top/line.ts";
import type { Size } from "../top/screen.ts";

const LABEL_COLUMNS = 10;
/** Lines that are there in any case, and rows that three lists share in 24 lines. */
const FIXED_ROWS = 15;
const LEAST_ROWS = 2;
const RULE_COLUMNS_MAX = 20;
/** Of an incident's line, beside the names of its rule and its share. */
const INCIDENT_COLUMNS = 44;
/** More of a share's name than `aod top` has, for a column less. */
const MORE_NAME_COLUMNS = 8;
/** An age that is worth a second look. */
const OLD_MS = 5000;

type Incident = Status["open_incidents"][number];

export function statusLines(status: Status, size: Size, glyphs: Glyphs): readonly Line[] {
  const nowMs = Date.parse(status.at);
  const most = Math.max(LEAST_ROWS, Math.floor((size.rows - FIXED_ROWS) / 3));
  const text = new Words(size.columns, glyphs, nowMs);
  const lines = [
    ...stateLines(status, text),
    EMPTY,
    ...incidentLines(status.open_incidents, most, text),
    EMPTY,
    ...shareLines(status, most, text),
    EMPTY,
    ...captureLines(status, most, text),
    EMPTY,
    ...lossLines(status, text),
    text.labelled("costs", costText(status), "plain"),
  ];
  return lines.map((line) => clip(line, size.columns));
}

/** What all lines have in common. */
class Words {
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

  labelled(label: string, text: string, style: Style = "plain"): Line {
    const room = this.columns - LABEL_COLUMNS;
    const shown = fit(harmless(text, this.glyphs), room, this.glyphs).trimEnd();
    return [span(label.padEnd(LABEL_COLUMNS), "faint"), span(shown, style)];
  }
}

function stateLines({ watching, daemon }: Status, text: Words): readonly Line[] {
  const missing = watching.hooks.filter(({ reason }) => reason !== null);
  const isWatching = watching.state === "watching";
  const said = isWatching
    ? `aod watches every SMB request of this host, for ${text.ago(watching.since ?? daemon.started_at)}`
    : "aod waits: the kernel module cifs is not loaded, or no share is mounted";
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
    ...(missing.length === 0
      ? []
      : [
          text.line(
            `not seen: ${missing.map(({ tracepoint, reason }) => `${tracepoint} (${reason})`).join(", ")}`,
          ),
        ]),
  ];
}

function incidentLines(incidents: Status["open_incidents"], most: number, text: Words): readonly Line[] {
  if (incidents.length === 0) return [text.labelled("incidents", "none is open")];
  const hangs = incidents.filter(({ standing }) => standing !== null).length;
  const title = `${incidents.length} open${hangs === 0 ? "" : `; in ${hangs} of them something hangs now`}`;
  const shown = incidents.slice(0, most);
  const half = Math.max(1, Math.floor((text.columns - INCIDENT_COLUMNS) / 2));
  const ruleColumns = Math.min(RULE_COLUMNS_MAX, half, Math.max(...shown.map(({ rule }) => rule.length)));
  return [
    text.labelled("incidents", title, "trouble"),
    ...shown.map((incident) => incidentLine(incident, ruleColumns, text)),
    ...more(incidents.length - most, "aod incidents lists them", text),
  ];
}

function incidentLine(incident: Incident, ruleColumns: number, text: Words): Line {
  const { opened_at, rule, share, standing, worst_ms, count, verdict } = incident;
  const state = text.cell(standing === null ? "open" : "hangs", 5);
  const left = `  ${state} ${text.cell(text.ago(opened_at), 7, "right")}  ${text.cell(rule, ruleColumns)} `;
  const right = [
    text.cell(`${countText(count)} req`, 9, "right"),
    text.cell(durationText(standing?.oldest_ms ?? worst_ms), 7, "right"),
    text.cell(verdict === null ? "" : verdict.cause, 7),
  ].join(" ");
  const name = text.cell(share, Math.max(1, text.columns - left.length - right.length - 1));
  return [span(left + name, standing === null ? "plain" : "trouble"), span(` ${right}`.trimEnd())];
}

function shareLines(
  { shares, window_sec, waiting_operations }: Status,
  most: number,
  text: Words,
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
  if (shares.length === 0) return [text.labelled("shares", "none is in use"), ...waiting];
  const widths = columnsFor(text.columns - MORE_NAME_COLUMNS, "rate");
  const room = text.columns - widths.reduce((sum, { width }) => sum + width + 1, 2);
  const window = window_sec > 0 ? `, last ${durationText(window_sec * 1000)}` : "";
  const titles = widths.map(({ title, width }) => title.padStart(width)).join(" ");
  const head: Line = [
    span(fit(`shares${window}`, room + 2, text.glyphs), "faint"),
    span(` ${titles}`, "faint"),
  ];
  const rows = shares.slice(0, most).map(({ share, mount_points: [mountPoint], ...figures }): Line => {
    const name = mountPoint === undefined || room < 50 ? share : `${share}  ${mountPoint}`;
    const isOld = (figures.oldest_ms ?? 0) >= OLD_MS;
    const cells = widths.map((column) => {
      const value = column.value({ key: share, ...figures });
      const stands = (column.stands === true && value > 0) || (column.id === "oldest" && isOld);
      const shown = text.cell(column.text({ key: share, ...figures }), column.width, "right");
      return span(` ${shown}`, column.id === "oldest" && isOld ? "trouble" : stands ? "strong" : "plain");
    });
    return [span(`  ${text.cell(name, room)}`), ...cells];
  });
  return [head, ...rows, ...more(shares.length - most, "aod status --json has all", text), ...waiting];
}

function captureLines(
  { captures, last_captures, suppressed }: Status,
  most: number,
  text: Words,
): readonly Line[] {
  const { count, bytes, limit_bytes } = captures;
  const held = Object.values(suppressed).reduce((sum, number) => sum + number, 0);
  const title = [
    count === 0 ? "none yet" : `${countText(count)} kept, ${bytesText(bytes)} of ${bytesText(limit_bytes)}`,
    ...(held === 0 ? [] : [`${countText(held)} held back by limits`]),
  ].join(", ");
  return [
    text.labelled("captures", title),
    ...last_captures.slice(0, most).map(({ name, taken_at, verdict }): Line => {
      const age = text.cell(`${text.ago(taken_at)} ago`, 11, "right");
      const left = `  ${age}  ${text.cell(verdict?.cause ?? "", 7)}  `;
      const room = Math.max(1, text.columns - left.length);
      return [span(left), span(text.cell(name, room).trimEnd(), "faint")];
    }),
  ];
}

function lossLines({ losses }: Status, text: Words): readonly Line[] {
  const over = Object.entries(losses).filter(([, count]) => count > 0);
  if (over.length === 0) return [text.labelled("lost", "nothing: every request was seen")];
  return over.map(([cause, count], at) =>
    text.labelled(
      at === 0 ? "lost" : "",
      `${countText(count)} ${cause}: ${LOSS_CAUSES[cause] ?? "as docs/api.md says"}`,
      "trouble",
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

function more(count: number, how: string, text: Words): readonly Line[] {
  return count <= 0 ? [] : [text.line(`  and ${count} more: ${how}`, "faint")];
}
