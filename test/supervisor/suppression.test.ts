import { expect, test } from "bun:test";
import type { SupervisorEvent } from "../../src/supervisor/events.ts";
import { Suppression } from "../../src/supervisor/suppression.ts";

test("what was held back is said together, by cause, and once", () => {
  const told: SupervisorEvent[] = [];
  const suppression = new Suppression((event) => told.push(event));
  for (let i = 0; i < 1000; i++) suppression.add(i % 4 === 0 ? "bytes" : "cooldown");
  expect(told).toEqual([]);
  suppression.flush();
  suppression.flush();
  expect(told).toEqual([{ type: "suppressed", counts: { bytes: 250, cooldown: 750 } }]);
});
