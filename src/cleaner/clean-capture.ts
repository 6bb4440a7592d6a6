// Removes from a stored capture the secrets that the present rules find. The result has the files of the clean capture,
// and the number of secrets by file. Pure: reads and writes no file.

import { damaged } from "../capture/damage.ts";
import type { Capture } from "../capture/reader.ts";
import type { TarEntry } from "../packer/tar.ts";
import { reportChunks } from "../report/page.ts";
import { readRequests } from "../report/read-requests.ts";
import { scrubJson } from "../scrubber/scrub-json.ts";
import type { Scrubber } from "../scrubber/scrubber.ts";
import { type CleanFile, cleanRequests, cleanText } from "./clean-csv.ts";

const MANIFEST = "manifest.json";
const REQUESTS = "requests.csv";
const REPORT = "report.html";
/** Packets as tcpdump wrote them, not text. */
const BINARY = /\.pcap$/;
/** Paths that aod's own archives can hold. */
const PATH = /^[\x21-\x7e]{1,100}$/;
const FOLDER = /^[\x21-\x7e]{1,155}$/;
/** Most notes of cleanings in a manifest; the oldest are dropped first. */
const CLEANINGS_MAX = 16;

/** The manifest's note of one cleaning. */
export interface CleaningNote {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly aodVersion: string;
  /** Checksum of the configuration whose words and patterns were removed. */
  readonly configSha256: string;
}

export interface CleanedCapture {
  /** Files with secrets, in the archive's order. */
  readonly found: readonly { readonly path: string; readonly secrets: number }[];
  /** Binary files. */
  readonly notSearched: readonly string[];
  /** Secrets in all files. */
  readonly secrets: number;
  /** The clean capture; undefined if no secret was found. */
  readonly entries: readonly TarEntry[] | undefined;
}

/** Throws CAPTURE_DAMAGED for names that aod does not write. */
export function cleanCapture(capture: Capture, scrubber: Scrubber, note: CleaningNote): CleanedCapture {
  const files = new Map<string, CleanFile>();
  if (!FOLDER.test(capture.name)) throw damaged(`${JSON.stringify(capture.name)} is not a name of a capture`);
  for (const [path, content] of capture.files) {
    if (!PATH.test(path)) throw damaged(`${JSON.stringify(path)} is not a name of a file of a capture`);
    // The page is rendered again from the other files.
    if (path !== MANIFEST && path !== REPORT) files.set(path, cleanFile(path, content, scrubber));
  }
  const manifest = scrubJson(capture.manifest, scrubber);
  const counts = [
    [MANIFEST, manifest.count] as const,
    ...[...files].map(([path, { count }]) => [path, count] as const),
  ];
  const found = counts.filter(([, count]) => count > 0).map(([path, secrets]) => ({ path, secrets }));
  const secrets = found.reduce((sum, one) => sum + one.secrets, 0);
  const notSearched = [...files.keys()].filter((path) => BINARY.test(path));
  if (secrets === 0) return { found, notSearched, secrets, entries: undefined };

  const noted = noteCleaning(manifest.value, files, secrets, note);
  const hasReport = capture.files.has(REPORT);
  const report = hasReport ? makeReport(capture.name, noted, files) : [];
  const whole = hasReport ? { ...noted, report: describeReport(noted.report, report) } : noted;
  const entries = [
    { path: MANIFEST, chunks: [new TextEncoder().encode(`${JSON.stringify(whole, null, 2)}\n`)] },
    ...[...files].map(([path, { content }]) => ({ path, chunks: [content] })),
    ...(hasReport ? [{ path: REPORT, chunks: report }] : []),
  ];
  return { found, notSearched, secrets, entries };
}

// --- internal ---

type Manifest = Capture["manifest"];

function cleanFile(path: string, content: Uint8Array, scrubber: Scrubber): CleanFile {
  if (BINARY.test(path)) return { content, count: 0 };
  return path === REQUESTS ? cleanRequests(content, scrubber) : cleanText(content, scrubber);
}

/** The manifest with sizes and checksums of the clean files, and a note of the cleaning. */
function noteCleaning(
  manifest: Manifest,
  files: ReadonlyMap<string, CleanFile>,
  secrets: number,
  { at, aodVersion, configSha256 }: CleaningNote,
): Manifest {
  const { actions, scrubbed, cleanings } = manifest;
  const before = Array.isArray(cleanings) ? cleanings.slice(1 - CLEANINGS_MAX) : [];
  return {
    ...manifest,
    ...(Array.isArray(actions) ? { actions: actions.map((action) => describeAction(action, files)) } : {}),
    scrubbed: (typeof scrubbed === "number" ? scrubbed : 0) + secrets,
    cleanings: [...before, { at, secrets, aod_version: aodVersion, config_sha256: configSha256 }],
  };
}

function describeAction(action: unknown, files: ReadonlyMap<string, CleanFile>): unknown {
  if (typeof action !== "object" || action === null || !("file" in action)) return action;
  const clean = files.get(String(action.file));
  if (clean === undefined || clean.count === 0) return action;
  return { ...action, bytes: clean.content.length, sha256: sha256Of([clean.content]) };
}

function makeReport(
  name: string,
  manifest: Manifest,
  files: ReadonlyMap<string, CleanFile>,
): readonly Uint8Array[] {
  const contents = new Map([...files].map(([path, { content }]) => [path, content]));
  const requests = readRequests(contents.get(REQUESTS) ?? new Uint8Array(0));
  return [...reportChunks({ name, manifest, requests, files: contents })];
}

function describeReport(report: unknown, chunks: readonly Uint8Array[]): unknown {
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return { ...(typeof report === "object" ? report : {}), file: REPORT, bytes, sha256: sha256Of(chunks) };
}

function sha256Of(chunks: readonly Uint8Array[]): string {
  const hash = new Bun.CryptoHasher("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}
