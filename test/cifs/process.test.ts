import { describe, expect, test } from "bun:test";
import { nameSender, parseCgroup } from "../../src/cifs/process.ts";
import { COMMAND } from "../../src/model/command.ts";

const ID = "4f0c".repeat(16);

describe("parseCgroup", () => {
  test.each([
    ["a service", "0::/system.slice/postgresql.service\n", "postgresql.service", undefined],
    ["a service's own group below it", "0::/system.slice/nginx.service/worker\n", "nginx.service", undefined],
    ["a login", "0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope", undefined],
    ["nothing but the root", "0::/\n", undefined, undefined],
    ["nothing", "", undefined, undefined],
    ["docker", `0::/system.slice/docker-${ID}.scope\n`, `docker-${ID}.scope`, "4f0c4f0c4f0c"],
    ["podman", `0::/machine.slice/libpod-${ID}.scope/container\n`, `libpod-${ID}.scope`, "4f0c4f0c4f0c"],
    [
      "Kubernetes with containerd",
      `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-${ID}.scope\n`,
      `cri-containerd-${ID}.scope`,
      "4f0c4f0c4f0c",
    ],
    ["docker without systemd", `12:memory:/docker/${ID}\n`, undefined, "4f0c4f0c4f0c"],
    ["LXC", "0::/lxc.payload.web1/system.slice/nginx.service\n", "nginx.service", "web1"],
    [
      "systemd-nspawn",
      "0::/machine.slice/machine-build\\x2dhost.scope/payload\n",
      "machine-build-host.scope",
      "build-host",
    ],
    [
      "cgroup v1",
      "11:memory:/user.slice\n1:name=systemd:/system.slice/cron.service\n0::/\n",
      "cron.service",
      undefined,
    ],
  ])("%s", (_, text, unit, container) => {
    expect(parseCgroup(text)).toEqual({ unit, container });
  });
});

describe("nameSender", () => {
  test.each([
    ["postgres", COMMAND.SMB2_WRITE, "postgres"],
    ["kworker/u8:3", COMMAND.SMB2_WRITE, "writeback"],
    ["kworker/1:2", COMMAND.SMB2_READ, "readahead"],
    ["kworker", COMMAND.SMB2_WRITE, "kworker"],
  ])("%s that sends %d is called %s", (comm, command, name) => {
    expect(nameSender(comm, command)).toBe(name);
  });
});
