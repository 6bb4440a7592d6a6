// The metrics of a daemon: receives events, reloads and settings, and renders all figures for a scrape. It only
// connects the parts of this room; it computes no figure itself.

import type { MetricsSettings } from "../model/metrics.ts";
import type { TroubleFinding } from "../model/trouble.ts";
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
  readonly #sources: ScrapeSources;
  readonly #exporter: MetricsExporter;

  /** @param trouble called whenever the problem with the port or the file changes; undefined when there is none. */
  constructor(
    sources: ScrapeSources,
    trouble: (finding: TroubleFinding | undefined) => void = () => undefined,
  ) {
    this.#sources = sources;
    this.#exporter = new MetricsExporter((format) => this.render(format), undefined, trouble);
  }

  /** Opens the port and writes the file for the first time, if the settings have them. */
  begin(settings: MetricsSettings | undefined): void {
    this.#exporter.begin(settings);
  }

  take(event: SupervisorEvent): void {
    this.#counts.take(event);
  }

  /** @returns why the settings were refused and the old ones stay in use; undefined if they are in use. */
  configure(settings: MetricsSettings | undefined): string | undefined {
    return this.#exporter.configure(settings);
  }

  /** @param refusal why the configuration was refused; undefined if it is in use. */
  reloaded(refusal: string | undefined): void {
    this.#counts.reloaded(refusal);
  }

  /** Reads all figures and returns them as the text of a scrape. Throws SYSCALL if the kernel's maps cannot be read. */
  render(format: Format): string {
    const samples = {
      ...makeSamples(readAll(this.#sources), this.#names),
      ...this.#counts.samples(),
      build: [{ labels: [version, commit], value: 1 }],
    };
    return encode(samples, format);
  }

  close(): void {
    this.#exporter.close();
  }
}
