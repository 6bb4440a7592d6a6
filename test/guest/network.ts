// The network between the client and its servers: a namespace for each server and a pair of virtual devices to it, with
// IPv4, IPv6 and link-local addresses. It can delay or lose packets in either direction. The client and aod are in the
// initial namespace.

import { appendFileSync, writeFileSync } from "node:fs";
import { run } from "./process.ts";

export interface Host {
  /** Its name in /etc/hosts, and the name of its namespace. `<name>-v6` is its IPv6 address alone. */
  readonly name: string;
  /** The client's end of the wire. */
  readonly device: string;
  readonly address: string;
  /** A second IPv4 address: multichannel needs more than one, and two shares may then be two servers. */
  readonly secondAddress: string;
  readonly address6: string;
  /** The same on every wire, because it is valid only together with a device. */
  readonly linkLocal: string;
}

/** The other end of each wire, in its server's namespace. */
const SERVER_DEVICE = "server";

const host = (number: number): Host => ({
  name: `fileserver${number}`,
  device: `wire${number}`,
  address: `10.9.${number}.2`,
  secondAddress: `10.9.${number}.3`,
  address6: `fd00:9:${number}::2`,
  linkLocal: "fe80::2",
});

/** The server of most scenarios. */
export const FILESERVER1 = host(1);
/** The target of a DFS link. */
export const FILESERVER2 = host(2);
/** ksmbd, which listens in the initial namespace only: an address of the client's own, without a wire. */
export const FILESERVER3 = host(3);

/** Makes a server's namespace and the wire to it. */
export async function addHost(host: Host): Promise<void> {
  const { name, device, address, secondAddress, address6, linkLocal } = host;
  await run("ip", "netns", "add", name);
  // Addresses are usable at once: none is generated, and duplicate address detection is off.
  await ip(
    [],
    [
      `link add ${device} type veth peer name ${SERVER_DEVICE} netns ${name}`,
      `link set ${device} addrgenmode none`,
      `addr add ${address.replace(/2$/, "1")}/24 dev ${device}`,
      `addr add ${address6.replace(/2$/, "1")}/64 dev ${device} nodad`,
      `addr add fe80::1/64 dev ${device} nodad`,
      `link set ${device} up`,
    ],
  );
  await ip(
    ["-n", name],
    [
      "link set lo up",
      `link set ${SERVER_DEVICE} addrgenmode none`,
      ...[address, secondAddress].map((one) => `addr add ${one}/24 dev ${SERVER_DEVICE}`),
      ...[address6, linkLocal].map((one) => `addr add ${one}/64 dev ${SERVER_DEVICE} nodad`),
      `link set ${SERVER_DEVICE} up`,
    ],
  );
  appendFileSync("/etc/hosts", `${address} ${name}\n${address6} ${name}-v6\n`);
}

/** Gives the client itself the address of a host that has no namespace. */
export async function addLocalHost({ name, address }: Host): Promise<void> {
  await run("ip", "addr", "add", `${address}/32`, "dev", "lo");
  appendFileSync("/etc/hosts", `${address} ${name}\n`);
}

/** Runs a program that must succeed in the server's network namespace. */
export function runOn({ name }: Pick<Host, "name">, ...command: readonly string[]): Promise<string> {
  return run("nsenter", `--net=/run/netns/${name}`, ...command);
}

async function ip(options: readonly string[], lines: readonly string[]): Promise<void> {
  writeFileSync("/tmp/ip-batch", `${lines.join("\n")}\n`);
  await run("ip", ...options, "-batch", "/tmp/ip-batch");
}

/** The treatment of packets in each direction, in the syntax of tc-netem(8). */
export interface Weather {
  readonly toServer?: readonly string[];
  readonly toClient?: readonly string[];
}

/** Delays every packet by `delayMs` while `work` runs: a request and its reply take twice that. */
export function withDelay<T>(delayMs: number, work: () => Promise<T>, host = FILESERVER1): Promise<T> {
  const delay = ["delay", `${delayMs}ms`];
  return withWeather({ toServer: delay, toClient: delay }, work, host);
}

/** Disturbs each direction in its own way while `work` runs; a direction that is not named is undisturbed. */
export async function withWeather<T>(
  weather: Weather,
  work: () => Promise<T>,
  host = FILESERVER1,
): Promise<T> {
  const ends = [
    { tc: ["tc"], device: host.device, what: weather.toServer },
    { tc: ["tc", "-n", host.name], device: SERVER_DEVICE, what: weather.toClient },
  ].flatMap(({ what, ...end }) => (what === undefined ? [] : [{ ...end, what }]));
  const begun: typeof ends = [];
  try {
    for (const end of ends) {
      await run(...end.tc, "qdisc", "add", "dev", end.device, "root", "netem", ...end.what);
      begun.push(end);
    }
    return await work();
  } finally {
    for (const { tc, device } of begun) await run(...tc, "qdisc", "del", "dev", device, "root");
  }
}

/** The server's end of the wire is down while `work` runs. */
export async function withoutLink<T>(
  { name, address6, linkLocal }: Host,
  work: () => Promise<T>,
): Promise<T> {
  const server = (...words: readonly string[]) => run("ip", "-n", name, ...words);
  await server("link", "set", SERVER_DEVICE, "down");
  try {
    return await work();
  } finally {
    await server("link", "set", SERVER_DEVICE, "up");
    // An interface that goes down loses its IPv6 addresses.
    for (const one of [address6, linkLocal])
      await server("addr", "replace", `${one}/64`, "dev", SERVER_DEVICE, "nodad");
  }
}
