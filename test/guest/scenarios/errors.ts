// Bursts of errors: errors that a rule names, and errors that count without being named.

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { MOUNTS, type MountName, mountPoint } from "../mount.ts";
import { withWeather } from "../network.ts";
import { finish } from "../process.ts";
import type { Scenario } from "../scenario.ts";

const BURST = 20;

const errorRule = (mode: string): string => `
watch_interval_sec: 60
guardian:
  anomalies:
    errors:
      type: Error
      acceptable_count: 10
      actions: []
${mode.replace(/^/gm, "      ")}
`;

interface Burst {
  readonly name: string;
  readonly mount: MountName;
  readonly mode: string;
  /** Fails BURST times. */
  readonly provoke: (folder: string) => Promise<void>;
  readonly errno: string;
  readonly ntStatus: number;
}

const BURSTS: readonly Burst[] = [
  {
    name: "missing names, where ENOENT is tracked by name",
    mount: "plain",
    mode: "mode: trackonly\ntrack_codes: [ENOENT]",
    async provoke(folder) {
      for (let number = 0; number < BURST; number++) {
        assert.throws(() => statSync(`${folder}/missing-${number}`), { code: "ENOENT" });
      }
    },
    errno: "ENOENT",
    ntStatus: 0xc0000034, // STATUS_OBJECT_NAME_NOT_FOUND
  },
  {
    name: "a file that a user may not read, in mode all",
    mount: "limited",
    mode: "mode: all",
    async provoke(folder) {
      for (let number = 0; number < BURST; number++) {
        const { stderr } = await finish(["cat", `${folder}/secret`]);
        assert.match(stderr, /Permission denied/);
      }
    },
    errno: "EACCES",
    ntStatus: 0xc0000022, // STATUS_ACCESS_DENIED
  },
];

const burstScenarios: readonly Scenario[] = BURSTS.map((burst) => ({
  name: `error: a burst of ${burst.name}`,
  mounts: [burst.mount],
  config: errorRule(burst.mode),
  async run({ aod }) {
    await burst.provoke(mountPoint(burst.mount));
    const { manifest, rows } = await aod.capture();
    assert.equal(manifest.rule, "errors");
    assert.equal(manifest.type, "error");
    assert.equal(manifest.share, MOUNTS[burst.mount].source);
    assert.deepEqual(manifest.actions, [], "no action was asked for");
    const failed = rows.filter((row) => row.state === "error" && row.errno === burst.errno);
    assert.ok(failed.length >= 10, `${failed.length} rows with ${burst.errno}`);
    assert.deepEqual([...new Set(failed.map((row) => row.ntStatus))], [burst.ntStatus]);
    assert.deepEqual([...new Set(failed.map((row) => row.command))], ["SMB2_CREATE"]);
    assert.equal(aod.captures.length, 1, "one burst, one capture");
  },
}));

/** Errnos that the client returns by itself while a server can't be reached; which one depends on its progress. */
const UNREACHABLE = ["EHOSTDOWN", "EAGAIN", "ETIMEDOUT", "ECONNABORTED", "ENOTCONN", "EIO"];

const operationScenario: Scenario = {
  name: "error: operations that fail without a request, while the server can't be reached",
  mounts: ["impatient"],
  config: errorRule("mode: all"),
  async run({ aod }) {
    const folder = mountPoint("impatient");
    await withWeather({ toServer: ["loss", "100%"], toClient: ["loss", "100%"] }, async () => {
      const names = Array.from({ length: BURST }, (_, number) => `${folder}/never-${number}`);
      const results = await Promise.all(names.map((name) => finish(["stat", name])));
      for (const { stderr } of results) assert.doesNotMatch(stderr, /No such file/);
      const { manifest } = await aod.capture();
      assert.equal(manifest.rule, "errors");
      assert.equal(manifest.share, MOUNTS.impatient.source);
      assert.deepEqual([...new Set(manifest.evidence.map(({ command }) => command))], ["operation"]);
      assert.deepEqual([...new Set(manifest.evidence.map(({ state }) => state))], ["error"]);
      const errnos = manifest.evidence.map(({ errno }) => String(errno));
      for (const errno of errnos) assert.ok(UNREACHABLE.includes(errno), errno);
      assert.ok((manifest.counters.operations_failed ?? 0) >= 10, "the kernel counted them");
    });
  },
};

export const errorScenarios: readonly Scenario[] = [...burstScenarios, operationScenario];
