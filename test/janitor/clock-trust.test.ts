import { describe, expect, test } from "bun:test";
import { type ClockReading, type ClockSteadiness, judgeClock } from "../../src/janitor/clock-trust.ts";

const START_MS = Date.parse("2026-11-23T12:00:00Z");
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** A host whose clock runs steadily, except for the steps of a test. */
class Clock {
  #state: ClockSteadiness | undefined;
  #upMs = 0;
  offsetMs = 0;
  synchronised: boolean | undefined;
  newestNameMs: number | undefined;

  /** Lets time pass. @returns the doubt, if there is one. */
  after(minutes: number) {
    this.#upMs += minutes * MINUTE_MS;
    const reading: ClockReading = {
      epochMs: START_MS + this.#upMs + this.offsetMs,
      boottimeNs: this.#upMs * 1e6,
      synchronised: this.synchronised,
      newestNameMs: this.newestNameMs,
    };
    const { state, doubt } = judgeClock(this.#state, reading);
    this.#state = state;
    return doubt;
  }

  /** Lets time pass until the clock is trusted. */
  untilTrusted(): this {
    while (this.after(5) !== undefined);
    return this;
  }
}

describe("the clock", () => {
  test.each([
    ["is synchronised", true, 10],
    ["is not synchronised", false, 60],
    ["has no known state, as in a container", undefined, 60],
  ])(
    "that %s (%p) is trusted after %d minutes, without a claim of evidence against it",
    (_, synchronised, minutes) => {
      const clock = new Clock();
      clock.synchronised = synchronised;
      expect(clock.after(0)).toMatchObject({ isEvidence: false });
      expect(clock.after(minutes - 1)).toMatchObject({ isEvidence: false });
      expect(clock.after(1)).toBeUndefined();
      expect(clock.after(1440)).toBeUndefined();
    },
  );

  test.each([
    ["ahead", 40 * DAY_MS],
    ["back", -40 * DAY_MS],
    ["ahead", 2 * MINUTE_MS],
  ])("that was set %s by %d ms is doubted until it has been steady again", (direction, stepMs) => {
    const clock = new Clock().untilTrusted();
    clock.offsetMs += stepMs;
    expect(clock.after(1)).toMatchObject({
      isEvidence: true,
      text: expect.stringContaining(`set ${direction} by`),
    });
    expect(clock.after(59)).toBeDefined();
    expect(clock.after(1)).toBeUndefined();
  });

  test("that jumps and returns is doubted again after its return", () => {
    const clock = new Clock().untilTrusted();
    clock.offsetMs = 40 * DAY_MS;
    expect(clock.after(1)).toBeDefined();
    clock.offsetMs = 0;
    expect(clock.after(30)?.text).toContain("set back by");
    expect(clock.after(59)).toBeDefined();
    expect(clock.after(1)).toBeUndefined();
  });

  test("that is slewed as NTP slews it is not doubted", () => {
    const clock = new Clock().untilTrusted();
    for (let hour = 0; hour < 48; hour++) {
      // 500 ppm.
      clock.offsetMs += 1800;
      expect(clock.after(60)).toBeUndefined();
    }
  });

  test("that was never set is doubted for as long as it shows 1972, however steady it is", () => {
    const clock = new Clock();
    clock.offsetMs = Date.UTC(1972, 0, 1) - START_MS;
    expect(clock.after(0)).toMatchObject({ isEvidence: true, text: expect.stringContaining("shows 1972-") });
    expect(clock.after(10_000)).toBeDefined();
    clock.offsetMs = 0;
    expect(clock.after(1)).toBeDefined();
    expect(clock.after(60)).toBeUndefined();
  });

  test("that is behind a capture is trusted after a day, or after ten minutes if it is synchronised", () => {
    const clock = new Clock();
    clock.newestNameMs = START_MS + 40 * DAY_MS;
    expect(clock.after(0)).toMatchObject({ isEvidence: true, text: expect.stringContaining("later time") });
    expect(clock.after(1439)).toBeDefined();
    expect(clock.after(1)).toBeUndefined();
    const synchronised = new Clock();
    synchronised.newestNameMs = clock.newestNameMs;
    synchronised.synchronised = true;
    expect(synchronised.after(0)).toBeDefined();
    expect(synchronised.after(10)).toBeUndefined();
  });
});
