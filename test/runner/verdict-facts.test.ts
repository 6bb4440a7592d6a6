// From the texts of the actions to the verdict, with real output of ss and DebugData as each kernel writes it.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDebugData } from "../../src/cifs/debug-data.ts";
import type { CaptureOrder } from "../../src/model/capture.ts";
import { COMMAND } from "../../src/model/command.ts";
import { KIND, SIGNAL } from "../../src/model/request.gen.ts";
import { type Request, RequestMemory } from "../../src/model/request.ts";
import { recheckRequests } from "../../src/runner/recheck.ts";
import { chooseCause } from "../../src/runner/verdict.ts";
import { deriveVerdictFacts, type VerdictInputs } from "../../src/runner/verdict-facts.ts";
import { readRecorder } from "../../src/table/recorder.ts";
import { guestMounts } from "../helpers/guest-mounts.ts";
import { anOrder, FROZEN_AT } from "../helpers/order.ts";
import { aRequest } from "../helpers/request.ts";
import { aTable } from "../helpers/request-table.ts";

const FROZEN_MS = FROZEN_AT.monotonicNs / 1e6;
const sockets = (name: string) => readFileSync(join(import.meta.dir, `fixtures/sockets-${name}.txt`), "utf8");
const pressure = readFileSync(join(import.meta.dir, "fixtures/pressure.txt"), "utf8");
const HEALTHY = sockets("healthy");

const SESSION = 0x1122_3344_5566_7788n;
const OTHER = 0x9900n;
const IPC_TREE = 1;
const shares = [
  { sessionId: SESSION, treeId: 5, share: "//Files/data" },
  { sessionId: SESSION, treeId: IPC_TREE, share: "//Files/IPC$" },
  { sessionId: OTHER, treeId: 5, share: "//other/data" },
];

/** DebugData of one server as 6.12 writes it. @param mids message ids of task 4242 that have no reply yet. */
function debugData(mids: readonly bigint[] = [], waiting = 0, credits = 300): string {
  return `Servers: 
1) ConnectionId: 0x1 Hostname: files
Number of credits: ${credits},1,1 Dialect 0x311
TCP status: 1 Instance: 1
Local Users To Server: 1 SecMode: 0x1 Req On Wire: ${mids.length}
In Send: 0 In MaxReq Wait: ${waiting}

\tSessions: 
\t1) Address: 127.0.0.1 Uses: 1 Capability: 0x300047\tSession Status: 1 
\tSecurity type: RawNTLMSSP  SessionId: 0x1122334455667788

\tShares:
\t1) \\\\files\\data Mounts: 1 DevInfo: 0x20 Attributes: 0x1006f
\tPathComponentMax: 255 Status: 1 type: DISK Serial Number: 0x1
\ttid: 0x5\tOptimal sector size: 0x200\tMaximal Access: 0x1f01ff

\tMIDs: 
\tServer ConnectionId: 0x1
${mids.map((mid) => `\t\tState: 2 com: 8 pid: 4242 cbdata: 00000000 mid ${mid}\n`).join("")}`;
}

/** @param requests in the table, at the freeze and at the recheck. @param wchan of each task at the recheck. */
function factsOf(
  {
    socketsBefore,
    debugdata,
    ...texts
  }: VerdictInputs["texts"] & {
    readonly socketsBefore?: string;
    readonly debugdata?: string | undefined;
  },
  requests: readonly Request[] = [],
  parts: Partial<CaptureOrder> = {},
  wchan = "0",
) {
  const order = anOrder({ source: "kernel", share: "//Files/data", shares, ...parts });
  const recorder = readRecorder(aTable(requests), 0, FROZEN_AT.monotonicNs);
  const list = debugdata === undefined ? undefined : parseDebugData(debugdata);
  const recheck =
    list && recheckRequests(list, new RequestMemory(aTable(requests)), FROZEN_AT.monotonicNs, () => wchan);
  return deriveVerdictFacts(order, recorder, { texts, debugData: list, recheck, socketsBefore });
}

describe("facts", () => {
  const open = [1, 2, 3].map((n) => aRequest({ latencyMs: 0, startMs: FROZEN_MS - 500 - n }));
  const mids = open.map(({ messageId }) => messageId);

  test("have the requests whose replies the kernel still waits for", () => {
    const texts = { debugdata: debugData(mids.slice(0, 2)) };
    expect(factsOf(texts, open).inFlight).toEqual({ awaited: 2, answered: 1 });
    expect(factsOf({}, open).inFlight).toBeUndefined();
  });

  test("leave out requests that are young, that may block indefinitely, or that go to another server", () => {
    const others = [
      aRequest({ latencyMs: 0, startMs: FROZEN_MS - 5 }),
      aRequest({ latencyMs: 0, startMs: FROZEN_MS - 5e4, command: 15 }),
      aRequest({ latencyMs: 0, startMs: FROZEN_MS - 500, sessionId: OTHER }),
      aRequest({ latencyMs: 0, startMs: FROZEN_MS - 5e4, command: COMMAND.SMB2_IOCTL, treeId: IPC_TREE }),
    ];
    expect(factsOf({ debugdata: debugData() }, others).inFlight).toEqual({ awaited: 0, answered: 0 });
  });

  test("distinguish retransmissions since the baseline from earlier ones", () => {
    const ever = factsOf({ sockets: sockets("lost"), debugdata: debugData() }).sockets;
    expect(ever?.retransShare).toBeCloseTo(9000 / 17000);
    expect(ever?.isShareRecent).toBe(false);
    // The output of ss for one namespace, without the action's headings: 3,000 of 11,000 bytes had been retransmitted.
    const before = sockets("lost").split("\n").slice(1, 3).join("\n");
    const socketsBefore = before.replace("bytes_retrans:9000", "bytes_retrans:3000");
    const since = factsOf({
      sockets: sockets("lost"),
      debugdata: debugData(),
      socketsBefore: socketsBefore.replace("bytes_sent:17000", "bytes_sent:11000"),
    }).sockets;
    expect(since?.retransShare).toBe(1);
    expect(since?.isShareRecent).toBe(true);
    // A connection that is younger than the baseline: its whole life is of this time.
    const other = before.replaceAll("127.0.0.1:", "127.0.0.1:1");
    const young = factsOf({ sockets: sockets("lost"), debugdata: debugData(), socketsBefore: other }).sockets;
    expect(young?.retransShare).toBeCloseTo(9000 / 17000);
    expect(young?.isShareRecent).toBe(true);
  });

  test("distinguish segments out of order since the baseline from a path that never keeps the order", () => {
    const disordered = (ooo: number, of: number) =>
      sockets("server").replaceAll("data_segs_in:4 ", `data_segs_in:${of} rcv_ooopack:${ooo} `);
    const before = disordered(1, 10).split("\n").slice(1, 3).join("\n");
    const facts = factsOf({
      sockets: disordered(6, 20),
      debugdata: debugData(),
      socketsBefore: before,
    }).sockets;
    expect(facts).toMatchObject({ outOfOrderShare: 0.5, outOfOrderShareBefore: 0.1 });
  });

  test("include the earlier signals of the incident", () => {
    const signals = [aRequest({ kind: KIND.SIGNAL, command: SIGNAL.CONNECT_ERR, errno: 111, latencyMs: 0 })];
    const evidence = [aRequest({ latencyMs: 0, startMs: FROZEN_MS - 500 })];
    const facts = factsOf({}, [], { evidence, signals, kind: "hung" });
    expect(facts).toMatchObject({
      symptom: "missing",
      signals: ["connect_err"],
      connectErrors: ["ECONNREFUSED"],
    });
  });

  test("have the symptom late for slow requests if any has its reply, otherwise missing", () => {
    const [open, done] = [aRequest({ latencyMs: 0, startMs: FROZEN_MS - 500 }), aRequest({ latencyMs: 400 })];
    expect(factsOf({}, [], { evidence: [open, done] }).symptom).toBe("late");
    expect(factsOf({}, [], { evidence: [open] }).symptom).toBe("missing");
    expect(factsOf({}, [], { evidence: [open, done], kind: "hung" }).symptom).toBe("missing");
  });

  test("have the latency of other servers, but not from a handful of replies", () => {
    const at = (latencyMs: number) => aRequest({ latencyMs, startMs: FROZEN_MS - 2000, sessionId: OTHER });
    const old = aRequest({ latencyMs: 900, startMs: FROZEN_MS - 60_000, sessionId: OTHER });
    expect(factsOf({}, [old, ...[1, 2, 3, 4, 90].map(at)]).others).toEqual({ replies: 5, medianMs: 3 });
    expect(factsOf({}, [1, 2, 3, 4].map(at)).others).toBeUndefined();
  });

  test("derive lateness from requests alone, and count operations that wait to be sent", () => {
    const evidence = [
      aRequest({ latencyMs: 300 }),
      aRequest({ latencyMs: 0, startMs: FROZEN_MS - 700 }),
      aRequest({ latencyMs: 400 }),
      aRequest({ kind: KIND.OPERATION, latencyMs: 0, startMs: 1 }),
      aRequest({ kind: KIND.SIGNAL, command: SIGNAL.RECONNECT, latencyMs: 0 }),
      aRequest({ kind: KIND.REQUEST, ntStatus: 0xc000_006d, latencyMs: 400 }),
    ];
    const facts = factsOf({}, [], { evidence });
    expect(facts).toMatchObject({ lateMs: 400, waiting: 1, signals: ["reconnect"] });
    expect(facts.statuses).toMatchObject([{ ntStatus: 0xc000_006d, count: 1 }]);
  });

  test("are only of the incident's server: its connections by their address", () => {
    const elsewhere = HEALTHY.replaceAll("127.0.0.1:445", "10.0.0.9:445");
    expect(factsOf({ sockets: HEALTHY, debugdata: debugData() }).sockets?.connections).toBe(1);
    expect(factsOf({ sockets: elsewhere, debugdata: debugData() }).sockets).toBeUndefined();
    // No address of the server is known: the only peer must be it.
    expect(factsOf({ sockets: elsewhere }).sockets?.connections).toBe(1);
    expect(factsOf({ sockets: `${elsewhere}${HEALTHY}` }).sockets).toBeUndefined();
    const byAddress = { share: "//10.0.0.9/data" };
    expect(factsOf({ sockets: `${elsewhere}${HEALTHY}` }, [], byAddress).sockets?.connections).toBe(1);
    expect(factsOf({ sockets: `${elsewhere}${HEALTHY}` }, [], { share: "" }).sockets?.connections).toBe(2);
  });

  test.each([
    ["2001:0db8:0000:0000:0000:0000:0000:0005", "[2001:db8::5]"],
    ["fe80:0000:0000:0000:0000:0000:0000:0001", "[fe80::1]%eth0"],
    ["192.0.2.7", "[::ffff:192.0.2.7]"],
  ])("include the sockets of a server with the address %s in DebugData and %s in ss", (address, peer) => {
    const texts = {
      sockets: HEALTHY.replaceAll("127.0.0.1:445", `${peer}:445`) + HEALTHY,
      debugdata: debugData().replace("Address: 127.0.0.1 ", `Address: ${address} `),
    };
    expect(factsOf(texts).sockets?.connections).toBe(1);
    expect(factsOf({ ...texts, sockets: HEALTHY }).sockets).toBeUndefined();
  });

  test.each(
    guestMounts().flatMap(({ name, facts, read }) => facts.map((fact) => [name, fact.share, read] as const)),
  )("of %s find the sockets of %s, its channels' among them", (name, share, read) => {
    const samples = [1, 2].map((number) => `==> net:[1] (aod), sample ${number} <==\n${read("ss")}`);
    const texts = { sockets: samples.join("\n"), debugdata: read("debugdata") };
    const found = factsOf(texts, [], { share }).sockets?.connections;
    // The other connections of a DFS mount lead to the server of its root; each mount with nosharesock has one.
    const expected = name.endsWith("multichannel") ? 3 : name.endsWith("nosharesock") ? 2 : 1;
    expect(found).toBe(expected);
  });

  test("name what is missing", () => {
    expect(factsOf({}).missing).toHaveLength(3);
    expect(factsOf({ sockets: HEALTHY, debugdata: debugData(), pressure }).missing).toEqual([]);
  });

  test("are derived from any text", () => {
    const texts = ["", "\0", "==> net:[1] (aod), sample 2 <==\nESTAB x", "State: ", "x".repeat(1e5)];
    for (const text of texts) {
      const facts = factsOf({ sockets: text, debugdata: text, pressure: text }, open);
      expect(chooseCause(facts).cause).toBe("unknown");
    }
  });
});

describe("connections that were idle", () => {
  // Two connections of one server, as with `nosharesock`: the second has been idle for 21 s, since a delay that is
  // over.
  const idle = sockets("server")
    .replaceAll("127.0.0.1:48784", "127.0.0.1:50000")
    .replaceAll("rtt:0.04/0.025", "rtt:338/12")
    .replaceAll("minrtt:0.01", "minrtt:0.129")
    .replaceAll(/last(snd|rcv|ack):\d+/g, "last$1:21000");
  /** Each sample has the connections of both texts. */
  const both = (used: string) => {
    const ofIdle = idle.split(/^(?===> )/m).map((sample) => sample.split("\n").slice(1).join("\n"));
    return used
      .split(/^(?===> )/m)
      .map((sample, number) => `${sample}${ofIdle[number]}`)
      .join("");
  };
  const evidence = [1, 2, 3].map((n) => aRequest({ latencyMs: 400, startMs: FROZEN_MS - 900 - n }));

  test("do not count beside a connection that carried the evidence", () => {
    const texts = { sockets: both(sockets("server")), debugdata: debugData(), pressure };
    expect(factsOf(texts, evidence, { evidence }).sockets).toMatchObject({ connections: 1, rttMs: 0.04 });
    expect(factsOf(texts, [], { evidence: [] }).sockets).toMatchObject({ connections: 2, rttMs: 338 });
    expect(chooseCause(factsOf(texts, evidence, { evidence })).cause).toBe("server");
  });

  test("count if there is no other", () => {
    const texts = { sockets: idle, debugdata: debugData(), pressure };
    expect(factsOf(texts, evidence, { evidence }).sockets).toMatchObject({ connections: 1, rttMs: 338 });
  });
});

describe("bytes that the client does not read", () => {
  const unread = sockets("undrained");
  const evidence = [1, 2, 3].map((n) => aRequest({ latencyMs: 0, startMs: FROZEN_MS - 9000 - n }));
  const owed = debugData(evidence.map(({ messageId }) => messageId));
  const judged = (text: string) =>
    chooseCause(
      factsOf({ sockets: text, debugdata: owed, pressure }, evidence, { evidence, ruleType: "stuck" }),
    );

  test("blame the client, even if the kernel awaits the replies that are in them", () => {
    expect(judged(unread)).toMatchObject({ cause: "client" });
  });

  test("do not count if the client read some between the samples", () => {
    const at = unread.lastIndexOf("bytes_received:5000");
    const busy = unread.slice(0, at) + unread.slice(at).replace("bytes_received:5000", "bytes_received:9000");
    expect(judged(busy).cause).not.toBe("client");
  });
});

describe("the verdict on collected texts", () => {
  const slow = [1, 2, 3].map((n) => aRequest({ latencyMs: 0, startMs: FROZEN_MS - 1200 - n }));
  const owed = debugData(slow.map(({ messageId }) => messageId));
  const busy = pressure.replace("some avg10=0.61", "some avg10=68.10");

  test.each([
    ["a server that answers late", sockets("server"), owed, pressure, "server"],
    ["lost segments", sockets("lost"), owed, pressure, "network"],
    ["tasks that wait for credits", sockets("healthy"), debugData([], 7, 0), pressure, "credits"],
    ["no CPU for a task with its reply", sockets("healthy"), debugData(), busy, "host"],
    ["no CPU to read received data", sockets("undrained"), debugData(), busy, "host"],
    ["a slow server, and no CPU", sockets("server"), owed, busy, "unknown"],
    ["a slow server, and no credits", sockets("server"), debugData([], 7, 0), pressure, "unknown"],
    ["no sockets", undefined, owed, pressure, "unknown"],
  ] as const)("%s: %#", (what, socketText, debugdata, pressureText, cause) => {
    const texts = { debugdata, pressure: pressureText, ...(socketText && { sockets: socketText }) };
    const evidence = what.startsWith("tasks") ? [] : slow;
    const verdict = chooseCause(factsOf(texts, evidence, { evidence }));
    expect(verdict, verdict.because.join("; ")).toMatchObject({ cause });
  });
});
