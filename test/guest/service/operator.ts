// What an operator and other tools get from the service in its sandbox: status and a snapshot over the control socket,
// metrics at a port that its drop-in opens and in a file for node_exporter.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { MOUNTS, mount, mountPoint } from "../mount.ts";
import { finish, Provoker, run, waitFor } from "../process.ts";
import type { ServiceScenario } from "./main.ts";
import { isAttached, journal, SLOW_RULE, shippedDropIns, start } from "./service.ts";

const AOD = "/usr/bin/aod";
const LISTEN = "127.0.0.1:10445";
const TEXTFILE = "/var/lib/prometheus/node-exporter/aod.prom";
const METRICS = `metrics: {listen: "${LISTEN}", textfile: ${TEXTFILE}, every_sec: 1}\n`;
const ENDLESS = 10_000;

interface Status {
  readonly watching: { readonly state: string };
  readonly shares: readonly { readonly share: string }[];
  readonly cost: { readonly request_ns: number | null };
}

export const operatorScenarios: readonly ServiceScenario[] = [
  {
    name: "operator: status has the shares and the cost of a request, a snapshot prints its path, metrics are served and written",
    async run() {
      mkdirSync("/var/lib/prometheus/node-exporter", { recursive: true });
      mkdirSync("/srv/aod", { recursive: true, mode: 0o700 });
      await mount("plain");
      await start(SLOW_RULE + METRICS, shippedDropIns());
      await isAttached();
      const busy = await Provoker.start("direct-io", `${mountPoint("plain")}/data`, 2, ENDLESS);
      busy.go();
      const status: Status = JSON.parse(await run(AOD, "status", "--json"));
      assert.equal(status.watching.state, "watching");
      assert.ok(
        status.shares.some(({ share }) => share === MOUNTS.plain.source),
        JSON.stringify(status.shares),
      );
      assert.ok((status.cost.request_ns ?? 0) > 0, JSON.stringify(status.cost));

      const path = (await run(AOD, "snapshot", "--reason", "a test")).trim();
      const report = await run("tar", "--zstd", "-xOf", path, "--wildcards", "*/report.html");
      assert.match(report, /^<!doctype html>/i);

      const served = await (await fetch(`http://${LISTEN}/metrics`)).text();
      assert.match(served, /^aod_attached 1$/m);
      const replies = new RegExp(`^aod_requests_total\\{share="${MOUNTS.plain.source}",.*\\} [1-9]`, "m");
      assert.match(served, replies);
      const written = await waitFor("the file for node_exporter", () => readFileSync(TEXTFILE, "utf8"));
      assert.match(written, /^aod_attached 1$/m);
      busy.kill();
    },
  },
  {
    name: "operator: without their drop-ins the log and doctor report the metrics, and aod watches",
    async run() {
      await mount("plain");
      await start(SLOW_RULE + METRICS);
      await isAttached();
      const log = await journal();
      assert.match(log, /metrics-port\.conf/);
      assert.match(log, /metrics-textfile\.conf/);
      const doctor = await finish([AOD, "doctor"]);
      assert.match(doctor.stdout, /metrics cannot be served at 127\.0\.0\.1:10445/);
    },
  },
];
