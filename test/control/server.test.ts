// The control socket as it is: real connections, of friends and of others.

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
  if ("taken" in server) throw new Error(`another has it: ${server.holderPid}`);
  closing.push(() => server.close());
  return { server, path };
}

/** A connection by hand. */
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
  ])("is made again where %s, and answers", async (_, harm) => {
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

  test("reports where it can't be made again, and is when it can", async () => {
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

  test("streams live figures at the pace that was asked for, until the listener goes", async () => {
    let looks = 0;
    const { server, path } = open({ live: new LiveFeed(() => aLive({ in_flight_total: ++looks })) });
    const heard: number[] = [];
    for await (const answer of ask(path, { ask: "live", every_ms: 100 })) {
      if (answer.type === "live") heard.push(answer.live.in_flight_total);
      if (heard.length === 3) break;
    }
    expect(heard).toEqual([1, 2, 3]);
    await waitUntil(() => server.connections === 0);
    const seen = looks;
    await Bun.sleep(250);
    expect(looks).toBe(seen);
  });

  test("says why no more figures come, and ends; others are served", async () => {
    let looks = 0;
    const look = () => {
      if (++looks === 2) throw new Error("broken");
      return aLive();
    };
    const { server, path } = open({ live: new LiveFeed(look) });
    let heard = 0;
    const asked = async () => {
      for await (const { type } of ask(path, { ask: "live", every_ms: 100 })) if (type === "live") heard++;
    };
    expect(await failureOfPromise(asked())).toMatchObject({ code: "BUG", message: "BUG: broken" });
    expect(heard).toBe(1);
    await waitUntil(() => server.connections === 0);
    expect((await askOnce(path, { ask: "live", every_ms: 100 }, "live")).type).toBe("live");
    await waitUntil(() => server.connections === 0);
    const seen = looks;
    await Bun.sleep(250);
    expect(looks).toBe(seen);
  });

  test("tells how a capture goes on, and then where it is", async () => {
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
    const said = await Array.fromAsync(ask(path, { ask: "snapshot", reason: "it is slow" }));
    expect(said.map(({ type }) => type)).toEqual(["progress", "progress", "captured"]);
    expect(said[2]).toMatchObject(captured);
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
  ] as const)("says %s where there is no answer, and why", async (code, question, parts) => {
    const { path } = open(parts as Partial<DaemonApi>);
    const { code: said, message } = await failureOfPromise(Array.fromAsync(ask(path, question)));
    expect(said).toBe(code);
    expect(message).toMatch(/full|mistake|broken/);
  });

  test("answers who has said that nothing more will come, and ends who has asked nothing", async () => {
    const { path } = open();
    const asking = connect(path);
    const said = asking.read();
    asking.socket.end(QUESTION);
    expect(JSON.parse(await said)).toMatchObject({ type: "status" });
    const silent = connect(path);
    const nothing = silent.read();
    silent.socket.end();
    expect(await nothing).toBe("");
  });

  test("answers what is no question with an error, and ends", async () => {
    const { path } = open();
    for (const bytes of ["hello\n", "\n", `${"x".repeat(QUESTION_MAX_BYTES + 1)}`, "\u0000\u00ff\n"]) {
      const { socket, read } = connect(path);
      const said = read();
      socket.write(bytes, "latin1");
      expect(JSON.parse(await said)).toMatchObject({ type: "error", code: "USAGE" });
    }
    expect((await askOnce(path, { ask: "status" }, "status")).type).toBe("status");
  });

  test("takes no notice of a peer that goes in the middle of its question, or before its answer", async () => {
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

  test("holds one answer for a peer that does not read, and makes no other until it does", async () => {
    let looks = 0;
    const big = { key: "x".repeat(500_000) };
    const recent = aLive().total;
    const row = { ...big, recent, now: recent, in_flight: 0, oldest_ms: null };
    const live = new LiveFeed(() => {
      looks++;
      return aLive({ groups: { share: [row], command: [], process: [] } });
    });
    const { path } = open({ live });
    const { socket } = connect(path);
    socket.pause();
    socket.write('{"version":1,"ask":"live","every_ms":100}\n');
    await waitUntil(() => looks > 0);
    // Ten more are due meanwhile.
    await Bun.sleep(1000);
    const seen = looks;
    // What the kernel holds, and one more.
    expect(seen).toBeLessThan(4);
    let bytes = 0;
    socket.on("data", (piece) => {
      bytes += piece.length;
    });
    socket.resume();
    await waitUntil(() => bytes >= seen * 500_000);
    await waitUntil(() => looks > seen);
  });

  test("serves so many at once, and says so to the others", async () => {
    const { server, path } = open();
    const held = Array.from({ length: CONNECTIONS_MAX }, () => connect(path));
    await waitUntil(() => server.connections === CONNECTIONS_MAX);
    const { code, message } = await failureOfPromise(askOnce(path, { ask: "status" }, "status"));
    expect([code, message]).toEqual(["NO_DAEMON", `${CONNECTIONS_MAX} other clients are connected`]);
    for (const { socket } of held) socket.destroy();
    await waitUntil(() => server.connections === 0);
    expect((await askOnce(path, { ask: "status" }, "status")).type).toBe("status");
  });

  test("closes what comes beyond those that hear why, and counts it", async () => {
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

  test.skipIf(process.getuid?.() !== 0)("refuses every other user, by the kernel's word", async () => {
    const { path } = open();
    for (const opened of [dirname(path), path]) chmodSync(opened, 0o777);
    chmodSync(dirname(dirname(path)), 0o711);
    // It may be refused before it has asked.
    const asAnother = `use IO::Socket::UNIX; $SIG{PIPE} = 'IGNORE'; $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die $!;
      print $s '${QUESTION.trim()}', "\\n"; $s->flush; print <$s>;`;
    const child = Bun.spawn(["setpriv", "--reuid=65534", "--clear-groups", "perl", "-e", asAnother, path], {
      stdout: "pipe",
      stderr: "pipe",
    });
    const said = await new Response(child.stdout).text();
    expect(await new Response(child.stderr).text()).toBe("");
    expect(JSON.parse(said)).toMatchObject({ type: "error", code: "NOT_PERMITTED" });
  });

  test("takes the place of what a dead daemon has left, and of no living one's", async () => {
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

describe("who asks", () => {
  test("is told what to do where nobody answers", async () => {
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
  ] as const)("does not believe %j", async (line, why) => {
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
