// Waiting for what the supervisor is going to say.

import { describe, expect, test } from "bun:test";
import { EventLog } from "../../src/demo/event-log.ts";
import { anEvent } from "../helpers/event.ts";

const ANY = () => true;

describe("the demo's log of events", () => {
  test("gives what was said already, and what is said later", async () => {
    const log = new EventLog();
    log.tell(anEvent("waiting"));
    expect(await log.until("waiting", ANY, 1000)).toMatchObject({ type: "waiting" });
    const later = log.until("released", ANY, 60_000);
    log.tell(anEvent("released"));
    expect(await later).toMatchObject({ type: "released" });
  });

  test("says what it heard instead, and why a capture was dropped", async () => {
    const log = new EventLog();
    log.tell(anEvent("dropped", { reason: "no room" }));
    expect(log.until("collected", ANY, 10)).rejects.toThrow(
      "waited 0.01 s for collected, heard last: dropped; dropped: no room",
    );
  });

  test("hears nothing where nothing was said", () => {
    expect(new EventLog().until("collected", ANY, 10)).rejects.toThrow("heard last: nothing");
  });

  test("does not wait for a supervisor that can't go on", () => {
    const log = new EventLog();
    const waiting = log.until("collected", ANY, 60_000);
    const failure = { ...anEvent("fatal").failure, message: "refused" };
    log.tell(anEvent("fatal", { failure }));
    expect(waiting).rejects.toThrow("refused");
  });
});
