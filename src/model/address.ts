// One form for all notations of an IP address that the kernel, ss, mount options and people use. Pure: text in, text
// out; no name is resolved. The URL parser of the platform reads and compresses IPv6 addresses; nothing here parses
// them again.

/** An IPv4 address as inet_ntop(3) writes it: four decimal numbers without leading zeros. */
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
/** The longest IPv6 address with an IPv4 tail has 45 characters: INET6_ADDRSTRLEN, less its end. */
const IPV6_MAX_CHARS = 45;
const MAPPED = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/;

/**
 * The canonical form of an address: RFC 5952 without a scope, an IPv4-mapped address as IPv4. A port and brackets are
 * dropped. Any other text is a host name, which is returned in lower case, without a final dot.
 */
export function canonicalAddress(text: string): string {
  const host = withoutPort(text.trim()).toLowerCase();
  const [withoutScope = ""] = host.split("%", 1);
  if (IPV4.test(withoutScope)) return withoutScope;
  return canonicalIpv6(withoutScope) ?? host.replace(/(.)\.$/, "$1");
}

/** Whether the text is an IP address and not a name. */
export function isAddress(text: string): boolean {
  const canonical = canonicalAddress(text);
  return IPV4.test(canonical) || canonicalIpv6(canonical) !== undefined;
}

// --- internal ---

/** `host` of `[host]:445`, `host:445` and `[host]%eth0`; an IPv6 address without brackets has no port. */
function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(text)?.[1];
  if (bracketed !== undefined) return bracketed;
  return /^([^:]*):\d{1,5}$/.exec(text)?.[1] ?? text;
}

function canonicalIpv6(host: string): string | undefined {
  if (host.length > IPV6_MAX_CHARS || !/^[0-9a-f:.]*:[0-9a-f:.]*$/.test(host)) return undefined;
  const parsed = URL.parse(`http://[${host}]/`)?.hostname;
  if (parsed === undefined) return undefined;
  const [, high, low] = MAPPED.exec(parsed) ?? [];
  if (high === undefined || low === undefined) return parsed.slice(1, -1);
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [first >> 8, first & 0xff, second >> 8, second & 0xff].join(".");
}
