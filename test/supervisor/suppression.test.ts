import { expect, test } from "bun:test";
import type { SupervisorEvent } from "../../src/supervisor/events.ts";
import { Suppression } from "../../src/supervisor/suppression.ts";

test("suppressed captures are published together, by cause, and once", () => {
  const published: SupervisorEvent[] = [];
  const suppression = new Suppression((event) => published.push(event));
  for (let i = 0; i < 1000; i++) suppression.add(i % 4 === 0 ? "bytes" : "cooldown");
  expect(published).toEqual([]);
  suppression.flush();
  suppression.flush();
  expect(published).toEqual([{ type: "suppressed", counts: { bytes: 250, cooldown: 750 } }]);
});
