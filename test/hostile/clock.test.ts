// A clock that jumps by 40 days while the daemon sweeps for age every second, and one that was never set. The machine's
// clock stays as it is: libfaketime is between the daemon and clock_gettime(2), and reads its offset from a file at
// each call. test/guest/scenarios/safety.ts sets the real clock.

import { expect, test } from "bun:test";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import { recordFault } from "./fault-log.ts";
import { describeHostile, HostileDaemon } from "./hostile-daemon.ts";

const DAY_MS = 86_400_000;
/** Long enough for some sweeps. */
const SWEEPS_MS = 3_000;

class FakeClock {
  readonly #file = join(tempDir(), "offset");

  constructor(offset: string) {
    this.set(offset);
  }

  /** @param offset of the time of day in the form of faketime(1): `+40d`. */
  set(offset: string): void {
    writeFileSync(`${this.#file}.new`, `${offset}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }

  /** The environment of a program under this clock. Clocks that can't be set are not changed. */
  get environment(): Readonly<Record<string, string>> {
    const architecture = process.arch === "arm64" ? "aarch64" : "x86_64";
    return {
      LD_PRELOAD: `/usr/lib/${architecture}-linux-gnu/faketime/libfaketime.so.1`,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }
}

/** Removes captures older than a day, every second. */
class SweepingDaemon extends HostileDaemon {
  constructor() {
    super("cleanup: { cleanup_interval_sec: 1, max_log_age_days: 1 }\n");
  }

  async clockTrouble() {
    return (await this.status()).troubles.find(({ subject }) => subject === "clock");
  }
}

function timeOf(name: string): number {
  const digits = /_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/.exec(name)?.slice(1).map(Number) ?? [];
  const [year = 0, month = 1, ...rest] = digits;
  return Date.UTC(year, month - 1, ...rest);
}

describeHostile("a clock that jumps 40 days ahead and back", () => {
  const daemon = new SweepingDaemon();
  const clock = new FakeClock("+0d");

  test("removes no capture and is reported, and new captures are made under either time", async () => {
    await daemon.start(clock.environment).says("ready");
    const made = [(await daemon.detect()).name];
    let slowestMs = 0;
    for (const [offset, direction] of [
      ["+40d", "ahead"],
      ["+0d", "back"],
    ] as const) {
      clock.set(offset);
      await waitUntil(() => daemon.log.includes(`it was set ${direction} by`));
      expect(await daemon.clockTrouble()).toMatchObject({
        text: expect.stringContaining(`set ${direction} by`),
        over_at: null,
      });
      const { name, tookMs } = await daemon.detect();
      const isAhead = timeOf(name) - Date.now() > 39 * DAY_MS;
      expect(isAhead).toBe(direction === "ahead");
      made.push(name);
      slowestMs = Math.max(slowestMs, tookMs);
      await Bun.sleep(SWEEPS_MS);
      expect(daemon.captures()).toEqual(expect.arrayContaining(made));
    }
    recordFault({
      fault: "the clock jumps 40 days ahead, and back, while captures are removed for their age every second",
      reaction:
        "removes no capture for its age until the clock has been steady, and reports it; captures as before",
      lost: { captures: 0 },
      normalAfterMs: slowestMs,
    });
  });
});

describeHostile("a clock that shows 1972 until it is set", () => {
  const daemon = new SweepingDaemon();
  const clock = new FakeClock("-54y");

  test("costs no capture, before and after it is set", async () => {
    await daemon.start(clock.environment).says("ready");
    const { name } = await daemon.detect();
    expect(new Date(timeOf(name)).getUTCFullYear()).toBeLessThan(2000);
    expect((await daemon.clockTrouble())?.text).toContain("before aod was written");
    clock.set("+0d");
    await waitUntil(() => daemon.log.includes("it was set ahead by"));
    const { tookMs } = await daemon.detect();
    await Bun.sleep(SWEEPS_MS);
    expect(daemon.captures()).toContain(name);
    recordFault({
      fault: "the clock shows 1972 until it is set, as on a host without a battery",
      reaction: "keeps earlier captures; ages begin when the clock can be trusted",
      lost: { captures: 0 },
      normalAfterMs: tookMs,
    });
  });
});
