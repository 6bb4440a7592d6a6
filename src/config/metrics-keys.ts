// Keys of the configuration about metrics, and the checks of them together. Part of schema.ts, which has the other
// keys. No port is opened and no file is accessed here.

import { isIP } from "node:net";
import { normalize } from "node:path";
import * as v from "valibot";
import { isLoopback, type ListenAddress, type MetricsSettings } from "../model/metrics.ts";
import { mustBe } from "./message.ts";
import type { KeyPath, Report } from "./problem.ts";
import { checkedText, isAbsolutePath, key, listOf, mapping, within } from "./schema-values.ts";

const LISTEN_RANGE = "ADDRESS:PORT, an IPv6 address in brackets";
const MS_PER_SEC = 1000;
const DEFAULT_EVERY_SEC = 15;

const listenMessage = mustBe(LISTEN_RANGE, hintAtListen);
const listen = v.pipe(
  v.string(listenMessage),
  v.check((value) => parseListen(value) !== undefined, listenMessage),
  v.metadata({ range: LISTEN_RANGE }),
);

/** node_exporter reads only files with this suffix. */
const textfile = checkedText(
  "an absolute path that ends in .prom",
  (path) => isAbsolutePath(path) && /[^/]\.prom$/.test(path),
);

/** The name of a host in a Host header, without the port. RFC 1123 2.1. */
const HOST_NAME = /^[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?$/i;
const hostName = checkedText("a host name without a port", (name) => HOST_NAME.test(name));

export const metricsSchema = mapping({
  listen: key(v.optional(listen), "metrics are served here, at `/metrics`, for Prometheus"),
  textfile: key(v.optional(textfile), "metrics are written here, for node_exporter's textfile collector"),
  hosts: key(
    v.optional(listOf(hostName, "a list of host names"), []),
    "accepted host names of requests, beside those of the host, `localhost` and any address; others get status 421",
  ),
  every_sec: key(v.optional(within(1, 3600), DEFAULT_EVERY_SEC), "how often that file is written"),
});
type MetricsEntry = v.InferOutput<typeof metricsSchema>;

/** Undefined for a text that is not an address with a port. */
export function parseListen(given: string): ListenAddress | undefined {
  const [, bracketed, plain, digits = ""] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(given) ?? [];
  const port = Number(digits);
  if (port < 1 || port > 65_535) return undefined;
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? { address: bracketed, port } : undefined;
  return plain !== undefined && isIP(plain) === 4 ? { address: plain, port } : undefined;
}

/** Warns about a valid section that has no effect, or that exposes names. */
export function checkMetrics(entry: MetricsEntry, path: KeyPath, report: Report): void {
  const { listen, textfile } = entry;
  if (listen === undefined && textfile === undefined) {
    report.warn(path, "names neither listen nor textfile: there are no metrics", "key");
  }
  const address = listen === undefined ? undefined : parseListen(listen)?.address;
  if (address !== undefined && !isLoopback(address)) {
    report.warn(
      [...path, "listen"],
      "other hosts can read names of shares and rules here, without a password: keep it to 127.0.0.1 or [::1], or behind a firewall",
    );
  }
}

export function toMetricsSettings({ listen, textfile, every_sec, hosts }: MetricsEntry): MetricsSettings {
  return {
    hosts,
    listen: listen === undefined ? undefined : parseListen(listen),
    textfile:
      textfile === undefined ? undefined : { path: normalize(textfile), everyMs: every_sec * MS_PER_SEC },
  };
}

function hintAtListen(given: unknown): string {
  if (typeof given === "number") return ` (write 127.0.0.1:${given})`;
  if (typeof given !== "string") return "";
  const port = /^(?:localhost|\*)?:(\d{1,5})$/.exec(given)?.[1];
  if (port !== undefined) return ` (write 127.0.0.1:${port}, or 0.0.0.0:${port} for every address)`;
  const [, bare, barePort] = /^([0-9a-fA-F:]*:[0-9a-fA-F:]*):(\d{1,5})$/.exec(given) ?? [];
  return bare !== undefined && isIP(bare) === 6 ? ` (write [${bare}]:${barePort})` : "";
}
