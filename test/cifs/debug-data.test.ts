import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DEBUG_DATA_MAX, parseDebugData } from "../../src/cifs/debug-data.ts";
import { type DebugData, treesOf } from "../../src/model/cifs.ts";
import { seeded } from "../helpers/random.ts";

// The texts follow the format strings of fs/smb/client/cifs_debug.c in each version, tabs and trailing spaces included;
// the one with channels was printed by a 5.10.262. Those with a word after the version are from public reports, with
// names changed.
const VERSIONS = [
  ...["5.10", "5.10-channels", "5.15", "6.1", "6.12"],
  ...["6.1-seal", "6.12-names", "el9.6-ipv6", "smb2-without-tid", "el9-dfs"],
] as const;
const fixture = (version: (typeof VERSIONS)[number]) =>
  readFileSync(join(import.meta.dir, `fixtures/debugdata-${version}.txt`), "utf8");
const parsed = (version: (typeof VERSIONS)[number]) => parseDebugData(fixture(version));

function connections(data: DebugData) {
  return data.servers.map(
    ({ connectionId, hostname, tcpStatus, instance, credits, dialect, inFlight, ...rest }) => ({
      connectionId,
      hostname,
      tcpStatus,
      instance,
      credits,
      dialect,
      inFlight,
      waitingForCredits: rest.waitingForCredits,
    }),
  );
}

function mids(data: DebugData) {
  return data.servers.flatMap((server) =>
    server.mids.map(({ connectionId, state, command, pid, messageId }) => [
      connectionId,
      state,
      command,
      pid,
      messageId,
    ]),
  );
}

/** The parsed facts of each share. */
function numbered(data: DebugData) {
  return treesOf(data).map(({ sessionId, treeId, share, encrypted }) => [
    sessionId,
    treeId,
    share,
    encrypted,
  ]);
}

describe("parseDebugData", () => {
  test("5.10: a server begins with its credits, and its session is not indented", () => {
    const data = parsed("5.10");
    expect(connections(data)).toEqual([
      {
        connectionId: undefined,
        hostname: "",
        tcpStatus: 1,
        instance: 1,
        credits: 510,
        dialect: 0x311,
        inFlight: 1,
        waitingForCredits: 0,
      },
      {
        connectionId: undefined,
        hostname: "",
        tcpStatus: 3,
        instance: 4,
        credits: 8190,
        dialect: 0x300,
        inFlight: 0,
        waitingForCredits: 2,
      },
    ]);
    expect(treesOf(data)).toMatchObject([
      { sessionId: 0x14e3311dn, treeId: 0xf1884345, share: "//old/IPC$" },
      { sessionId: 0x14e3311dn, treeId: 0xe3ad48c8, share: "//old/share" },
      { sessionId: 0x100080000021n, treeId: 1, share: "//file1/IPC$" },
      { sessionId: 0x100080000021n, treeId: 5, share: "//file1/XXX" },
    ]);
    expect(mids(data)).toEqual([[undefined, 2, 5, 911, 42n]]);
    expect(data.listsChannels).toBe(false);
  });

  test("5.10: a channel is one line, and its requests in flight are not listed", () => {
    const data = parsed("5.10-channels");
    const [session, ...others] = data.servers.flatMap(({ sessions }) => sessions);
    expect(others).toEqual([]);
    const channel = {
      connectionId: undefined,
      dialect: 0x311,
      tcpStatus: 1,
      instance: 1,
      waitingForCredits: 0,
    };
    expect(session?.channels).toEqual([
      { ...channel, credits: 154, inFlight: 1 },
      { ...channel, credits: 155, inFlight: 0 },
    ]);
    expect(session?.shares.map(({ unc }) => unc)).toEqual(["\\\\10.9.0.1\\IPC$", "\\\\10.9.0.1\\alpha"]);
    expect(mids(data)).toEqual([]);
    expect(data.listsChannels).toBe(false);
  });

  test("5.15: one list of requests for each server, ids up to 64 bits, share names with spaces", () => {
    const data = parsed("5.15");
    expect(connections(data)).toEqual([
      {
        connectionId: 1,
        hostname: "samba.example",
        tcpStatus: 1,
        instance: 2,
        credits: 908,
        dialect: 0x311,
        inFlight: 3,
        waitingForCredits: 10,
      },
    ]);
    expect(data.servers[0]?.sessions[0]?.channels).toEqual([
      {
        connectionId: 4,
        credits: 510,
        dialect: 0x311,
        tcpStatus: 1,
        instance: 1,
        inFlight: 1,
        waitingForCredits: 0,
      },
    ]);
    expect(treesOf(data).map(({ share }) => share)).toEqual([
      "//samba.example/IPC$",
      "//samba.example/share1",
      "//samba.example/Project Files",
    ]);
    expect(mids(data)).toEqual([
      [undefined, 2, 5, 218, 23n],
      [undefined, 2, 9, 77, 18446744073709551615n],
    ]);
    expect(data.listsChannels).toBe(false);
  });

  test("6.1: requests of every channel; the same tree id means different shares in different sessions", () => {
    const data = parsed("6.1");
    expect(data.servers.map(({ connectionId, tcpStatus }) => [connectionId, tcpStatus])).toEqual([
      [1, 1],
      [5, 3],
    ]);
    const [first, second] = data.servers;
    expect(
      first?.sessions[0]?.channels.map(({ connectionId, inFlight }) => [connectionId, inFlight]),
    ).toEqual([
      [2, 1],
      [3, 0],
    ]);
    expect(second?.sessions[0]).toEqual({
      sessionId: 0x100080000025n,
      address: "2001:0db8:0000:0000:0000:0000:0000:0030",
      encrypted: true,
      channels: [],
      channelAddresses: [],
      shares: [
        { treeId: 1, unc: "\\\\windows-b.example\\IPC$", isIpc: true, encrypted: false, dfsPaths: [] },
        { treeId: 5, unc: "\\\\windows-b.example\\home", isIpc: false, encrypted: true, dfsPaths: [] },
      ],
    });
    expect(treesOf(data).filter(({ treeId }) => treeId === 5)).toMatchObject([
      { sessionId: 0x100080000021n, share: "//windows-a.example/data", encrypted: false },
      { sessionId: 0x100080000025n, share: "//windows-b.example/home", encrypted: true },
    ]);
    expect(mids(data)).toEqual([
      [1, 2, 8, 301, 900n],
      [2, 2, 16, 302, 12n],
      [2, 64, 6, 303, 13n],
    ]);
    expect(data.listsChannels).toBe(true);
  });

  test("6.12: credits in three figures, a channel switched off, a server without sessions", () => {
    const data = parsed("6.12");
    expect(
      connections(data).map(({ credits, inFlight, waitingForCredits }) => [
        credits,
        inFlight,
        waitingForCredits,
      ]),
    ).toEqual([
      [970, 9, 10],
      [1, 0, 0],
    ]);
    expect(data.servers[0]?.sessions[0]?.sessionId).toBe(0xffffffff949ce6a8n);
    expect(data.servers[0]?.sessions[0]?.shares.map(({ encrypted }) => encrypted)).toEqual([
      false,
      true,
      false,
    ]);
    expect(data.servers[0]?.sessions[0]?.channels.map(({ connectionId }) => connectionId)).toEqual([3]);
    expect(treesOf(data)).toHaveLength(3);
    expect(data.servers[1]).toMatchObject({
      hostname: "w22-root2.example",
      tcpStatus: 4,
      instance: 77,
      sessions: [],
    });
    expect(mids(data)).toEqual([
      [1, 2, 5, 218, 23n],
      [1, 2, 3, 219, 24n],
    ]);
    expect(data.complete).toBe(true);
  });

  test("SMB 2.1: a share is known by its own line, without a tree id", () => {
    const data = parsed("smb2-without-tid");
    expect(data.servers[0]?.dialect).toBe(0x210);
    expect(treesOf(data)).toMatchObject([
      { sessionId: 0xd9n, treeId: undefined, share: "//files/IPC$", address: "192.0.2.7" },
      { sessionId: 0xd9n, treeId: undefined, share: "//files/data", address: "192.0.2.7" },
    ]);
  });

  test("a share mounted with seal is encrypted, as 5.0 to 6.6 write it", () => {
    expect(treesOf(parsed("6.1-seal"))).toMatchObject([
      { treeId: 5, share: "//files.example/sealed", encrypted: true },
    ]);
  });

  test.each(["Encrypted", "encrypted", "Encrypted nocase", "encrypted nocase POSIX Extensions"])(
    "a share with the flags %j is encrypted, its neighbour is not",
    (flags) => {
      const text = fixture("6.12-names");
      const [first = "", ...rest] = text.split("type: DISK Serial Number: 0x735a9af5");
      const data = parseDebugData(
        `${first}type: DISK Serial Number: 0x735a9af5 ${flags}${rest.join("type: DISK Serial Number: 0x735a9af5")}`,
      );
      expect(treesOf(data).map(({ encrypted }) => encrypted)).toEqual([false, true, false, false]);
    },
  );

  test("6.12: names with blanks and other alphabets, and a file system's type", () => {
    expect(treesOf(parsed("6.12-names")).map(({ treeId, share }) => [treeId, share])).toEqual([
      [1, "//nas.example/IPC$"],
      [2, "//nas.example/My Photos 2024"],
      [3, "//nas.example/Übung für Müller"],
      [4, "//nas.example/C$"],
    ]);
  });

  test("a name may look like the text that follows it", () => {
    const text = fixture("6.12-names").replace("My Photos 2024", "a Mounts: 3 b");
    expect(treesOf(parseDebugData(text))[1]).toMatchObject({
      treeId: 2,
      share: "//nas.example/a Mounts: 3 b",
    });
  });

  test("RHEL 9.6: an IPv6 address with all its digits, and interfaces, which are not shares", () => {
    const data = parsed("el9.6-ipv6");
    expect(data.servers[0]?.sessions[0]?.address).toBe("2001:0db8:2a93:fd00:0010:0099:0099:0032");
    expect(treesOf(data).map(({ treeId, share }) => [treeId, share])).toEqual([
      [1, "//file.example.net/IPC$"],
      [5, "//file.example.net/BackupSource$"],
    ]);
  });

  test("DFS: the paths of a connection belong to its file share, those of a share to that share alone", () => {
    expect(treesOf(parsed("el9-dfs")).map(({ share, dfsPaths }) => [share, dfsPaths])).toEqual([
      ["//LEAF1/IPC$", []],
      ["//LEAF1/name1", ["//ad.example/DFSROOT/name1", "//LEAF1/DFSRoot/name1"]],
    ]);
    const text = readFileSync(join(import.meta.dir, "fixtures/guest/6.12/dfs-root/debugdata.txt"), "utf8");
    const named = treesOf(parseDebugData(text)).filter(({ dfsPaths = [] }) => dfsPaths.length > 0);
    expect(named.map(({ share, dfsPaths }) => [share, dfsPaths])).toEqual([
      ["//fileserver2/named", ["//fileserver1/dfs/named"]],
    ]);
  });

  test.each([
    "",
    "\n\n",
    "Servers: \n\t[NONE]\n",
    "\ttid: 0x5\n",
    "\t\tState: 2 com: 5 pid: 1 cbdata: 0 mid 3\n",
  ])("%j yields nothing", (text) => {
    expect(parseDebugData(text)).toEqual({ servers: [], listsChannels: false, complete: true });
  });

  test("a text that is cut at any byte yields a prefix of the full result", () => {
    for (const version of VERSIONS) {
      const text = fixture(version);
      const whole = parseDebugData(text);
      for (let length = 0; length <= text.length; length++) {
        const part = parseDebugData(text.slice(0, length));
        expect(part.servers.length).toBeLessThanOrEqual(whole.servers.length);
        expect(mids(part).length).toBeLessThanOrEqual(mids(whole).length);
        expect(treesOf(part).length).toBeLessThanOrEqual(treesOf(whole).length);
        // The last number of a line may be cut, and the facts of a session's last lines; all others equal the full
        // result.
        expect(numbered(part).slice(0, -1)).toEqual(
          numbered(whole).slice(0, Math.max(0, numbered(part).length - 1)),
        );
      }
    }
  });

  test("a share is known, whatever lines follow its own", () => {
    const random = seeded();
    for (let round = 0; round < 200; round++) {
      const version = random.pick(VERSIONS);
      const whole = treesOf(parseDebugData(fixture(version)));
      const optional = /^\t(?:PathComponentMax|Share Capabilities|tid|DFS )/;
      const lines = fixture(version).split("\n");
      const left = lines.filter((line) => !optional.test(line) || random.chance(0.5)).join("\n");
      const trees = treesOf(parseDebugData(left));
      expect(
        trees.map(({ share }) => share),
        random.seedText,
      ).toEqual(whole.map(({ share }) => share));
      for (const [i, { treeId }] of trees.entries())
        expect([undefined, whole[i]?.treeId], random.seedText).toContain(treeId);
    }
  });

  test("damaged text never throws", () => {
    const random = seeded();
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(fixture(random.pick(VERSIONS)));
      for (let hits = random.int(1, 40); hits > 0; hits--) {
        bytes[random.int(0, bytes.length - 1)] = random.pick([0, 9, 10, 32, 48, 57, 92, 255]);
      }
      expect(() => treesOf(parseDebugData(bytes.toString("utf8"))), random.seedText).not.toThrow();
    }
  });

  test("a server's name can't contain control characters or be endless", () => {
    const text = fixture("6.1").replaceAll("windows-a.example", `evil\u001b[2J${"x".repeat(5000)}`);
    for (const { share } of treesOf(parseDebugData(text))) {
      expect(share).not.toContain("\u001b");
      expect(share.length).toBeLessThanOrEqual(512);
    }
  });

  test("a truncated text is not complete", () => {
    expect(parseDebugData(fixture("6.12"), true).complete).toBe(false);
  });

  test("entries over a limit are left out, and the result is not complete", () => {
    const head = fixture("6.12").split("\t\tState: ")[0] ?? "";
    const line = "\t\tState: 2 com: 5 pid: 218 cbdata: 00000000b7b5d2c1 mid 23\n";
    const full = parseDebugData(head + line.repeat(DEBUG_DATA_MAX.mids));
    expect([full.servers[0]?.mids.length, full.complete]).toEqual([DEBUG_DATA_MAX.mids, true]);
    const over = parseDebugData(head + line.repeat(DEBUG_DATA_MAX.mids + 1));
    expect([over.servers[0]?.mids.length, over.complete]).toEqual([DEBUG_DATA_MAX.mids, false]);
  });
});
