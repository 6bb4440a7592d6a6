// The screen of `aod status`: its content and its order.

import { describe, expect, test } from "bun:test";
import type { Status } from "../../src/api/status.ts";
import { statusLines } from "../../src/cli/status-lines.ts";
import { ASCII, UNICODE } from "../../src/top/glyphs.ts";
import { plainText, widthOf } from "../../src/top/line.ts";
import { seeded } from "../helpers/random.ts";
import { anOpenIncident, anOutage, aShare, aStatus } from "../helpers/status.ts";

const SCREEN = { columns: 80, rows: 24 };

function screen(status: Status, size = SCREEN, glyphs = UNICODE): readonly string[] {
  return statusLines(status, size, glyphs).map((line) => plainText(line).trimEnd());
}

function rowOf(status: Status, word: string): string | undefined {
  return screen(status).find((line) => line.includes(word));
}

describe("the screen of a status", () => {
  test("shows a bad night in 80 columns and 24 rows, trouble first", () => {
    expect(screen(anOutage())).toEqual([
      "aod watches every SMB request of this host, for 3.4 h",
      "version 1.2.3, pid 4242, up 3.4 h, 4 rules of /etc/aod.yaml",
      "",
      "incidents 2 open; in 1 of them something hangs now",
      "  hangs    34 s  stuck       //nas3.ex…le.com/projects    12 req    34 s network",
      "  open  2.1 min  slow-writes //nas3.ex…le.com/projects   312 req   2.1 s",
      "",
      "shares: now 5 s, rest 1 min     NOW/s     P50     P99  ERRORS  IN FLIGHT  OLDEST",
      "  //nas3.example.com/projects   1,234 0.81 ms   2.1 s      41         12    34 s",
      "  //nas3.example.com/home       1,234 0.81 ms   12 ms       0          2    3 ms",
      "  //10.1.2.3/backup$                0       -       -       0          0       -",
      "waiting   3 tasks can't send: no credits, or no connection",
      "",
      "captures  14 stored, 23 MiB of 200 MiB, 7 not made: cooldown",
      "     33 s ago  network  aod_20261123T012312.678Z_stuck.tar.zst",
      "  2.1 min ago  network  aod_20261123T012141.678Z_slow-writes.tar.zst",
      "",
      "lost      1,204 ring_full: slow or failed requests not sent to the detector: it…",
      "costs     0.26 % CPU, 43 MiB memory, 6.4 MiB kernel memory, 257 ns a request",
    ]);
  });

  test("has one line for each part that is well", () => {
    const quiet = screen(aStatus());
    expect(quiet).toContain("incidents none open");
    expect(quiet).toContain("shares    none in use");
    expect(quiet).toContain("captures  none yet");
    expect(quiet).toContain("lost      nothing: every request was seen");
    expect(quiet.join("\n")).not.toContain("waiting");
  });

  test("describes the last incident if none is open", () => {
    const last = anOpenIncident({
      kind: "hung",
      state: "resolved",
      share: "//files/x",
      hung: { count: 5, longest_ms: 44_000 },
      resolved_at: "2026-11-23T01:23:35.678Z",
      verdict: { cause: "server", confidence: 0.8, because: [] },
    });
    const past = (last_hour: number) => ({ past_incidents: { last_hour, last_day: 9, last } });
    const text = (status: Status) => screen(status, { columns: 120, rows: 24 }).join("\n");
    const what = "last: no reply on //files/x, 44 s, server, ended 10 s ago";
    expect(text(aStatus(past(5)))).toContain(`incidents none open; 5 in the last hour, ${what}`);
    expect(text(aStatus(past(0)))).toContain(`incidents none open; 9 in the last 24 h, ${what}`);
  });

  test("shows why captures were not made", () => {
    const suppressed = { cooldown: 10, captures_of_all: 2, bytes: 0 };
    expect(rowOf(aStatus({ suppressed }), "captures")).toBe(
      "captures  none yet, 12 not made: 10 cooldown, 2 hourly limit of all rules",
    );
  });

  test("names a silent server before all figures, and lists the share that hangs first", () => {
    const stall = { server: "nas", silent_ms: 36_000, in_flight: 5, oldest_ms: 38_000 };
    const lines = screen(
      aStatus({
        stalled: [{ ...stall, shares: ["//nas/a", "//nas/b"] }],
        shares: [
          aShare({ share: "//nas/busy" }),
          aShare({ share: "//nas/a", in_flight: 5, oldest_ms: 38_000 }),
        ],
      }),
    );
    expect(lines[2]).toBe("no reply for 36 s; 5 requests in flight; 2 shares of //nas");
    const rows = lines.filter((line) => line.startsWith("  //nas/"));
    expect(rows.map((line) => line.trim().split(" ")[0])).toEqual(["//nas/a", "//nas/busy"]);
  });

  test("shows that aod waits, and the reason", () => {
    const watching = {
      state: "waiting",
      since: null,
      build: "atomic",
      client_lists: "readable",
      hooks: [],
    } as const;
    expect(screen(aStatus({ watching: { ...watching, hooks: [] } }))[0]).toMatch(/waits: .*cifs/);
  });

  test("names the missing hooks of a kernel, and the build for older kernels", () => {
    const hook = {
      tracepoint: "smb3_key_expired",
      level: "signal",
      attached: false,
      reason: "ENOENT",
    } as const;
    const { watching } = aStatus();
    const status = aStatus({ watching: { ...watching, build: "plain", hooks: [hook] } });
    expect(rowOf(status, "not seen")).toBe("not seen: smb3_key_expired (ENOENT)");
    expect(rowOf(status, "plain build")).toBeDefined();
  });

  test("leaves out figures that were not measured", () => {
    const { cost } = aStatus();
    expect(rowOf(aStatus({ cost: { ...cost, request_ns: null } }), "CPU")).not.toContain("ns a request");
  });

  test("fits a screen of 24 rows, and counts the lines that it leaves out", () => {
    const status = {
      ...anOutage(),
      shares: Array.from({ length: 40 }, (_, i) => aShare({ share: `//nas/${i}` })),
      open_incidents: Array.from({ length: 30 }, () => anOpenIncident()),
    };
    const lines = screen(status);
    expect(lines.length).toBeLessThanOrEqual(23);
    expect(lines.filter((line) => line.includes(" more: "))).toHaveLength(2);
    const whole = screen(status, { columns: 80, rows: Number.POSITIVE_INFINITY });
    expect(whole.filter((line) => line.includes("//nas/"))).toHaveLength(40);
  });

  test("is never wider than the terminal, and escapes control characters", () => {
    const random = seeded();
    const hostile = "\u001b[2J\u0007\u202e//ñas/名前\u200d\t\n";
    const bad = anOutage();
    for (let round = 0; round < 100; round++) {
      const size = { columns: random.int(60, 200), rows: random.int(10, 60) };
      const name = hostile.repeat(random.int(1, 30));
      const status = {
        ...bad,
        daemon: { ...bad.daemon, config_file: name, version: name },
        shares: [aShare({ share: name, mount_points: [name] })],
        open_incidents: [anOpenIncident({ rule: name, share: name })],
        losses: { [name]: 1 },
      };
      for (const line of statusLines(status, size, random.chance(0.5) ? UNICODE : ASCII)) {
        expect(widthOf(line), random.seedText).toBeLessThanOrEqual(size.columns);
        expect(plainText(line), random.seedText).not.toMatch(/\p{C}/u);
      }
    }
  });
});
