// A capture in words: the verdict, the trigger, what was collected and what is missing. Pure. A capture may come from
// any program: fields of an unexpected form are skipped, and control characters are escaped.

import type { Capture } from "../capture/reader.ts";
import { decodeAttribution } from "../history/attribution.ts";
import { decodeStatuses, decodeVerdict } from "../history/snapshot.ts";
import { bytesText, countText, durationText } from "../model/figure.ts";
import { headlineOf, mainMeaning } from "../model/headline.ts";
import { LOSS_CAUSES } from "../model/losses.ts";
import { processText, row, serverText, verdictText } from "./incident-lines.ts";
import { columnLines } from "./table.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Requests of the evidence that are listed, the longest ones. */
const WORST_SHOWN = 5;

/** @param where the path and the size of the file. */
export function captureLines(
  { name, manifest, files }: Capture,
  where: { readonly path: string; readonly bytes: number; readonly isPinned: boolean },
): readonly string[] {
  const attribution = decodeAttribution(manifest.attribution);
  const verdict = decodeVerdict(manifest.verdict);
  const statuses = decodeStatuses(manifest.statuses);
  const { rule, type, kind, trigger, share, host, kernel, source } = manifest;
  const sizes = [...files].map(([path, content]) => [path, bytesText(content.length)] as const);
  const isManual = trigger === "manual";
  const reason = textOf(manifest.reason);
  const asked = `on demand${reason === undefined ? "" : `: ${reason}`}`;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["capture", where.path],
    ["", [bytesText(where.bytes), ...(where.isPinned ? ["pinned"] : []), `inside: ${name}/`].join(", ")],
    ["verdict", verdict && verdictText(verdict)],
    ["", verdict && headlineOf({ cause: verdict.cause, statuses, share: textOf(share) ?? "" })],
    ...(verdict?.because ?? []).map((reason) => ["", reason] as const),
    ["advice", mainMeaning(statuses)?.advice],
    ["trigger", isManual ? asked : `${shown(rule)} (${shown(type)}), ${shown(kind)}`],
    ...hangingRows(manifest.hanging),
    ["at", momentsOf(manifest)],
    ["share", textOf(share)],
    ["server", attribution && serverText(attribution)],
    ["perhaps", attribution?.possibleShares.join(" or ") || undefined],
    ["DFS path", attribution?.dfsPaths.join(" ") || undefined],
    ["mounted at", attribution?.mountPoints.join(" ") || undefined],
    ["who waits", attribution?.processes.map(processText).join("; ") || undefined],
    ["incident", textOf(manifest.incident_id)],
    ["host", `${shown(host)}, Linux ${shown(kernel)}${source === "demo" ? ", synthetic traffic" : ""}`],
    ["recorder", recorderText(fieldsOf(manifest.recorder))],
    ["losses", lossesText(fieldsOf(manifest.losses))],
    ["suppressed", suppressedText(manifest.suppressed)],
    ["page", pageText(fieldsOf(manifest.report))],
    ["secrets", numberOf(manifest.scrubbed) ? `${numberOf(manifest.scrubbed)} taken out` : undefined],
    ...listOf(manifest.cleanings).map((cleaning) => ["", cleaningText(fieldsOf(cleaning))] as const),
  ];
  return [
    ...rows.flatMap(([label, text]) => (text === undefined ? [] : [row(label, text)])),
    ...section(
      isManual ? "the oldest of what hangs" : "the worst of what tripped it",
      worstLines(listOf(manifest.evidence)),
    ),
    ...section("actions", actionLines(listOf(manifest.actions))),
    ...section("files", columnLines(["FILE", "SIZE"], sizes)),
  ];
}

// --- internal ---

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length < 2 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}

/** For a capture on demand: what hung, server by server, the worst first. Captures of older versions do not have it. */
function hangingRows(hanging: unknown): readonly (readonly [string, string])[] {
  if (!Array.isArray(hanging)) return [];
  if (hanging.length === 0) return [["hanging", "nothing: every request had its reply within a second"]];
  return hanging.map(fieldsOf).map(({ server, shares, count, oldest_ms }, at) => {
    const names = listOf(shares).map(shown).join(" ");
    const oldest = durationText(numberOf(oldest_ms) ?? 0);
    const text = `${countText(numberOf(count) ?? 0)} on ${shown(server)} (${names}), the oldest for ${oldest}`;
    return [at === 0 ? "hanging" : "", text] as const;
  });
}

function momentsOf({ triggered_at, detected_after_ms, frozen_at }: Fields): string {
  const after = numberOf(detected_after_ms);
  const detected = after === undefined ? "" : `, detected after ${durationText(after)}`;
  return `${shown(triggered_at)}${detected}; recorder frozen at ${shown(frozen_at)}`;
}

function recorderText({ records, oldest_ms, complete_since, evicted }: Fields): string {
  const oldestMs = numberOf(oldest_ms);
  const lost = numberOf(evicted) ?? 0;
  return [
    `${countText(numberOf(records) ?? 0)} requests`,
    ...(oldestMs === undefined ? [] : [`the oldest ${durationText(oldestMs)} before`]),
    `none missing since ${shown(complete_since)}`,
    ...(lost === 0 ? [] : [`${countText(lost)} lost their place while they were open`]),
  ].join(", ");
}

/** The losses; known causes are explained. */
function lossesText(losses: Fields): string {
  const over = Object.entries(losses).filter(([, count]) => (numberOf(count) ?? 0) > 0);
  if (over.length === 0) return "none";
  const known = (cause: string) => (Object.hasOwn(LOSS_CAUSES, cause) ? `: ${LOSS_CAUSES[cause]}` : "");
  return over.map(([cause, count]) => `${shown(count)} ${cause}${known(cause)}`).join("; ");
}

function suppressedText(suppressed: unknown): string | undefined {
  const count = numberOf(suppressed) ?? 0;
  if (count === 0) return undefined;
  return `${count} capture${count === 1 ? "" : "s"} of this server and family since the one before`;
}

/** Captures of older versions have no page, and no field for it. */
function pageText({ file, reason }: Fields): string | undefined {
  const path = textOf(file);
  if (path !== undefined) return `${path} is inside: open it in a browser`;
  const why = textOf(reason);
  return why === undefined ? undefined : `none inside (${why}); aod report makes one`;
}

function cleaningText({ at, secrets }: Fields): string {
  return `${countText(numberOf(secrets) ?? 0)} of them by aod captures scrub at ${shown(at)}`;
}

function worstLines(evidence: readonly unknown[]): readonly string[] {
  const longest = evidence
    .map(fieldsOf)
    .toSorted((a, b) => (numberOf(b.latency_ns) ?? 0) - (numberOf(a.latency_ns) ?? 0));
  const cells = longest.slice(0, WORST_SHOWN).map((request) => {
    const latencyNs = numberOf(request.latency_ns);
    return [
      latencyNs === undefined ? "-" : durationText(latencyNs / 1e6),
      shown(request.command) || "waits to be sent",
      shown(request.state).replace("_", " "),
      [shown(request.nt_status), shown(request.errno)].filter((text) => text !== "").join(" "),
      `${shown(request.comm)} (${shown(request.pid)})`,
      shown(request.time_utc),
    ];
  });
  return columnLines(["TOOK", "COMMAND", "STATE", "ERROR", "PROCESS", "SENT"], cells);
}

function actionLines(actions: readonly unknown[]): readonly string[] {
  const cells = actions
    .map(fieldsOf)
    .map((action) => [
      shown(action.name),
      shown(action.status).replace("_", " "),
      durationText(numberOf(action.duration_ms) ?? 0),
      bytesText(numberOf(action.bytes) ?? 0),
      [numberOf(action.exit_code) ? `exit code ${shown(action.exit_code)}` : "", textOf(action.reason) ?? ""]
        .filter((text) => text !== "")
        .join(", "),
    ]);
  return columnLines(["ACTION", "OUTCOME", "TOOK", "SIZE", "WHY"], cells);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Text and numbers as they are; empty for any other type. */
function shown(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
