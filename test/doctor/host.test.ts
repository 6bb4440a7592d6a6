import { describe, expect, test } from "bun:test";
import { lockdownFinding, moduleFinding, privilegesFinding, tasksFinding } from "../../src/doctor/host.ts";

const status = (capabilities: bigint) =>
  `Name:\taod\nCapEff:\t${capabilities.toString(16).padStart(16, "0")}\n`;
const caps = (...bits: readonly number[]) => bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);

describe("doctor on privileges", () => {
  test("root has all capabilities", () => {
    expect(privilegesFinding({ status: status((1n << 41n) - 1n) }).severity).toBe("ok");
  });

  test("a missing CAP_BPF keeps aod from running, with the failure code of a start", () => {
    const finding = privilegesFinding({ status: status(caps(38, 2, 19, 34)) });
    expect(finding).toMatchObject({ severity: "bad", code: "NOT_PERMITTED" });
    expect(finding.found).toContain("CAP_BPF");
  });

  test("the two capabilities of BPF are enough to run, and the loss without the others is named", () => {
    const finding = privilegesFinding({ status: status(caps(38, 39)) });
    expect(finding.severity).toBe("warn");
    expect(finding.found).toContain("CAP_SYSLOG (the kernel log in captures)");
    expect(finding.found).not.toContain("CAP_BPF");
  });

  test("CAP_SYS_ADMIN includes the capabilities that were split from it", () => {
    const finding = privilegesFinding({ status: status(caps(21, 2, 19)) });
    expect(finding.severity).toBe("ok");
  });

  test("a status without the field CapEff counts as without capabilities", () => {
    expect(privilegesFinding({ status: "" }).severity).toBe("bad");
  });
});

describe("doctor on lockdown", () => {
  test.each([
    ["[none] integrity confidentiality\n", "none"],
    ["none [integrity] confidentiality\n", "integrity: aod reads no kernel memory, nothing is lost"],
    [undefined, "not in this kernel"],
  ])("%j is %s", (lockdown, found) => {
    expect(lockdownFinding({ lockdown })).toEqual({ subject: "lockdown", severity: "ok", found });
  });
});

describe("doctor on tasks", () => {
  test("a pid namespace of a container is a warning", () => {
    expect(tasksFinding({ allTasksShown: true }).severity).toBe("ok");
    expect(tasksFinding({ allTasksShown: false }).severity).toBe("warn");
  });
});

describe("doctor on the module", () => {
  test.each([
    [true, undefined, "ok"],
    [false, "kernel/fs/smb/client/cifs.ko.xz: kernel/fs/smb/common/cifs_md4.ko.xz\n", "ok"],
    [false, "kernel/fs/cifs/cifs.ko\n", "ok"],
    [false, "kernel/fs/nfs/nfs.ko: kernel/fs/lockd.ko\n", "warn"],
    [false, undefined, "warn"],
  ] as const)("loaded: %p, modules: %j, finding: %s", (cifsLoaded, modules, severity) => {
    expect(moduleFinding({ cifsLoaded, modules }).severity).toBe(severity);
  });
});
