// dist/aod with metrics: port and file appear, move and disappear with the configuration; a port that can't be opened
// is reported.

import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Daemon, RULES } from "../helpers/daemon.ts";
import { freePort } from "../helpers/free-port.ts";
import { readMetrics } from "../helpers/metrics-text.ts";
import { EXECUTABLE, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const { stdout: verdict } = await run([EXECUTABLE, "doctor"], tempDir());
const isRefused = !/^ok {2}BPF programs/m.test(verdict) && process.env.AOD_REQUIRE_BPF !== "1";

function scrape(port: number): Promise<Response> {
  const headers = { accept: "application/openmetrics-text;version=1.0.0" };
  return fetch(`http://127.0.0.1:${port}/metrics`, { keepalive: false, headers });
}

describe.skipIf(isRefused)("metrics of the daemon (needs a kernel that lets it load BPF programs)", () => {
  const aod = new Daemon();
  const [first, second] = [freePort(), freePort()];
  const textfile = join(tempDir(), "aod.prom");

  function configure(metrics: string): void {
    writeFileSync(aod.config, `aod_output_dir: ${aod.folder}\n${RULES}${metrics}`);
  }

  async function reload(metrics: string, says: string): Promise<void> {
    aod.log = "";
    configure(metrics);
    aod.signal("SIGHUP");
    await aod.says(says);
  }

  beforeAll(async () => {
    configure(`metrics: { listen: "127.0.0.1:${first}", textfile: ${textfile}, every_sec: 1 }\n`);
    await aod.start().says("ready");
  });

  test("are served, and written", async () => {
    const families = readMetrics(await (await scrape(first)).text(), "openmetrics");
    expect(families.get("aod_rules")?.samples[0]?.value).toBe(1);
    expect(families.get("aod_resident_memory_bytes")?.samples[0]?.value).toBeGreaterThan(1 << 20);
    await waitUntil(() => existsSync(textfile));
    readMetrics(readFileSync(textfile, "utf8"), "text");
  });

  test("count a capture on demand", async () => {
    aod.signal("SIGUSR1");
    await aod.says("captured");
    await Bun.sleep(1000);
    const families = readMetrics(await (await scrape(first)).text(), "openmetrics");
    const made = families.get("aod_captures_made")?.samples.find(({ labels }) => labels.rule === "manual");
    expect(made?.value).toBe(1);
  });

  test("move with a reload", async () => {
    await reload(`metrics: { listen: "127.0.0.1:${second}" }\n`, "configuration applied");
    expect((await scrape(second)).status).toBe(200);
    expect(scrape(first)).rejects.toThrow();
    expect(existsSync(textfile)).toBe(false);
  });

  test("stay if a reload can't open its port, and report that the file was refused", async () => {
    const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("") });
    await reload(
      `metrics: { listen: "127.0.0.1:${taken.port}" }\n`,
      "the running configuration stays in force",
    );
    expect(aod.log).toContain("EADDRINUSE");
    await Bun.sleep(1000);
    const families = readMetrics(await (await scrape(second)).text(), "openmetrics");
    expect(families.get("aod_config_last_reload_successful")?.samples[0]?.value).toBe(0);
    taken.stop(true);
  });

  test("give a warning for an address that other hosts can reach", async () => {
    await reload(`metrics: { listen: "0.0.0.0:${second}" }\n`, "configuration applied");
    expect(aod.log).toContain("warning: other hosts can read");
    expect((await scrape(second)).status).toBe(200);
  });

  test("disappear with the section, and with aod", async () => {
    await reload("", "configuration applied");
    expect(scrape(second)).rejects.toThrow();
    await reload(`metrics: { textfile: ${textfile} }\n`, "configuration applied");
    expect(existsSync(textfile)).toBe(true);
    aod.signal("SIGTERM");
    expect(await aod.ended()).toBe(0);
    expect(existsSync(textfile)).toBe(false);
  });

  test("do not keep aod from watching if their port is taken", async () => {
    const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("") });
    const other = new Daemon();
    writeFileSync(
      other.config,
      `aod_output_dir: ${other.folder}\n${RULES}metrics: { listen: "127.0.0.1:${taken.port}" }\n`,
    );
    await other.start().says("ready");
    expect(other.log).toContain("EADDRINUSE (another program listens there)");
    other.signal("SIGTERM");
    expect(await other.ended()).toBe(0);
    taken.stop(true);
  });
});
