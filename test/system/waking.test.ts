// eventfd.ts and epoll.ts together: how a thread that sleeps in the kernel is woken.

import { describe, expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { Epoll } from "../../src/system/epoll.ts";
import { closeFd, drainEventFd, makeEventFd, signalEventFd } from "../../src/system/eventfd.ts";

describe("an epoll set", () => {
  test("names who is ready, until it is drained", () => {
    const epoll = Epoll.create();
    const fds = [makeEventFd(), makeEventFd()] as const;
    for (const fd of fds) epoll.add(fd);
    expect(epoll.wait(0)).toEqual([]);
    signalEventFd(fds[1]);
    expect(epoll.wait(-1)).toEqual([fds[1]]);
    drainEventFd(fds[1]);
    expect(epoll.wait(0)).toEqual([]);
    epoll.close();
    for (const fd of fds) closeFd(fd);
  });

  test("many signals and drains never wear it out, whatever the collector does meanwhile", () => {
    const epoll = Epoll.create();
    const fd = makeEventFd();
    epoll.add(fd);
    for (let i = 0; i < 20_000; i++) {
      signalEventFd(fd);
      signalEventFd(fd);
      if (i % 5_000 === 0) Bun.gc(true);
      drainEventFd(fd);
    }
    expect(epoll.wait(0)).toEqual([]);
    epoll.close();
    closeFd(fd);
  });

  test("is closed once, however often it is asked to", () => {
    const epoll = Epoll.create();
    epoll.close();
    const reused = openSync("/dev/null", "r");
    epoll.close();
    // Closing twice would have closed this one.
    expect(() => closeSync(reused)).not.toThrow();
  });

  test("says which call failed, and how", () => {
    const epoll = Epoll.create();
    expect(() => epoll.add(100_000)).toThrow("epoll_ctl add 100000: EBADF");
    epoll.close();
  });
});
