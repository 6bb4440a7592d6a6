// The port at which metrics are served, and the only one. In: an address, and what makes the text; out: answers to GET and
// HEAD of `/metrics` and a line of words at `/`. It parses no body, keeps no state of a client, and decides nothing about
// figures. Whoever connects is a stranger: bounded here are what he may send, how long he may be silent or take for a request, and
// how many are answered at once. How many are connected is bounded by the process's file descriptors alone: Bun has no limit.

import { AodError } from "../model/failure.ts";
import { formatListen, type ListenAddress } from "../model/metrics.ts";
import { CONTENT_TYPES, type Format } from "./exposition.ts";
import { chooseFormat } from "./negotiation.ts";

export interface MetricsServer {
  readonly listen: ListenAddress;
  /** At once: who is being answered is cut off. Idempotent. */
  close(): void;
}

const PATH = "/metrics";
/** Whoever does not take his answer, has nothing to ask, or has not done asking for so long is let go: tried with a byte every 3 s. */
const IDLE_SEC = 10;
/** Answers on their way at once: Prometheus, a second one, and somebody with curl. */
const PENDING_MAX = 8;

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there",
  EADDRNOTAVAIL: "this host does not have that address",
  EACCES: "ports below 1024 take CAP_NET_BIND_SERVICE",
  EAFNOSUPPORT: "the sandbox forbids it: drop-in metrics-port.conf, docs/service.md",
};

/**
 * Begins to listen. Throws SYSCALL with the errno's name and what it means.
 * @param render makes the text; what it throws becomes an answer of status 500.
 * @param failed gets whatever answering throws.
 */
export function openServer(
  listen: ListenAddress,
  render: (format: Format) => string,
  failed: (thrown: unknown) => void,
): MetricsServer {
  const serve = (request: Request, pending: number) => {
    const refusal = refuse(request, pending);
    if (refusal !== undefined) return refusal;
    const format = chooseFormat(request.headers.get("accept"));
    return answer(200, render(format), CONTENT_TYPES[format]);
  };
  const server = bind(listen, serve, (thrown) => {
    failed(thrown);
    return answer(500, "aod could not read its own figures: its log says why\n");
  });
  return { listen, close: () => void server.stop(true) };
}

function bind(
  listen: ListenAddress,
  fetch: (request: Request, pending: number) => Response,
  error: (thrown: unknown) => Response,
): Bun.Server<undefined> {
  try {
    return Bun.serve({
      hostname: listen.address,
      port: listen.port,
      idleTimeout: IDLE_SEC,
      maxRequestBodySize: 0,
      development: false,
      // Bun's default without `development` is true: two programs would share the port, and each would get half of the scrapes.
      reusePort: false,
      fetch: (request, server) => fetch(request, server.pendingRequests),
      // Bun's own would print the source around the place on stderr, for each request.
      error,
    });
  } catch (thrown) {
    const { code = String(thrown) } = thrown as NodeJS.ErrnoException;
    const hint = HINTS[code];
    const what = `listen on ${formatListen(listen)}: ${code}${hint === undefined ? "" : ` (${hint})`}`;
    throw new AodError("SYSCALL", what, { code }, thrown);
  }
}

/** Undefined for who gets the metrics. */
function refuse({ method, url }: Request, pending: number): Response | undefined {
  if (method !== "GET" && method !== "HEAD") {
    return answer(405, "GET and HEAD only\n", undefined, { Allow: "GET, HEAD" });
  }
  // HTTP/1.0 needs no Host, and then there is a path alone; `//`, and a Host with a bracket, are no address.
  const pathname = URL.parse(url, "http://aod")?.pathname;
  if (pathname === undefined) return answer(400, "that is no address\n");
  if (pathname === "/") return answer(200, `aod: metrics are at ${PATH}\n`);
  if (pathname !== PATH) return answer(404, `there is only ${PATH}\n`);
  return pending > PENDING_MAX
    ? answer(503, "too many at once\n", undefined, { "Retry-After": "1" })
    : undefined;
}

function answer(
  status: number,
  text: string,
  type = "text/plain; charset=utf-8",
  headers: Readonly<Record<string, string>> = {},
): Response {
  const fixed = { "Content-Type": type, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };
  return new Response(text, { status, headers: { ...fixed, ...headers } });
}
