import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  connectionKey,
  parseSockets,
  SOCKETS_MAX,
  type TcpConnection,
} from "../../src/runner/socket-text.ts";
import { seeded } from "../helpers/random.ts";

// The output of ss of iproute2 6.1 for connections on loopback, Linux 6.x: an idle one, a late reply, a reply that the
// client does not read, lost segments, a server that has stopped reading.
const NAMES = ["healthy", "server", "undrained", "lost", "blocked"] as const;
const fixture = (name: (typeof NAMES)[number]) =>
  readFileSync(join(import.meta.dir, `fixtures/sockets-${name}.txt`), "utf8");

function only(name: (typeof NAMES)[number], sample = 0): TcpConnection {
  const connection = parseSockets(fixture(name))[sample]?.connections[0];
  if (connection === undefined) throw new Error("no connection");
  return connection;
}

describe("the output of ss", () => {
  test("has both samples, each with its namespace", () => {
    const samples = parseSockets(fixture("healthy"));
    expect(samples.map(({ namespace, number }) => [namespace, number])).toEqual([
      ["net:[4026531840]", 1],
      ["net:[4026531840]", 2],
    ]);
    expect(connectionKey(only("healthy", 0))).toBe(connectionKey(only("healthy", 1)));
  });

  test("has 0 for a figure that ss leaves out", () => {
    expect(only("healthy")).toMatchObject({
      state: "ESTAB",
      peer: { address: "127.0.0.1", port: 445 },
      recvQueueBytes: 0,
      sendQueueBytes: 0,
      info: { unackedSegments: 0, retransNow: 0, retransTotal: 0, notSentBytes: 0, backoff: 0 },
    });
    expect(only("healthy").info).toMatchObject({ rttMs: 0.027, rttVarMs: 0.014, minRttMs: 0.016 });
  });

  test("has the bytes that were received and not read", () => {
    expect(only("undrained")).toMatchObject({ recvQueueBytes: 5000, info: { bytesReceived: 5000 } });
  });

  test("has the segments that were lost", () => {
    expect(only("lost")).toMatchObject({
      sendQueueBytes: 3000,
      info: {
        unackedSegments: 1,
        retransNow: 1,
        retransTotal: 3,
        backoff: 2,
        cwndSegments: 1,
        bytesSent: 17_000,
        bytesRetrans: 9000,
        bytesAcked: 5001,
        lastSendMs: 168,
        lastReceiveMs: 1016,
      },
    });
    expect(only("lost", 1).info?.lastAckMs).toBe(1180);
  });

  test("has the bytes that can't be sent because the server's window is closed, and connections of IPv6", () => {
    const [sample] = parseSockets(fixture("blocked"));
    expect(sample?.connections).toMatchObject([
      { peer: { address: "127.0.0.1", port: 445 }, info: { notSentBytes: 3_748_864, windowLimitedMs: 508 } },
      { peer: { address: "::1", port: 139 }, recvQueueBytes: 5, info: { rttMs: 0.016 } },
    ]);
  });

  test("gives the same result with one line a connection", () => {
    const oneLine = fixture("lost").replaceAll("\n\t ", " ");
    expect(oneLine).not.toBe(fixture("lost"));
    expect(parseSockets(oneLine)).toEqual(parseSockets(fixture("lost")));
  });

  test("has no figures of a connection that is being closed", () => {
    const text =
      "==> net:[1] (aod), sample 1 <==\nTIME-WAIT 0      0      10.0.0.1:50000 10.0.0.2:445 timer:(timewait,54sec,0) ino:0 sk:5\n";
    expect(parseSockets(text)[0]?.connections).toMatchObject([{ state: "TIME-WAIT", info: undefined }]);
  });

  // misc/ss.c:sock_addr_print writes IPv6 in brackets, and the scope or device behind them.
  test.each([
    ["[::1]", "::1"],
    ["[2001:db8::5]", "2001:db8::5"],
    ["[::ffff:10.0.0.1]", "10.0.0.1"],
    ["[fe80::1]%eth0", "fe80::1"],
    ["10.0.0.1%eth0", "10.0.0.1"],
  ])("with the peer %s has the address %s", (written, plain) => {
    const text = `==> net:[1] (aod), sample 1 <==\nESTAB 0 0 10.0.0.9:50000 ${written}:445\n`;
    expect(parseSockets(text)[0]?.connections[0]?.peer).toEqual({ address: plain, port: 445 });
  });

  test("is bounded", () => {
    const line = "ESTAB 0 0 10.0.0.1:50000 10.0.0.2:445\n";
    const text = `==> net:[1] (aod), sample 1 <==\n${line.repeat(SOCKETS_MAX.connections + 9)}`;
    expect(parseSockets(text)[0]?.connections).toHaveLength(SOCKETS_MAX.connections);
  });
});

describe("properties", () => {
  test("whatever the text is, there is a result, and its figures are numbers", () => {
    const random = seeded();
    const { int, pick, chance, seedText } = random;
    const pieces = [
      "\n",
      "\t",
      ":",
      "/",
      "rtt:",
      "retrans:9/9",
      "cwnd:",
      "1e9",
      "..",
      "\0",
      "é",
      "==> net:[",
    ] as const;
    for (let run = 0; run < 300; run++) {
      const whole = fixture(pick(NAMES));
      let text = "";
      for (let at = 0; at < whole.length; ) {
        const length = int(1, 120);
        if (chance(0.95)) text += whole.slice(at, at + length);
        if (chance(0.3)) text += pick(pieces);
        at += length;
      }
      for (const { number, connections } of parseSockets(text)) {
        expect(Number.isSafeInteger(number), seedText).toBe(true);
        for (const { info, ...rest } of connections) {
          const figures = [
            rest.recvQueueBytes,
            rest.sendQueueBytes,
            rest.peer.port,
            ...Object.values(info ?? {}),
          ];
          expect(
            figures.every((one) => one === undefined || (Number.isFinite(one) && one >= 0)),
            seedText,
          ).toBe(true);
        }
      }
    }
  });

  test("a text that is cut anywhere gives a part of the whole result", () => {
    const whole = fixture("lost");
    const keys = parseSockets(whole).flatMap(({ connections }) => connections.map(connectionKey));
    for (let end = 0; end <= whole.length; end += 7) {
      const cut = parseSockets(whole.slice(0, end)).flatMap(({ connections }) => connections);
      expect(cut.length).toBeLessThanOrEqual(keys.length);
    }
  });
});
