// Metrics as the daemon has them: what it is told (events, reloads, settings), and the one text that is made when somebody asks.
// In: events and ways to read figures; out: a port and a file, where the configuration wants them. Wiring; no figure is made here.

import type { MetricsSettings } from "../model/metrics.ts";
import type { Finding } from "../model/trouble.ts";
import { commit, version } from "../model/version.ts";
import type { SupervisorEvent } from "../supervisor/events.ts";
import { EventCounts } from "./event-counts.ts";
import { MetricsExporter } from "./exporter.ts";
import { encode, type Format } from "./exposition.ts";
import { readAll, type ScrapeSources } from "./readings.ts";
import { makeSamples, ShareNames } from "./samples.ts";

export class Metrics {
  readonly #counts = new EventCounts(Date.now);
  readonly #names = new ShareNames();
  readonly #subject: ScrapeSources;
  readonly #exporter: MetricsExporter;

  /** @param trouble called whenever the trouble with the port or the file changes. */
  constructor(subject: ScrapeSources, trouble: (finding: Finding | undefined) => void = () => undefined) {
    this.#subject = subject;
    this.#exporter = new MetricsExporter((format) => this.render(format), undefined, trouble);
  }

  /** Opens the port and writes the file for the first time, where the settings want them. */
  begin(settings: MetricsSettings | undefined): void {
    this.#exporter.begin(settings);
  }

  take(event: SupervisorEvent): void {
    this.#counts.take(event);
  }

  /** @returns why the settings can't be applied, and the old ones stay; undefined where they are. */
  configure(settings: MetricsSettings | undefined): string | undefined {
    return this.#exporter.configure(settings);
  }

  /** @param refusal why the configuration was not applied; undefined where it was. */
  reloaded(refusal: string | undefined): void {
    this.#counts.reloaded(refusal);
  }

  /** All of it as it is now. */
  render(format: Format): string {
    const samples = {
      ...makeSamples(readAll(this.#subject), this.#names),
      ...this.#counts.samples(),
      build: [{ labels: [version, commit], value: 1 }],
    };
    return encode(samples, format);
  }

  close(): void {
    this.#exporter.close();
  }
}
