// Captures made to harm the person who opens them: a table of malformed archives, and one of archives with false
// contents. archives.test.ts opens them.

import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { type RawEntry, rawArchive, rawEntry, TAR_END } from "../helpers/raw-tar.ts";

/** The folder in each archive. */
export const NAME = "aod_20261123T012345.678Z_slow";
/** Where an absolute path would write. */
export const OUTSIDE = "/tmp/escaped-absolutely";
/** A mark in texts that no page may contain as markup. */
export const MARKUP = "<script>pwned";

export type HostileCapture = readonly [what: string, make: () => Buffer];

const MANIFEST = '{"schema_version":1}';
const BIG_BYTES = 250 << 20;
/** Beyond the limit of the reader. */
const TOO_BIG_BYTES = 300 << 20;
const HEAD =
  "time_utc,boot_ns,latency_ns,state,command,nt_status,errno,session_id,tree_id,message_id,pid,tid,comm,share\n";
const ROW = "2026-11-23T01:23:45.678Z,1,1,done,SMB2_READ,0,0,0x1,0x1,1,1,1,x,//a/b\n";
const ESCAPES = "\x1b]0;x\x07\x1b[2J\x9b2J\u202e\u2066\x00\r";

const good: RawEntry = { path: `${NAME}/manifest.json`, content: MANIFEST };
const inside = (path: string, rest: Partial<RawEntry> = {}): RawEntry => ({
  path: `${NAME}/${path}`,
  content: "pwned",
  ...rest,
});

/** An archive with a good manifest and these entries. */
const withEntries =
  (...entries: readonly RawEntry[]) =>
  () =>
    zstdCompressSync(rawArchive(good, ...entries));
const withFiles = (files: Readonly<Record<string, string | Uint8Array>>) => () =>
  zstdCompressSync(
    rawArchive(...Object.entries(files).map(([path, content]) => ({ path: `${NAME}/${path}`, content }))),
  );
const withManifest = (text: string | Uint8Array) => withFiles({ "manifest.json": text });
const withRequests = (text: string | Uint8Array) =>
  withFiles({ "manifest.json": MANIFEST, "requests.csv": text });
const withLog = (text: string | Uint8Array) =>
  withFiles({ "manifest.json": MANIFEST, "actions/dmesg.log": text });
const whole = withEntries(inside("actions/dmesg.log"));

/** Malformed compression, and hostile paths, types and sizes of tar. */
export const ARCHIVES: readonly HostileCapture[] = [
  ["nothing", () => Buffer.alloc(0)],
  ["a shell script in its place", () => Buffer.from("#!/bin/sh\nexit 0\n")],
  ["a gzip archive in its place", () => gzipSync(rawArchive(good))],
  ["its last byte cut off", () => whole().subarray(0, -1)],
  ["its second half cut off", () => whole().subarray(0, whole().length / 2)],
  [
    "a changed checksum",
    () => Buffer.from(whole().map((byte, at, all) => (at === all.length - 1 ? byte ^ 1 : byte))),
  ],
  [
    "a changed byte",
    () => Buffer.from(whole().map((byte, at, all) => (at === all.length - 9 ? byte ^ 1 : byte))),
  ],
  ["something behind its end", () => Buffer.concat([whole(), Buffer.from("more")])],
  ["a second one behind its end", () => Buffer.concat([whole(), whole()])],
  [
    "a frame to be skipped in front",
    () => Buffer.concat([Buffer.from("502a4d180400000078787878", "hex"), whole()]),
  ],
  ["a quarter of a gigabyte of zeros", withLog(Buffer.alloc(BIG_BYTES))],
  ["more than it may hold", withLog(Buffer.alloc(TOO_BIG_BYTES))],
  [
    "more than it may hold, and no size in front",
    () =>
      zstdCompressSync(rawArchive(good, inside("actions/x", { content: Buffer.alloc(TOO_BIG_BYTES) })), {
        params: { [constants.ZSTD_c_contentSizeFlag]: 0 },
      }),
  ],
  ["no end", () => zstdCompressSync(rawEntry(good))],
  ["an end alone", () => zstdCompressSync(TAR_END)],
  ["half an end", () => zstdCompressSync(Buffer.concat([rawEntry(good), TAR_END.subarray(512)]))],
  ["text behind tar's end", () => zstdCompressSync(Buffer.concat([rawArchive(good), Buffer.from("x")]))],
  ["a path that climbs out", withEntries({ path: "../../../escaped" })],
  ["a path that climbs out from below", withEntries(inside("../../../escaped"))],
  ["an absolute path", withEntries({ path: OUTSIDE, content: "pwned" })],
  ["a prefix that climbs out", withEntries({ path: "escaped", prefix: "../../.." })],
  ["a path with a NUL", withEntries(inside("a\0b"))],
  ["a path with control characters", withEntries(inside("a\x1b[2Jb"))],
  ["a path with backslashes", withEntries(inside("..\\..\\escaped"))],
  ["a path with bytes that are no ASCII", withEntries(inside("a\xe2\x80\xaeb"))],
  ["a path with an empty part", withEntries(inside("/x"))],
  ["a path with a dot for a part", withEntries(inside("./x"))],
  ["no path", withEntries({ path: "" })],
  ["a file with a folder's path", withEntries(inside("x/"))],
  ["a path of 255 characters", withEntries({ path: "x".repeat(100), prefix: `${NAME}/`.padEnd(154, "y") })],
  ["a hard link out of it", withEntries(inside("x", { type: "1", link: "/etc/passwd", content: "" }))],
  ["a symbolic link out of it", withEntries(inside("x", { type: "2", link: "/etc", content: "" }))],
  [
    "a file below a symbolic link",
    withEntries(inside("x", { type: "2", link: "..", content: "" }), inside("x/escaped")),
  ],
  ["a character device", withEntries(inside("x", { type: "3", content: "" }))],
  ["a block device", withEntries(inside("x", { type: "4", content: "" }))],
  ["a pipe", withEntries(inside("x", { type: "6", content: "" }))],
  [
    "a path in a pax header",
    withEntries(inside("x", { type: "x", content: "25 path=../../../escaped\n" }), inside("y")),
  ],
  [
    "a path for all in a pax header",
    withEntries(inside("x", { type: "g", content: "25 path=../../../escaped\n" })),
  ],
  [
    "a long name of GNU tar",
    withEntries(inside("x", { type: "L", content: "../../../escaped\0" }), inside("y")),
  ],
  ["a sparse file of GNU tar", withEntries(inside("x", { type: "S" }))],
  ["a file twice", withEntries(inside("x"), inside("x"))],
  ["its manifest twice", withEntries(good)],
  ["a file where a folder is", withEntries(inside("x/y"), inside("x"))],
  ["a file below a file", withEntries(inside("x"), inside("x/y"))],
  ["a folder with content", withEntries(inside("x/", { type: "5" }))],
  ["a second folder", withEntries({ path: "other/x", content: "pwned" })],
  ["a size that is no figure", withEntries(inside("x", { size: "0000000000x\0" }))],
  ["a negative size", withEntries(inside("x", { size: "-0000000001\0" }))],
  ["a size in base 256", withEntries(inside("x", { size: "\x80\0\0\0\0\0\0\0\0\0\x01\0" }))],
  ["a size beyond its end", withEntries(inside("x", { size: "77777777777\0" }))],
  ["the magic of an older format", withEntries(inside("x", { magic: "ustar  \0" }))],
  [
    "a wrong checksum of tar",
    () => zstdCompressSync(Buffer.from(rawArchive(good, inside("x"))).fill("b", 0, 1)),
  ],
  ["folders nested 60 times", withEntries(inside(`${"x/".repeat(60)}y`, { prefix: "" }))],
  [
    "ten thousand files",
    withEntries(...Array.from({ length: 10_000 }, (_, i) => inside(`actions/${i}.log`))),
  ],
  ["no manifest", withFiles({ "requests.csv": HEAD + ROW })],
  ["a folder for a manifest", withFiles({ "manifest.json/x": MANIFEST })],
];

/** Files of a well-formed archive. */
export const CONTENTS: readonly HostileCapture[] = [
  ["a manifest that is no JSON", withManifest("{")],
  ["an empty manifest", withManifest("")],
  ["a manifest that is no UTF-8", withManifest(Buffer.from([0x22, 0xff, 0xfe, 0x22]))],
  ["a manifest that is a list", withManifest("[]")],
  ["a manifest that is null", withManifest("null")],
  ["a manifest nested 200,000 times", withManifest(`{"a":${"[".repeat(2e5)}${"]".repeat(2e5)}}`)],
  [
    "a manifest of objects that have a toString",
    withManifest(
      '{"rule":{"toString":1},"share":{"valueOf":2},"triggered_at":{"toString":3},"actions":{"length":1e9}}',
    ),
  ],
  [
    "a manifest with __proto__",
    withManifest('{"__proto__":{"rule":"x"},"constructor":{"prototype":1},"toString":null}'),
  ],
  [
    "names that control a terminal",
    withManifest(
      JSON.stringify({
        schema_version: 1,
        rule: ESCAPES,
        share: `//${ESCAPES}`,
        host: ESCAPES,
        reason: ESCAPES,
      }),
    ),
  ],
  [
    "names that are markup",
    withManifest(
      JSON.stringify({
        schema_version: 1,
        rule: MARKUP,
        share: `"'>${MARKUP}`,
        host: MARKUP,
        kernel: MARKUP,
      }),
    ),
  ],
  ["a name of 20 MB", withManifest(JSON.stringify({ schema_version: 1, rule: "x".repeat(20 << 20) }))],
  [
    "100,000 actions",
    withManifest(
      JSON.stringify({ schema_version: 1, actions: Array(100_000).fill({ name: "x", status: "ok" }) }),
    ),
  ],
  [
    "actions whose files are elsewhere",
    withManifest('{"schema_version":1,"actions":[{"name":"x","file":"../../../etc/passwd","sha256":"0"}]}'),
  ],
  [
    "figures that are none",
    withManifest(
      '{"schema_version":1e999,"suppressed":-1e308,"scrubbed":"x","duration_ms":{},"losses":{"x":1e999}}',
    ),
  ],
  [
    "times that are none",
    withManifest(
      '{"schema_version":1,"triggered_at":"9999999-99-99T99:99:99Z","frozen_at":1e300,"collected_at":null}',
    ),
  ],
  [
    "a verdict of wrong types",
    withManifest('{"schema_version":1,"verdict":{"cause":[],"confidence":"x","because":{"length":1e9}}}'),
  ],
  [
    "a quarter of a gigabyte of rows",
    withRequests(Buffer.from(HEAD + ROW.repeat(Math.floor(BIG_BYTES / ROW.length)))),
  ],
  ["no rows and no columns", withRequests("")],
  ["a row of a million cells", withRequests(`${HEAD}${",".repeat(1e6)}\n${ROW}`)],
  ["100,000 columns", withRequests(`${HEAD.trimEnd()}${",x".repeat(1e5)}\n${ROW}`)],
  ["a line of 10 MB in its rows", withRequests(HEAD + "x".repeat(10 << 20))],
  ["a quote that is never closed", withRequests(`${HEAD}"${ROW.repeat(1000)}`)],
  ["rows that control a terminal", withRequests(HEAD + ROW.replace(",x,", `,${ESCAPES},`))],
  [
    "rows that are formulas and markup",
    withRequests(HEAD + ROW.replace(",x,//a/b", `,=cmd|' /C calc'!A0,${MARKUP}`)),
  ],
  [
    "figures in rows that are none",
    withRequests(HEAD + ROW.replace(",1,1,", ",-1e308,NaN,").replace("2026", "99999")),
  ],
  ["rows that are no UTF-8", withRequests(Buffer.concat([Buffer.from(HEAD), Buffer.alloc(5000, 0xff)]))],
  ["a log that controls a terminal", withLog(ESCAPES.repeat(1000))],
  ["a log that is markup", withLog(`</pre></template></script>${MARKUP}]]><!--`)],
  [
    "a log that is no text",
    withLog(Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 7919) & 0xff))),
  ],
  ["a line of 10 MB in a log", withLog("x".repeat(10 << 20))],
  ["a report of its own", withFiles({ "manifest.json": MANIFEST, "report.html": `<html>${MARKUP}` })],
];
