import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { encodeAssignments, openServiceManager } from "../../src/daemon/service-manager.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { makeUnixReceiver } from "../helpers/unix-receiver.ts";
import { waitUntil } from "../helpers/wait-until.ts";

function aManager(path: string) {
  const manager = openServiceManager({ NOTIFY_SOCKET: path });
  afterAll(() => manager.close());
  return manager;
}

describe("the service manager", () => {
  test.each([
    ["a socket file", join(tempDir(), "notify")],
    ["an abstract name", `@aod-test-${process.pid}`],
  ])("is notified by %s, one datagram for each call", (_, path) => {
    const receiver = makeUnixReceiver(path);
    aManager(path).send({ READY: 1, STATUS: "watching" });
    expect(receiver.take()).toBe("READY=1\nSTATUS=watching\n");
    expect(receiver.take()).toBeUndefined();
    receiver.close();
  });

  test("that is busy gets every datagram later, in order", async () => {
    const path = join(tempDir(), "notify");
    const receiver = makeUnixReceiver(path);
    const filler = aManager(path);
    // Fills the queue of the socket: the last datagram waits in the queue of the sender.
    for (let i = 0; i < 2000; i++) filler.send({ STATUS: i });
    const manager = aManager(path);
    manager.send({ READY: 1 });
    manager.send({ STOPPING: 1 });
    const received: string[] = [];
    await waitUntil(() => {
      for (let text = receiver.take(); text !== undefined; text = receiver.take()) received.push(text);
      return received.includes("STOPPING=1\n");
    });
    expect(received.filter((text) => !text.startsWith("STATUS"))).toEqual(["READY=1\n", "STOPPING=1\n"]);
    receiver.close();
  });

  test.each([[undefined], [""], ["relative"], ["vsock:2:1234"], [join(tempDir(), "no-socket")]])(
    "at %p does not exist, which is no error",
    (path) => {
      const manager = openServiceManager({ NOTIFY_SOCKET: path });
      manager.send({ READY: 1 });
      manager.close();
      manager.close();
    },
  );

  test("gets no line that a value forges", () => {
    const bytes = encodeAssignments({ STATUS: "on //a\nREADY=1\u0000", WATCHDOG: 1 });
    expect(new TextDecoder().decode(bytes)).toBe("STATUS=on //a READY=1 \nWATCHDOG=1\n");
  });

  test.each([
    ["its own", { WATCHDOG_USEC: "60000000", WATCHDOG_PID: "7" }, 60_000],
    ["one for any process", { WATCHDOG_USEC: "60000000" }, 60_000],
    ["another process's", { WATCHDOG_USEC: "60000000", WATCHDOG_PID: "8" }, undefined],
    ["none", {}, undefined],
    ["no time", { WATCHDOG_USEC: "0" }, undefined],
    ["nonsense", { WATCHDOG_USEC: "1m" }, undefined],
  ])("sets the watchdog interval if the watchdog is %s", (_, environment, watchdogMs) => {
    const manager = openServiceManager({ NOTIFY_SOCKET: "@aod-test-no-socket", ...environment }, 7);
    expect(manager.watchdogMs).toBe(watchdogMs);
    manager.close();
  });
});
