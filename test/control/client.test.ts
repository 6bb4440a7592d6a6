// A client of a stuck daemon: the kernel accepts connections on its behalf, and no answer comes.

import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type Ask, ask, askOnce } from "../../src/control/client.ts";
import { errorAnswer } from "../../src/control/question.ts";
import { failureOfPromise } from "../helpers/failure.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const SOON = { answerWithinMs: 50 };
/** Enough for an immediate answer on a busy machine. */
const LATER = { answerWithinMs: 250 };
const LIVE = { ask: "live", every_ms: 1000 } as const;
const PROGRESS = { version: 1, type: "progress", action: "dmesg", status: "ok", ended: 1, of: 2 };

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A daemon as its clients see it. @param hear takes one question, and answers at once or later. */
function serve(hear: (question: Ask, say: (answer: unknown) => void, end: () => void) => void): string {
  const path = join(tempDir(), "aod.sock");
  const listener = Bun.listen({
    unix: path,
    socket: {
      data: (socket, bytes) =>
        hear(
          JSON.parse(bytes.toString()),
          (answer) => void socket.write(`${JSON.stringify(answer)}\n`),
          () => void socket.end(),
        ),
    },
  });
  closing.push(() => listener.stop(true));
  return path;
}

describe("a daemon that does not answer", () => {
  test.each<Ask>([{ ask: "status" }, { ask: "incidents" }, { ask: "reload" }, { ask: "snapshot" }, LIVE])(
    "times out for %j, and the message names the journal",
    async (question) => {
      const path = serve(() => undefined);
      const { code, message } = await failureOfPromise(Array.fromAsync(ask(path, question, SOON)));
      expect(code).toBe("NO_DAEMON");
      expect(message).toBe(`no answer from ${path} within 50 ms (see journalctl -u aod)`);
    },
  );

  test("is distinguished from one that has ended", async () => {
    const path = serve((_, __, end) => end());
    const { message } = await failureOfPromise(askOnce(path, { ask: "status" }, "status", SOON));
    expect(message).toContain("has ended before it answered");
  });

  test("times out after half an answer as well", async () => {
    const path = join(tempDir(), "aod.sock");
    const listener = Bun.listen({
      unix: path,
      socket: { data: (socket) => void socket.write('{"version"') },
    });
    closing.push(() => listener.stop(true));
    const { message } = await failureOfPromise(askOnce(path, { ask: "status" }, "status", SOON));
    expect(message).toContain("within 50 ms");
  });

  test("may pause between live figures: only the first answer has a time limit", async () => {
    const path = serve((_, say, end) => {
      say(PROGRESS);
      setTimeout(say, 200, PROGRESS);
      setTimeout(end, 250);
    });
    const answers = await Array.fromAsync(ask(path, LIVE, SOON));
    expect(answers).toHaveLength(2);
  });
});

describe("a capture that takes long", () => {
  const busy = errorAnswer("BUSY", "16 other clients are connected");

  test.each([
    ["answers other questions", { version: 1, type: "incidents", incidents: [] }],
    ["refuses other questions for lack of room", busy],
  ])("is waited for while the daemon %s", async (_, answer) => {
    const captured = {
      version: 1,
      type: "captured",
      path: "/x",
      bytes: 5,
      duration_ms: 7,
      verdict: { cause: "unknown", confidence: 0, because: [] },
    };
    const path = serve((question, say, end) => {
      if (question.ask === "incidents") say(answer);
      else {
        setTimeout(say, 400, PROGRESS);
        setTimeout(say, 800, captured);
        setTimeout(end, 810);
      }
    });
    const answers = await Array.fromAsync(ask(path, { ask: "snapshot" }, LATER));
    expect(answers.map(({ type }) => type)).toEqual(["progress", "captured"]);
  });

  test("times out when the daemon is stuck in the middle of it", async () => {
    const path = serve((question, say) => {
      if (question.ask === "snapshot") say(PROGRESS);
    });
    const { code, message } = await failureOfPromise(Array.fromAsync(ask(path, { ask: "snapshot" }, SOON)));
    expect([code, message]).toEqual(["NO_DAEMON", expect.stringContaining("journalctl -u aod")]);
  });
});
