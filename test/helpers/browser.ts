// A real browser for tests: headless Chromium, controlled by the DevTools protocol. scripts/setup.sh installs it.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const CHROMIUM = Bun.which("chromium-headless-shell") ?? Bun.which("chromium");

const START_MS = 30_000;
const ANSWER_MS = 60_000;

type Fields = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Fields;
  readonly result?: Fields;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
}

export class Browser {
  readonly #child: Bun.Subprocess<"ignore", "ignore", "pipe">;
  readonly #socket: WebSocket;
  readonly #profile: string;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #pages = new Map<string, Page>();
  #lastId = 0;

  private constructor(child: Bun.Subprocess<"ignore", "ignore", "pipe">, socket: WebSocket, profile: string) {
    this.#child = child;
    this.#socket = socket;
    this.#profile = profile;
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(String(data)) as Message));
  }

  static async start(): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), "aod-browser-"));
    const child = Bun.spawn(
      [
        CHROMIUM ?? "chromium",
        "--headless",
        // Tests run as root too, and open only our own page.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--no-first-run",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        "about:blank",
      ],
      { stdin: "ignore", stdout: "ignore", stderr: "pipe" },
    );
    const socket = new WebSocket(await within(START_MS, "start of the browser", addressOf(child.stderr)));
    await within(
      START_MS,
      "connection to the browser",
      new Promise((resolve) => socket.addEventListener("open", resolve, { once: true })),
    );
    return new Browser(child, socket, profile);
  }

  /** Opens a file in a new page. */
  async open(file: string, settings: Settings = {}): Promise<Page> {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page((method, params) => this.send(method, params, String(sessionId)));
    this.#pages.set(String(sessionId), page);
    await page.begin(pathToFileURL(file).href, settings);
    return page;
  }

  async send(method: string, params: Fields = {}, sessionId?: string): Promise<Fields> {
    const id = ++this.#lastId;
    const answer = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }));
    const { result, error } = await within(ANSWER_MS, method, answer);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  async close(): Promise<void> {
    this.#socket.close();
    this.#child.kill();
    await this.#child.exited;
    rmSync(this.#profile, { recursive: true, force: true });
  }

  #take(message: Message): void {
    if (message.id !== undefined) {
      this.#waiting.get(message.id)?.(message);
      this.#waiting.delete(message.id);
    } else this.#pages.get(message.sessionId ?? "")?.take(message.method ?? "", message.params ?? {});
  }
}

export interface Settings {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  /** Pixels of the screen for one CSS pixel. */
  readonly scale?: number;
  /** An IANA name; by default the zone of this machine. */
  readonly timezone?: string;
  readonly withoutScript?: boolean;
  readonly withoutCanvas?: boolean;
}

export class Page {
  /** URLs that the page requested, except its own. */
  readonly requests: string[] = [];
  /** Errors of the page: exceptions, errors on the console, violations of its policy. */
  readonly complaints: string[] = [];
  readonly #send: (method: string, params?: Fields) => Promise<Fields>;
  #url = "";
  #loaded: () => void = () => undefined;
  #width = 0;

  constructor(send: (method: string, params?: Fields) => Promise<Fields>) {
    this.#send = send;
  }

  async begin(url: string, settings: Settings) {
    const { width = 1280, height = 900, dark, scale = 1, timezone, withoutScript, withoutCanvas } = settings;
    this.#url = url;
    this.#width = width;
    for (const domain of ["Page", "Network", "Runtime", "Log"]) await this.#send(`${domain}.enable`);
    await this.#send("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: scale,
      mobile: false,
    });
    await this.#send("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }],
    });
    if (timezone !== undefined) await this.#send("Emulation.setTimezoneOverride", { timezoneId: timezone });
    if (withoutScript) await this.#send("Emulation.setScriptExecutionDisabled", { value: true });
    if (withoutCanvas)
      await this.#send("Page.addScriptToEvaluateOnNewDocument", {
        source: "HTMLCanvasElement.prototype.getContext = () => null;",
      });
    const loaded = new Promise<void>((resolve) => {
      this.#loaded = resolve;
    });
    await this.#send("Page.navigate", { url });
    await within(ANSWER_MS, `loading of ${url}`, loaded);
  }

  take(method: string, params: Fields): void {
    if (method === "Page.loadEventFired") this.#loaded();
    if (method === "Network.requestWillBeSent") {
      const { url } = params.request as { readonly url: string };
      if (url !== this.#url) this.requests.push(url);
    }
    if (method === "Runtime.exceptionThrown") this.complaints.push(JSON.stringify(params.exceptionDetails));
    if (method === "Log.entryAdded") this.complaints.push((params.entry as { readonly text: string }).text);
    if (method === "Runtime.consoleAPICalled") this.complaints.push(JSON.stringify(params.args));
  }

  /** The value of an expression in the page; a promise is awaited. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { readonly value: Value }).value;
  }

  /** Waits until the expression is true. */
  async until(expression: string): Promise<void> {
    const poll = `new Promise((done) => { const look = () => (${expression}) ? done(true) : setTimeout(look, 20); look(); })`;
    await within(ANSWER_MS, expression, this.evaluate(poll));
  }

  /** Scrolls to an element and returns its place, CSS pixels of the window. */
  async boxOf(selector: string) {
    return await this.evaluate<{ x: number; y: number; width: number; height: number }>(
      `(() => { const e = document.querySelector(${JSON.stringify(selector)}); e.scrollIntoView({ block: "center", behavior: "instant" }); const { x, y, width, height } = e.getBoundingClientRect(); return { x, y, width, height }; })()`,
    );
  }

  async mouse(
    type: "mouseMoved" | "mousePressed" | "mouseReleased" | "mouseWheel",
    x: number,
    y: number,
    more: Fields = {},
  ) {
    const pressed = type === "mousePressed" || type === "mouseReleased";
    await this.#send("Input.dispatchMouseEvent", {
      type,
      x,
      y,
      clickCount: pressed ? 1 : 0,
      button: pressed ? "left" : "none",
      ...more,
    });
  }

  async key(key: string, code = key): Promise<void> {
    const text = key.length === 1 ? { text: key } : {};
    await this.#send("Input.dispatchKeyEvent", { type: "keyDown", key, code, ...text });
    await this.#send("Input.dispatchKeyEvent", { type: "keyUp", key, code });
  }

  async media(media: "print" | "screen"): Promise<void> {
    await this.#send("Emulation.setEmulatedMedia", { media });
  }

  /** A picture of the whole page. @param format webp is smaller, but lossy. */
  async picture(
    clip?: { x: number; y: number; width: number; height: number },
    format: "png" | "webp" = "png",
  ): Promise<Uint8Array> {
    const { cssContentSize } = await this.#send("Page.getLayoutMetrics");
    const { height } = cssContentSize as { readonly height: number };
    const area = clip ?? { x: 0, y: 0, width: this.#width, height };
    const { data } = await this.#send("Page.captureScreenshot", {
      ...(format === "png" ? { format } : { format, quality: 90 }),
      captureBeyondViewport: true,
      clip: { ...area, scale: 1 },
    });
    return new Uint8Array(Buffer.from(String(data), "base64"));
  }

  async pdf(): Promise<Uint8Array> {
    const { data } = await this.#send("Page.printToPDF", { printBackground: true, preferCSSPageSize: true });
    return new Uint8Array(Buffer.from(String(data), "base64"));
  }
}

// --- internal ---

async function addressOf(stderr: ReadableStream<Uint8Array>): Promise<string> {
  let output = "";
  const reader = stderr.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { value, done } = await reader.read();
    output += decoder.decode(value, { stream: true });
    const address = /DevTools listening on (ws:\S+)/.exec(output)?.[1];
    if (address !== undefined) {
      // Later output of the browser must not fill the pipe.
      void drain(reader);
      return address;
    }
    if (done) throw new Error(`the browser ended: ${output}`);
  }
}

async function drain(reader: { read(): Promise<{ readonly done: boolean }> }): Promise<void> {
  while (!(await reader.read()).done);
}

async function within<Value>(ms: number, what: string, value: Promise<Value>): Promise<Value> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing in ${ms} ms`)), ms);
  });
  return await Promise.race([value, late]).finally(() => clearTimeout(timer));
}
