import { describe, expect, test } from "bun:test";
import { parseConfig } from "../../src/config/config.ts";
import { parseListen } from "../../src/config/metrics-keys.ts";
import { formatListen, isLoopback } from "../../src/model/metrics.ts";

function parse(metrics: string) {
  return parseConfig(
    `guardian: {anomalies: {slow: {type: Latency, acceptable_count: 10}}}\nmetrics: ${metrics}\n`,
  );
}

describe("metrics", () => {
  test("are off by default", () => {
    expect(
      parseConfig("guardian: {anomalies: {slow: {type: Latency, acceptable_count: 10}}}").config?.metrics,
    ).toBe(undefined);
  });

  test("take a port, a file, or both", () => {
    const { config, problems } = parse("{listen: '[::1]:10445', textfile: /var/lib/x/../aod.prom}");
    expect(problems).toEqual([]);
    expect(config?.metrics).toEqual({
      listen: { address: "::1", port: 10445 },
      textfile: { path: "/var/lib/aod.prom", everyMs: 15_000 },
      hosts: [],
    });
  });

  test.each([
    ["a port alone", "{listen: 10445}", "(write 127.0.0.1:10445)"],
    ["no address", "{listen: ':10445'}", "(write 127.0.0.1:10445, or 0.0.0.0:10445 for every address)"],
    ["a name", "{listen: 'localhost:10445'}", "(write 127.0.0.1:10445, or 0.0.0.0:10445 for every address)"],
    ["IPv6 without brackets", "{listen: '::1:10445'}", "(write [::1]:10445)"],
    ["no port", "{listen: 127.0.0.1}", "must be ADDRESS:PORT"],
    ["port 0", "{listen: '127.0.0.1:0'}", "must be ADDRESS:PORT"],
    ["a port beyond all", "{listen: '127.0.0.1:65536'}", "must be ADDRESS:PORT"],
    ["no address of that kind", "{listen: '127.0.0.256:1'}", "must be ADDRESS:PORT"],
    ["IPv4 in brackets", "{listen: '[127.0.0.1]:1'}", "must be ADDRESS:PORT"],
    ["a URL", "{listen: 'http://127.0.0.1:1/'}", "must be ADDRESS:PORT"],
    ["a relative file", "{textfile: aod.prom}", "must be an absolute path that ends in .prom"],
    ["a file that node_exporter does not read", "{textfile: /tmp/aod.txt}", "ends in .prom"],
    ["a file without a name", "{textfile: /tmp/.prom}", "ends in .prom"],
    [
      "a host with a port",
      "{listen: '127.0.0.1:1', hosts: ['files:80']}",
      "must be a host name without a port",
    ],
    ["hosts that are no list", "{listen: '127.0.0.1:1', hosts: files}", "must be a list of host names"],
    ["too often", "{textfile: /tmp/a.prom, every_sec: 0.1}", "must be a number from 1 to 3600"],
    ["an unknown key", "{port: 1}", "unknown key"],
  ])("refuse %s", (_, text, message) => {
    const { config, problems } = parse(text);
    expect(config).toBeUndefined();
    expect(problems.map((problem) => problem.message).join()).toContain(message);
  });

  test.each([["0.0.0.0:1"], ["'[::]:1'"], ["192.168.1.5:1"], ["'[2001:db8::1]:1'"]])(
    "warn of %s, which others can reach",
    (listen) => {
      const { config, problems } = parse(`{listen: ${listen}}`);
      expect(config?.metrics?.listen?.port).toBe(1);
      expect(problems).toMatchObject([
        { severity: "warning", path: "metrics.listen", message: expect.stringContaining("other hosts") },
      ]);
    },
  );

  test("warn if there is neither a port nor a file", () => {
    expect(parse("{every_sec: 5}").problems).toMatchObject([{ severity: "warning", path: "metrics" }]);
  });
});

describe("an address", () => {
  test.each([["127.0.0.1:1"], ["[::1]:65535"], ["0.0.0.0:80"]])("%s is shown as it is written", (text) => {
    const parsed = parseListen(text);
    expect(parsed && formatListen(parsed)).toBe(text);
  });

  test.each([
    ["127.0.0.1", true],
    ["127.9.9.9", true],
    ["::1", true],
    ["0:0:0:0:0:0:0:1", true],
    ["::ffff:127.0.0.1", true],
    ["0.0.0.0", false],
    ["::", false],
    ["::ffff:10.0.0.1", false],
    ["128.0.0.1", false],
    ["fe80::1", false],
  ])("%s is a loopback address: %p", (address, isOwn) => {
    expect(isLoopback(address)).toBe(isOwn);
  });
});
