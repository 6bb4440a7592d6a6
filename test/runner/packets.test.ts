import { describe, expect, test } from "bun:test";
import { planPackets } from "../../src/runner/packets.ts";
import { ALL_PERMITTED, aHost } from "../helpers/host.ts";

const tree = (share: string, address?: string) => ({ sessionId: 1n, treeId: 1, share, address });

/** The filter is the last argument. */
function filterOf(share: string, shares: readonly ReturnType<typeof tree>[]): string {
  const plan = planPackets({ share, shares }, aHost());
  if ("missing" in plan) return plan.missing;
  return "args" in plan ? (plan.args.at(-1) ?? "") : "";
}

describe("packets", () => {
  const shares = [
    tree("//files/a", "10.0.0.1"),
    tree("//files/b", "10.0.0.1"),
    tree("//files/b", "fe80::1%eth0"),
    tree("//other/a", "10.0.0.9"),
  ];

  test("are those of the server's connections, headers only, each written at once", () => {
    expect(planPackets({ share: "//files/a", shares }, aHost())).toEqual({
      args: ["-i", "any", "-nn", "-p", "-s", "128", "-U", "-w", "-"].concat(
        "tcp and (port 445 or port 139) and (host 10.0.0.1 or host fe80::1)",
      ),
    });
    expect(filterOf("//files", shares)).toBe(filterOf("//files/a", shares));
  });

  test("are those of the server's other connections as well, each address in the form that tcpdump takes", () => {
    const channels = { channelAddresses: ["10.0.0.2", "0000:0000:0000:0000:0000:ffff:0a00:0003"] };
    const filter = filterOf("//FILES/a", [{ ...tree("//files/a", "10.0.0.1"), ...channels }]);
    expect(filter).toContain("(host 10.0.0.1 or host 10.0.0.2 or host 10.0.0.3)");
  });

  test.each(["", "unknown"])("are those of all servers if none is named: %j", (share) => {
    expect(filterOf(share, shares)).toContain("(host 10.0.0.1 or host fe80::1 or host 10.0.0.9)");
  });

  test.each([
    undefined,
    "",
    "files.example",
    "10.0.0",
    "10.0.0.1 or host 1.1.1.1",
    "-w/etc/passwd",
    "::1 and (",
    "1.2.3.4%$(id)x y",
  ])("are not recorded for an invalid address: %j", (address) => {
    const filter = filterOf("//files/a", [tree("//files/a", address)]);
    expect(filter).toMatch(/^(no address is known of \/\/files\/a|.*\(host 1\.2\.3\.4\))$/);
  });

  test("are missing if aod may not record them, with the drop-in that allows it", () => {
    const permits = { ...ALL_PERMITTED, packets: false };
    expect(planPackets({ share: "//files/a", shares }, aHost({ permits }))).toEqual({
      missing:
        "packets may not be recorded (CAP_NET_RAW, AF_PACKET): the service has it with the drop-in pcap.conf, /usr/share/doc/aod/service.md",
    });
  });

  test("are of a bounded number of addresses, the most recently seen ones", () => {
    const many = Array.from({ length: 300 }, (_, i) => tree("//files/a", `10.0.${i >> 8}.${i & 255}`));
    const filter = filterOf("//files/a", many);
    expect(filter.match(/host/g)).toHaveLength(16);
    expect(filter).toEndWith("host 10.0.1.43)");
  });
});
