// The premise of all hostile tests: without any fault the daemon detects, captures and answers.

import { expect, test } from "bun:test";
import { describeHostile, HostileDaemon } from "./hostile-daemon.ts";

describeHostile("aod, when nothing is wrong with the host", () => {
  const aod = new HostileDaemon();

  test("captures slow requests repeatedly, and loses nothing", async () => {
    await aod.start().says("ready");
    const names = new Set<string>();
    for (let i = 0; i < 3; i++) names.add((await aod.detect()).name);
    expect(names.size).toBe(3);
    const { losses } = await aod.status();
    expect(Object.values(losses).filter((count) => count > 0)).toEqual([]);
    aod.signal("SIGTERM");
    expect(await aod.ended()).toBe(0);
  });
});
