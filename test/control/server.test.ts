// The control socket with real connections, of users that may ask and of users that may not.

import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { QUESTION_MAX_BYTES } from "../../src/api/protocol.ts";
import type { DaemonApi } from "../../src/control/answers.ts";
import { ask, askOnce } from "../../src/control/client.ts";
import { LiveFeed } from "../../src/control/live-feed.ts";
import { CONNECTIONS_MAX, openControlServer } from "../../src/control/server.ts";
import { refusalCounts } from "../../src/model/refusals.ts";
import { failureOfPromise } from "../helpers/failure.ts";
import { aLive } from "../helpers/live.ts";
import { aStatus } from "../helpers/status.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { SERVER } from "../helpers/verdict.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import { aDaemonApi } from "./daemon-api.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function open(parts: Partial<DaemonApi> = {}, path = join(tempDir(), "run", "aod.sock")) {
  const server = openControlServer(path, aDaemonApi(parts));
  if ("taken" in server) throw new Error(`another process uses it: ${server.holderPid}`);
  closing.push(() => server.close());
  return { server, path };
}

/** A connection without the client. */
function connect(path: string): { socket: Socket; read: () => Promise<string> } {
  const socket = createConnection(path);
  closing.push(() => socket.destroy());
  socket.on("error", () => undefined);
  const read = () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes;
    });
    socket.on("close", () => resolve(text));
    return promise;
  };
  return { socket, read };
}

const QUESTION = '{"version":1,"ask":"status"}\n';

describe("the control socket", () => {
  test("is a socket that only its user may open, in a folder that only its user may enter", () => {
    const { path } = open();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  });

  test("answers a question and ends the connection", async () => {
    const { server, path } = open({ status: async () => aStatus({ waiting_operations: 3 }) });
    const { status } = await askOnce(path, { ask: "status" }, "status");
    expect(status).toEqual(aStatus({ waiting_operations: 3 }));
    expect(await askOnce(path, { ask: "incidents" }, "incidents")).toMatchObject({ incidents: [] });
    expect(await askOnce(path, { ask: "reload" }, "reloaded")).toMatchObject({ problems: [] });
    await waitUntil(() => server.connections === 0);
  });

  test.each([
    ["the socket is removed", (path: string) => rmSync(path)],
    [
      "the socket and its lock are removed",
      (path: string) => [path, `${path}.lock`].map((one) => rmSync(one)),
    ],
    ["their folder is removed", (path: string) => rmSync(dirname(path), { recursive: true })],
    [
      "a file takes its place",
      (path: string) => {
        rmSync(path);
        writeFileSync(path, "");
      },
    ],
  ])("is created again if %s, and answers", async (_, harm) => {
    const { server, path } = open();
    expect(server.check()).toBeUndefined();
    harm(path);
    expect(server.check()).toMatchObject({ isRepaired: true, text: expect.stringContaining(path) });
    expect(server.check()).toBeUndefined();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await askOnce(path, { ask: "incidents" }, "incidents")).toMatchObject({ incidents: [] });
    // Its own lock still keeps a second aod away.
    expect(openControlServer(path, aDaemonApi())).toMatchObject({ taken: true, holderPid: process.pid });
  });

  test("reports that it can't be created again, and is created as soon as it can", async () => {
    const { server, path } = open();
    rmSync(dirname(path), { recursive: true });
    writeFileSync(dirname(path), "");
    expect(server.check()).toMatchObject({
      isRepaired: false,
      text: expect.stringContaining("no command can reach"),
    });
    rmSync(dirname(path));
    expect(server.check()).toMatchObject({ isRepaired: true });
    expect(await askOnce(path, { ask: "incidents" }, "incidents")).toMatchObject({ incidents: [] });
  });

  test("streams live figures at the requested interval until the client disconnects", async () => {
    let reads = 0;
    const { server, path } = open({ live: new LiveFeed(() => aLive({ in_flight_total: ++reads })) });
    const heard: number[] = [];
    for await (const answer of ask(path, { ask: "live", every_ms: 100 })) {
      if (answer.type === "live") heard.push(answer.live.in_flight_total);
      if (heard.length === 3) break;
    }
    expect(heard).toEqual([1, 2, 3]);
    await waitUntil(() => server.connections === 0);
    const seen = reads;
    await Bun.sleep(250);
    expect(reads).toBe(seen);
  });

  test("reports why live figures end; other clients are served", async () => {
    let reads = 0;
    const read = () => {
      if (++reads === 2) throw new Error("broken");
      return aLive();
    };
    const { server, path } = open({ live: new LiveFeed(read) });
    let heard = 0;
    const asked = async () => {
      for await (const { type } of ask(path, { ask: "live", every_ms: 100 })) if (type === "live") heard++;
    };
    expect(await failureOfPromise(asked())).toMatchObject({ code: "BUG", message: "BUG: broken" });
    expect(heard).toBe(1);
    await waitUntil(() => server.connections === 0);
    expect((await askOnce(path, { ask: "live", every_ms: 100 }, "live")).type).toBe("live");
    await waitUntil(() => server.connections === 0);
    const seen = reads;
    await Bun.sleep(250);
    expect(reads).toBe(seen);
  });

  test("reports the progress of a capture, and then its path", async () => {
    const captured = {
      path: "/var/log/aod/batches/x",
      bytes: 5,
      duration_ms: 7,
      verdict: { ...SERVER, because: [] },
    };
    let why: string | undefined;
    const { path } = open({
      snapshot: async (reason, progress) => {
        why = reason;
        for (const ended of [1, 2]) progress({ action: "dmesg", status: "ok", ended, of: 2 });
        return captured;
      },
    });
    const answers = await Array.fromAsync(ask(path, { ask: "snapshot", reason: "it is slow" }));
    expect(answers.map(({ type }) => type)).toEqual(["progress", "progress", "captured"]);
    expect(answers[2]).toMatchObject(captured);
    expect(why).toBe("it is slow");
  });

  test.each([
    ["CAPTURE_WRITE", { ask: "snapshot" }, { snapshot: async () => ({ refusal: "the disk is full" }) }],
    ["CONFIG_INVALID", { ask: "reload" }, { reload: () => ({ refusal: "a mistake" }) }],
    [
      "BUG",
      { ask: "status" },
      {
        status: async () => {
          throw new Error("broken");
        },
      },
    ],
  ] as const)("reports %s with the reason if there is no answer", async (code, question, parts) => {
    const { path } = open(parts as Partial<DaemonApi>);
    const { code: reported, message } = await failureOfPromise(Array.fromAsync(ask(path, question)));
    expect(reported).toBe(code);
    expect(message).toMatch(/full|mistake|broken/);
  });

  test("answers a client that closes its sending half after a question, and disconnects one that closes it before", async () => {
    const { path } = open();
    const asking = connect(path);
    const answer = asking.read();
    asking.socket.end(QUESTION);
    expect(JSON.parse(await answer)).toMatchObject({ type: "status" });
    const silent = connect(path);
    const nothing = silent.read();
    silent.socket.end();
    expect(await nothing).toBe("");
  });

  test("answers an invalid question with an error, and disconnects", async () => {
    const { path } = open();
    for (const bytes of ["hello\n", "\n", `${"x".repeat(QUESTION_MAX_BYTES + 1)}`, "\u0000\u00ff\n"]) {
      const { socket, read } = connect(path);
      const answer = read();
      socket.write(bytes, "latin1");
      expect(JSON.parse(await answer)).toMatchObject({ type: "error", code: "USAGE" });
    }
    expect((await askOnce(path, { ask: "status" }, "status")).type).toBe("status");
  });

  test("survives a client that disconnects in the middle of its question or before its answer", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { server, path } = open({
      status: async () => {
        await promise;
        return aStatus();
      },
    });
    for (const bytes of ["", '{"version":1,', QUESTION]) {
      const { socket } = connect(path);
      socket.write(bytes);
      await waitUntil(() => server.connections === 1);
      socket.destroy();
      await waitUntil(() => server.connections === 0);
    }
    resolve();
    expect((await askOnce(path, { ask: "incidents" }, "incidents")).type).toBe("incidents");
  });

  test("buffers one answer for a client that does not read, and makes no other until it does", async () => {
    let reads = 0;
    const big = { key: "x".repeat(500_000) };
    const recent = aLive().total;
    const row = { ...big, recent, now: recent, in_flight: 0, oldest_ms: null };
    const live = new LiveFeed(() => {
      reads++;
      return aLive({ groups: { share: [row], command: [], process: [] } });
    });
    const { path } = open({ live });
    const { socket } = connect(path);
    socket.pause();
    socket.write('{"version":1,"ask":"live","every_ms":100}\n');
    await waitUntil(() => reads > 0);
    // Ten more are due meanwhile.
    await Bun.sleep(1000);
    const seen = reads;
    // As many as the kernel buffers, and one more.
    expect(seen).toBeLessThan(4);
    let bytes = 0;
    socket.on("data", (piece) => {
      bytes += piece.length;
    });
    socket.resume();
    await waitUntil(() => bytes >= seen * 500_000);
    await waitUntil(() => reads > seen);
  });

  test("serves CONNECTIONS_MAX clients at once, and refuses others with the reason", async () => {
    const { server, path } = open();
    const held = Array.from({ length: CONNECTIONS_MAX }, () => connect(path));
    await waitUntil(() => server.connections === CONNECTIONS_MAX);
    const { code, message } = await failureOfPromise(askOnce(path, { ask: "status" }, "status"));
    expect([code, message]).toEqual(["NO_DAEMON", `${CONNECTIONS_MAX} other clients are connected`]);
    for (const { socket } of held) socket.destroy();
    await waitUntil(() => server.connections === 0);
    expect((await askOnce(path, { ask: "status" }, "status")).type).toBe("status");
  });

  test("closes connections beyond those that get a reason, and counts them", async () => {
    const { server, path } = open();
    const before = refusalCounts().control_connections;
    const asked = CONNECTIONS_MAX * 8;
    const peers = Array.from({ length: asked }, () => connect(path));
    const isOver = ({ socket }: (typeof peers)[number]) => socket.destroyed || socket.readableEnded;
    await waitUntil(() => refusalCounts().control_connections - before === asked - CONNECTIONS_MAX);
    expect(server.connections).toBeLessThanOrEqual(2 * CONNECTIONS_MAX);
    for (const { socket } of peers) socket.resume();
    await waitUntil(() => peers.filter(isOver).length >= asked - 2 * CONNECTIONS_MAX);
    for (const { socket } of peers) socket.destroy();
    await waitUntil(() => server.connections === 0);
    expect((await askOnce(path, { ask: "status" }, "status")).type).toBe("status");
  });

  test.skipIf(process.getuid?.() !== 0)(
    "refuses every other user, by the peer credentials of the kernel",
    async () => {
      const { path } = open();
      for (const opened of [dirname(path), path]) chmodSync(opened, 0o777);
      chmodSync(dirname(dirname(path)), 0o711);
      // The server may refuse the user before the question arrives.
      const asAnother = `use IO::Socket::UNIX; $SIG{PIPE} = 'IGNORE'; $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die $!;
      print $s '${QUESTION.trim()}', "\\n"; $s->flush; print <$s>;`;
      const child = Bun.spawn(["setpriv", "--reuid=65534", "--clear-groups", "perl", "-e", asAnother, path], {
        stdout: "pipe",
        stderr: "pipe",
      });
      const output = await new Response(child.stdout).text();
      expect(await new Response(child.stderr).text()).toBe("");
      expect(JSON.parse(output)).toMatchObject({ type: "error", code: "NOT_PERMITTED" });
    },
  );

  test("replaces the socket of a dead daemon, but not of a living one", async () => {
    const { path, server } = open();
    expect(openControlServer(path, aDaemonApi())).toEqual({ taken: true, holderPid: process.pid });
    expect((await askOnce(path, { ask: "status" }, "status")).type).toBe("status");
    server.close();
    server.close();
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, "left behind");
    open({}, path);
    expect((await askOnce(path, { ask: "status" }, "status")).type).toBe("status");
    expect(Number(readFileSync(`${path}.lock`, "utf8"))).toBe(process.pid);
  });
});

describe("a client", () => {
  test("reports what to do if no daemon runs", async () => {
    const path = join(tempDir(), "aod.sock");
    const none = await failureOfPromise(askOnce(path, { ask: "status" }, "status"));
    expect(none).toMatchObject({
      code: "NO_DAEMON",
      message: expect.stringContaining("systemctl enable --now aod"),
    });
    const { path: other, server } = open();
    server.close();
    writeFileSync(other, "no socket");
    expect(await failureOfPromise(askOnce(other, { ask: "status" }, "status"))).toMatchObject({
      code: "NO_DAEMON",
    });
  });

  test.each([
    ["nonsense\n", /protocol/],
    ['{"version":2,"type":"status","status":{}}\n', /a different version/],
    ['{"version":1,"type":"status","status":{}}\n', /status\.at/],
    ["", /ended/],
  ] as const)("does not accept the answer %j", async (line, why) => {
    const path = join(tempDir(), "aod.sock");
    const listener = Bun.listen({
      unix: path,
      socket: {
        data(socket) {
          socket.write(line);
          socket.end();
        },
      },
    });
    closing.push(() => listener.stop(true));
    const { code, message } = await failureOfPromise(askOnce(path, { ask: "status" }, "status"));
    expect(code).toBe("NO_DAEMON");
    expect(message).toMatch(why);
  });
});
