import { describe, expect, test } from "bun:test";
import type { Mount } from "../../src/model/mountinfo.ts";
import { folderAccess } from "../../src/system/folder-access.ts";

function aMount(parts: Partial<Mount> = {}): Mount {
  return {
    mountId: 1,
    parentId: 0,
    root: "/",
    mountPoint: "/",
    type: "ext4",
    source: "/dev/vda",
    options: ["rw"],
    superOptions: ["rw"],
    ...parts,
  };
}

/** What the service sees, and what the host does. */
function access(self: Mount | undefined, host: Mount | undefined) {
  return folderAccess("/srv/aod", (_, whose) => (whose === "self" ? self : host));
}

describe("a folder", () => {
  const READ_ONLY = aMount({ options: ["ro", "relatime"] });

  test("is open where it can be written", () => {
    expect(access(aMount(), aMount())).toBe("open");
    expect(access(undefined, undefined)).toBe("open");
  });

  test("is read-only for the service where the host may write it: ProtectSystem=strict", () => {
    expect(access(READ_ONLY, aMount())).toBe("read-only");
  });

  test("that is read-only on the host as well is not restricted by the sandbox", () => {
    expect(access(READ_ONLY, READ_ONLY)).toBe("open");
    expect(access(READ_ONLY, aMount({ superOptions: ["ro"] }))).toBe("open");
  });

  test("that is read-only is unknown if aod may not see the host's mounts", () => {
    expect(access(READ_ONLY, undefined)).toBe("open");
  });

  test("is hidden: ProtectHome=yes", () => {
    expect(access(aMount({ root: "/systemd/inaccessible/dir", options: ["ro"] }), aMount())).toBe("hidden");
  });

  test("is the service's own: PrivateTmp=yes", () => {
    const root = "/var/tmp/systemd-private-0123456789abcdef-aod.service-Ab12Cd/tmp";
    expect(access(aMount({ root }), aMount())).toBe("private");
    expect(access(aMount({ root: `${root}/deeper` }), aMount())).toBe("open");
  });

  test("of this machine, without a sandbox, is open", () => {
    expect(folderAccess("/")).toBe("open");
  });
});
