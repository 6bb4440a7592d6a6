import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { compareNetCounters, parseNetCounters } from "../../src/runner/net-counters.ts";
import { anOrder, FROZEN_AT } from "../helpers/order.ts";

const HOST = ["/proc/net/snmp", "/proc/net/netstat"]
  .map((path) => `==> ${path} <==\n${readFileSync(path, "utf8")}\n`)
  .join("");

const BEFORE = [
  "Tcp: RtoAlgorithm MaxConn InSegs RetransSegs",
  "Tcp: 1 -1 9000 7",
  "IpExt: InOctets",
  "IpExt: 18446744073709550000",
].join("\n");
const NOW = BEFORE.replace("9000 7", "9100 57").replace("550000", "551615");

function aBaseline(text: string) {
  return { text, takenNs: FROZEN_AT.monotonicNs - 61.5e9, reason: "resolved" } as const;
}

describe("network counters", () => {
  test("of this host are all found", () => {
    const counters = parseNetCounters(HOST);
    for (const name of [
      "Ip.Forwarding",
      "Tcp.RetransSegs",
      "Tcp.MaxConn",
      "TcpExt.TCPTimeouts",
      "IpExt.InOctets",
    ])
      expect(counters.has(name), name).toBe(true);
    expect(counters.size).toBeGreaterThan(100);
    expect([...counters.keys()].some((name) => /[^\w.]/.test(name))).toBe(false);
  });

  test("show the changes with both values, beyond the precision of a double", () => {
    const text = compareNetCounters(NOW, anOrder(), aBaseline(BEFORE));
    expect(text).toBe(
      "compared with a sample 61.5 s older than the capture, of 2026-11-23T01:22:44.178000Z, when the last incident was resolved\n" +
        "3 of 5 counters changed\n\n" +
        "Tcp.InSegs       +100  (9000 -> 9100)\n" +
        "Tcp.RetransSegs  +50  (7 -> 57)\n" +
        "IpExt.InOctets   +1615  (18446744073709550000 -> 18446744073709551615)\n",
    );
  });

  test("that did not exist in the baseline began at 0", () => {
    const icmp = `${BEFORE}\nIcmpMsg: InType3\nIcmpMsg: 4\n`;
    expect(compareNetCounters(icmp, anOrder(), aBaseline(BEFORE))).toContain("IcmpMsg.InType3  +4  (0 -> 4)");
  });

  test("are all shown without a baseline", () => {
    const text = compareNetCounters(NOW, anOrder(), undefined);
    expect(text).toStartWith("nothing to compare with");
    expect(text).toEndWith(NOW);
  });

  test.each(["", "Tcp: a b\nTcp: 1\n", "Tcp: a\nTcp: x\n", "\0\n: \n: ", "Tcp: a\nUdp: 1"])(
    "are none in %p",
    (text) => expect(parseNetCounters(text).size).toBe(0),
  );
});
