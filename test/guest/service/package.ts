// The life of the package: an upgrade while an incident is open, a removal, a purge. service.ts has installed it, from
// the same kind of repository. These scenarios come last, because they remove everything of aod.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mount, mountPoint } from "../mount.ts";
import { finish, Provoker, run, waitFor } from "../process.ts";
import { withStoppedServer } from "../server.ts";
import type { ServiceScenario } from "./main.ts";
import {
  aptGet,
  CONFIG,
  captures,
  isAttached,
  mainPid,
  OUTPUT,
  SLOW_RULE,
  saysStatus,
  start,
} from "./service.ts";

const NEXT_VERSION = "99.0";
/** A file of another tool that stores its captures in the same folder. */
const ANOTHERS = "aod_quick_1732500000.tar.zst";

interface KnownIncident {
  readonly id: string;
  readonly state: string;
}

async function incidents(): Promise<readonly KnownIncident[]> {
  return JSON.parse(await run("aod", "incidents", "--json")) as readonly KnownIncident[];
}

export const packageScenarios: readonly ServiceScenario[] = [
  {
    name: "package: an upgrade keeps the open incident, the configuration and whether the service is enabled",
    async run() {
      await mount("plain");
      await run("systemctl", "enable", "aod");
      await start(`${SLOW_RULE}  resolve_after_sec: 600\n`);
      await isAttached();
      const [before, config] = [await mainPid(), readFileSync(CONFIG, "utf8")];
      const provoker = await Provoker.start("direct-read", `${mountPoint("plain")}/data`);
      await withStoppedServer(async () => {
        provoker.go();
        await saysStatus(/1 open incident/);
        const known = await incidents();
        await aptGet("next-release", "install", "aod");
        assert.match(await run("dpkg-query", "--show", "aod"), new RegExp(NEXT_VERSION));
        assert.notEqual(await mainPid(), before, "it is the new one that runs");
        await saysStatus(/^watching .*1 open incident/);
        assert.deepEqual(
          (await incidents()).map(({ id, state }) => [id, state]),
          known.map(({ id }) => [id, "open"]),
        );
      });
      await provoker.done();
      assert.equal(readFileSync(CONFIG, "utf8"), config);
      assert.equal((await run("systemctl", "is-enabled", "aod")).trim(), "enabled");
    },
  },
  {
    name: "package: a removal stops aod and keeps the user's files, a purge keeps files of other tools",
    async run() {
      await start(SLOW_RULE);
      await run("systemctl", "kill", "--signal=USR1", "--kill-whom=main", "aod");
      await waitFor("a capture", () => captures().length === 1);
      await aptGet("next-release", "remove", "aod");
      assert.equal((await finish(["pidof", "aod"])).exitCode, 1, "nothing of it runs");
      for (const path of ["/usr/bin/aod", "/usr/lib/systemd/system/aod.service"])
        assert.ok(!existsSync(path), path);
      assert.ok(existsSync(CONFIG));
      assert.equal(captures().length, 1);
      writeFileSync(`${OUTPUT}/batches/${ANOTHERS}`, "");
      await aptGet("next-release", "purge", "aod");
      assert.ok(!existsSync(CONFIG));
      assert.deepEqual(readdirSync(OUTPUT, { recursive: true }).toSorted(), [
        "batches",
        `batches/${ANOTHERS}`,
      ]);
    },
  },
];
