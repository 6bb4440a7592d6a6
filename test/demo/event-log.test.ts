import { describe, expect, test } from "bun:test";
import { EventLog } from "../../src/demo/event-log.ts";
import { anEvent } from "../helpers/event.ts";

const ANY = () => true;

describe("the demo's log of events", () => {
  test("returns past events, and waits for later ones", async () => {
    const log = new EventLog();
    log.tell(anEvent("waiting"));
    expect(await log.until("waiting", ANY, 1000)).toMatchObject({ type: "waiting" });
    const later = log.until("released", ANY, 60_000);
    log.tell(anEvent("released"));
    expect(await later).toMatchObject({ type: "released" });
  });

  test("reports the last events and the reasons of dropped captures at a timeout", async () => {
    const log = new EventLog();
    log.tell(anEvent("dropped", { reason: "no room" }));
    expect(log.until("collected", ANY, 10)).rejects.toThrow(
      "waited 0.01 s for collected, last events: dropped; dropped: no room",
    );
  });

  test("reports at a timeout that there was no event", () => {
    expect(new EventLog().until("collected", ANY, 10)).rejects.toThrow("last events: nothing");
  });

  test("stops waiting after a fatal failure of the supervisor", () => {
    const log = new EventLog();
    const waiting = log.until("collected", ANY, 60_000);
    const failure = { ...anEvent("fatal").failure, message: "refused" };
    log.tell(anEvent("fatal", { failure }));
    expect(waiting).rejects.toThrow("refused");
  });
});
