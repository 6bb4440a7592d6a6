import { describe, expect, test } from "bun:test";
import { judgeSuspect, type Liveness, RequestList, type Suspect } from "../../src/detector/liveness.ts";
import type { CifsSession, Connection, DebugData, TaskWait } from "../../src/model/cifs.ts";
import { COMMAND } from "../../src/model/command.ts";
import type { Request } from "../../src/model/request.ts";
import { aRequest } from "../helpers/request.ts";

const SESSION = 0x77n;
const READ_NS = 5e9;

interface Parts {
  readonly listed?: readonly Request[];
  readonly channelsInFlight?: readonly number[];
  readonly listsChannels?: boolean;
  readonly complete?: boolean;
  readonly sessionId?: bigint;
}

function aConnection(inFlight: number): Connection {
  return {
    connectionId: 1,
    credits: 1,
    dialect: 0x311,
    tcpStatus: 1,
    instance: 1,
    inFlight,
    waitingForCredits: 0,
  };
}

/** DebugData of one session. */
function debugData(parts: Parts = {}): DebugData {
  const session: CifsSession = {
    sessionId: parts.sessionId ?? SESSION,
    address: "192.0.2.1",
    encrypted: false,
    channels: (parts.channelsInFlight ?? []).map(aConnection),
    channelAddresses: [],
    shares: [],
  };
  const mids = (parts.listed ?? []).map(({ command, taskId, messageId }) => ({
    connectionId: undefined,
    command,
    pid: taskId,
    messageId,
    state: 2,
  }));
  return {
    servers: [{ ...aConnection(1), hostname: "server", dfsPaths: [], sessions: [session], mids }],
    listsChannels: parts.listsChannels ?? false,
    complete: parts.complete ?? true,
  };
}

function suspect(request: Request, parts: Partial<Suspect> = {}): Suspect {
  return { request, hasLine: true, sinceNs: READ_NS - 1, ...parts };
}

const create = aRequest({ latencyMs: 0, command: COMMAND.SMB2_CREATE, sessionId: SESSION });
const read = aRequest({ latencyMs: 0, command: COMMAND.SMB2_READ, sessionId: SESSION });

function livenessOf(
  request: Request,
  data: DebugData | undefined,
  wait: TaskWait,
  parts: Partial<Suspect> = {},
  isLate = false,
): Liveness {
  const reading = { readNs: READ_NS, list: data && new RequestList(data), isLate };
  return judgeSuspect(suspect(request, parts), reading, () => wait);
}

describe("judgeSuspect", () => {
  test("while the client's lists can't be read, an open request is alive if its task may spin for a lock, and never dead", () => {
    const late = (request: Request, wait: TaskWait, parts: Partial<Suspect> = {}) =>
      livenessOf(request, undefined, wait, parts, true);
    expect(late(create, "running")).toBe("alive");
    expect(late(create, "reply")).toBe("alive");
    expect(late(create, "other")).toBe("unsure");
    expect(late(read, "other")).toBe("alive");
    expect(late(create, "running", { hasLine: false })).toBe("unsure");
    expect(late(create, "gone")).toBe("dead");
  });

  test("a request of a task that has exited is dead, though the client lists it until its reply comes", () => {
    for (const request of [create, read]) {
      expect(livenessOf(request, debugData({ listed: [request] }), "gone")).toBe("dead");
      expect(livenessOf(request, undefined, "gone")).toBe("dead");
    }
  });

  test("except a WRITE, and a request of a kernel worker", () => {
    const write = { ...read, command: COMMAND.SMB2_WRITE };
    const readahead = { ...read, comm: "kworker/u8:" };
    for (const request of [write, readahead]) {
      expect(livenessOf(request, debugData({ listed: [request] }), "gone")).toBe("alive");
    }
  });

  test.each<TaskWait>(["reply", "io", "other", "running"])(
    "a listed request is alive, even if its task is in the wait %s",
    (wait) => {
      for (const request of [create, read]) {
        expect(livenessOf(request, debugData({ listed: [request] }), wait)).toBe("alive");
        expect(livenessOf(request, debugData({ listed: [request] }), wait, { hasLine: false })).toBe("alive");
      }
    },
  );

  test("the same message id from another task is another request", () => {
    const other = { ...create, taskId: create.taskId + 1 };
    expect(livenessOf(create, debugData({ listed: [other] }), "gone")).toBe("dead");
  });

  describe("a request that is not listed", () => {
    test.each<[TaskWait, Liveness]>([
      ["gone", "dead"],
      ["other", "dead"],
      ["io", "dead"],
      // A part of a compound, answered before the others.
      ["reply", "alive"],
      ["running", "unsure"],
    ])("synchronous, with its task in the wait %j: %s", (wait, expected) => {
      expect(livenessOf(create, debugData(), wait)).toBe(expected);
    });

    test("is dead if its reply is paired by session, wherever its task is", () => {
      for (const wait of ["reply", "io", "other", "running"] as const) {
        expect(livenessOf(read, debugData(), wait)).toBe("dead");
      }
    });

    test("is dead if it was evicted: its task may wait for another request", () => {
      expect(livenessOf(create, debugData(), "reply", { hasLine: false })).toBe("dead");
    });
  });

  describe("a list that does not cover the request: the task decides, or for READ and WRITE the line", () => {
    test.each<[string, DebugData | undefined]>([
      ["could not be read", undefined],
      ["is cut", debugData({ complete: false })],
      ["leaves out extra channels, one of which is busy", debugData({ channelsInFlight: [0, 3] })],
    ])("it %s", (_, data) => {
      expect(livenessOf(create, data, "reply")).toBe("alive");
      expect(livenessOf(create, data, "gone")).toBe("dead");
      expect(livenessOf(create, data, "running")).toBe("unsure");
      expect(livenessOf(read, data, "other")).toBe("alive");
      expect(livenessOf(read, data, "reply", { hasLine: false })).toBe("unsure");
    });

    test("idle extra channels hide nothing", () => {
      expect(livenessOf(read, debugData({ channelsInFlight: [0, 0] }), "other")).toBe("dead");
    });

    test("requests on busy extra channels are listed by kernels that list channels", () => {
      expect(livenessOf(read, debugData({ channelsInFlight: [3], listsChannels: true }), "other")).toBe(
        "dead",
      );
    });

    test("a session that is not listed may be starting or ending, but has ended for READ and WRITE", () => {
      const data = debugData({ sessionId: 1n });
      const negotiate = { ...create, sessionId: 0n, command: COMMAND.SMB2_NEGOTIATE };
      expect(livenessOf(negotiate, data, "reply")).toBe("alive");
      expect(livenessOf(read, data, "io")).toBe("dead");
    });
  });

  describe("a list that is too old", () => {
    test.each<[string, Request, TaskWait, Liveness]>([
      ["a task that waits in cifs", create, "reply", "alive"],
      ["a task that does not wait in cifs", create, "other", "stale"],
      ["a task that has exited", create, "gone", "dead"],
      ["a reader that waits for I/O", read, "io", "alive"],
      ["a reader in another wait", read, "other", "stale"],
    ])("%s", (_, request, wait, expected) => {
      expect(livenessOf(request, debugData(), wait, { sinceNs: READ_NS })).toBe(expected);
    });

    test("does not prove a request alive that it lists", () => {
      expect(livenessOf(read, debugData({ listed: [read] }), "other", { sinceNs: READ_NS })).toBe("stale");
    });

    test("tells nothing about an evicted request", () => {
      expect(livenessOf(create, debugData(), "reply", { sinceNs: READ_NS, hasLine: false })).toBe("stale");
    });
  });
});
