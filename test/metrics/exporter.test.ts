// The port and the file with synthetic figures: which requests are answered, what a reload does, what is logged.

import { afterAll, afterEach, describe, expect, spyOn, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { log } from "../../src/log.ts";
import { MetricsExporter } from "../../src/metrics/exporter.ts";
import { CONTENT_TYPES } from "../../src/metrics/exposition.ts";
import type { ListenAddress } from "../../src/model/metrics.ts";
import type { TroubleFinding } from "../../src/model/trouble.ts";
import { freePort } from "../helpers/free-port.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const logged: string[] = [];
const spies = (["info", "error"] as const).map((level) =>
  spyOn(log, level).mockImplementation(
    (text, values) => void logged.push(`${text} ${Object.values(values ?? {}).join(" ")}`),
  ),
);
afterAll(() => {
  for (const spy of spies) spy.mockRestore();
});

const open: MetricsExporter[] = [];
let rendered = 0;

function anExporter(render = (format: string) => `# ${format} ${++rendered}\n`): MetricsExporter {
  const exporter = new MetricsExporter(render, 20);
  open.push(exporter);
  return exporter;
}

function at(port = freePort(), address = "127.0.0.1") {
  return { listen: { address, port }, textfile: undefined, hosts: [] as readonly string[] };
}

function get(
  { listen }: { listen: ListenAddress },
  path = "/metrics",
  init: RequestInit = {},
): Promise<Response> {
  const host = listen.address.includes(":") ? `[${listen.address}]` : listen.address;
  return fetch(`http://${host}:${listen.port}${path}`, { keepalive: false, ...init });
}

/** The first line of the answer to exactly these bytes. */
function firstLineOf({ address, port }: ListenAddress, request: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = {
    open: (to: Bun.Socket) => void to.write(request),
    data: (_: Bun.Socket, bytes: Uint8Array) =>
      resolve(new TextDecoder().decode(bytes).split("\r\n")[0] ?? ""),
    close: () => reject(new Error("no answer")),
  };
  void Bun.connect({ hostname: address, port, socket });
  return promise;
}

afterEach(() => {
  for (const exporter of open.splice(0)) exporter.close();
  logged.splice(0);
});

describe("the port", () => {
  test("is open only if the settings have it", async () => {
    const settings = at();
    anExporter().begin(undefined);
    expect(get(settings)).rejects.toThrow();
    anExporter().begin(settings);
    expect((await get(settings)).status).toBe(200);
    expect(logged).toEqual([`metrics are served 127.0.0.1:${settings.listen.port}`]);
  });

  test.each([
    ["application/openmetrics-text;version=1.0.0", "openmetrics"],
    ["*/*", "text"],
  ] as const)("answers %s with the matching content type", async (accept, format) => {
    const settings = at();
    anExporter((of) => `# ${of}\n`).begin(settings);
    const response = await get(settings, "/metrics", { headers: { accept } });
    expect(response.headers.get("content-type")).toBe(CONTENT_TYPES[format]);
    expect(await response.text()).toBe(`# ${format}\n`);
  });

  test.each([
    ["GET", "/", 200],
    ["HEAD", "/metrics", 200],
    ["GET", "/metrics?name=x", 200],
    ["GET", "/other", 404],
    ["GET", "/metrics/", 404],
    ["GET", "/../etc/passwd", 404],
    ["POST", "/metrics", 405],
    ["DELETE", "/", 405],
    ["OPTIONS", "/metrics", 405],
  ])("answers %s %s with %d", async (method, path, status) => {
    const settings = at();
    anExporter().begin(settings);
    expect((await get(settings, path, { method })).status).toBe(status);
  });

  test.each([
    ["of HTTP/1.0, which needs no Host header,", "GET /metrics HTTP/1.0\r\n\r\n", 200],
    ["without a valid URL", "GET // HTTP/1.0\r\n\r\n", 400],
    ["with an invalid Host header", "GET /metrics HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n", 400],
    ["that is not HTTP", "figures, please\r\n\r\n", 400],
  ])("answers a request %s and logs nothing", async (_, request, status) => {
    const settings = at();
    anExporter().begin(settings);
    expect(await firstLineOf(settings.listen, request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(logged).toHaveLength(1);
  });

  test.each([
    ["Host: rebound.example.com", "/metrics", 421],
    ["Host: rebound.example.com", "/", 421],
    ["Host: localhost", "http://rebound.example.com/metrics", 421],
    ["Host: localhost", "/metrics", 200],
    ["Host: [::1]:10445", "/metrics", 200],
    ["Host: FILES.example.com:80", "/metrics", 200],
  ])("answers a request with %s for %s with %d", async (host, path, status) => {
    const settings = { ...at(), hosts: ["files.example.com"] };
    anExporter().begin(settings);
    const request = `GET ${path} HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`;
    expect(await firstLineOf(settings.listen, request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test("applies other host names at a reload without moving the port", async () => {
    const settings = at();
    const exporter = anExporter();
    exporter.begin(settings);
    const asked = () => get(settings, "/metrics", { headers: { host: "files.example.com" } });
    expect((await asked()).status).toBe(421);
    expect(exporter.configure({ ...settings, hosts: ["files.example.com"] })).toBe(undefined);
    expect((await asked()).status).toBe(200);
  });

  test("accepts no body", async () => {
    const settings = at();
    anExporter().begin(settings);
    const { status } = await get(settings, "/metrics", { method: "POST", body: "x".repeat(1 << 20) });
    expect(status).toBeGreaterThanOrEqual(400);
    expect((await get(settings)).status).toBe(200);
  });

  test("renders the figures once for simultaneous scrapes, and again a moment later", async () => {
    const settings = at();
    anExporter().begin(settings);
    const texts = await Promise.all(Array.from({ length: 6 }, async () => (await get(settings)).text()));
    expect(new Set(texts).size).toBe(1);
    let text = texts[0];
    while (text === texts[0]) text = await (await get(settings)).text();
  });

  test("logs once that figures cannot be read, continues, and logs once when they can", async () => {
    const settings = at();
    let isBroken = true;
    const render = () => {
      if (isBroken) throw new Error("read histogram 5: EPERM");
      return "a 1\n";
    };
    anExporter(render).begin(settings);
    expect((await get(settings)).status).toBe(500);
    expect((await get(settings)).status).toBe(500);
    isBroken = false;
    expect(await (await get(settings)).text()).toBe("a 1\n");
    expect(logged.slice(1)).toEqual([
      "metrics failed, aod will retry figures read histogram 5: EPERM",
      "metrics work again figures",
    ]);
  });

  test("that is in use does not keep aod from starting, is logged once, and is opened when it is free", async () => {
    const settings = at();
    const first = anExporter(() => "first\n");
    first.begin(settings);
    anExporter(() => "second\n").begin(settings);
    await Bun.sleep(100);
    expect(logged.filter((line) => line.includes("EADDRINUSE (another program listens there)"))).toHaveLength(
      1,
    );
    first.close();
    await waitUntil(() => logged.at(-1)?.startsWith("metrics are served") === true);
    expect(await (await get(settings)).text()).toBe("second\n");
  });
});

describe("a reload", () => {
  test("to another port closes the old one", async () => {
    const [before, after] = [at(), at()];
    const exporter = anExporter();
    exporter.begin(before);
    expect(exporter.configure(after)).toBeUndefined();
    expect((await get(after)).status).toBe(200);
    expect(get(before)).rejects.toThrow();
  });

  test("to a port in use is refused, and the old one stays open", async () => {
    const [before, taken] = [at(), at()];
    anExporter().begin(taken);
    const exporter = anExporter();
    exporter.begin(before);
    expect(exporter.configure(taken)).toContain("metrics.listen: listen on 127.0.0.1");
    expect((await get(before)).status).toBe(200);
  });

  test("to every address of the same port, and back, works", async () => {
    const port = freePort();
    const exporter = anExporter();
    exporter.begin(at(port));
    expect(exporter.configure(at(port, "0.0.0.0"))).toBeUndefined();
    expect((await get(at(port))).status).toBe(200);
    expect(exporter.configure(at(port))).toBeUndefined();
    expect((await get(at(port))).status).toBe(200);
  });

  test("from a port in use to a free one logs what is served, and not that the first port works", async () => {
    const [taken, free] = [at(), at()];
    anExporter().begin(taken);
    const exporter = anExporter();
    exporter.begin(taken);
    expect(exporter.configure(free)).toBeUndefined();
    // The first port must not be opened later either.
    open[0]?.close();
    await Bun.sleep(60);
    expect(logged.slice(2)).toEqual([`metrics are served 127.0.0.1:${free.listen.port}`]);
    expect(get(taken)).rejects.toThrow();
  });

  test("to an address that this host does not have, with the same port, keeps the old one", async () => {
    const settings = at();
    const exporter = anExporter();
    exporter.begin(settings);
    expect(exporter.configure(at(settings.listen.port, "192.0.2.1"))).toContain("EADDRNOTAVAIL");
    expect((await get(settings)).status).toBe(200);
  });

  test("without metrics closes the port and removes the file", async () => {
    const path = join(tempDir(), "aod.prom");
    const settings = { ...at(), textfile: { path, everyMs: 60_000 } };
    const exporter = anExporter();
    exporter.begin(settings);
    expect(existsSync(path)).toBe(true);
    exporter.configure(undefined);
    expect(existsSync(path)).toBe(false);
    expect(get(settings)).rejects.toThrow();
  });
});

describe("a problem with metrics", () => {
  test("is reported while the folder of the file is missing, and resolved when it exists again", async () => {
    const troubles: (TroubleFinding | undefined)[] = [];
    const folder = join(tempDir(), "collector");
    const exporter = new MetricsExporter(
      () => "# text\n",
      20,
      (finding) => void troubles.push(finding),
    );
    open.push(exporter);
    const textfile = { path: join(folder, "aod.prom"), everyMs: 10 };
    exporter.begin({ listen: undefined, textfile, hosts: [] });
    expect(troubles).toMatchObject([{ isRepaired: false, text: expect.stringContaining("ENOENT") }]);
    mkdirSync(folder);
    await waitUntil(() => troubles.at(-1) === undefined);
    rmSync(folder, { recursive: true });
    await waitUntil(() => troubles.at(-1) !== undefined);
    expect(troubles).toHaveLength(3);
  });
});

describe("the file", () => {
  test("is written at once, then repeatedly, and removed at the end", async () => {
    const path = join(tempDir(), "aod.prom");
    const exporter = anExporter(() => `# ${++rendered}\n`);
    exporter.begin({ listen: undefined, hosts: [], textfile: { path, everyMs: 20 } });
    const first = readFileSync(path, "utf8");
    await waitUntil(() => readFileSync(path, "utf8") !== first);
    exporter.close();
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ["aod ends", (exporter: MetricsExporter) => exporter.close()],
    ["a reload has no metrics", (exporter: MetricsExporter) => void exporter.configure(undefined)],
  ])("that could never be written is not reported as working when %s", (_, end) => {
    const folder = tempDir();
    const path = join(folder, "aod.prom");
    const exporter = anExporter(() => {
      throw new Error("read histogram 5: EPERM");
    });
    exporter.begin({ listen: undefined, hosts: [], textfile: { path, everyMs: 60_000 } });
    end(exporter);
    expect(logged).toEqual([expect.stringContaining("EPERM")]);
  });

  test("that cannot be removed is logged; one that never existed is not", () => {
    const folder = tempDir();
    const [written, never] = ["a/aod.prom", "b/aod.prom"].map((name) => join(folder, name)) as [
      string,
      string,
    ];
    mkdirSync(join(folder, "a"));
    for (const path of [written, never]) {
      const exporter = anExporter();
      exporter.begin({ listen: undefined, hosts: [], textfile: { path, everyMs: 60_000 } });
      rmSync(join(folder, "a"), { recursive: true, force: true });
      exporter.close();
    }
    expect(logged).toEqual([
      `cannot remove the metrics file ${written}: ENOENT`,
      `metrics failed, aod will retry file ${never}: ENOENT`,
    ]);
  });

  test("that cannot be written is logged once, and once more when it can", async () => {
    const folder = join(tempDir(), "later");
    const exporter = anExporter();
    exporter.begin({
      listen: undefined,
      hosts: [],
      textfile: { path: join(folder, "aod.prom"), everyMs: 5 },
    });
    await Bun.sleep(50);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain("ENOENT");
    await Bun.$`mkdir ${folder}`.quiet();
    await waitUntil(() => logged.length === 2);
    expect(logged[1]).toBe("metrics work again file");
  });
});
