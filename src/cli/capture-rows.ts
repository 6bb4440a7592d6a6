// Captures with what is known of each: from its name, from the history, and where that has forgotten it from the front of the
// file. In: what is stored and the history; out: rows as the API has them. Its one look at files is handed in.

import type { CaptureOfApi } from "../api/capture.ts";
import { peekManifest } from "../capture/peek.ts";
import { type CaptureFacts, foldCaptures } from "../history/captures.ts";
import type { StoredEntry } from "../history/entry.ts";
import { decodeVerdict } from "../history/snapshot.ts";
import type { StoredCapture } from "../model/capture.ts";
import { AodError } from "../model/failure.ts";
import { captureId } from "./choose-capture.ts";

type Told = Pick<CaptureOfApi, "share" | "incident_id" | "incident_open" | "verdict" | "problem">;

/** In the order given. @param pathOf where a capture lies. */
export async function captureRows(
  stored: readonly StoredCapture[],
  entries: readonly StoredEntry[],
  pathOf: (fileName: string) => string,
  peek = peekManifest,
): Promise<readonly CaptureOfApi[]> {
  const facts = foldCaptures(entries);
  const rows: CaptureOfApi[] = [];
  for (const capture of stored) {
    const path = pathOf(capture.fileName);
    const known = facts.get(capture.fileName);
    rows.push({
      id: captureId(capture),
      name: capture.fileName,
      path,
      taken_at: new Date(capture.epochMs).toISOString(),
      rule: capture.rule,
      ...((known && fromHistory(known)) ?? (await fromFile(path, known, peek))),
      bytes: capture.bytes,
      kept: capture.isPinned,
    });
  }
  return rows;
}

/** Undefined where that is not all there is to know. */
function fromHistory({ incidentId, share, isOpen, verdict }: CaptureFacts): Told | undefined {
  const isForgotten = incidentId !== undefined && share === undefined;
  if (verdict === undefined || isForgotten) return undefined;
  const ids = { incident_id: incidentId ?? null, incident_open: isOpen };
  return { ...ids, share: share ?? null, verdict, problem: null };
}

async function fromFile(
  path: string,
  known: CaptureFacts | undefined,
  peek: typeof peekManifest,
): Promise<Told> {
  const incident_open = known?.isOpen ?? false;
  try {
    const manifest = await peek(path);
    const verdict = decodeVerdict(manifest.verdict);
    return {
      share: textOf(manifest.share),
      incident_id: textOf(manifest.incident_id),
      incident_open,
      verdict: verdict === undefined ? null : { cause: verdict.cause, confidence: verdict.confidence },
      problem: null,
    };
  } catch (error) {
    // The janitor may have removed it since it was listed, and what is damaged must not hide the others.
    if (!(error instanceof AodError)) throw error;
    const { share, incidentId } = known ?? {};
    const ids = { incident_id: incidentId ?? null, incident_open };
    return { ...ids, share: share ?? null, verdict: null, problem: error.message };
  }
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
