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

/** What cifs would list, of one session. */
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

function verdict(
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
  test("what is open while the client's lists can't be read is alive where its task may spin for a lock, and never dead", () => {
    const late = (request: Request, wait: TaskWait, parts: Partial<Suspect> = {}) =>
      verdict(request, undefined, wait, parts, true);
    expect(late(create, "running")).toBe("alive");
    expect(late(create, "reply")).toBe("alive");
    expect(late(create, "other")).toBe("unsure");
    expect(late(read, "other")).toBe("alive");
    expect(late(create, "running", { hasLine: false })).toBe("unsure");
    expect(late(create, "gone")).toBe("dead");
  });

  test("what a task sent that is no more is dead, though cifs lists it until its reply comes", () => {
    for (const request of [create, read]) {
      expect(verdict(request, debugData({ listed: [request] }), "gone")).toBe("dead");
      expect(verdict(request, undefined, "gone")).toBe("dead");
    }
  });

  test("but not a write, nor what a kernel worker sent", () => {
    const write = { ...read, command: COMMAND.SMB2_WRITE };
    const readahead = { ...read, comm: "kworker/u8:" };
    for (const request of [write, readahead]) {
      expect(verdict(request, debugData({ listed: [request] }), "gone")).toBe("alive");
    }
  });

  test.each<TaskWait>(["reply", "io", "other", "running"])(
    "what cifs lists is alive, though its task is %s",
    (wait) => {
      for (const request of [create, read]) {
        expect(verdict(request, debugData({ listed: [request] }), wait)).toBe("alive");
        expect(verdict(request, debugData({ listed: [request] }), wait, { hasLine: false })).toBe("alive");
      }
    },
  );

  test("the same message id of another task is another request", () => {
    const other = { ...create, taskId: create.taskId + 1 };
    expect(verdict(create, debugData({ listed: [other] }), "gone")).toBe("dead");
  });

  describe("not listed", () => {
    test.each<[TaskWait, Liveness]>([
      ["gone", "dead"],
      ["other", "dead"],
      ["io", "dead"],
      // A part of a compound, answered before the others.
      ["reply", "alive"],
      ["running", "unsure"],
    ])("a synchronous request whose task is %s: %s", (wait, expected) => {
      expect(verdict(create, debugData(), wait)).toBe(expected);
    });

    test("an asynchronous one is dead, wherever its task is", () => {
      for (const wait of ["reply", "io", "other", "running"] as const) {
        expect(verdict(read, debugData(), wait)).toBe("dead");
      }
    });

    test("an evicted one is dead: its task may wait for another", () => {
      expect(verdict(create, debugData(), "reply", { hasLine: false })).toBe("dead");
    });
  });

  describe("a list that does not cover it: the task decides, and for READ and WRITE its line", () => {
    test.each<[string, DebugData | undefined]>([
      ["could not be read", undefined],
      ["is cut", debugData({ complete: false })],
      ["leaves out extra channels, one of which is busy", debugData({ channelsInFlight: [0, 3] })],
    ])("it %s", (_, data) => {
      expect(verdict(create, data, "reply")).toBe("alive");
      expect(verdict(create, data, "gone")).toBe("dead");
      expect(verdict(create, data, "running")).toBe("unsure");
      expect(verdict(read, data, "other")).toBe("alive");
      expect(verdict(read, data, "reply", { hasLine: false })).toBe("unsure");
    });

    test("idle extra channels hide nothing", () => {
      expect(verdict(read, debugData({ channelsInFlight: [0, 0] }), "other")).toBe("dead");
    });

    test("busy ones are listed by kernels that list them", () => {
      expect(verdict(read, debugData({ channelsInFlight: [3], listsChannels: true }), "other")).toBe("dead");
    });

    test("a session that is not listed: in the making or on its way out, but no more for READ and WRITE", () => {
      const data = debugData({ sessionId: 1n });
      const negotiate = { ...create, sessionId: 0n, command: COMMAND.SMB2_NEGOTIATE };
      expect(verdict(negotiate, data, "reply")).toBe("alive");
      expect(verdict(read, data, "io")).toBe("dead");
    });
  });

  describe("a list that is too old", () => {
    test.each<[string, Request, TaskWait, Liveness]>([
      ["a task that waits for cifs", create, "reply", "alive"],
      ["a task that does not", create, "other", "stale"],
      ["a task that is gone", create, "gone", "dead"],
      ["a reader that waits for I/O", read, "io", "alive"],
      ["a reader that does something else", read, "other", "stale"],
    ])("%s", (_, request, wait, expected) => {
      expect(verdict(request, debugData(), wait, { sinceNs: READ_NS })).toBe(expected);
    });

    test("does not clear one that was listed then", () => {
      expect(verdict(read, debugData({ listed: [read] }), "other", { sinceNs: READ_NS })).toBe("stale");
    });

    test("says nothing of an evicted one", () => {
      expect(verdict(create, debugData(), "reply", { sinceNs: READ_NS, hasLine: false })).toBe("stale");
    });
  });
});
