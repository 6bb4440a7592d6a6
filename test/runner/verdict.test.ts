import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CAUSES, REASONS_MAX } from "../../src/model/verdict.ts";
import { chooseCause } from "../../src/runner/verdict.ts";
import type { VerdictFacts } from "../../src/runner/verdict-facts.ts";
import { SIGN_LIMITS } from "../../src/runner/verdict-limits.ts";
import { CAUSE_TABLE } from "../../src/runner/verdict-signs.ts";
import { aRefusal, PLAIN, someFacts, somePressure, someSockets } from "../helpers/facts.ts";
import { seeded } from "../helpers/random.ts";

const NAMED = ["network", "server", "credits", "host", "client", "session", "permission"] as const;
const verdictOf = (parts: Partial<VerdictFacts>) => chooseCause(someFacts(parts));

describe("a verdict", () => {
  test.each(NAMED.map((cause) => [cause] as const))("is %s if all signs point to it", (cause) => {
    const { confidence, because, ...rest } = verdictOf(PLAIN[cause]);
    expect(rest.cause).toBe(cause);
    expect(confidence).toBeWithin(0.5, 1);
    // Every reason has a figure or a name.
    for (const reason of because) expect(reason).toMatch(/\d|STATUS_/);
  });

  test("is unknown for a healthy client", () => {
    expect(verdictOf({})).toEqual({
      cause: "unknown",
      confidence: 0,
      because: ["no cause has enough evidence"],
    });
  });

  test("has reasons with figures, the strongest first", () => {
    expect(verdictOf(PLAIN.network).because).toEqual([
      "4 segments sent and not acknowledged for 800 ms",
      "segments are being retransmitted: 1 under way, 1 more between two samples",
      "the retransmission timer has doubled 2 times",
    ]);
    expect(verdictOf(PLAIN.server).because).toEqual([
      "everything is acknowledged (unacked 0, round trip 1.2 ms), replies take 500 ms",
      "3 requests were sent and have no reply yet",
    ]);
    expect(verdictOf(PLAIN.host).because[0]).toBe("tasks waited for a CPU in 63 % of the last 10 s");
  });

  test("is unknown for synthetic traffic, whatever the host's own connections do", () => {
    expect(verdictOf({ ...PLAIN.network, source: "demo" }).because).toEqual([
      "the traffic is synthetic: there is no connection to judge",
    ]);
  });
});

describe("two causes at once", () => {
  test.each([
    ["network", "host", {}],
    ["server", "credits", {}],
    ["server", "session", { symptom: "missing", signals: ["key_expired"] }],
    ["credits", "session", { symptom: "missing", signals: ["key_expired"] }],
    // A slow server on a host that is short of CPU: replies are owed, and tasks wait as well.
    ["server", "host", { inFlight: { awaited: 2, answered: 0 } }],
    // A network path that has become long, to a server that has become slow.
    ["network", "server", { lateMs: 2000, sockets: someSockets({ rttMs: 122, minRttMs: 0.1 }) }],
  ] as const)("%s and %s give unknown with both reasons", (one, other, parts) => {
    const { cause, confidence, because } = verdictOf({ ...PLAIN[one], ...PLAIN[other], ...parts });
    expect([cause, confidence]).toEqual(["unknown", 0]);
    expect(because[0]).toMatch(/^\w+ \(0\.\d\d\) and \w+ \(0\.\d\d\) at once$/);
    expect(because[0]).toContain(one);
    expect(because[0]).toContain(other);
    expect(because.length).toBeGreaterThan(2);
  });
});

describe("missing evidence", () => {
  const missing = ["sockets were not collected"];

  test.each([["network"], ["server"], ["credits"], ["host"]] as const)(
    "without sockets gives unknown in place of %s, with the known reasons",
    (cause) => {
      const { because, ...verdict } = verdictOf({ ...PLAIN[cause], sockets: undefined, missing });
      expect(verdict).toMatchObject({ cause: "unknown", confidence: 0 });
      expect(because).toContain("sockets were not collected");
    },
  );

  test("does not matter if the server itself names the cause", () => {
    expect(verdictOf({ ...PLAIN.session, sockets: undefined, missing }).cause).toBe("session");
  });

  test("lowers the confidence, and is a reason", () => {
    const whole = verdictOf(PLAIN.server);
    const part = verdictOf({ ...PLAIN.server, pressure: undefined, missing: ["no pressure"] });
    expect(part.cause).toBe("server");
    expect(part.confidence).toBeLessThan(whole.confidence);
    expect(part.because).toContain("no pressure");
  });
});

describe("one fact removed", () => {
  test.each([
    ["server, its lateness", PLAIN.server, { lateMs: undefined }],
    [
      "server, its lateness beyond the round trip",
      PLAIN.server,
      { sockets: someSockets({ rttMs: 200, minRttMs: 190 }) },
    ],
    [
      "server, its acknowledgements",
      PLAIN.server,
      { sockets: someSockets({ unackedForMs: 400, unackedSegments: 1 }) },
      "network",
    ],
    ["credits, the tasks that wait for them", PLAIN.credits, { credits: { waiting: 0, left: 0 } }],
    // A stopped server uses up the credits: of 14 tasks stuck on one, 10 waited for credits.
    [
      "credits, that the server is not silent",
      PLAIN.credits,
      { lateMs: 5000, inFlight: { awaited: 4, answered: 0 }, sockets: someSockets({ lastReceiveMs: 5000 }) },
      "server",
    ],
    [
      "host, that the server is not silent",
      { ...PLAIN.host, inFlight: { awaited: 2, answered: 0 } },
      { sockets: someSockets({ lastReceiveMs: 2700 }) },
      "server",
    ],
    [
      "host, its pressure and the tasks that get no CPU",
      { ...PLAIN.host, inFlight: { awaited: 2, answered: 0 } },
      { pressure: somePressure(5) },
      "server",
    ],
    ["host, that replies have arrived", PLAIN.host, { inFlight: { awaited: 0, answered: 0 } }],
    ["host, that it is not this server alone", PLAIN.host, { others: { replies: 90, medianMs: 2 } }],
    [
      "network, that it is more than a lost segment long ago",
      {},
      { sockets: someSockets({ retransShare: 0.3, isShareRecent: false }) },
    ],
    [
      "server, that its replies come in order",
      PLAIN.server,
      { sockets: someSockets({ outOfOrderShare: 0.05 }) },
    ],
    [
      "network, that the order is worse than before",
      { ...PLAIN.server, sockets: someSockets({ outOfOrderShare: 0.05 }) },
      { sockets: someSockets({ outOfOrderShare: 0.05, outOfOrderShareBefore: 0.04 }) },
      "server",
    ],
    ["network, that it is more than a lost connection", {}, { signals: ["reconnect", "connect_err"] }],
    [
      "session, that it is about sessions",
      PLAIN.session,
      { statuses: [aRefusal("SMB2_CREATE", 0xc000_0043)] },
    ],
    [
      "client, that no reply is awaited: the lock's owner may wait for one",
      PLAIN.client,
      { inFlight: { awaited: 2, answered: 0 }, lateMs: 900, waitedMs: 9000 },
      "server",
    ],
  ] as readonly (readonly [string, Partial<VerdictFacts>, Partial<VerdictFacts>, string?])[])(
    "%s",
    (_, plain, parts, cause = "unknown") => {
      expect(verdictOf({ ...plain, ...parts }).cause).toBe(cause as "unknown");
    },
  );
});

describe("one fact alone", () => {
  test.each([
    [
      "a longer network path",
      { lateMs: 130, sockets: someSockets({ rttMs: 121, minRttMs: 0.1 }) },
      "network",
    ],
    [
      "loss since the baseline",
      { lateMs: 1000, sockets: someSockets({ retransShare: 0.05 }), inFlight: { awaited: 0, answered: 0 } },
      "network",
    ],
    // Probes of a closed window count as retransmissions, but nothing was lost.
    [
      "a closed window that is probed",
      { sockets: someSockets({ retransShare: 0.3, refusedBytes: 3e6 }) },
      "server",
    ],
    // The pressure of the last 10 s does not yet show what began a moment ago.
    [
      "a task that has its reply and gets no CPU",
      { lateMs: 500, inFlight: { awaited: 0, answered: 1 } },
      "host",
    ],
    // Some pressure is normal on a busy day, and does not explain a wait of half a second.
    [
      "a slow server on a busy host",
      { ...PLAIN.server, pressure: { ...somePressure(30), runnable: 6 } },
      "server",
    ],
    // The replies were slow and are complete: it is no longer known where the time was spent.
    ["slow replies on a busy host that awaits none", { lateMs: 500, pressure: somePressure(30) }, "unknown"],
    // The pressure of the last ten seconds may be from a problem that is over.
    [
      "a longer network path, on a host that was short of CPU",
      {
        lateMs: 155,
        pressure: somePressure(45),
        inFlight: { awaited: 0, answered: 0 },
        sockets: someSockets({ rttMs: 141, minRttMs: 0.1 }),
      },
      "network",
    ],
    // The smoothed round trip follows slowly: 150 ms look like 108 at first.
    [
      "a network path that has just become longer",
      {
        lateMs: 440,
        inFlight: { awaited: 6, answered: 0 },
        sockets: someSockets({ rttMs: 108, rttVarMs: 35, minRttMs: 0.1 }),
      },
      "network",
    ],
    // No reply can arrive within the round trip.
    [
      "requests on a longer network path",
      {
        lateMs: 130,
        inFlight: { awaited: 3, answered: 0 },
        sockets: someSockets({ rttMs: 121, minRttMs: 0.1 }),
      },
      "network",
    ],
    // A delayed acknowledgement takes 40 ms: a slow server on a fast network shows it.
    [
      "a delayed acknowledgement",
      { lateMs: 500, sockets: someSockets({ rttMs: 44, minRttMs: 0.1 }) },
      "server",
    ],
    ["a closed window", { sockets: someSockets({ refusedBytes: 3e6 }) }, "server"],
    [
      "a receive queue that is not read, and no CPU",
      { pressure: somePressure(50), sockets: someSockets({ undrainedBytes: 5000 }) },
      "host",
    ],
    ["a receive queue that is not read", { sockets: someSockets({ undrainedBytes: 5000 }) }, "client"],
    [
      "a shortage of memory, and a reply that is not taken",
      {
        inFlight: { awaited: 0, answered: 1 },
        pressure: { ...somePressure(), memory: { someAvg10: 40, fullAvg10: 20 } },
      },
      "host",
    ],
    ["an expired key", { signals: ["key_expired"] }, "session"],
    [
      "a timeout while waiting for credits",
      { signals: ["credit_timeout"], credits: { waiting: 0, left: 0 } },
      "credits",
    ],
    [
      "a connection attempt without an answer",
      { sockets: someSockets({ connections: 0, unmade: 1 }), signals: ["reconnect"] },
      "unknown",
    ],
  ] as readonly (readonly [string, Partial<VerdictFacts>, string])[])(
    "%s is enough: %#",
    (_, parts, cause) => {
      expect(verdictOf(parts).cause).toBe(cause as "unknown");
    },
  );
});

describe("refusals", () => {
  const refused = (statuses: VerdictFacts["statuses"], parts: Partial<VerdictFacts> = {}) =>
    verdictOf({ symptom: "refused", statuses, lateMs: undefined, ...parts });
  const full = aRefusal("SMB2_WRITE", 0xc000_007f, 12);
  const denied = aRefusal("SMB2_CREATE", 0xc000_0022, 5);

  test.each([
    ["idle", {}],
    ["busy", { pressure: { ...somePressure(80), runnable: 9 } }],
    ["short of memory", { pressure: { ...somePressure(), memory: { someAvg10: 60, fullAvg10: 50 } } }],
    ["on a long network path", { sockets: someSockets({ rttMs: 300, minRttMs: 0.1 }) }],
    ["without sockets", { sockets: undefined, missing: ["sockets were not collected"] }],
  ] as const)("of a full disk blame the server on a host that is %s, and name the status", (_, parts) => {
    const { cause, because } = refused([full], parts);
    expect(cause).toBe("server");
    expect(because[0]).toBe("the server answers STATUS_DISK_FULL 12 ×: disk full");
  });

  test("of several causes blame the cause of the majority, and none without a majority", () => {
    expect(refused([full, denied]).cause).toBe("server");
    expect(refused([{ ...full, count: 5 }, denied]).cause).toBe("unknown");
  });

  test("that point to no cause are unknown", () => {
    expect(refused([aRefusal("SMB2_CREATE", 0xc000_0034)]).cause).toBe("unknown");
  });

  test("do not decide about late or missing evidence", () => {
    expect(verdictOf({ ...PLAIN.network, symptom: "missing", statuses: [full] }).cause).toBe("network");
  });
});

describe("missing evidence of a server that ended the connection", () => {
  const ended = { symptom: "missing", signals: ["reconnect"] } as const;
  const gone = someSockets({ connections: 0 });

  test.each([
    ["refuses new ones", { connectErrors: ["ECONNREFUSED"] }, "server"],
    ["has none, with no attempt in progress", { isDisconnected: true, sockets: gone }, "server"],
    [
      "does not answer a new one",
      { isDisconnected: true, sockets: { ...gone, unmade: 1 }, connectErrors: ["ETIMEDOUT"] },
      "network",
    ],
    ["has re-established it", { isDisconnected: false }, "unknown"],
  ] as const)("and %s", (_, parts, cause) => {
    expect(verdictOf({ ...ended, ...parts }).cause).toBe(cause);
  });
});

describe("outdated figures", () => {
  const old = someSockets({ rttMs: 338, minRttMs: 0.129 });

  test("do not count if a reply came faster than the round trip", () => {
    const slowDisk = { symptom: "late", lateMs: 400, inFlight: { awaited: 3, answered: 0 } } as const;
    expect(verdictOf({ ...slowDisk, sockets: old, fastestMs: 2 }).cause).toBe("server");
    expect(verdictOf({ ...slowDisk, lateMs: 700, sockets: old, fastestMs: 350 }).cause).toBe("network");
  });

  test("silence begins with the oldest waiting request", () => {
    const silent = someSockets({ lastReceiveMs: 69_144 });
    const parts = {
      symptom: "missing",
      lateMs: 9400,
      waitedMs: 9400,
      inFlight: { awaited: 5, answered: 0 },
    } as const;
    expect(verdictOf({ ...parts, sockets: silent }).because).toContain(
      "nothing has come from the server since 01:23:36 UTC, for 9.4 s",
    );
  });

  test("no reply is called late if none came", () => {
    const { because } = verdictOf({ ...PLAIN.server, symptom: "missing", lateMs: 9400, waitedMs: 9400 });
    expect(because.join("; ")).toContain("the oldest request has waited 9.4 s, since 01:23:36 UTC");
    expect(because.join("; ")).not.toContain("replies take");
  });
});

describe("docs/verdict.md", () => {
  test("has every sign of each cause, with its weight", () => {
    const rows = readFileSync(join(import.meta.dir, "../../docs/verdict.md"), "utf8").matchAll(
      /^\| (?:`(\w+)`)? ?\|.*\| (0\.\d+) \|$/gm,
    );
    const weights: Record<string, number[]> = {};
    let cause = "";
    for (const [, named, weight] of rows) {
      cause = named ?? cause;
      weights[cause] = [...(weights[cause] ?? []), Number(weight)];
    }
    for (const row of CAUSE_TABLE)
      expect([row.cause, weights[row.cause]?.sort()]).toEqual([
        row.cause,
        row.signs.map((sign) => sign.weight).sort(),
      ]);
  });
});

describe("properties", () => {
  test("whatever the facts are, there is one cause, a confidence and a reason", () => {
    const { int, pick, chance, seedText } = seeded();
    const count = () => pick([0, 0, 1, 5, 1e6]);
    for (let run = 0; run < 2000; run++) {
      const sockets = someSockets({
        connections: int(0, 2),
        unmade: int(0, 1),
        rttMs: int(0, 500),
        minRttMs: int(0, 100),
        retransNow: count(),
        retransShare: int(0, 100) / 100,
        outOfOrderShare: int(0, 100) / 100,
        unackedForMs: int(0, 2000),
        backoff: count(),
        refusedBytes: count(),
        undrainedBytes: count(),
        lastReceiveMs: int(0, 5000),
      });
      const facts = someFacts({
        sockets: chance(0.8) ? sockets : undefined,
        lateMs: chance(0.7) ? int(0, 5000) : undefined,
        inFlight: chance(0.8) ? { awaited: count(), answered: count() } : undefined,
        credits: chance(0.8) ? { waiting: count(), left: pick([undefined, 0, 9]) } : undefined,
        pressure: chance(0.8) ? somePressure(int(0, 100)) : undefined,
        symptom: pick([undefined, "late", "refused", "missing"]),
        statuses: chance(0.3) ? [aRefusal("SMB2_WRITE", 0xc000_007f, int(1, 9))] : [],
        connectErrors: chance(0.2) ? ["ECONNREFUSED"] : [],
        clientWaits: chance(0.2) ? ["open_cached_dir"] : [],
        isDisconnected: pick([undefined, true, false]),
        waitedMs: chance(0.5) ? int(0, 60_000) : undefined,
        fastestMs: chance(0.5) ? int(0, 400) : undefined,
        signals: chance(0.2) ? ["key_expired", "reconnect", "credit_timeout"] : [],
        others: chance(0.3) ? { replies: 9, medianMs: int(0, 900) } : undefined,
        missing: chance(0.3) ? ["something"] : [],
      });
      const { cause, confidence, because } = chooseCause(facts);
      if (facts.symptom === "refused")
        expect(["host", "client", "network", "credits"], seedText).not.toContain(cause);
      expect(CAUSES, seedText).toContain(cause);
      expect(confidence, seedText).toBeWithin(0, 1.001);
      expect(confidence === 0, seedText).toBe(cause === "unknown");
      expect(because.length, seedText).toBeWithin(1, REASONS_MAX + 1);
      expect(new Set(because).size, seedText).toBe(because.length);
    }
  });

  test("no limit is exceeded by a healthy network", () => {
    expect(SIGN_LIMITS.rttExcessMs).toBeGreaterThan(50);
    expect(SIGN_LIMITS.unackedMs).toBeGreaterThan(50);
  });
});
