// A capture with a story, for the report's tests, its picture and its benchmark: a full flight recorder of healthy
// traffic, then a server that turns slow and stops answering. In: how many requests, and names to use; out: the files
// of a capture, made by the runner's own code. The same for the same input.

import { zstdCompressSync } from "node:zlib";
import type { Attribution } from "../../src/model/attribution.ts";
import type { ActionOutcome, CaptureOrder } from "../../src/model/capture.ts";
import { FLAG, KIND, REQUEST_BYTES } from "../../src/model/request.gen.ts";
import { type Request, writeRequest } from "../../src/model/request.ts";
import type { Verdict } from "../../src/model/verdict.ts";
import { tarChunks } from "../../src/packer/tar.ts";
import { encodeManifest, makeManifest } from "../../src/runner/manifest.ts";
import { readRecorder } from "../../src/table/recorder.ts";
import { anOrder } from "./order.ts";
import { seeded } from "./random.ts";
import { NO_REPORT } from "./report.ts";
import { aRequest } from "./request.ts";
import { wholeRequestsCsv } from "./requests-csv.ts";
import { BUILT_IN_RULES } from "./scrubber.ts";

const FROZEN_AT = { epochMs: Date.parse("2026-11-25T09:12:14.482Z"), monotonicNs: 86_400e9 };
const SESSIONS = { files: 0x9a00_0c5d_1122_3345n, backup: 0x9a00_0c5d_7788_99abn };
const SHARES = [
  { sessionId: SESSIONS.files, treeId: 5, share: "//files.example.net/projects" },
  { sessionId: SESSIONS.files, treeId: 9, share: "//files.example.net/home" },
  { sessionId: SESSIONS.backup, treeId: 3, share: "//backup.example.net/vault" },
] as const;
const PROGRAMS = [
  { comm: "postgres", pid: 4100, tasks: 8, place: SHARES[0], commands: [8, 8, 8, 9, 9, 7, 17] },
  { comm: "nginx", pid: 2210, tasks: 6, place: SHARES[1], commands: [5, 5, 8, 8, 6, 16, 16] },
  { comm: "rsync", pid: 9120, tasks: 2, place: SHARES[2], commands: [14, 14, 16, 5, 6, 9, 9] },
  { comm: "kworker/u8:", pid: 77, tasks: 4, place: SHARES[0], commands: [9, 9, 9, 9, 8] },
  { comm: "python3", pid: 6033, tasks: 4, place: SHARES[0], commands: [5, 6, 8, 16, 17, 7] },
] as const;

const VERDICT: Verdict = {
  cause: "server",
  confidence: 0.86,
  because: [
    "everything is acknowledged (unacked 0, round trip 0.4 ms), replies take 2.1 s",
    "7 requests were sent and have no reply yet, the oldest for 11.8 s",
    "backup.example.net answers in 0.9 ms meanwhile",
  ],
};

export interface Story {
  readonly table: ArrayBuffer;
  readonly order: CaptureOrder;
  readonly name: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** The requests end some seconds before the freeze with a server that is silent. */
export function storyRequests(count: number): readonly Request[] {
  const random = seeded(7);
  const spanNs = 64e9;
  const troubleNs = FROZEN_AT.monotonicNs - 14e9;
  const requests: Request[] = [];
  // Some are not sent, because their tasks wait.
  const tries = Math.ceil(count * 1.17);
  for (let i = 0; i < tries; i++) {
    const startNs = FROZEN_AT.monotonicNs - spanNs * (1 - i / tries) - random.int(0, 900_000);
    const isKernel = random.chance(0.1);
    const program = isKernel
      ? PROGRAMS[3]
      : random.pick([PROGRAMS[0], PROGRAMS[0], PROGRAMS[1], PROGRAMS[2], PROGRAMS[4]]);
    const command = program.commands[random.int(0, program.commands.length - 1)] ?? 8;
    const isOnServer = program.place.sessionId === SESSIONS.files;
    const task = random.int(0, program.tasks - 1);
    const badSec = isOnServer ? Math.max(0, startNs - troubleNs) / 1e9 : 0;
    // The server's queue grows: work that takes a disk first.
    if (badSec > 0 && random.chance(Math.min(0.93, badSec / 6))) continue;
    const base = { 5: 5.95, 6: 5.5, 7: 6.6, 8: 5.7, 9: 6.1, 14: 6.2, 16: 5.45, 17: 5.6 }[command] ?? 5.8;
    const noise = (random.int(0, 1000) + random.int(0, 1000) + random.int(0, 1000)) / 1500 - 1;
    const tail = random.chance(0.01) ? 0.9 : 0;
    const slow = badSec === 0 ? 0 : Math.min(3.1, badSec * 0.42) * (command === 16 ? 0.75 : 1) + noise * 0.15;
    const latencyNs = Math.round(10 ** (base + noise * 0.38 + tail + slow));
    const isOpen = startNs + latencyNs > FROZEN_AT.monotonicNs;
    if (isOpen && random.chance(0.7)) continue;
    const isFailed = command === 5 && random.chance(badSec > 4 ? 0.3 : 0.03);
    const [ntStatus, errno] = !isFailed ? [0, 0] : badSec > 4 ? [0xc000_0101, 39] : [0xc000_0034, 2];
    requests.push(
      aRequest({
        startNs: BigInt(Math.round(startNs)),
        latencyNs: isOpen ? 0 : latencyNs,
        sessionId: program.place.sessionId,
        treeId: program.place.treeId,
        messageId: BigInt(120_000 + i * 2),
        command,
        ntStatus,
        errno,
        flags: isOpen ? 0 : FLAG.REPLIED | (isFailed ? FLAG.ERRORED : 0),
        processId: program.pid,
        taskId: program.pid + task * 3,
        comm: program.comm,
        kind: KIND.REQUEST,
      }),
    );
  }
  const hung = [11.8, 11.2, 10.9, 9.7, 8.8, 7.4, 5.2].map((sec, i) =>
    aRequest({
      startNs: BigInt(Math.round(FROZEN_AT.monotonicNs - sec * 1e9)),
      latencyNs: 0,
      sessionId: SESSIONS.files,
      treeId: 5,
      messageId: BigInt(500_001 + i),
      command: [9, 9, 7, 8, 9, 5, 8][i] ?? 9,
      flags: 0,
      processId: i === 5 ? 6033 : 4100,
      taskId: i === 5 ? 6036 : 4103 + i * 3,
      comm: i === 5 ? "python3" : "postgres",
    }),
  );
  return [...requests, ...hung].sort((a, b) => Number(a.startNs - b.startNs)).slice(-count);
}

export function aStory(count = 65_536, parts: Partial<CaptureOrder> = {}, verdict = VERDICT): Story {
  const requests = storyRequests(count);
  const table = new ArrayBuffer(65_536 * REQUEST_BYTES);
  const view = new DataView(table);
  // In places as scattered as the kernel's.
  for (const [i, request] of requests.entries())
    writeRequest(view, ((i * 40_503) % 65_536) * REQUEST_BYTES, request);
  const evidence = requests.filter(
    ({ latencyNs, startNs }) => latencyNs === 0 && Number(startNs) < FROZEN_AT.monotonicNs - 5e9,
  );
  const order = anOrder({
    rule: "no-reply",
    ruleType: "stuck",
    kind: "hung",
    share: SHARES[0].share,
    incidentId: "20261125T091212.004Z-no-reply-1f3a",
    attribution: ATTRIBUTION,
    source: "kernel",
    frozenAt: FROZEN_AT,
    triggeredNs: FROZEN_AT.monotonicNs - 2.412e9,
    detectedAfterMs: 1.9,
    evidence: evidence.slice(0, 7),
    losses: { entered: 18_220_114, evicted: 0 },
    watchingSinceNs: FROZEN_AT.monotonicNs - 58e9,
    suppressed: 0,
    shares: SHARES,
    ...parts,
  });
  const recorder = readRecorder(table, order.watchingSinceNs, order.frozenAt.monotonicNs);
  const texts = Object.entries(LOGS);
  const actions = texts.map(([name, text]): ActionOutcome => outcomeOf(name, text));
  const manifest = makeManifest(
    order,
    { aodVersion: "0.1.0", host: "app-03", bootId: "b-o-o-t", kernel: "6.12.48-amd64" },
    recorder,
    [...actions, MISSING],
    verdict,
    { scrubber: BUILT_IN_RULES, scrubbed: 0 },
  );
  const encode = (text: string) => new TextEncoder().encode(text);
  return {
    table,
    order,
    name: "aod_20261125T091214.482Z_no-reply",
    files: new Map([
      ["manifest.json", encode(encodeManifest(manifest, NO_REPORT))],
      ["requests.csv", wholeRequestsCsv(recorder, order).bytes],
      ...texts.map(([name, text]) => [`actions/${name}.log`, encode(text)] as const),
    ]),
  };
}

/** The same as a capture's file. */
export function packStory({ name, files }: Pick<Story, "name" | "files">): Uint8Array {
  const entries = [...files].map(([path, content]) => ({ path, chunks: [content] }));
  return zstdCompressSync(Buffer.concat([...tarChunks({ name, epochMs: FROZEN_AT.epochMs, entries })]));
}

// --- internal ---

function outcomeOf(name: string, text: string): ActionOutcome {
  const content = new TextEncoder().encode(text);
  return {
    name,
    file: `actions/${name}.log`,
    status: "ok",
    exitCode: 0,
    durationMs: 3 + name.length * 2,
    bytes: content.length,
    sha256: new Bun.CryptoHasher("sha256").update(content).digest("hex"),
    reason: undefined,
  };
}

const MISSING: ActionOutcome = {
  name: "dfscache",
  file: undefined,
  status: "missing",
  exitCode: undefined,
  durationMs: 0,
  bytes: 0,
  sha256: undefined,
  reason: "/proc/fs/cifs/dfscache does not exist",
};

const ATTRIBUTION: Attribution = {
  server: "files.example.net",
  address: "192.0.2.5",
  connectionIds: [1],
  dialect: 0x311,
  encrypted: false,
  dfsPaths: [],
  possibleShares: [],
  mountPoints: ["/srv/projects"],
  processes: [
    { pid: 4100, name: "postgres", unit: "postgresql.service", container: undefined, requests: 6 },
    { pid: 6033, name: "python3", unit: undefined, container: "9f2c11ab40de", requests: 1 },
  ],
};

const LOGS: Readonly<Record<string, string>> = {
  sockets: `==> ss -tinmo, 1 <==
ESTAB 0 0 10.0.4.17:51324 10.0.9.2:445 timer:(keepalive,42sec,0)
	 cubic wscale:8,7 rto:204 rtt:0.41/0.12 ato:40 mss:1448 cwnd:10 bytes_acked:918220114 lastsnd:11792 lastrcv:11790
==> ss -tinmo, 2 <==
ESTAB 0 0 10.0.4.17:51324 10.0.9.2:445 timer:(keepalive,41sec,0)
	 cubic wscale:8,7 rto:204 rtt:0.41/0.12 ato:40 mss:1448 cwnd:10 bytes_acked:918220114 lastsnd:11894 lastrcv:11892
`,
  "stats-delta": `compared with a sample 5412.7 s older than the capture, of 2026-11-25T07:42:01.774310Z, when aod attached to the client

connections
  files.example.net 0x1
    then: connection 0x1, dialect 0x311, status good, reconnects 0, credits 8190, in flight 1
    now:  connection 0x1, dialect 0x311, status good, reconnects 0, credits 7702, in flight 7, waiting for credits 0
  backup.example.net 0x2
    then: connection 0x2, dialect 0x311, status good, reconnects 0, credits 8190, in flight 0
    now:  connection 0x2, dialect 0x311, status good, reconnects 0, credits 8188, in flight 2

\\\\files.example.net\\projects
  SMBs: 18220114                                      +1120448
  Creates: 402118 total 12 failed                     +31207, +9
  Reads: 9001200 total 0 failed                       +610332, 0
  Writes: 4120411 total 0 failed                      +240118, 0
`,
  netstat: `compared with a sample 5412.7 s older than the capture, of 2026-11-25T07:42:01.774310Z, when aod attached to the client
5 of 318 counters changed

Tcp.InSegs                      +1904112  (88120011 -> 90024123)
Tcp.OutSegs                     +1850087  (85110771 -> 86960858)
Tcp.RetransSegs                 +2  (711 -> 713)
TcpExt.TCPTimeouts              +0  (9 -> 9)
IpExt.InOctets                  +60112499171  (9100128811 -> 69212627982)
`,
  pressure: `==> /proc/pressure/cpu <==
some avg10=1.21 avg60=0.98 avg300=1.02 total=5512214
==> /proc/pressure/io <==
some avg10=71.20 avg60=30.11 avg300=8.90 total=99812214
==> /proc/loadavg <==
1.42 0.98 0.77 3/612 99121
`,
  dmesg: "[86388.201] CIFS: VFS: \\\\files.example.net has not responded in 11 seconds\n",
  journalctl: Array.from(
    { length: 3000 },
    (_, i) =>
      `Nov 25 09:${String(11 + Math.floor(i / 2500)).padStart(2, "0")}:${String(i % 60).padStart(2, "0")} app-03 postgres[4100]: LOG: checkpoint step ${i} took longer than expected`,
  ).join("\n"),
};
