// Serves the metrics at a port and writes them to a file, as the configuration says. Metrics are computed only for a
// scrape or when the file is due. Nothing here ends the daemon: aod is useful without metrics.

import { log } from "../log.ts";
import { toFailure } from "../model/failure.ts";
import { formatListen, type ListenAddress, type MetricsSettings } from "../model/metrics.ts";
import type { TroubleFinding } from "../model/trouble.ts";
import type { Format } from "./exposition.ts";
import { type MetricsServer, openServer } from "./server.ts";
import { removeTextfile, writeTextfile } from "./textfile.ts";

/** A second scrape within this time gets the same text. */
const FRESH_MS = 1000;
/** Interval of retries while the address does not exist yet in a boot, or another program holds the port. */
const RETRY_MS = 10_000;

const OFF: MetricsSettings = { listen: undefined, textfile: undefined, hosts: [] };

export class MetricsExporter {
  readonly #render: (format: Format) => string;
  readonly #fresh = new Map<Format, string>();
  #settings = OFF;
  #server: MetricsServer | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #writing: ReturnType<typeof setInterval> | undefined;
  /** The last reported problem of each, so that a problem is logged once and not at each retry. */
  readonly #problems: { port?: string | undefined; file?: string | undefined; figures?: string | undefined } =
    {};
  readonly #retryMs: number;
  readonly #trouble: (finding: TroubleFinding | undefined) => void;

  /**
   * @param render reads all figures and returns the text of a scrape.
   * @param trouble called whenever the problem with the port, the file or the figures changes; undefined when there is
   * none.
   */
  constructor(
    render: (format: Format) => string,
    retryMs = RETRY_MS,
    trouble: (finding: TroubleFinding | undefined) => void = () => undefined,
  ) {
    this.#render = render;
    this.#retryMs = retryMs;
    this.#trouble = trouble;
  }

  /** Applies the first settings. A port that cannot be opened is logged and retried. */
  begin(settings: MetricsSettings = OFF): void {
    this.#settings = settings;
    this.#keepTrying();
    this.#beginWriting();
  }

  /**
   * Applies new settings. If a new port cannot be opened, the old settings stay in use.
   * @returns the reason of a refusal; undefined if the settings are in use.
   */
  configure(settings: MetricsSettings = OFF): string | undefined {
    const { listen } = settings;
    if (!isSame(listen, this.#settings.listen)) {
      const refusal = this.#moveTo(listen);
      if (refusal !== undefined) return `metrics.listen: ${refusal}`;
    }
    const before = this.#settings.textfile?.path;
    this.#settings = settings;
    if (before !== undefined && before !== settings.textfile?.path) this.#remove(before);
    this.#beginWriting();
    return undefined;
  }

  close(): void {
    const { textfile } = this.#settings;
    this.#settings = OFF;
    clearTimeout(this.#retry);
    clearInterval(this.#writing);
    this.#server?.close();
    if (textfile !== undefined) this.#remove(textfile.path);
  }

  // --- the port ---

  #moveTo(listen: ListenAddress | undefined): string | undefined {
    const before = this.#server;
    const open = () => (listen === undefined ? undefined : this.#open(listen));
    let opened = open();
    // 0.0.0.0:1 and 127.0.0.1:1 cannot be open at the same time, so the old one is closed first.
    if (typeof opened === "string" && before?.listen.port === listen?.port && before !== undefined) {
      before.close();
      this.#server = undefined;
      opened = open();
      if (typeof opened === "string") this.#keepTrying();
    }
    if (typeof opened === "string") return opened;
    clearTimeout(this.#retry);
    before?.close();
    this.#serve(opened);
    return undefined;
  }

  #serve(server: MetricsServer | undefined): void {
    this.#server = server;
    this.#problems.port = undefined;
    if (server !== undefined) log.info("metrics are served", { listen: formatListen(server.listen) });
  }

  #keepTrying(): void {
    const { listen } = this.#settings;
    if (listen === undefined) return;
    const opened = this.#open(listen);
    if (typeof opened === "string") {
      this.#report("port", opened);
      this.#retry = setTimeout(() => this.#keepTrying(), this.#retryMs);
      return;
    }
    this.#serve(opened);
  }

  /** @returns the server, or the reason why the port cannot be opened. */
  #open(listen: ListenAddress): MetricsServer | string {
    try {
      return openServer({
        listen,
        hosts: () => this.#settings.hosts,
        render: (format) => this.#text(format),
        failed: (thrown) => this.#report("figures", toFailure(thrown).message),
      });
    } catch (thrown) {
      return toFailure(thrown).message;
    }
  }

  #text(format: Format): string {
    const fresh = this.#fresh.get(format);
    if (fresh !== undefined) return fresh;
    const text = this.#render(format);
    // The text of a busy host has a megabyte, so it is dropped as soon as it is stale.
    this.#fresh.set(format, text);
    setTimeout(() => this.#fresh.delete(format), FRESH_MS);
    this.#report("figures", undefined);
    return text;
  }

  // --- the file ---

  #beginWriting(): void {
    clearInterval(this.#writing);
    const { textfile } = this.#settings;
    if (textfile === undefined) return;
    const write = () => this.#report("file", this.#write(textfile.path));
    write();
    this.#writing = setInterval(write, textfile.everyMs);
  }

  #write(path: string): string | undefined {
    try {
      return writeTextfile(path, this.#text("textfile"));
    } catch (thrown) {
      return toFailure(thrown).message;
    }
  }

  /** A problem of the removed file does not apply to the next one. */
  #remove(path: string): void {
    const reason = removeTextfile(path);
    if (reason !== undefined && reason !== this.#problems.file) {
      log.error("cannot remove the metrics file", { reason });
    }
    this.#problems.file = undefined;
  }

  #report(what: "port" | "file" | "figures", problem: string | undefined): void {
    if (this.#problems[what] === problem) return;
    this.#problems[what] = problem;
    const texts = Object.values(this.#problems).filter((text) => text !== undefined);
    this.#trouble(texts.length === 0 ? undefined : { text: texts.join("; "), isRepaired: false });
    if (problem === undefined) log.info("metrics work again", { what });
    else log.error("metrics failed, aod will retry", { what, reason: problem });
  }
}

function isSame(a: ListenAddress | undefined, b: ListenAddress | undefined): boolean {
  return a?.address === b?.address && a?.port === b?.port;
}
