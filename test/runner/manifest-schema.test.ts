import { describe, expect, test } from "bun:test";
import schema from "../../docs/manifest.schema.json";
import { SEVERITY } from "../../src/model/anomaly.ts";
import { COMMANDS } from "../../src/model/command.ts";
import { KIND } from "../../src/model/request.gen.ts";
import { CAUSES } from "../../src/model/verdict.ts";
import { encodeManifest, makeManifest } from "../../src/runner/manifest.ts";
import { anAttribution } from "../helpers/attribution.ts";
import { manifestFaults, SCHEMA_VERSION, schemaFaults } from "../helpers/manifest.ts";
import { anOrder } from "../helpers/order.ts";
import { seeded } from "../helpers/random.ts";
import { A_REPORT } from "../helpers/report.ts";
import { aRequest } from "../helpers/request.ts";
import { BUILT_IN_RULES } from "../helpers/scrubber.ts";

const scrubber = BUILT_IN_RULES;
const FACTS = { aodVersion: "1.2.3", host: "client", bootId: "b-o-o-t", kernel: "6.12.0" };

/** Random manifests of all forms. */
function aManifest(random: ReturnType<typeof seeded>) {
  const { int, pick, chance } = random;
  const isManual = chance(0.2);
  const ruleType = pick(["latency", "error", "stuck", "signal"] as const);
  const order = anOrder({
    ...(isManual
      ? {
          trigger: "manual",
          rule: "manual",
          ruleType: "manual",
          kind: "manual",
          share: "",
          incidentId: undefined,
        }
      : { ruleType, kind: pick(["slow", "error", "signal", "emergency", "hung"] as const) }),
    attribution: chance(0.5) ? anAttribution({ dialect: undefined, encrypted: undefined }) : undefined,
    source: pick(["demo", "kernel"] as const),
    statuses: Array.from({ length: int(0, 2) }, () => ({
      command: pick([undefined, 9]),
      ntStatus: 0xc000_007f,
      errno: int(0, 200),
      count: int(1, 9),
    })),
    evidence: Array.from({ length: int(0, 3) }, () =>
      aRequest({
        kind: pick([KIND.REQUEST, KIND.EVICTED, KIND.SIGNAL, KIND.OPERATION]),
        command: int(0, COMMANDS.length - 1),
        latencyNs: pick([0, 1, 1e9]),
        sessionId: 2n ** 64n - 1n,
        errno: pick([0, 5, 200]),
        comm: pick(["postgres", "\u0000\u0007é"]),
      }),
    ),
  });
  const isEmpty = chance(0.3);
  const recorder = {
    offsets: new Uint32Array(isEmpty ? 0 : 2),
    oldestNs: isEmpty ? undefined : 90e9,
    completeSinceNs: 95e9,
  };
  const nothing = { file: undefined, exitCode: undefined, durationMs: 0, bytes: 0, sha256: undefined };
  const status = pick(["ok", "failed", "timed_out", "truncated"] as const);
  const outcomes = [
    { ...nothing, name: "dmesg", status: "missing", reason: "dmesg is not installed" },
    {
      ...nothing,
      name: "stats",
      status,
      reason: undefined,
      file: "actions/stats.log",
      sha256: "a".repeat(64),
    },
  ] as const;
  const verdict = {
    cause: pick(CAUSES),
    confidence: int(0, 100) / 100,
    because: ["x"],
  };
  return JSON.parse(
    encodeManifest(
      makeManifest(order, FACTS, recorder, outcomes, verdict, { scrubber, scrubbed: int(0, 100) }),
      A_REPORT,
    ),
  );
}

describe("docs/manifest.schema.json", () => {
  test("describes every field, and requires it", () => {
    expect(schemaFaults()).toEqual([]);
  });

  test("accepts manifests of all forms", () => {
    const random = seeded();
    for (let run = 0; run < 200; run++) {
      const manifest = aManifest(random);
      expect(manifestFaults(manifest), random.seedText).toEqual([]);
      expect(manifest.schema_version).toBe(SCHEMA_VERSION);
    }
  });

  test("refuses a missing field and an added one, wherever it is", () => {
    const random = seeded();
    let manifest = aManifest(random);
    while (manifest.evidence.length === 0 || manifest.attribution === null) manifest = aManifest(random);
    const { attribution } = manifest;
    const places = [manifest, manifest.recorder, manifest.verdict, attribution, attribution.processes[0]];
    for (const place of [...places, manifest.evidence[0], manifest.actions[0]]) {
      for (const name of Object.keys(place)) {
        const value = place[name];
        delete place[name];
        expect(manifestFaults(manifest), name).not.toEqual([]);
        place[name] = value;
      }
      place.another = 1;
      expect(manifestFaults(manifest)).toHaveLength(1);
      delete place.another;
    }
    expect(manifestFaults(manifest)).toEqual([]);
  });

  test("lets a present reader accept future additions", () => {
    expect(JSON.stringify(schema)).not.toContain('"additionalProperties":false');
  });

  test("has the names that the code has", () => {
    expect(schema.properties.verdict.properties.cause.enum).toEqual([...CAUSES]);
    expect(schema.properties.kind.enum.toSorted()).toEqual([...Object.keys(SEVERITY), "manual"].sort());
  });
});
