// Captures with what is known of each: from its name, from the history, and where that has forgotten it from the front of the
// file. In: what is stored and the history; out: rows as the API has them, and in a word why a file could not be read. Its one
// look at files is handed in.

import type { CaptureOfApi } from "../api/capture.ts";
import { peekManifest } from "../capture/peek.ts";
import { type CaptureFacts, foldCaptures } from "../history/captures.ts";
import type { StoredEntry } from "../history/entry.ts";
import { decodeVerdict } from "../history/snapshot.ts";
import type { StoredCapture } from "../model/capture.ts";
import { AodError } from "../model/failure.ts";
import { captureId } from "./choose-capture.ts";

/** Why there is nothing of a file: the janitor may have removed it since it was listed. */
export type Trouble = "gone" | "not permitted" | "damaged" | "unreadable";

export interface CaptureRow {
  readonly capture: StoredCapture;
  readonly told: CaptureOfApi;
  /** What `problem` says in full. */
  readonly trouble: Trouble | undefined;
}

type Told = Pick<CaptureOfApi, "share" | "incident_id" | "incident_open" | "verdict" | "problem">;

interface Looked {
  readonly told: Told;
  readonly trouble: Trouble | undefined;
}

/** In the order given. @param pathOf where a capture lies. */
export async function captureRows(
  stored: readonly StoredCapture[],
  entries: readonly StoredEntry[],
  pathOf: (fileName: string) => string,
  peek = peekManifest,
): Promise<readonly CaptureRow[]> {
  const facts = foldCaptures(entries);
  const rows: CaptureRow[] = [];
  for (const capture of stored) {
    const path = pathOf(capture.fileName);
    const known = facts.get(capture.fileName);
    const { told, trouble } = (known && fromHistory(known)) ?? (await fromFile(path, known, peek));
    rows.push({
      capture,
      told: {
        id: captureId(capture),
        name: capture.fileName,
        path,
        taken_at: new Date(capture.epochMs).toISOString(),
        rule: capture.rule,
        ...told,
        bytes: capture.bytes,
        pinned: capture.isPinned,
      },
      trouble,
    });
  }
  return rows;
}

/** Undefined where that is not all there is to know. */
function fromHistory({ incidentId, share, isOpen, verdict }: CaptureFacts): Looked | undefined {
  const isForgotten = incidentId !== undefined && share === undefined;
  if (verdict === undefined || isForgotten) return undefined;
  const ids = { incident_id: incidentId ?? null, incident_open: isOpen };
  return { told: { ...ids, share: share ?? null, verdict, problem: null }, trouble: undefined };
}

async function fromFile(
  path: string,
  known: CaptureFacts | undefined,
  peek: typeof peekManifest,
): Promise<Looked> {
  const incident_open = known?.isOpen ?? false;
  try {
    const manifest = await peek(path);
    const verdict = decodeVerdict(manifest.verdict);
    const told = {
      share: textOf(manifest.share),
      incident_id: textOf(manifest.incident_id),
      incident_open,
      verdict: verdict === undefined ? null : { cause: verdict.cause, confidence: verdict.confidence },
      problem: null,
    };
    return { told, trouble: undefined };
  } catch (error) {
    // One that is damaged, or was removed meanwhile, must not hide the others.
    if (!(error instanceof AodError)) throw error;
    const { share, incidentId } = known ?? {};
    const ids = { incident_id: incidentId ?? null, incident_open };
    const told = { ...ids, share: share ?? null, verdict: null, problem: error.message };
    return { told, trouble: troubleOf(error) };
  }
}

function troubleOf({ code, context }: AodError): Trouble {
  if (code === "NOT_PERMITTED") return "not permitted";
  if (code === "CAPTURE_DAMAGED") return "damaged";
  return context.errno === "ENOENT" ? "gone" : "unreadable";
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
