// The only port of aod: answers GET and HEAD of `/metrics`, and a hint at `/`. It parses no body, keeps no state of a
// client, and computes no figure. Clients are not trusted: the number of connections, their silence and the time for an
// answer are bounded (connections.ts), and only known host names are answered (host-name.ts). node:http reports each
// new connection, Bun.serve does not.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { hostname } from "node:os";
import { AodError } from "../model/failure.ts";
import { formatListen, type ListenAddress } from "../model/metrics.ts";
import { countRefusal } from "../model/refusals.ts";
import { Connections } from "./connections.ts";
import { CONTENT_TYPES, type ServedFormat } from "./exposition.ts";
import { isOwnHost, parseHostName } from "./host-name.ts";
import { chooseFormat } from "./negotiation.ts";

export interface MetricsServer {
  readonly listen: ListenAddress;
  /** Closes at once; answers in transfer are cut off. Idempotent. */
  close(): void;
}

export interface ServerOptions {
  readonly listen: ListenAddress;
  /** Names by which clients may address this host, beside its own, `localhost` and any IP address. */
  readonly hosts: () => readonly string[];
  /** Returns the text of a scrape; if it throws, the answer has status 500. */
  readonly render: (format: ServedFormat) => string;
  /** Called with every error that answering throws. */
  readonly failed: (thrown: unknown) => void;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const PATH = "/metrics";
/** Answers in transfer at the same time: enough for two Prometheus servers and a person with curl. */
const PENDING_MAX = 8;
/** Interval of the search for silent connections, while any are open. */
const EXPIRE_EVERY_MS = 1_000;

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there",
  EADDRNOTAVAIL: "this host does not have that address",
  EACCES: "ports below 1024 need CAP_NET_BIND_SERVICE",
  EAFNOSUPPORT:
    "the sandbox of the service forbids it: use the drop-in metrics-port.conf, see /usr/share/doc/aod/service.md",
};

/** Starts to listen. Throws SYSCALL with the name of the errno and its meaning. */
export function openServer(options: ServerOptions): MetricsServer {
  const { listen } = options;
  const connections = new Connections<Socket>(() => countRefusal("metrics_connections"));
  const server = createServer((request, response) => {
    connections.asked(request.socket, performance.now());
    response.on("close", () => connections.answered(request.socket, performance.now()));
    send(response, request.method === "HEAD", respond(request, connections.answering, options));
  });
  let expiring: ReturnType<typeof setInterval> | undefined;
  server.on("connection", (socket: Socket) => {
    connections.opened(socket, socket.remoteAddress ?? "", performance.now());
    socket.on("close", () => connections.closed(socket));
    // The timer runs only while there are connections: an idle port wakes no thread.
    expiring ??= setInterval(() => {
      connections.expire(performance.now());
      if (connections.size > 0) return;
      clearInterval(expiring);
      expiring = undefined;
    }, EXPIRE_EVERY_MS);
  });
  // Bun emits the refusal that `bind` throws as well, later. Without a listener either error would end the process.
  server.on("error", (error) => {
    if (server.listening) options.failed(error);
  });
  server.on("clientError", (_, socket) =>
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
  );
  bind(listen, () => server.listen({ host: listen.address, port: listen.port, exclusive: true }).listening);
  return {
    listen,
    close() {
      clearInterval(expiring);
      server.close();
      connections.closeAll();
    },
  };
}

// --- internal ---

/**
 * Tries the address with Bun.serve first, which throws at once; Bun's node:http reports a refused address later, as an
 * event.
 */
function bind(listen: ListenAddress, open: () => boolean): void {
  const { address, port } = listen;
  try {
    // Bun's default shares the port with another program of the same user.
    const probe = Bun.serve({ hostname: address, port, reusePort: false, fetch: () => new Response() });
    void probe.stop(true);
  } catch (thrown) {
    const { code = String(thrown) } = thrown as NodeJS.ErrnoException;
    throw refused(listen, code, thrown);
  }
  if (!open()) throw refused(listen, "EADDRINUSE");
}

function refused(listen: ListenAddress, code: string, cause?: unknown): AodError {
  const hint = HINTS[code];
  const what = `listen on ${formatListen(listen)}: ${code}${hint === undefined ? "" : ` (${hint})`}`;
  return new AodError("SYSCALL", what, { code }, cause);
}

function respond(
  request: IncomingMessage,
  answering: number,
  { hosts, render, failed }: ServerOptions,
): Answer {
  const refusal = refuseHost(request, hosts()) ?? refuse(request, answering);
  if (refusal !== undefined) return refusal;
  const format = chooseFormat(request.headers.accept ?? null);
  try {
    return { status: 200, text: render(format), headers: { "Content-Type": CONTENT_TYPES[format] } };
  } catch (thrown) {
    failed(thrown);
    return { status: 500, text: "aod cannot read its figures: see its log\n" };
  }
}

/** Undefined for a request to this host, and for HTTP/1.0 without a host name, which no browser sends. */
function refuseHost(
  { url = "", headers, httpVersion }: IncomingMessage,
  hosts: readonly string[],
): Answer | undefined {
  // A request to a proxy names the host in its URL, and that name counts: RFC 9112 3.2.2.
  const authority = /^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1] ?? headers.host;
  if (authority === undefined && httpVersion === "1.0") return undefined;
  const name = parseHostName(authority ?? "");
  if (name === undefined) return { status: 400, text: "the Host header is not valid\n" };
  const allowed = new Set([hostname(), ...hosts].map((one) => one.toLowerCase()));
  if (isOwnHost(name, allowed)) return undefined;
  countRefusal("metrics_hosts");
  return { status: 421, text: "this host name is not allowed: add it to metrics.hosts\n" };
}

/** Undefined for a request that gets the metrics. */
function refuse({ method, url = "" }: IncomingMessage, answering: number): Answer | undefined {
  if (method !== "GET" && method !== "HEAD")
    return { status: 405, text: "GET and HEAD only\n", headers: { Allow: "GET, HEAD" } };
  const pathname = URL.parse(url, "http://aod")?.pathname;
  if (pathname === undefined) return { status: 400, text: "the URL is not valid\n" };
  if (pathname === "/") return { status: 200, text: `aod: metrics are at ${PATH}\n` };
  if (pathname !== PATH) return { status: 404, text: `not found: metrics are at ${PATH}\n` };
  return answering > PENDING_MAX
    ? { status: 503, text: "too many scrapes at the same time\n", headers: { "Retry-After": "1" } }
    : undefined;
}

function send(response: ServerResponse, isHead: boolean, { status, text, headers }: Answer): void {
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Length": Buffer.byteLength(text),
    ...headers,
  });
  response.end(isHead ? undefined : text);
}
