// Where the configuration publishes figures for monitoring: on a port, in a file for node_exporter, both, or nowhere.
// Plain data; metrics/families.ts names the figures.

export interface MetricsSettings {
  /** Undefined: no port. */
  readonly listen: ListenAddress | undefined;
  /** Undefined: no file. */
  readonly textfile: TextfileSettings | undefined;
  /** Host names under which a client may ask the port, beside the host's own, `localhost` and any address. */
  readonly hosts: readonly string[];
}

export interface ListenAddress {
  /** An IP address, IPv6 without brackets. */
  readonly address: string;
  /** 1 to 65535. */
  readonly port: number;
}

export interface TextfileSettings {
  /** Absolute; ends in `.prom`. */
  readonly path: string;
  readonly everyMs: number;
}

/** The form in a URL and in the configuration. */
export function formatListen({ address, port }: ListenAddress): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** Whether only this host can reach an IP address: RFC 1122 3.2.1.3, RFC 4291 2.5.3 and 2.5.5.2. */
export function isLoopback(address: string): boolean {
  if (!address.includes(":")) return address.startsWith("127.");
  // The URL parser accepts every notation of an address and prints one.
  const { hostname } = new URL(`http://[${address}]/`);
  return hostname === "[::1]" || /^\[::ffff:7f[0-9a-f]{2}:/.test(hostname);
}
