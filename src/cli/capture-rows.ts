// Stored captures as rows of the API. The facts come from the name, from the history, and, for a capture that the
// history no longer has, from the front of its file. The function that reads files is a parameter.

import type { CaptureOfApi } from "../api/capture.ts";
import { peekManifest } from "../capture/peek.ts";
import { type CaptureFacts, foldCaptures } from "../history/captures.ts";
import type { StoredEntry } from "../history/entry.ts";
import { decodeVerdict } from "../history/snapshot.ts";
import type { StoredCapture } from "../model/capture.ts";
import { AodError } from "../model/failure.ts";
import { captureId } from "./choose-capture.ts";

/** Why a file could not be read; the janitor may have removed it since it was listed. */
export type ReadProblem = "gone" | "not permitted" | "damaged" | "unreadable";

export interface CaptureRow {
  readonly capture: StoredCapture;
  readonly listed: CaptureOfApi;
  /** The `problem` of the row in a word. */
  readonly problem: ReadProblem | undefined;
}

type KnownFields = Pick<CaptureOfApi, "share" | "incident_id" | "incident_open" | "verdict" | "problem">;

interface Findings {
  readonly fields: KnownFields;
  readonly problem: ReadProblem | undefined;
}

/** Rows in the order of the captures. @param pathOf the path of a capture. */
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
    const { fields, problem } = (known && fromHistory(known)) ?? (await fromFile(path, known, peek));
    rows.push({
      capture,
      listed: {
        id: captureId(capture),
        name: capture.fileName,
        path,
        taken_at: new Date(capture.epochMs).toISOString(),
        rule: capture.rule,
        ...fields,
        bytes: capture.bytes,
        pinned: capture.isPinned,
      },
      problem,
    });
  }
  return rows;
}

/** Undefined unless the history has the verdict and the share. */
function fromHistory({ incidentId, share, isOpen, verdict }: CaptureFacts): Findings | undefined {
  const isForgotten = incidentId !== undefined && share === undefined;
  if (verdict === undefined || isForgotten) return undefined;
  const ids = { incident_id: incidentId ?? null, incident_open: isOpen };
  return { fields: { ...ids, share: share ?? null, verdict, problem: null }, problem: undefined };
}

async function fromFile(
  path: string,
  known: CaptureFacts | undefined,
  peek: typeof peekManifest,
): Promise<Findings> {
  const incident_open = known?.isOpen ?? false;
  try {
    const manifest = await peek(path);
    const verdict = decodeVerdict(manifest.verdict);
    const fields = {
      share: textOf(manifest.share),
      incident_id: textOf(manifest.incident_id),
      incident_open,
      verdict: verdict === undefined ? null : { cause: verdict.cause, confidence: verdict.confidence },
      problem: null,
    };
    return { fields, problem: undefined };
  } catch (error) {
    // A capture that is damaged, or was removed meanwhile, must not hide the others.
    if (!(error instanceof AodError)) throw error;
    const { share, incidentId } = known ?? {};
    const ids = { incident_id: incidentId ?? null, incident_open };
    const fields = { ...ids, share: share ?? null, verdict: null, problem: error.message };
    return { fields, problem: problemOf(error) };
  }
}

function problemOf({ code, context }: AodError): ReadProblem {
  if (code === "NOT_PERMITTED") return "not permitted";
  if (code === "CAPTURE_DAMAGED") return "damaged";
  return context.errno === "ENOENT" ? "gone" : "unreadable";
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
