import { describe, expect, test } from "bun:test";
import { parseConfig } from "../../src/config/config.ts";
import { findForbidden, sandboxFindings } from "../../src/doctor/sandbox.ts";
import type { Config } from "../../src/model/config.ts";
import type { FolderAccess, Permits } from "../../src/model/sandbox.ts";
import { ALL_PERMITTED } from "../helpers/host.ts";

const NOTHING: Permits = { stacks: false, namespaces: false, packets: false, internet: false };

function aConfig(actions: string, more = ""): Config {
  const rules = `guardian: {anomalies: {slow: {type: Latency, acceptable_count: 10, actions: [${actions}]}}}\n`;
  const { config, problems } = parseConfig(`${rules}aod_output_dir: /srv/aod\n${more}`);
  if (config === undefined) throw new Error(problems.map(({ message }) => message).join());
  return config;
}

function found(config: Config, permits: Permits = ALL_PERMITTED, access: FolderAccess = "open") {
  return findForbidden(config, { permits, folder: () => access });
}

function readOnlyBut(open: string) {
  return (path: string): FolderAccess => (path === open ? "open" : "read-only");
}

const NOTIFY = "notify: {command: [/usr/local/bin/tell]}\n";

describe("a sandbox", () => {
  test("that forbids nothing is ok for any configuration", () => {
    const config = aConfig("pcap, inflight", NOTIFY);
    expect(found(config)).toEqual([]);
    expect(sandboxFindings([])).toMatchObject([{ severity: "ok" }]);
  });

  test.each([
    ["stacks, which inflight shows", "inflight", "stacks", "warn", "kernel-stacks"],
    ["packets, which pcap records", "pcap", "packets", "warn", "pcap"],
    ["the namespaces of containers", "dmesg", "namespaces", "note", "kernel-stacks"],
    ["the network, which programs may use", "dmesg", "internet", "note", "metrics-port"],
  ])("that forbids %s", (_, actions, permit, severity, dropIn) => {
    const lost = found(aConfig(actions, NOTIFY), { ...ALL_PERMITTED, [permit]: false });
    expect(lost).toMatchObject([{ severity, dropIn: { file: expect.stringContaining(`/${dropIn}.conf`) } }]);
  });

  test("that forbids the network or the folder of metrics names the drop-in that allows it", () => {
    const metrics = "metrics: {listen: '127.0.0.1:10445', textfile: /var/lib/node exporter/aod.prom}\n";
    const sandbox = { permits: { ...ALL_PERMITTED, internet: false }, folder: readOnlyBut("/srv/aod") };
    const [port, file, ...others] = findForbidden(aConfig("", metrics), sandbox);
    expect(port).toMatchObject({ severity: "warn", found: "metrics cannot be served at 127.0.0.1:10445" });
    expect(port?.dropIn?.file).toEndWith("/metrics-port.conf");
    expect(file).toMatchObject({
      severity: "warn",
      dropIn: { lines: ["[Service]", 'ReadWritePaths="-/var/lib/node exporter"'] },
    });
    expect(others).toEqual([]);
  });

  test("that hides the folder of metrics has advice, but no drop-in", () => {
    const config = aConfig("", "metrics: {textfile: /tmp/aod.prom}\n");
    const folder = (path: string) => (path === "/tmp" ? "private" : "open");
    const [lost] = findForbidden(config, { permits: ALL_PERMITTED, folder });
    expect(lost).toMatchObject({
      severity: "warn",
      dropIn: undefined,
      todo: expect.stringContaining("outside /home"),
    });
  });

  test("that forbids only what the configuration does not need is ok", () => {
    const lost = found(aConfig("dmesg, journalctl"), { ...NOTHING, namespaces: true });
    expect(lost).toEqual([]);
  });

  test("that makes the output folder read-only keeps aod from starting, and names a drop-in with the path", () => {
    const [finding] = sandboxFindings(found(aConfig(""), ALL_PERMITTED, "read-only"));
    expect(finding).toMatchObject({
      severity: "bad",
      code: "OUTPUT_UNUSABLE",
      found: "aod_output_dir /srv/aod is read-only for the service",
    });
    expect(finding?.todo?.split("\n")).toEqual([
      "install -d -m 0700 /srv/aod",
      "put into /etc/systemd/system/aod.service.d/output-folder.conf",
      "  [Service]",
      "  ReadWritePaths=/srv/aod",
      "systemctl daemon-reload && systemctl restart aod",
    ]);
  });

  test.each([
    ["hidden", "bad"],
    ["private", "warn"],
  ] as const)("that makes the output folder %s has advice, but no drop-in", (access, severity) => {
    const [finding] = sandboxFindings(found(aConfig(""), ALL_PERMITTED, access));
    expect(finding).toMatchObject({ severity, todo: expect.stringContaining("outside /home") });
  });
});
