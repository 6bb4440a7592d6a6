import { describe, expect, test } from "bun:test";
import { type Capture, parseCapture } from "../../src/capture/reader.ts";
import { cleanCapture } from "../../src/cleaner/clean-capture.ts";
import type { TarEntry } from "../../src/packer/tar.ts";
import { reportChunks } from "../../src/report/page.ts";
import { readRequests } from "../../src/report/read-requests.ts";
import { makeScrubber } from "../../src/scrubber/scrubber.ts";
import { manifestFaults } from "../helpers/manifest.ts";
import { aManifestText, PACKED_NAME, packCapture } from "../helpers/packed-capture.ts";
import { BUILT_IN_RULES } from "../helpers/scrubber.ts";

const NOTE = { at: "2026-12-01T00:00:00.000Z", aodVersion: "1.2.3", configSha256: "c".repeat(64) };
const LOG = "actions/dmesg.log";
const PCAP = "actions/pcap.pcap";

const sha256 = (bytes: Uint8Array | string) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

/** A capture with its page, and with right checksums in its manifest. */
function aCapture(log: string, fields: Readonly<Record<string, unknown>> = {}): Capture {
  const actions = [
    {
      name: "dmesg",
      file: LOG,
      status: "ok",
      reason: null,
      exit_code: 0,
      duration_ms: 1,
      bytes: log.length,
      sha256: sha256(log),
    },
    {
      name: "pcap",
      file: PCAP,
      status: "ok",
      reason: null,
      exit_code: 0,
      duration_ms: 1,
      bytes: 16,
      sha256: sha256("password=hunter2"),
    },
  ];
  const texts = { "requests.csv": "", [LOG]: log, [PCAP]: "password=hunter2" };
  const manifest = JSON.parse(aManifestText({ actions, ...fields }));
  const files = new Map(Object.entries(texts).map(([path, text]) => [path, new TextEncoder().encode(text)]));
  const requests = readRequests(new Uint8Array(0));
  const page = Buffer.concat([...reportChunks({ name: PACKED_NAME, manifest, requests, files })]).toString();
  const report = { file: "report.html", reason: null, bytes: page.length, sha256: sha256(page) };
  const text = JSON.stringify({ ...manifest, report }, null, 2);
  return parseCapture(packCapture({ "manifest.json": text, ...texts, "report.html": page }));
}

/** The capture as the reader returns it after packing: checksums are checked. */
function reread(entries: readonly TarEntry[] | undefined): Capture {
  const files = (entries ?? []).map(({ path, chunks }) => [path, Buffer.concat(chunks).toString()] as const);
  return parseCapture(packCapture(Object.fromEntries(files)));
}

const textOf = ({ files }: Capture, path: string) => new TextDecoder().decode(files.get(path));

describe("a stored capture", () => {
  test("without a secret is not changed", () => {
    const { entries, secrets, found } = cleanCapture(aCapture("mount: all is well\n"), BUILT_IN_RULES, NOTE);
    expect({ entries, secrets, found }).toEqual({ entries: undefined, secrets: 0, found: [] });
  });

  test("loses the secrets of every text, and the result lists them by file", () => {
    const capture = aCapture("password=hunter2\n", { share: "//joe:hunter2@files/data", scrubbed: 4 });
    const { entries, ...outcome } = cleanCapture(capture, BUILT_IN_RULES, NOTE);
    expect(outcome).toEqual({
      found: [
        { path: "manifest.json", secrets: 1 },
        { path: LOG, secrets: 1 },
      ],
      notSearched: [PCAP],
      secrets: 2,
    });
    const clean = reread(entries);
    expect(textOf(clean, LOG)).toBe("password=[scrubbed]\n");
    for (const path of ["manifest.json", LOG, "report.html"])
      expect(textOf(clean, path)).not.toContain("hunter2");
    expect(clean.manifest).toMatchObject({
      share: "//joe:[scrubbed]@files/data",
      scrubbed: 6,
      cleanings: [{ at: NOTE.at, secrets: 2, aod_version: "1.2.3", config_sha256: NOTE.configSha256 }],
    });
    expect(manifestFaults(clean.manifest)).toEqual([]);
    expect([...clean.files.keys()]).toEqual([...capture.files.keys()]);
  });

  test("has the sizes and checksums of its clean files, and a page that is made of them", () => {
    const clean = reread(cleanCapture(aCapture("password=hunter2\n"), BUILT_IN_RULES, NOTE).entries);
    const { actions, report } = clean.manifest as {
      actions: { bytes: number; sha256: string }[];
      report: object;
    };
    expect(actions).toMatchObject([
      { bytes: 20, sha256: sha256("password=[scrubbed]\n") },
      { bytes: 16, sha256: sha256("password=hunter2") },
    ]);
    const page = textOf(clean, "report.html");
    expect(report).toEqual({
      file: "report.html",
      reason: null,
      bytes: Buffer.byteLength(page),
      sha256: sha256(page),
    });
    expect(page).toContain("password=[scrubbed]");
  });

  test("is clean afterwards: a second cleaning finds nothing", () => {
    const scrubber = makeScrubber({ words: ["well"], patterns: ["mo\\w+"] });
    const capture = aCapture("mount: all is well, password=hunter2\n");
    const { entries, secrets } = cleanCapture(capture, scrubber, NOTE);
    expect(secrets).toBe(3);
    expect(cleanCapture(reread(entries), scrubber, NOTE)).toMatchObject({ entries: undefined, secrets: 0 });
  });

  test("keeps states, times, checksums and file names, whatever words are secret", () => {
    const words = ["demo", "dmesg", "2026-11", "latency", "slow", "cccc", "actions", "report"];
    const { entries } = cleanCapture(aCapture("it is slow\n"), makeScrubber({ words, patterns: [] }), NOTE);
    const clean = reread(entries);
    expect(textOf(clean, LOG)).toBe("it is [scrubbed]\n");
    expect(manifestFaults(clean.manifest)).toEqual([]);
  });

  test("keeps the notes of its last sixteen cleanings", () => {
    const cleanings = Array.from({ length: 20 }, (_, at) => ({ at: `${at}` }));
    const { entries } = cleanCapture(aCapture("password=hunter2\n", { cleanings }), BUILT_IN_RULES, NOTE);
    const noted = reread(entries).manifest.cleanings as readonly { at: string }[];
    expect(noted.map(({ at }) => at)).toEqual([...cleanings.slice(5).map(({ at }) => at), NOTE.at]);
  });

  test("without a page gets none", () => {
    const text = aManifestText({ reason: "password=hunter2" });
    const capture = parseCapture(packCapture({ "manifest.json": text }));
    const clean = reread(cleanCapture(capture, BUILT_IN_RULES, NOTE).entries);
    expect([...clean.files.keys()]).toEqual(["manifest.json"]);
    expect(clean.manifest.report).toEqual(JSON.parse(text).report);
  });

  test("is damaged if a file has a name that aod does not write", () => {
    const capture = { ...aCapture(""), files: new Map([["actions/é.log", new Uint8Array(0)]]) };
    expect(() => cleanCapture(capture, BUILT_IN_RULES, NOTE)).toThrow("not a name of a file of a capture");
    const renamed = { ...aCapture(""), name: "é" };
    expect(() => cleanCapture(renamed, BUILT_IN_RULES, NOTE)).toThrow("not a name of a capture");
  });
});
