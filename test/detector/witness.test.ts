import { describe, expect, test } from "bun:test";
import type { Task } from "../../src/detector/servers.ts";
import {
  CifsWitness,
  isOnIpc,
  READ_EVERY_NS,
  READS_AT_ONCE,
  TABLE_WITNESS,
  TREES_MAX,
  witnessFor,
} from "../../src/detector/witness.ts";
import { UNKNOWN_SHARE } from "../../src/model/anomaly.ts";
import type { CifsTree, DebugData, TaskWait } from "../../src/model/cifs.ts";
import { COMMAND } from "../../src/model/command.ts";
import { SIGNAL } from "../../src/model/request.gen.ts";
import type { Request } from "../../src/model/request.ts";
import { LAST_SLOT } from "../../src/model/share.ts";
import { aRequest } from "../helpers/request.ts";

const SESSION = 0x77n;
const SECOND = 1e9;

function aTree(treeId: number, unc: string): CifsTree {
  return { treeId, unc, isIpc: unc.endsWith("$"), encrypted: false };
}

/** A cifs client that lists what the test puts into it, and counts how often it is read. */
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

  readonly reader = {
    readDebugData: (): DebugData | undefined => {
      this.reads += 1;
      return this.readable ? this.#data() : undefined;
    },
    waitOf: () => this.wait,
    findWaiting: () => {
      this.searches += 1;
      return this.waiting;
    },
    taskOf: (taskId: number) => ({ taskId, processId: taskId, comm: "cp" }),
  };

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
    const session = { sessionId: SESSION, address: "", encrypted: false, channels: [], shares: this.shares };
    const mids = this.listed.map(({ command, taskId, messageId }) => ({
      connectionId: 1,
      command,
      pid: taskId,
      messageId,
      state: 2,
    }));
    return {
      servers: [
        { ...connection, hostname: "s", sessions: [session], mids },
        ...this.others.map((other) => ({ ...connection, ...other, sessions: [], mids: [] })),
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

describe("CifsWitness: what was under way before", () => {
  test("are the requests that cifs lists, with the share where their server has only one", () => {
    const cifs = new FakeCifs();
    cifs.listed = [inFlight(0), aRequest({ command: COMMAND.SMB2_ECHO })];
    const { requests, operations } = new CifsWitness(cifs.reader).inherited(5 * SECOND);
    const { taskId, messageId, command } = cifs.listed[0] as Request;
    expect(requests).toMatchObject([
      { taskId, messageId, command, sessionId: SESSION, treeId: 5, startNs: 5_000_000_000n, comm: "cp" },
    ]);
    expect(operations).toEqual([]);
  });

  test("are the tasks that wait for a server in trouble, but for those who have requests", () => {
    const cifs = new FakeCifs();
    cifs.waiting = [
      { taskId: 4242, processId: 4200, comm: "sender" },
      { taskId: 77, processId: 77, comm: "waiter" },
    ];
    cifs.listed = [inFlight(0)];
    const witness = new CifsWitness(cifs.reader);
    expect(witness.inherited(5 * SECOND).operations).toEqual([]);
    expect(cifs.searches).toBe(0);
    cifs.tcpStatus = 3;
    expect(witness.inherited(6 * SECOND).operations).toMatchObject([
      { taskId: 77, comm: "waiter", startNs: 6_000_000_000n },
    ]);
  });

  test("is nothing where DebugData can't be read", () => {
    const cifs = new FakeCifs();
    cifs.readable = false;
    expect(new CifsWitness(cifs.reader).inherited(SECOND)).toEqual({ requests: [], operations: [] });
  });
});

describe("CifsWitness: who waits without a word", () => {
  test("is looked for while a server is in trouble, and not more often than once in 5 s", () => {
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

  test("is what it used last, where no server is in trouble", () => {
    const cifs = new FakeCifs();
    const witness = witnessFor("kernel", cifs.reader, SECOND);
    expect(witness.awaitedShare(last, 2 * SECOND)).toBe("//s/data");
    expect(witness.awaitedShare(undefined, 2 * SECOND)).toBe(UNKNOWN_SHARE);
  });

  test("is one of the server in trouble: what it used last, its only one, or else the server", () => {
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

  test("a detector that is started again goes on with those of the one before, whatever it meets first", () => {
    const cifs = new FakeCifs();
    cifs.shares = [aTree(1, "\\\\s\\one"), aTree(2, "\\\\s\\two"), aTree(3, "\\\\s\\three")];
    const known = witnessFor("kernel", cifs.reader, SECOND).takeShares() ?? [];
    expect(known.map(({ slot }) => slot)).toEqual([0, 1, 2]);
    cifs.shares = [aTree(4, "\\\\s\\four"), aTree(3, "\\\\s\\three"), aTree(1, "\\\\s\\one")];
    const next = witnessFor("kernel", cifs.reader, 2 * SECOND, known);
    expect(["one", "two", "three", "four"].map((name) => next.slotOf(`//s/${name}`))).toEqual([0, 1, 2, 3]);
    // Requests of theirs are still in the table.
    expect(next.shareOf({ sessionId: SESSION, treeId: 2 }, 2 * SECOND)).toBe("//s/two");
    expect((next.takeShares() ?? []).map(({ share }) => share)).toContain("//s/two");
  });
});

describe("CifsWitness: the server of a signal", () => {
  const aSignal = (command: number, sessionId: bigint) => ({ command, sessionId });

  test("is found by its connection, also when its sessions are gone, and by its session", () => {
    const cifs = new FakeCifs();
    const witness = witnessFor("kernel", cifs.reader, SECOND);
    expect(witness.serverOf(aSignal(SIGNAL.RECONNECT, 1n), 2 * SECOND)).toBe("//s");
    expect(witness.serverOf(aSignal(SIGNAL.SES_EXPIRED, SESSION), 2 * SECOND)).toBe("//s");
    expect(cifs.reads).toBe(1);
  });

  test("is read for when it is new, and not again and again when nobody knows it", () => {
    const cifs = new FakeCifs();
    const witness = new CifsWitness(cifs.reader);
    expect(witness.serverOf(aSignal(SIGNAL.RECONNECT, 1n), 0)).toBe("//s");
    expect(cifs.reads).toBe(1);
    for (let i = 0; i < 100; i++) {
      expect(witness.serverOf(aSignal(SIGNAL.RECONNECT, 99n), SECOND)).toBe(UNKNOWN_SHARE);
    }
    expect(cifs.reads).toBe(2);
  });

  test("of a kernel that does not say the connection is the only one there is, or the only one in trouble", () => {
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
  test("an unknown tree is read at once, a known one never", () => {
    const cifs = new FakeCifs();
    const witness = new CifsWitness(cifs.reader);
    expect(witness.shareOf(tree(5), 10 * SECOND)).toBe("//s/data");
    expect(witness.shareOf(tree(1), 100 * SECOND)).toBe("//s/IPC$");
    expect(cifs.reads).toBe(1);
  });

  test("a mount that is younger than the last reading has its share at its first question", () => {
    const cifs = new FakeCifs();
    const witness = new CifsWitness(cifs.reader);
    witness.read(10 * SECOND);
    cifs.shares.push(aTree(7, "\\\\s\\new"));
    expect(witness.shareOf(tree(7), 11 * SECOND)).toBe("//s/new");
  });

  test("DebugData is read a few times at once, and then once in 5 s, however many trees are unknown", () => {
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

  test("nobody is asked twice in 5 s about the same unknown tree", () => {
    const cifs = new FakeCifs();
    const witness = new CifsWitness(cifs.reader);
    for (let i = 0; i < 10; i++) witness.shareOf(tree(7), 10 * SECOND + i);
    expect(cifs.reads).toBe(1);
    cifs.shares.push(aTree(7, "\\\\s\\new"));
    expect(witness.shareOf(tree(7), 10 * SECOND + READ_EVERY_NS - 1)).toBe(UNKNOWN_SHARE);
    expect(witness.shareOf(tree(7), 10 * SECOND + READ_EVERY_NS)).toBe("//s/new");
  });

  test("what has no tree needs no reading", () => {
    const cifs = new FakeCifs();
    expect(new CifsWitness(cifs.reader).shareOf(tree(0), 10 * SECOND)).toBe(UNKNOWN_SHARE);
    expect(cifs.reads).toBe(0);
  });

  test("a client that can't be read leaves shares unknown", () => {
    const cifs = new FakeCifs();
    cifs.readable = false;
    expect(new CifsWitness(cifs.reader).shareOf(tree(5), 10 * SECOND)).toBe(UNKNOWN_SHARE);
  });

  test("all trees are handed over when one has changed, and then not again", () => {
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

  test("remembers trees of sessions that are gone, up to a bound", () => {
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

describe("CifsWitness: what still waits", () => {
  test("several suspects share one reading", () => {
    const cifs = new FakeCifs();
    const [listed, lost] = [inFlight(9000), inFlight(9001)];
    cifs.listed = [listed];
    const verdicts = new CifsWitness(cifs.reader).check([suspect(listed), suspect(lost)], 10 * SECOND);
    expect(verdicts).toEqual(["alive", "dead"]);
    expect(cifs.reads).toBe(1);
  });

  test("a suspicion soon after many readings stands on what its task waits for, or waits for the next", () => {
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

  test("a reading that is younger than the request is good enough", () => {
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
  test("reads the kernel's shares at the start", () => {
    const cifs = new FakeCifs();
    expect(witnessFor("kernel", cifs.reader, SECOND).takeShares()).toHaveLength(2);
  });

  test("asks nobody about synthetic traffic", () => {
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
