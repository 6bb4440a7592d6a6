import { describe, expect, test } from "bun:test";
import type { SupervisorEvent } from "../../src/supervisor/events.ts";
import { Troubles } from "../../src/supervisor/troubles.ts";
import { Upkeep } from "../../src/supervisor/upkeep.ts";

const BLOCKED = { text: "no capture can be written", isRepaired: false };

function someTroubles() {
  const now = { epochMs: 1000, monotonicNs: 0 };
  const events: SupervisorEvent[] = [];
  return {
    now,
    events,
    troubles: new Troubles(
      (event) => events.push(event),
      () => ({ ...now }),
    ),
  };
}

describe("troubles", () => {
  test("are published when they begin, change and end, and not at each check", () => {
    const { now, events, troubles } = someTroubles();
    troubles.note("output_folder", undefined);
    troubles.note("output_folder", BLOCKED);
    troubles.note("output_folder", BLOCKED);
    now.epochMs = 2000;
    troubles.note("output_folder", { ...BLOCKED, text: "another reason" });
    now.epochMs = 3000;
    troubles.note("output_folder", undefined);
    troubles.note("output_folder", undefined);
    const one = { subject: "output_folder", sinceMs: 1000 };
    expect(events.map((event) => event.type === "trouble" && event.trouble)).toMatchObject([
      { ...one, text: BLOCKED.text, overAtMs: undefined },
      { ...one, text: "another reason", overAtMs: undefined },
      { ...one, text: "another reason", overAtMs: 3000 },
    ]);
  });

  test("that were repaired at once are over at once, are published each time, and count each time", () => {
    const { events, troubles } = someTroubles();
    for (let i = 0; i < 2; i++) {
      troubles.note("control_socket", { text: "removed", isRepaired: true });
      troubles.note("control_socket", undefined);
    }
    expect(events).toHaveLength(2);
    expect(troubles.list()).toMatchObject([{ subject: "control_socket", overAtMs: 1000 }]);
    expect(troubles.bySubject()).toContainEqual({ subject: "control_socket", isLasting: false, count: 2 });
  });

  test("that are over are listed for an hour, whatever the clock does; others as long as they last", () => {
    const { now, troubles } = someTroubles();
    troubles.note("output_folder", BLOCKED);
    troubles.note("history", { text: "removed", isRepaired: true });
    now.epochMs += 40 * 86_400_000;
    expect(troubles.list()).toHaveLength(2);
    now.monotonicNs += 3601e9;
    expect(troubles.list()).toMatchObject([{ subject: "output_folder" }]);
  });
});

describe("upkeep", () => {
  test("runs every check, and none after the end", () => {
    const { troubles } = someTroubles();
    const upkeep = new Upkeep(troubles);
    let asked = 0;
    upkeep.watch("output_folder", () => {
      asked++;
      return BLOCKED;
    });
    upkeep.check();
    expect(troubles.list()).toMatchObject([{ subject: "output_folder", text: BLOCKED.text }]);
    upkeep.end();
    upkeep.check();
    expect(asked).toBe(1);
  });
});
