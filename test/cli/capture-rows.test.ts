import { describe, expect, test } from "bun:test";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { capturesSchema } from "../../src/api/capture.ts";
import { captureRows } from "../../src/cli/capture-rows.ts";
import { decodeEntries, encodeEntry, type HistoryEntry } from "../../src/history/entry.ts";
import { CAPTURE_SUFFIX, captureStem } from "../../src/model/capture-name.ts";
import { AodError } from "../../src/model/failure.ts";
import { fileFailure } from "../../src/model/file-failure.ts";
import { anIncident, OPENED_AT_MS } from "../helpers/incident.ts";
import { aManifestText } from "../helpers/packed-capture.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const NAME = { epochMs: OPENED_AT_MS, ordinal: 1, rule: "slow" };
const FILE = captureStem(NAME) + CAPTURE_SUFFIX;
const STORED = { ...NAME, fileName: FILE, bytes: 12, isPinned: true };
const INCIDENT = anIncident({ captures: [FILE] });
const COLLECTED: HistoryEntry = {
  event: "collected",
  fields: { capture: FILE, incident_id: INCIDENT.id, verdict: "server", confidence: 0.5 },
};

async function rowOf(history: readonly HistoryEntry[], peek: () => Promise<Record<string, unknown>>) {
  const entries = decodeEntries(history.map((entry) => encodeEntry(entry, 0)).join(""));
  const rows = await captureRows([STORED], entries, (name) => `/out/${name}`, peek);
  const listed = rows.map((row) => row.listed);
  expect(v.parse(capturesSchema, listed)).toEqual(listed);
  return listed[0];
}

const unopened = () => expect.unreachable("a file was opened");
const manifest = () => Promise.resolve(JSON.parse(aManifestText()));

describe("a row of the list", () => {
  test("comes from the history if it has all facts, and no file is opened", async () => {
    expect(await rowOf([{ event: "captured", incident: INCIDENT }, COLLECTED], unopened)).toEqual({
      id: "20261123T012345.678Z_slow",
      name: FILE,
      path: `/out/${FILE}`,
      rule: "slow",
      taken_at: "2026-11-23T01:23:45.678Z",
      bytes: 12,
      pinned: true,
      problem: null,
      share: "//files/db",
      incident_id: INCIDENT.id,
      incident_open: true,
      verdict: { cause: "server", confidence: 0.5 },
    });
  });

  const fromFile = {
    share: "//files/data",
    incident_id: "incident-1",
    problem: null,
    verdict: { cause: "network", confidence: 0.81 },
  };

  test.each([
    ["nothing", []],
    ["no incident", [COLLECTED]],
  ])("comes from the file if the history has %s about it", async (_, history) => {
    expect(await rowOf(history, manifest)).toMatchObject({ ...fromFile, incident_open: false });
  });

  test("comes from the file if the history has no verdict, and its incident is open", async () => {
    const history: readonly HistoryEntry[] = [{ event: "captured", incident: INCIDENT }];
    expect(await rowOf(history, manifest)).toMatchObject({ ...fromFile, incident_open: true });
  });

  test("says what is wrong with a damaged file, and does not hide other captures", async () => {
    const row = await rowOf([], () => Promise.reject(new AodError("CAPTURE_DAMAGED", "it is cut short")));
    expect(row).toMatchObject({ problem: "it is cut short", verdict: null, share: null });
  });

  test.each([
    ["damaged", (folder: string) => writeFileSync(join(folder, FILE), "x")],
    ["gone", () => undefined],
    ["unreadable", (folder: string) => symlinkSync(FILE, join(folder, FILE))],
  ] as const)("reports that a file is %s", async (problem, make) => {
    const folder = tempDir();
    make(folder);
    const [row] = await captureRows([STORED], [], (name) => join(folder, name));
    expect(row?.problem).toBe(problem);
    expect(row?.listed.problem).toContain(join(folder, FILE));
  });

  test("reports a file that this user may not read as not permitted", async () => {
    const peek = () => Promise.reject(fileFailure("open x", "EACCES"));
    const [row] = await captureRows([STORED], [], (name) => name, peek);
    expect(row).toMatchObject({
      problem: "not permitted",
      listed: { problem: "cannot open x: permission denied (EACCES)" },
    });
  });

  test("reports no problem if the history or the file has the facts", async () => {
    const [row] = await captureRows([STORED], [], (name) => name, manifest);
    expect(row?.problem).toBeUndefined();
  });

  test("has no field of a manifest whose form is unexpected", async () => {
    const row = await rowOf([], () => Promise.resolve({ share: 7, incident_id: {}, verdict: "me" }));
    expect(row).toMatchObject({ share: null, incident_id: null, verdict: null, problem: null });
  });
});
