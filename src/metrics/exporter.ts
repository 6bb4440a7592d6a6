// Where figures go, as the configuration says it: holds the port and writes the file. In: settings, and what makes the text;
// out: nothing but those two, and log lines. Figures are worked out only when somebody asks or the file is due. Nothing here
// ends the daemon: without metrics aod is still worth having.

import { log } from "../log.ts";
import { toFailure } from "../model/failure.ts";
import { formatListen, type ListenAddress, type MetricsSettings } from "../model/metrics.ts";
import type { Finding } from "../model/trouble.ts";
import type { Format } from "./exposition.ts";
import { type MetricsServer, openServer } from "./server.ts";
import { removeTextfile, writeTextfile } from "./textfile.ts";

/** A second scrape within this time gets the same text. */
const FRESH_MS = 1000;
/** The address that a boot has not brought yet, the port that another program holds. */
const RETRY_MS = 10_000;

const NOTHING: MetricsSettings = { listen: undefined, textfile: undefined, hosts: [] };

export class MetricsExporter {
  readonly #render: (format: Format) => string;
  readonly #fresh = new Map<Format, string>();
  #settings = NOTHING;
  #server: MetricsServer | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #writing: ReturnType<typeof setInterval> | undefined;
  /** What was said last of the port, and of the file: said once, not at each try. */
  readonly #said: { port?: string | undefined; file?: string | undefined; figures?: string | undefined } = {};

  readonly #retryMs: number;

  readonly #trouble: (finding: Finding | undefined) => void;

  /**
   * @param render reads all figures and makes the text.
   * @param trouble called whenever the trouble with the port or the file changes.
   */
  constructor(
    render: (format: Format) => string,
    retryMs = RETRY_MS,
    trouble: (finding: Finding | undefined) => void = () => undefined,
  ) {
    this.#render = render;
    this.#retryMs = retryMs;
    this.#trouble = trouble;
  }

  /** At the start: a port that can't be had is said, and tried again until it can. */
  begin(settings: MetricsSettings = NOTHING): void {
    this.#settings = settings;
    this.#keepTrying();
    this.#beginWriting();
  }

  /**
   * At a reload: a new port that can't be had is a refusal, and everything stays as it was.
   * @returns why; undefined where the settings are applied.
   */
  configure(settings: MetricsSettings = NOTHING): string | undefined {
    const { listen } = settings;
    if (!isSame(listen, this.#settings.listen)) {
      const refusal = this.#moveTo(listen);
      if (refusal !== undefined) return `metrics.listen: ${refusal}`;
    }
    const left = this.#settings.textfile?.path;
    this.#settings = settings;
    if (left !== undefined && left !== settings.textfile?.path) this.#remove(left);
    this.#beginWriting();
    return undefined;
  }

  close(): void {
    const { textfile } = this.#settings;
    this.#settings = NOTHING;
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
    // 0.0.0.0:1 and 127.0.0.1:1 can't be held at once.
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
    this.#said.port = undefined;
    if (server !== undefined) log.info("metrics are served", { listen: formatListen(server.listen) });
  }

  #keepTrying(): void {
    const { listen } = this.#settings;
    if (listen === undefined) return;
    const opened = this.#open(listen);
    if (typeof opened === "string") {
      this.#tell("port", opened);
      this.#retry = setTimeout(() => this.#keepTrying(), this.#retryMs);
      return;
    }
    this.#serve(opened);
  }

  /** @returns why it can't be had, as text. */
  #open(listen: ListenAddress): MetricsServer | string {
    try {
      return openServer({
        listen,
        hosts: () => this.#settings.hosts,
        render: (format) => this.#text(format),
        failed: (thrown) => this.#tell("figures", toFailure(thrown).message),
      });
    } catch (thrown) {
      return toFailure(thrown).message;
    }
  }

  #text(format: Format): string {
    const fresh = this.#fresh.get(format);
    if (fresh !== undefined) return fresh;
    const text = this.#render(format);
    // Where nobody asks again it is not kept: a megabyte on a busy host.
    this.#fresh.set(format, text);
    setTimeout(() => this.#fresh.delete(format), FRESH_MS);
    this.#tell("figures", undefined);
    return text;
  }

  // --- the file ---

  #beginWriting(): void {
    clearInterval(this.#writing);
    const { textfile } = this.#settings;
    if (textfile === undefined) return;
    const write = () => this.#tell("file", this.#write(textfile.path));
    write();
    this.#writing = setInterval(write, textfile.everyMs);
  }

  #write(path: string): string | undefined {
    try {
      return writeTextfile(path, this.#text("text"));
    } catch (thrown) {
      return toFailure(thrown).message;
    }
  }

  /** Whatever was said of it is of no other file. */
  #remove(path: string): void {
    const reason = removeTextfile(path);
    if (reason !== undefined && reason !== this.#said.file) {
      log.error("metrics: the file can't be removed", { reason });
    }
    this.#said.file = undefined;
  }

  #tell(what: "port" | "file" | "figures", trouble: string | undefined): void {
    if (this.#said[what] === trouble) return;
    this.#said[what] = trouble;
    const texts = Object.values(this.#said).filter((text) => text !== undefined);
    this.#trouble(texts.length === 0 ? undefined : { text: texts.join("; "), isRepaired: false });
    if (trouble === undefined) log.info("metrics: it works now", { what });
    else log.error("metrics: this does not work, and is tried again", { what, reason: trouble });
  }
}

function isSame(a: ListenAddress | undefined, b: ListenAddress | undefined): boolean {
  return a?.address === b?.address && a?.port === b?.port;
}
