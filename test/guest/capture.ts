// Opens a capture as a support engineer does, and compares it with the contract: names, modes, the manifest's keys, the
// columns of requests.csv, the files that the manifest names.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { run } from "./process.ts";

const NAME = /^aod_\d{8}T\d{6}\.\d{3}Z(?:-\d+)?_([A-Za-z0-9._-]{1,64})\.tar\.zst$/;

const MANIFEST_KEYS = [
  ...[
    "schema_version",
    "aod_version",
    "host",
    "boot_id",
    "kernel",
    "source",
    "trigger",
    "rule",
    "type",
    "kind",
    "share",
  ],
  ...[
    "incident_id",
    "server",
    "family",
    "rules",
    "shares",
    "triggered_at",
    "detected_after_ms",
    "config_sha256",
    "evidence",
    "recorder",
    "actions",
  ],
  ...["verdict", "losses", "suppressed", "scrubbed"],
];

const COLUMNS = [
  ...["time_utc", "boot_ns", "latency_ns", "state", "command", "nt_status", "errno", "session_id", "tree_id"],
  ...["message_id", "pid", "tid", "comm", "share"],
];

interface Action {
  readonly name: string;
  readonly file?: string | null;
  readonly status: "ok" | "failed" | "timed_out" | "truncated" | "missing";
  readonly reason: string | null;
  readonly bytes: number;
  readonly sha256?: string | null;
}

interface Manifest {
  readonly host: string;
  readonly boot_id: string;
  readonly kernel: string;
  readonly source: "kernel" | "demo";
  readonly trigger: "rule" | "manual";
  readonly rule: string;
  readonly type: string;
  readonly kind: "slow" | "emergency" | "hung" | "error" | "manual";
  readonly share: string;
  readonly incident_id: string | null;
  readonly rules: readonly string[];
  readonly shares: readonly string[];
  readonly triggered_at: string;
  readonly detected_after_ms: number;
  readonly verdict: {
    readonly cause: string;
    readonly confidence: number;
    readonly because: readonly string[];
  };
  readonly attribution: {
    readonly server: string | null;
    readonly dialect: string | null;
    readonly encrypted: boolean | null;
    readonly mount_points: readonly string[];
    readonly processes: readonly { readonly pid: number; readonly name: string }[];
  } | null;
  readonly evidence: readonly Readonly<Record<string, unknown>>[];
  readonly recorder: Readonly<Record<string, unknown>>;
  readonly actions: readonly Action[];
  readonly losses: Readonly<Record<string, number>>;
  readonly counters: Readonly<Record<string, number>>;
  readonly suppressed: number;
}

/** A line of requests.csv; ids as numbers, whether they were written in hexadecimal or not. */
export interface Row {
  readonly timeUtc: string;
  /** NaN if the cell is empty: the reply was ambiguous. */
  readonly latencyMs: number;
  readonly state: string;
  readonly command: string;
  readonly ntStatus: number;
  readonly errno: string;
  readonly sessionId: bigint;
  readonly treeId: number;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly share: string;
}

export interface Capture {
  readonly name: string;
  readonly manifest: Manifest;
  readonly rows: readonly Row[];
  /** Text of an action's log. */
  log(action: string): string;
  /** The path of an unpacked file. */
  path(file: string): string;
}

/** Unpacks a capture and checks everything that must be true for every capture. */
export async function openCapture(file: string): Promise<Capture> {
  const name = basename(file);
  assert.match(name, NAME);
  assert.equal(modeOf(file), 0o600, "mode of a capture");
  assert.equal(modeOf(dirname(file)), 0o700, "mode of batches/");

  const unpacked = mkdtempSync("/tmp/capture-");
  await run("tar", "--zstd", "-xf", file, "-C", unpacked);
  const folder = join(unpacked, name.replace(/\.tar\.zst$/, ""));
  assert.deepEqual(readdirSync(unpacked), [basename(folder)], "one folder of the capture's name");

  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Manifest;
  assert.deepEqual(
    MANIFEST_KEYS.filter((key) => !(key in manifest)),
    [],
    "keys that the manifest lacks",
  );
  assert.equal(name.match(NAME)?.[1], manifest.rule);
  assert.equal(manifest.boot_id, readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  assert.ok(
    readFileSync("/proc/version", "utf8").includes(manifest.kernel),
    `this is kernel ${manifest.kernel}`,
  );
  for (const action of manifest.actions) checkAction(folder, action);

  return {
    name,
    manifest,
    rows: parseRows(readFileSync(join(folder, "requests.csv"), "utf8")),
    path: (file) => join(folder, file),
    log: (action) => readFileSync(join(folder, "actions", `${action}.log`), "utf8"),
  };
}

function checkAction(folder: string, action: Action): void {
  if (action.status !== "ok") return;
  const file = `actions/${action.name}.${action.name === "pcap" ? "pcap" : "log"}`;
  assert.equal(action.file, file);
  const bytes = readFileSync(join(folder, file));
  assert.equal(bytes.length, action.bytes, `bytes of ${file}`);
  assert.equal(createHash("sha256").update(bytes).digest("hex"), action.sha256, `sha256 of ${file}`);
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

function parseRows(text: string): Row[] {
  const [header = "", ...lines] = text.trimEnd().split("\n");
  assert.deepEqual(header.split(","), COLUMNS, "columns of requests.csv");
  return lines.map((line) => {
    // Only fields with commas have quotes, and the guest's names have no commas.
    const cells = line.split(",").map((cell) => cell.replace(/^"(.*)"$/, "$1"));
    assert.equal(cells.length, COLUMNS.length, `cells of ${line}`);
    const cell = (column: string): string => cells[COLUMNS.indexOf(column)] ?? "";
    return {
      timeUtc: cell("time_utc"),
      latencyMs: cell("latency_ns") === "" ? Number.NaN : Number(cell("latency_ns")) / 1e6,
      state: cell("state"),
      command: cell("command"),
      ntStatus: Number(cell("nt_status")),
      errno: cell("errno"),
      sessionId: BigInt(cell("session_id")),
      treeId: Number(cell("tree_id")),
      pid: Number(cell("pid")),
      tid: Number(cell("tid")),
      comm: cell("comm"),
      share: cell("share"),
    };
  });
}
