import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDebugData } from "../../src/cifs/debug-data.ts";
import { CifsWitness, witnessFor } from "../../src/detector/cifs-witness.ts";
import { TREES_MAX } from "../../src/detector/known-trees.ts";
import { HOLD_NS, READ_EVERY_NS, READS_AT_ONCE } from "../../src/detector/reading-pace.ts";
import type { Task } from "../../src/detector/servers.ts";
import type { UsedTree } from "../../src/detector/used-trees.ts";
import { isOnIpc, TABLE_WITNESS } from "../../src/detector/witness.ts";
import { UNKNOWN_SHARE } from "../../src/model/anomaly.ts";
import type { CifsTree, DebugData, TaskWait } from "../../src/model/cifs.ts";
import { COMMAND } from "../../src/model/command.ts";
import { isCifsMount } from "../../src/model/mounted-share.ts";
import { parseMountInfo } from "../../src/model/mountinfo.ts";
import { SIGNAL } from "../../src/model/request.gen.ts";
import type { Request } from "../../src/model/request.ts";
import { LAST_SLOT } from "../../src/model/share.ts";
import { aRequest } from "../helpers/request.ts";

const SESSION = 0x77n;
const SECOND = 1e9;

function aTree(treeId: number | undefined, unc: string): CifsTree {
  return { treeId, unc, isIpc: unc.endsWith("$"), encrypted: false, dfsPaths: [] };
}

/** An SMB client that lists what the test puts into it, and counts how often it is read. */
class FakeCifs {
  shares: CifsTree[] = [aTree(1, "\\\\s\\IPC$"), aTree(5, "\\\\s\\data")];
  listed: Request[] = [];
  wait: TaskWait = "other";
  readable = true;
  tcpStatus = 1;
  others: { readonly hostname: string; readonly tcpStatus: number }[] = [];
  waiting: Task[] = [];
  searches = 0;
  reads = 0;

  used: UsedTree[] = [];
  /** When a reading has its result; "now": at once. */
  comes: "now" | "pending" | "late" = "now";

  mounts = "";
  address = "";

  readonly reader = {
    readMounts: () => parseMountInfo(this.mounts).filter(isCifsMount),
    usedTrees: (sessions: ReadonlySet<bigint>) =>
      this.used.filter(({ sessionId }) => sessions.has(sessionId)),
    readDebugData: (): DebugData | undefined | "pending" | "late" => {
      this.reads += 1;
      return this.comes === "now" ? this.answer : this.comes;
    },
    waitOf: () => this.wait,
    blockOf: () => undefined,
    findWaiting: () => {
      this.searches += 1;
      return this.waiting;
    },
    taskOf: (taskId: number) => ({ taskId, processId: taskId, comm: "cp" }),
  };

  get answer(): DebugData | undefined {
    return this.readable ? this.#data() : undefined;
  }

  #data(): DebugData {
    const connection = {
      connectionId: 1,
      credits: 1,
      dialect: 1,
      tcpStatus: this.tcpStatus,
      instance: 1,
      inFlight: 1,
      waitingForCredits: 0,
    };
    const session = {
      sessionId: SESSION,
      address: this.address,
      encrypted: false,
      channels: [],
      channelAddresses: [],
      shares: this.shares,
    };
    const mids = this.listed.map(({ command, taskId, messageId }) => ({
      connectionId: 1,
      command,
      pid: taskId,
      messageId,
      state: 2,
    }));
    return {
      servers: [
        { ...connection, hostname: "s", dfsPaths: [], sessions: [session], mids },
        ...this.others.map((other) => ({ ...connection, ...other, dfsPaths: [], sessions: [], mids: [] })),
      ],
      listsChannels: true,
      complete: true,
    };
  }
}

const tree = (treeId: number) => ({ sessionId: SESSION, treeId });
const inFlight = (startMs: number) =>
  aRequest({ startMs, latencyMs: 0, sessionId: SESSION, command: COMMAND.SMB2_READ });
const suspect = (request: Request) => ({ request, hasLine: true, sinceNs: Number(request.startNs) });

describe("CifsWitness: requests and operations that began before aod", () => {
  test("the requests that the client lists are inherited, with the share if their server has only one", () => {
    const cifs = new FakeCifs();
    cifs.listed = [inFlight(0), aRequest({ command: COMMAND.SMB2_ECHO })];
    const witness = new CifsWitness(cifs.reader);
    witness.read(5 * SECOND);
    const { requests, operations } = witness.inherited(5 * SECOND);
    const { taskId, messageId, command } = cifs.listed[0] as Request;
    expect(requests).toMatchObject([
      { taskId, messageId, command, sessionId: SESSION, treeId: 5, startNs: 5_000_000_000n, comm: "cp" },
    ]);
    expect(operations).toEqual([]);
  });

  test("tasks that wait for a server in trouble are inherited, except those with requests", () => {
    const cifs = new FakeCifs();
    cifs.waiting = [
      { taskId: 4242, processId: 4200, comm: "sender" },
      { taskId: 77, processId: 77, comm: "waiter" },
    ];
    cifs.listed = [inFlight(0)];
    const witness = new CifsWitness(cifs.reader);
    witness.read(5 * SECOND);
    expect(witness.inherited(5 * SECOND).operations).toEqual([]);
    expect(cifs.searches).toBe(0);
    cifs.tcpStatus = 3;
    witness.read(6 * SECOND);
    expect(witness.inherited(6 * SECOND).operations).toMatchObject([
      { taskId: 77, comm: "waiter", startNs: 6_000_000_000n },
    ]);
  });

  test("nothing is inherited if DebugData can't be read", () => {
    const cifs = new FakeCifs();
    cifs.readable = false;
    expect(new CifsWitness(cifs.reader).inherited(SECOND)).toEqual({ requests: [], operations: [] });
  });
});

describe("CifsWitness: tasks that wait without a report", () => {
  test("are searched for while a server is in trouble, at most once in 5 s", () => {
    const cifs = new FakeCifs();
    cifs.waiting = [{ taskId: 77, processId: 77, comm: "waiter" }];
    const witness = new CifsWitness(cifs.reader);
    expect(witness.findWaiting(SECOND)).toEqual([]);
    expect(cifs.searches).toBe(0);
    cifs.tcpStatus = 3;
    witness.read(10 * SECOND);
    expect(witness.findWaiting(10 * SECOND)).toMatchObject([{ taskId: 77, startNs: 10_000_000_000n }]);
    expect(witness.findWaiting(14 * SECOND)).toEqual([]);
    expect(witness.findWaiting(15 * SECOND)).toHaveLength(1);
    expect(cifs.searches).toBe(2);
  });
});

describe("CifsWitness: the share that a task waits for", () => {
  const last = { sessionId: SESSION, treeId: 5 };

  test("is the share that it used last if no server is in trouble", () => {
    const cifs = new FakeCifs();
    const witness = witnessFor("kernel", cifs.reader, SECOND);
    expect(witness.awaitedShare(last, 2 * SECOND)).toBe("//s/data");
    expect(witness.awaitedShare(undefined, 2 * SECOND)).toBe(UNKNOWN_SHARE);
  });

  test("is a share of the server in trouble: the one it used last, the only one, or else the server itself", () => {
    const cifs = new FakeCifs();
    cifs.tcpStatus = 3;
    const witness = witnessFor("kernel", cifs.reader, SECOND);
    expect(witness.awaitedShare(last, 2 * SECOND)).toBe("//s/data");
    expect(witness.awaitedShare(undefined, 2 * SECOND)).toBe("//s/data");
    cifs.shares.push(aTree(6, "\\\\s\\more"));
    expect(witness.awaitedShare(undefined, 20 * SECOND)).toBe("//s");
    expect(witness.awaitedShare(last, 20 * SECOND)).toBe("//s/data");
  });
});

describe("CifsWitness: the slots of shares", () => {
  test("the first shares have slots of their own and keep them, the others share the last", () => {
    const cifs = new FakeCifs();
    cifs.shares = Array.from({ length: 40 }, (_, i) => aTree(i + 1, `\\\\s\\${i}`));
    const witness = witnessFor("kernel", cifs.reader, SECOND);
    const slots = cifs.shares.map((_, i) => witness.slotOf(`//s/${i}`));
    expect(slots).toEqual(slots.map((_, i) => Math.min(i, LAST_SLOT)));
    cifs.shares.reverse();
    (witness as CifsWitness).read(2 * SECOND);
    expect(cifs.shares.map((_, i) => witness.slotOf(`//s/${i}`))).toEqual(slots);
    expect(witness.slotOf("//never/seen")).toBe(LAST_SLOT);
  });

  test("a restarted detector keeps the slots of its predecessor, whatever share it meets first", () => {
    const cifs = new FakeCifs();
    cifs.shares = [aTree(1, "\\\\s\\one"), aTree(2, "\\\\s\\two"), aTree(3, "\\\\s\\three")];
    const known = witnessFor("kernel", cifs.reader, SECOND).takeShares() ?? [];
    expect(known.map(({ slot }) => slot)).toEqual([0, 1, 2]);
    cifs.shares = [aTree(4, "\\\\s\\four"), aTree(3, "\\\\s\\three"), aTree(1, "\\\\s\\one")];
    const next = witnessFor("kernel", cifs.reader, 2 * SECOND, known);
    expect(["one", "two", "three", "four"].map((name) => next.slotOf(`//s/${name}`))).toEqual([0, 1, 2, 3]);
    // Requests of its session are still in the table.
    expect(next.shareOf({ sessionId: SESSION, treeId: 2 }, 2 * SECOND)).toBe("//s/two");
    expect((next.takeShares() ?? []).map(({ share }) => share)).toContain("//s/two");
  });
});

describe("CifsWitness: the server of a signal", () => {
  const aSignal = (command: number, sessionId: bigint) => ({ command, sessionId });

  test("is found by its connection, even after its sessions have ended, and by its session", () => {
    const cifs = new FakeCifs();
    const witness = witnessFor("kernel", cifs.reader, SECOND);
    expect(witness.serverOf(aSignal(SIGNAL.RECONNECT, 1n), 2 * SECOND)).toBe("//s");
    expect(witness.serverOf(aSignal(SIGNAL.SES_EXPIRED, SESSION), 2 * SECOND)).toBe("//s");
    expect(cifs.reads).toBe(1);
  });

  test("causes a reading if it is new, but not repeatedly if it stays unknown", () => {
    const cifs = new FakeCifs();
    const witness = new CifsWitness(cifs.reader);
    expect(witness.serverOf(aSignal(SIGNAL.RECONNECT, 1n), 0)).toBe("//s");
    expect(cifs.reads).toBe(1);
    for (let i = 0; i < 100; i++) {
      expect(witness.serverOf(aSignal(SIGNAL.RECONNECT, 99n), SECOND)).toBe(UNKNOWN_SHARE);
    }
    expect(cifs.reads).toBe(2);
  });

  test("is the only server, or the only one in trouble, if the kernel does not report the connection", () => {
    const cifs = new FakeCifs();
    const witness = new CifsWitness(cifs.reader);
    const serverAt = (seconds: number) => witness.serverOf(aSignal(SIGNAL.RECONNECT, 0n), seconds * SECOND);
    expect(serverAt(0)).toBe("//s");
    cifs.others = [{ hostname: "t", tcpStatus: 1 }];
    expect(serverAt(10)).toBe(UNKNOWN_SHARE);
    cifs.tcpStatus = 3;
    expect(serverAt(20)).toBe("//s");
    cifs.others = [{ hostname: "t", tcpStatus: 3 }];
    expect(serverAt(30)).toBe(UNKNOWN_SHARE);
    for (let i = 0; i < 100; i++) serverAt(30);
    expect(cifs.reads).toBe(4);
  });
});

describe("CifsWitness: shares", () => {
  test("an unknown tree causes a reading at once, a known one never", () => {
    const cifs = new FakeCifs();
    const witness = new CifsWitness(cifs.reader);
    expect(witness.shareOf(tree(5), 10 * SECOND)).toBe("//s/data");
    expect(witness.shareOf(tree(1), 100 * SECOND)).toBe("//s/IPC$");
    expect(cifs.reads).toBe(1);
  });

  test("a mount that is younger than the last reading gets its share at the first question", () => {
    const cifs = new FakeCifs();
    const witness = new CifsWitness(cifs.reader);
    witness.read(10 * SECOND);
    cifs.shares.push(aTree(7, "\\\\s\\new"));
    expect(witness.shareOf(tree(7), 11 * SECOND)).toBe("//s/new");
  });

  test("DebugData is read a few times in a row, then once in 5 s, however many trees are unknown", () => {
    const cifs = new FakeCifs();
    const witness = new CifsWitness(cifs.reader);
    let unknown = 100;
    const ask = (nowNs: number) => expect(witness.shareOf(tree(unknown++), nowNs)).toBe(UNKNOWN_SHARE);
    for (let i = 0; i < 50; i++) ask(10 * SECOND);
    expect(cifs.reads).toBe(READS_AT_ONCE);
    for (let ms = 0; ms < 60_000; ms += 100) ask(10 * SECOND + ms * 1e6);
    expect(cifs.reads).toBe(READS_AT_ONCE + 60 / 5 - 1);
    ask(200 * SECOND);
    ask(200 * SECOND);
    expect(cifs.reads).toBe(READS_AT_ONCE + 60 / 5 + 1);
  });

  test("the same unknown tree causes one reading in 5 s at most", () => {
    const cifs = new FakeCifs();
    const witness = new CifsWitness(cifs.reader);
    for (let i = 0; i < 10; i++) witness.shareOf(tree(7), 10 * SECOND + i);
    expect(cifs.reads).toBe(1);
    cifs.shares.push(aTree(7, "\\\\s\\new"));
    expect(witness.shareOf(tree(7), 10 * SECOND + READ_EVERY_NS - 1)).toBe(UNKNOWN_SHARE);
    expect(witness.shareOf(tree(7), 10 * SECOND + READ_EVERY_NS)).toBe("//s/new");
  });

  test("a request without a tree belongs to the server of its session, or else to the only possible server", () => {
    const cifs = new FakeCifs();
    cifs.shares = [aTree(5, "\\\\s\\data")];
    const witness = new CifsWitness(cifs.reader);
    expect(witness.shareOf(tree(5), 10 * SECOND)).toBe("//s/data");
    expect(witness.shareOf(tree(0), 10 * SECOND)).toBe("//s");
    expect(witness.shareOf({ sessionId: 0x99n, treeId: 0 }, 10 * SECOND)).toBe("//s");
  });

  test("a request without a tree has an unknown server if several are possible", () => {
    const cifs = new FakeCifs();
    cifs.readable = false;
    expect(new CifsWitness(cifs.reader).shareOf(tree(0), 10 * SECOND)).toBe(UNKNOWN_SHARE);
  });

  test("a client that can't be read leaves shares unknown", () => {
    const cifs = new FakeCifs();
    cifs.readable = false;
    expect(new CifsWitness(cifs.reader).shareOf(tree(5), 10 * SECOND)).toBe(UNKNOWN_SHARE);
  });

  test("all trees are handed over once when one has changed", () => {
    const cifs = new FakeCifs();
    const witness = new CifsWitness(cifs.reader);
    expect(witness.takeShares()).toBeUndefined();
    witness.read(10 * SECOND);
    expect(witness.takeShares()?.map(({ share }) => share)).toEqual(["//s/IPC$", "//s/data"]);
    witness.read(20 * SECOND);
    expect(witness.takeShares()).toBeUndefined();
    cifs.shares = [aTree(5, "\\\\s\\other")];
    witness.read(30 * SECOND);
    expect(witness.takeShares()?.map(({ share }) => share)).toEqual(["//s/IPC$", "//s/other"]);
  });

  test("trees of ended sessions are remembered, up to a limit", () => {
    const cifs = new FakeCifs();
    const witness = new CifsWitness(cifs.reader);
    witness.read(0);
    cifs.shares = Array.from({ length: TREES_MAX - 1 }, (_, i) => aTree(1000 + i, "\\\\s\\many"));
    witness.read(10 * SECOND);
    expect(witness.takeShares()).toHaveLength(TREES_MAX);
    expect(witness.shareOf(tree(5), 10 * SECOND)).toBe("//s/data");
    expect(witness.shareOf(tree(1), 10 * SECOND)).toBe(UNKNOWN_SHARE);
  });
});

describe("CifsWitness: which requests are still awaited", () => {
  test("several suspects share one reading", () => {
    const cifs = new FakeCifs();
    const [listed, lost] = [inFlight(9000), inFlight(9001)];
    cifs.listed = [listed];
    const answers = new CifsWitness(cifs.reader).check([suspect(listed), suspect(lost)], 10 * SECOND);
    expect(answers).toEqual(["alive", "dead"]);
    expect(cifs.reads).toBe(1);
  });

  test("a suspect soon after many readings is judged by what its task waits for, or stays stale until the next reading", () => {
    const cifs = new FakeCifs();
    const witness = new CifsWitness(cifs.reader);
    for (let i = 0; i < READS_AT_ONCE; i++) witness.read(10 * SECOND);
    const late = inFlight(10_001);
    expect(witness.check([suspect(late)], 12 * SECOND)).toEqual(["stale"]);
    cifs.wait = "io";
    expect(witness.check([suspect(late)], 12 * SECOND)).toEqual(["alive"]);
    expect(cifs.reads).toBe(READS_AT_ONCE);
    cifs.wait = "other";
    expect(witness.readableNs).toBe(10 * SECOND + READ_EVERY_NS);
    expect(witness.check([suspect(late)], witness.readableNs)).toEqual(["dead"]);
    expect(cifs.reads).toBe(READS_AT_ONCE + 1);
  });

  test("a reading that is younger than the request is sufficient", () => {
    const cifs = new FakeCifs();
    const request = inFlight(9000);
    cifs.listed = [request];
    const witness = new CifsWitness(cifs.reader);
    witness.read(10 * SECOND);
    expect(witness.check([suspect(request)], 60 * SECOND)).toEqual(["alive"]);
    expect(cifs.reads).toBe(1);
  });
});

describe("witnessFor", () => {
  test("it reads the shares of the kernel's client at the start", () => {
    const cifs = new FakeCifs();
    expect(witnessFor("kernel", cifs.reader, SECOND).takeShares()).toHaveLength(2);
  });

  test("it reads nothing for synthetic traffic", () => {
    const cifs = new FakeCifs();
    expect(witnessFor("demo", cifs.reader, SECOND)).toBe(TABLE_WITNESS);
    expect(cifs.reads).toBe(0);
    const request = inFlight(1);
    const suspects = [suspect(request), { ...suspect(request), hasLine: false }];
    expect(TABLE_WITNESS.check(suspects, SECOND)).toEqual(["alive", "unsure"]);
  });
});

describe("isOnIpc", () => {
  test.each<[keyof typeof COMMAND, number, boolean]>([
    ["SMB2_IOCTL", 1, true],
    ["SMB2_IOCTL", 5, false],
    ["SMB2_IOCTL", 99, false],
    ["SMB2_READ", 1, false],
  ])("%s on tree %d: %p", (command, treeId, expected) => {
    const request = aRequest({ command: COMMAND[command], treeId, sessionId: SESSION });
    expect(isOnIpc(new CifsWitness(new FakeCifs().reader), request, 10 * SECOND)).toBe(expected);
  });
});

describe("CifsWitness: shares whose tree ids the kernel does not print", () => {
  const text = readFileSync(join(import.meta.dir, "../cifs/fixtures/debugdata-smb2-without-tid.txt"), "utf8");
  const inUse = (treeId: number): UsedTree => ({
    sessionId: 0xd9n,
    treeId,
    endedNs: -Infinity,
    filesNs: 1,
    connectedNs: -Infinity,
  });

  test("a request belongs to the only share of its session, and its tree is counted as that share's", () => {
    const cifs = new FakeCifs();
    const reader = { ...cifs.reader, readDebugData: () => parseDebugData(text) };
    const witness = witnessFor("kernel", reader, SECOND);
    expect(witness.shareOf({ sessionId: 0xd9n, treeId: 7 }, 2 * SECOND)).toBe("//files/data");
    cifs.used = [inUse(7)];
    cifs.mounts = "33 1 0:33 / /mnt rw - cifs //files/data rw,addr=192.0.2.7\n";
    witness.noteMounts(20 * SECOND);
    expect(witness.takeShares()).toContainEqual(
      expect.objectContaining({
        treeId: 7,
        share: "//files/data",
        dialect: 0x210,
        slot: witness.slotOf("//files/data"),
      }),
    );
  });

  test("a hang that began before aod belongs to the only share of its server", () => {
    const listing = `${text}\t\tState: 2 com: 8 pid: 301 cbdata: 0000000043c1a0f3 mid 900\n`;
    const reader = { ...new FakeCifs().reader, readDebugData: () => parseDebugData(listing) };
    const witness = witnessFor("kernel", reader, SECOND);
    const [request] = witness.inherited(2 * SECOND).requests;
    expect(witness.shareOf(request as Request, 2 * SECOND)).toBe("//files/data");
  });

  test("a hang that began before aod belongs to the server if there are several shares", () => {
    const cifs = new FakeCifs();
    cifs.shares = [aTree(undefined, "\\\\s\\data"), aTree(undefined, "\\\\s\\home")];
    cifs.listed = [inFlight(0)];
    const witness = witnessFor("kernel", cifs.reader, SECOND);
    const [request] = witness.inherited(2 * SECOND).requests;
    expect(witness.shareOf(request as Request, 2 * SECOND)).toBe("//s");
  });

  test("requests of several possible shares belong to the server, and DebugData is not read for each of them", () => {
    const cifs = new FakeCifs();
    cifs.shares = [aTree(undefined, "\\\\s\\data"), aTree(undefined, "\\\\s\\home")];
    const witness = witnessFor("kernel", cifs.reader, 0);
    const ask = (atNs: number) => witness.shareOf({ sessionId: SESSION, treeId: 7 }, atNs);
    for (let second = 10; second < 65; second += 5) expect(ask(second * SECOND)).toBe("//s");
    expect(cifs.reads).toBe(2);
    cifs.shares = [aTree(undefined, "\\\\s\\data")];
    expect(ask(70 * SECOND)).toBe("//s/data");
  });
});

describe("CifsWitness: a reading that comes later", () => {
  const pending = () => {
    const cifs = new FakeCifs();
    cifs.comes = "pending";
    return { cifs, witness: new CifsWitness(cifs.reader) };
  };

  test("is awaited only for requests that it may name", () => {
    const { cifs, witness } = pending();
    const unknown = { ...inFlight(0), treeId: 5 };
    expect(witness.isAwaiting(unknown, SECOND)).toBe(true);
    expect(witness.isAwaiting({ ...unknown, treeId: 0 }, SECOND)).toBe(false);
    expect(cifs.reads).toBe(1);
    witness.take(cifs.answer, SECOND + 2e6);
    expect(witness.isAwaiting(unknown, SECOND + 2e6)).toBe(false);
    expect(witness.shareOf(unknown, SECOND + 2e6)).toBe("//s/data");
    expect(witness.isAwaiting({ ...unknown, treeId: 6 }, SECOND + 3e6)).toBe(true);
  });

  test("is awaited for HOLD_NS at most", () => {
    const { witness } = pending();
    const unknown = { ...inFlight(0), treeId: 5 };
    expect(witness.isAwaiting(unknown, SECOND)).toBe(true);
    expect(witness.holdUntilNs).toBe(SECOND + HOLD_NS);
    expect(witness.isAwaiting(unknown, SECOND + HOLD_NS)).toBe(false);
  });

  test("is the only one at a time, and suspects stay stale until its result comes", () => {
    const { cifs, witness } = pending();
    const request = inFlight(1);
    cifs.listed = [request];
    expect(witness.check([suspect(request)], SECOND)).toEqual(["stale"]);
    expect(witness.check([suspect(request)], SECOND + 1e6)).toEqual(["stale"]);
    expect(cifs.reads).toBe(1);
    witness.take(cifs.answer, SECOND + 2e6);
    expect(witness.check([suspect(request)], SECOND + 2e6)).toEqual(["alive"]);
  });

  test("tells nothing about requests that were sent after it began", () => {
    const { cifs, witness } = pending();
    witness.read(SECOND);
    const request = { ...inFlight(0), startNs: BigInt(SECOND + 1e6) };
    witness.take(cifs.answer, SECOND + 2e6);
    expect(witness.check([suspect(request)], SECOND + 3e6)).toEqual(["stale"]);
  });

  test("that is late leaves open requests unconfirmed, but they are still reported", () => {
    const { cifs, witness } = pending();
    const request = inFlight(1);
    witness.check([suspect(request)], SECOND);
    witness.take("late", 2 * SECOND);
    expect(witness.check([suspect(request)], 2 * SECOND)).toEqual(["alive"]);
    cifs.comes = "late";
    expect(witness.check([suspect({ ...request, startNs: BigInt(3 * SECOND) })], 8 * SECOND)).toEqual([
      "alive",
    ]);
  });

  test("that is late hides which servers are in trouble, and waiting tasks are searched for all the same", () => {
    const { cifs, witness } = pending();
    cifs.waiting = [{ taskId: 77, processId: 77, comm: "waiter" }];
    expect(witness.findWaiting(SECOND)).toEqual([]);
    witness.read(2 * SECOND);
    witness.take("late", 3 * SECOND);
    expect(witness.findWaiting(9 * SECOND)).toMatchObject([{ taskId: 77 }]);
  });
});

describe("CifsWitness: mounts", () => {
  const mounted = (point: string, source: string) =>
    `33 1 0:33 / ${point} rw - cifs ${source} rw,addr=192.0.2.7\n34 1 0:34 / /run rw - tmpfs tmpfs rw\n`;

  test("cause a reading if an SMB mount came or went, and none if another file system did", () => {
    const cifs = new FakeCifs();
    const witness = new CifsWitness(cifs.reader);
    cifs.mounts = mounted("/mnt", "//s/data");
    witness.noteMounts(10 * SECOND);
    witness.noteMounts(20 * SECOND);
    expect(cifs.reads).toBe(1);
    cifs.mounts = "";
    witness.noteMounts(30 * SECOND);
    expect(cifs.reads).toBe(2);
  });

  test("that change while no reading is allowed make the next doubtful request cause one soon", () => {
    const cifs = new FakeCifs();
    cifs.shares = [aTree(undefined, "\\\\s\\data"), aTree(undefined, "\\\\s\\home")];
    const witness = new CifsWitness(cifs.reader);
    for (let i = 0; i < READS_AT_ONCE - 1; i++) witness.read(10 * SECOND);
    expect(witness.shareOf(tree(7), 10 * SECOND)).toBe("//s");
    expect(cifs.reads).toBe(READS_AT_ONCE);
    expect(witness.shareOf(tree(7), 40 * SECOND)).toBe("//s");
    expect(cifs.reads).toBe(READS_AT_ONCE);
    for (let i = 0; i < READS_AT_ONCE; i++) witness.read(41 * SECOND);
    cifs.shares = [aTree(undefined, "\\\\s\\data")];
    witness.noteMounts(42 * SECOND);
    expect(witness.shareOf(tree(7), 50 * SECOND)).toBe("//s/data");
  });

  test("through a DFS path give the share another name", () => {
    const cifs = new FakeCifs();
    cifs.address = "192.0.2.7";
    cifs.mounts = mounted("/mnt", "//corp.example/dfs/data");
    const witness = witnessFor("kernel", cifs.reader, SECOND);
    expect(witness.dfsPathsOf("//s/data")).toEqual(["//corp.example/dfs/data"]);
    expect(witness.dfsPathsOf("//s/data")).toBe(witness.dfsPathsOf("//s/data"));
    expect(witness.dfsPathsOf("//s/IPC$")).toEqual([]);
  });
});
