import { describe, expect, test } from "bun:test";
import type { Live } from "../../src/api/live.ts";
import { advanceTop } from "../../src/top/advance.ts";
import { ASCII, UNICODE } from "../../src/top/glyphs.ts";
import { plainText } from "../../src/top/line.ts";
import { LEAST_SIZE, type ScreenSize, screenLines } from "../../src/top/screen.ts";
import { beginTop, type TopState } from "../../src/top/state.ts";
import { aLive, anOutage, anyLive } from "../helpers/live.ts";
import { seeded } from "../helpers/random.ts";

const ROWS_80: ScreenSize = { columns: 80, rows: 24 };

function stateOf(live: Live | undefined, keys: readonly string[] = []): TopState {
  const begun = beginTop({ host: "db01", everyMs: 1000 });
  const shown = live === undefined ? begun : advanceTop(begun, { type: "live", live });
  return keys.reduce((state, key) => advanceTop(state, { type: "key", key }), shown);
}

function textOf(state: TopState, size: ScreenSize, glyphs = UNICODE): string[] {
  return screenLines(state, size, glyphs).map((line) => plainText(line).trimEnd());
}

describe("a total stall", () => {
  const NONE = { requests: 0, rate_per_sec: 0, errors: 0, p50_ms: null, p99_ms: null, max_ms: null };
  const outage = anOutage();
  const [share] = outage.groups.share;
  const stall = { server: "files", silent_ms: 36_000, in_flight: 5, oldest_ms: 38_000 };
  const shares = ["//files/db", "//files/home"];
  const stalled = {
    ...outage,
    total_now: NONE,
    stalled: [
      { ...stall, shares },
      { ...stall, server: "nas", shares: ["//nas/x"], in_flight: 1 },
    ],
    groups: { ...outage.groups, share: share === undefined ? [] : [{ ...share, oldest_ms: 38_000 }] },
  };

  test("is reported before any figure, and the rate is the current one", () => {
    const lines = textOf(stateOf(stalled), { columns: 80, rows: 24 });
    expect(lines[1]).toBe("no reply for 36 s; 5 requests in flight; 2 shares of //files");
    expect(lines[2]).toBe("no reply for 36 s; 1 request in flight; //nas/x");
    expect(lines[3]).toStartWith("last 5 s  0/s  ");
  });

  test("of an unknown share is reported as such", () => {
    const unknown = { ...stalled, stalled: [{ ...stall, server: "unknown", shares: ["unknown"] }] };
    expect(textOf(stateOf(unknown), { columns: 80, rows: 24 })[1]).toBe(
      "no reply for 36 s; 5 requests in flight; share not known",
    );
  });

  test("turns the share's row red, whatever its mean still is", () => {
    const row = screenLines(stateOf(stalled), { columns: 80, rows: 24 }, UNICODE).find((line) =>
      plainText(line).startsWith("  //files"),
    );
    expect(row?.filter(({ style }) => style === "trouble").map(({ text }) => text.trim())).toEqual([
      "//files…mple.com/db",
      "38 s",
    ]);
  });

  test("of more servers than lines counts the others", () => {
    const many = { ...stalled, stalled: Array.from({ length: 5 }, () => ({ ...stall, shares })) };
    expect(textOf(stateOf(many), { columns: 80, rows: 24 })[2]).toEndWith("; 3 more silent");
  });
});

describe("the screen during an outage", () => {
  test("shows everything essential in 80x24", () => {
    expect(textOf(stateOf(anOutage()), ROWS_80)).toEqual([
      "aod top  db01  watching                                  every 1 s  01:23:45 UTC",
      "last 5 s  1,234/s  last 1 min  p99 45 ms  errors 12  in flight 3  oldest 2.1 s",
      "rate/s     5 min ▇▇███▇▆▆▆▆▇███▇▆▆▆▆▇▇██▇▇▆▆▆▆▇███▇▆▆▆▆▇███▇▇▆▆▆▇▇██   max 1,497",
      "p99        5 min ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂███████████   max 45 ms",
      "errors/s   5 min ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█▁▁▁▁▁▁▁▁      max 12",
      "SHARE command process  ▾NOW/s  RATE/s     P50     P99  ERRORS  IN FLIGHT  OLDEST",
      "  //files…mple.com/db   1,234   1,234 0.64 ms   45 ms      12          3   2.1 s",
      "  //files…le.com/home      12      12 0.42 ms  2.1 ms       0          0       -",
      "",
      "",
      "",
      "",
      "LATENCY, sent to reply         IN FLIGHT 3, oldest first",
      " < 0.5 ms ██████████   69,000     2.1 s WRITE     //fil…le.com/db postgres (812)",
      "   < 2 ms ███████▋      4,800     1.8 s not sent… //fil…le.com/db postgres (812)",
      "   < 8 ms ████▋           150     12 ms READ      //fil…le.com/db postgres (812)",
      "  < 32 ms ███▌             48",
      " < 128 ms █                 2",
      "INCIDENTS   AGE    REQS   WORST KIND      VERDICT RULE        SHARE",
      " NEW        2 s       1   2.1 s hung      -       emergency   //file…mple.com/db",
      " open      45 s      10   51 ms slow      network slow        //files/db",
      "",
      "",
      "q quit   ? help   s c p rows   < > sort   ↑ ↓ select   space pause   + - speed",
    ]);
  });

  test("fits in ASCII and 60x15", () => {
    expect(textOf(stateOf(anOutage(), ["c", ">", ">", ">"]), LEAST_SIZE, ASCII)).toEqual([
      "aod top  db01  watching              every 1 s  01:23:45 UTC",
      "last 5 s  1,234/s  p99 45 ms  in flight 3  oldest 2.1 s",
      "rate/s     5 min *##*++*##+++*#*++*##*++*##+++##   max 1,495",
      "p99        5 min ........................#######   max 45 ms",
      "errors/s   5 min _________________________#_____      max 12",
      "share COMMAND process       NOW/s    vP99  ERRORS  IN FLIGHT",
      "  SMB2_READ                 1,234   45 ms      12          1",
      "  SMB2_WRITE                   12  2.1 ms       0          2",
      "",
      "IN FLIGHT 3, oldest first",
      "   2.1 s WRITE        //files~mple.com/db postgres (812)",
      "   1.8 s not sent yet //files~mple.com/db postgres (812)",
      "INCIDENTS   AGE    REQS   WORST KIND      VERDICT RULE SHARE",
      " NEW        2 s       1   2.1 s hung      -       eme~ /~/db",
      "q quit   ? help   s c p rows   < > sort   space pause",
    ]);
  });

  test("uses the room of 200x50: the histogram is beside the rows, with every bucket", () => {
    const lines = textOf(stateOf(anOutage()), { columns: 200, rows: 50 });
    expect(
      lines.filter((line) => line.match(/ < \d/)).map((line) => line.trim().split(/\s+/).at(-1)),
    ).toEqual(["41,000", "28,000", "4,100", "700", "90", "60", "30", "18", "1", "1"]);
    expect(lines.find((line) => line.startsWith("SHARE"))).toContain("LATENCY, sent to reply");
    expect(lines.find((line) => line.startsWith("IN FLIGHT"))).toContain("INCIDENTS");
    expect(lines.join("\n")).toContain("//files.example.com/home ");
  });

  test("is short in a smaller terminal, and shows which size is enough", () => {
    const lines = textOf(stateOf(anOutage()), { columns: 40, rows: 9 });
    expect(lines.slice(0, 4)).toEqual([
      "aod top  db01  watching     01:23:45 UTC",
      "last 5 s  1,234/s  oldest 2.1 s",
      "2 open incidents",
      "oldest in flight: 2.1 s",
    ]);
    expect(lines).toContain("40x9 is too small: 60x15 shows more");
  });
});

describe("the notices above the figures", () => {
  const first = (state: TopState) => textOf(state, ROWS_80).slice(0, 3).join("\n");

  test("are usually absent", () => {
    expect(first(stateOf(aLive()))).not.toMatch(/LOST|LATE|PAUSED/);
  });

  test("list the losses by cause", () => {
    expect(first(stateOf(aLive({ losses: { ring_full: 12, other: 0 } })))).toContain(
      "LOST 12  ring_full 12  ",
    );
  });

  test("report that figures are late, but not with a long interval", () => {
    const waited = (everyMs: number) =>
      advanceTop({ ...stateOf(aLive()), everyMs }, { type: "waited", silentMs: 5000 });
    expect(first(waited(1000))).toContain("LATE: no figures for 5 s");
    expect(first(waited(5000))).not.toContain("LATE");
  });

  test("name the journal if the daemon is late, and mention stale figures only if there are any", () => {
    const late = (state: TopState, size = ROWS_80) =>
      textOf(advanceTop(state, { type: "waited", silentMs: 5000 }), size)[1];
    const where = "see journalctl -u aod";
    expect(late(stateOf(aLive()))).toBe(`LATE: no figures for 5 s, these are stale  ${where}`);
    expect(late(stateOf(aLive()), LEAST_SIZE)).toBe("LATE: no figures for 5 s, these are stale");
    expect(late(stateOf(undefined))).toBe(`LATE: no figures for 5 s  ${where}`);
    const own = beginTop({ host: "db01", note: "no daemon", everyMs: 1000 });
    expect(late(own)).toBe("LATE: no figures for 5 s");
  });

  test("show that the screen is paused", () => {
    expect(first(stateOf(aLive(), ["space"]))).toContain("PAUSED");
    expect(first(stateOf(aLive(), ["space", "space"]))).not.toContain("PAUSED");
  });

  test("show that no share is mounted, or that nothing is known yet", () => {
    expect(first(stateOf(aLive({ state: "waiting", window_sec: 0 })))).toContain("waiting for a mount");
    expect(first(stateOf(undefined))).toContain("no figures yet");
  });
});

describe("for any document and any size of the terminal", () => {
  test("there are exactly as many lines as rows, none is too wide, and all characters are allowed", () => {
    const random = seeded();
    const keys = ["s", "c", "p", "<", ">", "up", "down", "pagedown", "end", "space", "?", "escape"] as const;
    for (let i = 0; i < 400; i++) {
      const size = { columns: random.int(1, 240), rows: random.int(1, 70) };
      const pressed = Array.from({ length: random.int(0, 6) }, () => random.pick(keys));
      const glyphs = random.pick([UNICODE, ASCII]);
      const live = random.chance(0.05) ? undefined : anyLive(random);
      const lines = screenLines(stateOf(live, pressed), size, glyphs).map(plainText);
      expect(lines.length, random.seedText).toBe(size.rows);
      for (const line of lines) {
        expect(Bun.stringWidth(line), `${random.seedText}: ${line}`).toBeLessThanOrEqual(size.columns);
        expect(line, random.seedText).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
        if (glyphs === ASCII) expect(line, random.seedText).toMatch(/^[ -~]*$/);
      }
    }
  });

  test("figures are shown whole or not at all", () => {
    const random = seeded();
    for (let i = 0; i < 200; i++) {
      const columns = random.int(LEAST_SIZE.columns, 200);
      for (const line of textOf(stateOf(anyLive(random)), { columns, rows: 24 })) {
        expect(line, random.seedText).not.toMatch(/ \d[\d,.]*…/);
      }
    }
  });
});
