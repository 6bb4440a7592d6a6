// The order of listeners, and events that a listener publishes.

import { describe, expect, test } from "bun:test";
import { EventBus, LISTENER_ORDER, type ListenerName } from "../../src/supervisor/event-bus.ts";
import type { SupervisorEvent } from "../../src/supervisor/events.ts";
import { anEvent } from "../helpers/event.ts";

describe("the event bus", () => {
  test("hands an event to its listeners in the order of the list, in whatever order they are given", () => {
    const reached: string[] = [];
    const names = LISTENER_ORDER.toReversed();
    const listeners = Object.fromEntries(names.map((name) => [name, () => reached.push(name)]));
    new EventBus(listeners).publish(anEvent("watching"));
    expect(reached).toEqual([...LISTENER_ORDER]);
  });

  test("leaves out listeners that are not given", () => {
    const reached: SupervisorEvent["type"][] = [];
    const bus = new EventBus({ log: ({ type }) => reached.push(type) });
    bus.publish(anEvent("watching"));
    bus.publish(anEvent("stopping"));
    expect(reached).toEqual(["watching", "stopping"]);
  });

  test("queues an event that a listener publishes until every listener has had the current one", () => {
    const reached: string[] = [];
    const note = (name: ListenerName) => (event: SupervisorEvent) => reached.push(`${name} ${event.type}`);
    const bus: EventBus = new EventBus({
      history: (event) => {
        note("history")(event);
        if (event.type === "opened") bus.publish(anEvent("trouble"));
      },
      log: note("log"),
    });
    bus.publish(anEvent("opened"));
    expect(reached).toEqual(["history opened", "log opened", "history trouble", "log trouble"]);
  });

  test("ends a listener that publishes without end, and works afterwards", () => {
    let isEndless = true;
    let count = 0;
    const bus: EventBus = new EventBus({
      log: (event) => {
        count += 1;
        if (isEndless) bus.publish(event);
      },
    });
    expect(() => bus.publish(anEvent("stopping"))).toThrow("publishes without end");
    isEndless = false;
    count = 0;
    bus.publish(anEvent("stopping"));
    expect(count).toBe(1);
  });

  test("passes on what a listener throws, and delivers later events", () => {
    let isBroken = true;
    const reached: string[] = [];
    const bus = new EventBus({
      history: () => {
        if (isBroken) throw new Error("the disk is gone");
      },
      log: ({ type }) => reached.push(type),
    });
    expect(() => bus.publish(anEvent("opened"))).toThrow("the disk is gone");
    isBroken = false;
    bus.publish(anEvent("resolved"));
    expect(reached).toEqual(["resolved"]);
  });
});
