// Programs of actions and of notify that try to outlive their deadline: sessions of their own, two forks, ignored
// signals, a held pipe, ever more children. They are shell scripts in custom actions; nothing may be left of them.

import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import { recordFault } from "./fault-log.ts";
import { describeHostile, HostileDaemon } from "./hostile-daemon.ts";

/** A mark in the arguments of every process that must end. */
const MARK = `aod-outlives-${process.pid}`;
/** A process that ignores every signal that it can, and holds no pipe unless the script lets it. */
const STUBBORN = `sh -c 'trap : TERM INT HUP; while :; do sleep 1; done' ${MARK}`;
const SILENT = ">/dev/null 2>&1 </dev/null";

const ESCAPES: Readonly<Record<string, string>> = {
  session: `setsid ${STUBBORN} ${SILENT} & sleep 60`,
  daemon: `(setsid sh -c "${STUBBORN.replaceAll('"', '\\"')} ${SILENT} & exit" &); exit 0`,
  pipe: `(setsid ${STUBBORN} &); exit 0`,
  ignores: `trap : TERM INT HUP; setsid ${STUBBORN} ${SILENT} & while :; do sleep 1; done`,
  forks: `bomb() { [ $1 = 0 ] || { bomb $(($1 - 1)) & bomb $(($1 - 1)) & }; exec ${STUBBORN} ${SILENT}; }; bomb 5; wait`,
};

function scriptIn(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

function configuration(): string {
  const folder = tempDir();
  const names = Object.keys(ESCAPES);
  const actions = names.map(
    (name) => `  ${name}: { command: [${scriptIn(folder, name, ESCAPES[name] ?? "")}], timeout_sec: 2 }\n`,
  );
  const notify = scriptIn(folder, "notify", `(setsid ${STUBBORN} ${SILENT} &); exit 0`);
  return [
    `watcher:\n  actions: [${names.join(", ")}]\n`,
    `custom_actions:\n${actions.join("")}`,
    `notify:\n  command: [${notify}]\n  timeout_sec: 2\n`,
  ].join("");
}

/** Processes with the mark, in any session and of any parent. */
function escaped(): readonly string[] {
  return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && argumentsOf(pid).includes(MARK));
}

function argumentsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    // It has ended since the listing.
    return [];
  }
}

function zombiesOf(pid: number): readonly string[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const children = tasks.flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean),
  );
  return children.filter((child) => {
    try {
      return / Z /.test(readFileSync(`/proc/${child}/stat`, "utf8"));
    } catch {
      return false;
    }
  });
}

describeHostile("a thousand programs that each leave an orphan behind", () => {
  test("leave no zombie and no descriptor", async () => {
    const fixture = join(import.meta.dir, "../fixtures/threads/orphans.ts");
    const { stdout } = await run([process.execPath, fixture, "1000"], "/");
    expect(JSON.parse(stdout)).toMatchObject({ alive: [], zombies: [], abandoned: 0 });
    expect(JSON.parse(stdout).more).toBeLessThan(20);
  }, 180_000);
});

describeHostile("aod, whose actions and notices start programs that try to outlive them", () => {
  const aod = new HostileDaemon(configuration());

  test("ends all of them at the deadline, leaves no zombie, and continues to capture", async () => {
    await aod.start().says("ready");
    let most = 0;
    const first = aod.detect();
    for (let isOver = false; !isOver; ) {
      most = Math.max(most, escaped().length);
      isOver = await Promise.race([first.then(() => true), Bun.sleep(50).then(() => false)]);
    }
    // They have really run.
    expect(most).toBeGreaterThan(30);
    const endedMs = performance.now();
    await waitUntil(() => escaped().length === 0);
    const { tookMs } = await aod.detect();
    await waitUntil(() => escaped().length === 0 && zombiesOf(aod.pid).length === 0);
    const { losses } = await aod.status();
    expect(losses.abandoned_children).toBe(0);
    expect(performance.now()).toBeGreaterThan(endedMs);
    aod.signal("SIGTERM");
    expect(await aod.ended()).toBe(0);
    expect(escaped()).toEqual([]);
    recordFault({
      fault:
        "programs of actions and notify start daemons, sessions of their own and ever more children, and ignore signals",
      reaction: "ends all of them at the deadline of their program and reaps them",
      lost: { "processes left behind": 0 },
      normalAfterMs: tookMs,
    });
  }, 180_000);
});
