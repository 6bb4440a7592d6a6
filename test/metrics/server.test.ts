import { expect, spyOn, test } from "bun:test";
import { openServer } from "../../src/metrics/server.ts";
import { freePort } from "../helpers/free-port.ts";

test("a port that another program takes between the check and the start is reported and does not end the process", async () => {
  const listen = { address: "127.0.0.1", port: freePort() };
  const other = Bun.serve({ hostname: listen.address, port: listen.port, fetch: () => new Response() });
  // The check finds the port free.
  const check = spyOn(Bun, "serve").mockReturnValueOnce({ stop: async () => undefined } as typeof other);
  const failures: unknown[] = [];
  const failed = (thrown: unknown) => void failures.push(thrown);
  expect(() => openServer({ listen, hosts: () => [], render: () => "", failed })).toThrow("EADDRINUSE");
  check.mockRestore();
  // The event comes shortly after the throw; without a listener this test would fail here.
  await Bun.sleep(20);
  expect(failures).toEqual([]);
  await other.stop(true);
});
