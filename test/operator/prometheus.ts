// Starts Debian's Prometheus and node_exporter for tests: each has its own folder and port, listens only on the loopback
// address, and ends with the test file.

import { afterAll } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../helpers/free-port.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const GIVE_UP_MS = 60_000;

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Target {
  readonly health: string;
  readonly lastError: string;
}

type Metadata = Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;

/** Runs a program until the test file ends. */
function keep(argv: readonly string[], cwd: string): void {
  const child = Bun.spawn([...argv], { cwd, stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  afterAll(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
}

/** Create it at the top of a test file. */
export class Prometheus {
  readonly #url: string;

  /** @param targets ports of this host, each under the job `aod`. @param rules absolute paths. */
  constructor(targets: readonly number[], rules: readonly string[]) {
    const folder = tempDir();
    const port = freePort();
    this.#url = `http://127.0.0.1:${port}`;
    const config = {
      global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
      rule_files: rules,
      scrape_configs: [
        { job_name: "aod", static_configs: [{ targets: targets.map((target) => `127.0.0.1:${target}`) }] },
      ],
    };
    // JSON is YAML.
    writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(config));
    const argv = [
      "prometheus",
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    keep(argv, folder);
  }

  /** The result of a query now. Throws the error of Prometheus for an invalid query. */
  async query(expr: string): Promise<readonly Series[]> {
    const { result } = await this.#ask("query", { query: expr });
    const series = result as { metric: Record<string, string>; value: [number, string] }[];
    return series.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  /** Repeats a query until its result fits. */
  async until(expr: string, fits: (series: readonly Series[]) => boolean): Promise<readonly Series[]> {
    let last: unknown;
    for (const end = performance.now() + GIVE_UP_MS; performance.now() < end; await Bun.sleep(100)) {
      try {
        const series = await this.query(expr);
        if (fits(series)) return series;
        last = JSON.stringify(series);
      } catch (error) {
        // Prometheus is not up yet.
        last = error;
      }
    }
    throw new Error(`never came true: ${expr}: ${last}`);
  }

  async targets(): Promise<readonly Target[]> {
    return (await this.#ask("targets", {})).activeTargets as readonly Target[];
  }

  /** Names of the alert rules and their health in Prometheus. */
  async rules(): Promise<readonly { readonly name: string; readonly health: string }[]> {
    const groups = (await this.#ask("rules", {})).groups as { rules: { name: string; health: string }[] }[];
    return groups.flatMap(({ rules }) => rules);
  }

  /** Scraped type, unit and HELP of each metric. */
  async metadata(): Promise<Metadata> {
    return (await this.#ask("metadata", {})) as Metadata;
  }

  async #ask(what: string, query: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.#url}/api/v1/${what}?${new URLSearchParams(query)}`);
    const { status, data, error } = (await response.json()) as Record<string, unknown>;
    if (status !== "success") throw new Error(`${what} ${JSON.stringify(query)}: ${error}`);
    return data as Record<string, unknown>;
  }
}

/** Starts node_exporter with only its textfile collector. @returns its port. */
export function startNodeExporter(folder: string): number {
  const port = freePort();
  const argv = [
    "prometheus-node-exporter",
    "--collector.disable-defaults",
    "--collector.textfile",
    `--collector.textfile.directory=${folder}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  keep(argv, folder);
  return port;
}
