// Resources of the host: the reserve of descriptors, and shortages of threads until they are over.

import { expect, test } from "bun:test";
import { Resources } from "../../src/supervisor/resources.ts";

function aHost() {
  const host = { losses: {} as Record<string, number>, nowNs: 0, isWhole: true, released: 0 };
  const reserve = {
    check: () => host.isWhole,
    get isWhole() {
      return host.isWhole;
    },
    release: () => void host.released++,
  };
  const resources = new Resources({ reserve, losses: () => host.losses, nowNs: () => host.nowNs });
  return { host, resources };
}

test("a host that grants everything is no trouble", () => {
  const { resources } = aHost();
  expect(resources.check()).toBe(undefined);
  expect(resources.hasRoom()).toBe(true);
});

test("use of the reserve is a trouble as long as it lasts", () => {
  const { host, resources } = aHost();
  host.isWhole = false;
  expect(resources.check()?.text).toContain("no file descriptor is free (EMFILE)");
  host.isWhole = true;
  expect(resources.check()).toBe(undefined);
});

test.each([
  ["no_descriptors", "EMFILE"],
  ["no_processes", "EAGAIN"],
  ["no_memory", "ENOMEM"],
  ["no_host_files", "ENFILE"],
])("%s is a trouble until half a minute has passed without another shortage", (cause, errno) => {
  const { host, resources } = aHost();
  host.losses = { [cause]: 1 };
  expect(resources.check()?.text).toContain(`(${errno})`);
  host.nowNs = 20e9;
  host.losses = { [cause]: 2 };
  expect(resources.check()?.text).toContain(`(${errno})`);
  host.nowNs = 49e9;
  expect(resources.check()?.text).toContain(`(${errno})`);
  host.nowNs = 51e9;
  expect(resources.check()).toBe(undefined);
});

test("the end releases the reserve", () => {
  const { host, resources } = aHost();
  resources.end();
  expect(host.released).toBe(1);
});
