// Who asks a daemon that is stuck: the kernel accepts connections for it, and no answer comes.

import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type Ask, ask, askOnce } from "../../src/control/client.ts";
import { errorAnswer } from "../../src/control/question.ts";
import { failureOfPromise } from "../helpers/failure.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const SOON = { answerWithinMs: 50 };
/** Enough for an answer that comes at once, whatever else this machine does. */
const LATER = { answerWithinMs: 250 };
const LIVE = { ask: "live", every_ms: 1000 } as const;
const PROGRESS = { version: 1, type: "progress", action: "dmesg", status: "ok", ended: 1, of: 2 };

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A daemon as the socket shows it. @param hear one question; what it says of it, at once or late. */
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

describe("a daemon that says nothing", () => {
  test.each<Ask>([{ ask: "status" }, { ask: "incidents" }, { ask: "reload" }, { ask: "snapshot" }, LIVE])(
    "is not waited for by who asks %j, and where to look is said",
    async (question) => {
      const path = serve(() => undefined);
      const { code, message } = await failureOfPromise(Array.fromAsync(ask(path, question, SOON)));
      expect(code).toBe("NO_DAEMON");
      expect(message).toBe(`no answer from ${path} within 50 ms (see journalctl -u aod)`);
    },
  );

  test("is told from one that has ended", async () => {
    const path = serve((_, __, end) => end());
    const { message } = await failureOfPromise(askOnce(path, { ask: "status" }, "status", SOON));
    expect(message).toContain("has ended before it answered");
  });

  test("after half an answer is no better", async () => {
    const path = join(tempDir(), "aod.sock");
    const listener = Bun.listen({
      unix: path,
      socket: { data: (socket) => void socket.write('{"version"') },
    });
    closing.push(() => listener.stop(true));
    const { message } = await failureOfPromise(askOnce(path, { ask: "status" }, "status", SOON));
    expect(message).toContain("within 50 ms");
  });

  test("between figures is waited for: how long that may take is for who looks at them", async () => {
    const path = serve((_, say, end) => {
      say(PROGRESS);
      setTimeout(say, 200, PROGRESS);
      setTimeout(end, 250);
    });
    const said = await Array.fromAsync(ask(path, LIVE, SOON));
    expect(said).toHaveLength(2);
  });
});

describe("a capture that takes long", () => {
  const busy = errorAnswer("BUSY", "16 other clients are connected");

  test.each([
    ["answers others", { version: 1, type: "incidents", incidents: [] }],
    ["says that it has no room for them", busy],
  ])("is waited for while the daemon %s", async (_, answer) => {
    const captured = {
      ...{ version: 1, type: "captured", path: "/x", bytes: 5, duration_ms: 7 },
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
    const said = await Array.fromAsync(ask(path, { ask: "snapshot" }, LATER));
    expect(said.map(({ type }) => type)).toEqual(["progress", "captured"]);
  });

  test("is not waited for when the daemon is stuck in the middle of it", async () => {
    const path = serve((question, say) => {
      if (question.ask === "snapshot") say(PROGRESS);
    });
    const { code, message } = await failureOfPromise(Array.fromAsync(ask(path, { ask: "snapshot" }, SOON)));
    expect([code, message]).toEqual(["NO_DAEMON", expect.stringContaining("journalctl -u aod")]);
  });
});
