import { describe, expect, test } from "bun:test";
import { parseUnitSandbox } from "../../src/doctor/unit.ts";

/** Output of `systemctl show` of systemd 252 for packaging/systemd/aod.service. */
const SHOWN = `LoadState=loaded
RuntimeDirectory=aod
StateDirectory=aod
CacheDirectory=
LogsDirectory=aod
ReadWritePaths=
CapabilityBoundingSet=cap_dac_read_search cap_sys_ptrace cap_syslog cap_perfmon cap_bpf
PrivateTmp=yes
ProtectHome=yes
ProtectSystem=strict
RestrictAddressFamilies=AF_NETLINK AF_UNIX
RestrictNamespaces=yes
`;

function shown(changes: Readonly<Record<string, string>> = {}) {
  const text = Object.entries(changes).reduce(
    (before, [name, value]) => before.replace(new RegExp(`^${name}=.*$`, "m"), `${name}=${value}`),
    SHOWN,
  );
  return parseUnitSandbox(text);
}

describe("the sandbox of a unit", () => {
  test("is undefined if the unit is not loaded", () => {
    expect(shown({ LoadState: "not-found" })).toBeUndefined();
    expect(parseUnitSandbox("")).toBeUndefined();
  });

  test("forbids everything that needs a drop-in, as shipped", () => {
    expect(shown()?.permits).toEqual({ stacks: false, namespaces: false, packets: false, internet: false });
  });

  test("forbids nothing without restrictions", () => {
    const all = "cap_sys_admin cap_net_raw";
    const open = { CapabilityBoundingSet: all, RestrictAddressFamilies: "~", RestrictNamespaces: "no" };
    expect(shown(open)?.permits).toEqual({ stacks: true, namespaces: true, packets: true, internet: true });
  });

  test.each([
    [{ CapabilityBoundingSet: "cap_sys_admin" }, { stacks: true, namespaces: false }],
    [{ CapabilityBoundingSet: "cap_sys_admin", RestrictNamespaces: "net" }, { namespaces: true }],
    [{ RestrictNamespaces: "net" }, { namespaces: false }],
    [{ CapabilityBoundingSet: "cap_net_raw" }, { packets: false }],
    [
      { CapabilityBoundingSet: "cap_net_raw", RestrictAddressFamilies: "AF_UNIX AF_PACKET" },
      { packets: true },
    ],
    [{ RestrictAddressFamilies: "AF_INET AF_INET6 AF_UNIX" }, { internet: true, packets: false }],
    [{ RestrictAddressFamilies: "~AF_INET" }, { internet: false }],
    [{ RestrictAddressFamilies: "" }, { internet: true }],
  ] as [Record<string, string>, object][])("with %j, the permissions are %j", (changes, permits) => {
    expect(shown(changes)?.permits).toMatchObject(permits);
  });

  test.each([
    ["/var/log/aod", {}, "open"],
    ["/var/log/aod/more", {}, "open"],
    ["/var/log/aodx", {}, "read-only"],
    ["/run/aod/out", {}, "open"],
    ["/srv/aod", {}, "read-only"],
    ["/srv/aod", { ReadWritePaths: "/other -/srv/aod" }, "open"],
    ["/srv/aod", { ReadWritePaths: "/srv" }, "open"],
    ["/srv/aod", { ProtectSystem: "full" }, "open"],
    ["/etc/aod", { ProtectSystem: "full" }, "read-only"],
    ["/etc/aod", { ProtectSystem: "yes" }, "open"],
    ["/home/aod", {}, "hidden"],
    ["/home/aod", { ProtectHome: "read-only" }, "read-only"],
    ["/homes/aod", { ProtectSystem: "no" }, "open"],
    ["/var/tmp/aod", {}, "private"],
    ["/tmp/aod", { PrivateTmp: "no", ProtectSystem: "no" }, "open"],
  ] as [string, Record<string, string>, string][])("%s with %j is %s", (path, changes, access) => {
    expect(shown(changes)?.folder(path) ?? "nothing").toBe(access);
  });
});
