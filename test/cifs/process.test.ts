import { describe, expect, test } from "bun:test";
import { nameSender, parseCgroup } from "../../src/cifs/process.ts";
import { COMMAND } from "../../src/model/command.ts";
import { seeded } from "../helpers/random.ts";

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
    ["docker in a pod's cgroup v1", `1:name=systemd:/\n12:memory:/docker/${ID}\n`, undefined, "4f0c4f0c4f0c"],
    ["Proxmox", "0::/lxc/101/ns/system.slice/app.service\n", "app.service", "101"],
    ["Proxmox, its monitor", "0::/lxc.monitor/101\n", undefined, undefined],
    ["Proxmox of cgroup v1", "1:name=systemd:/lxc/101/ns/init.scope\n", "init.scope", "101"],
    [
      "docker in Proxmox",
      `0::/lxc/101/ns/system.slice/docker-${ID}.scope\n`,
      `docker-${ID}.scope`,
      "4f0c4f0c4f0c",
    ],
    [
      "systemd-nspawn as a service",
      "0::/machine.slice/systemd-nspawn@web1.service/payload/system.slice/app.service\n",
      "app.service",
      "web1",
    ],
    [
      "systemd-nspawn itself",
      "0::/machine.slice/systemd-nspawn@web1.service/supervisor\n",
      "systemd-nspawn@web1.service",
      undefined,
    ],
    ["NixOS", "0::/machine.slice/container@web.service/payload/init.scope\n", "init.scope", "web"],
    ["LXD's project", "0::/lxc.payload.default_web1/init.scope\n", "init.scope", "default_web1"],
    ["LXC of a user", "0::/user.slice/user-1000.slice/lxc.payload.web1/x\n", undefined, "web1"],
    [
      "ECS on Fargate",
      `0::/ecs/${"a1b2".repeat(8)}/${"a1b2".repeat(8)}-1234567890\n`,
      undefined,
      "a1b2a1b2a1b2",
    ],
    ["ECS on EC2", `0::/ecs/${"a1b2".repeat(8)}/${ID}\n`, undefined, "4f0c4f0c4f0c"],
    [
      "Kubernetes by cgroupfs",
      `0::/kubepods/burstable/pod4b3f0c2e-0c0e-4c7c-8a3b-1f2e3d4c5b6a/${ID}\n`,
      undefined,
      "4f0c4f0c4f0c",
    ],
    [
      "Kubernetes with CRI-O",
      `0::/kubepods.slice/kubepods-pod4b3f0c2e_0c0e_4c7c_8a3b_1f2e3d4c5b6a.slice/crio-${ID}.scope/container\n`,
      `crio-${ID}.scope`,
      "4f0c4f0c4f0c",
    ],
    [
      "Kubernetes in docker",
      `0::/system.slice/docker-${"d0c4".repeat(16)}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod1.slice/cri-containerd-${ID}.scope\n`,
      `cri-containerd-${ID}.scope`,
      "4f0c4f0c4f0c",
    ],
    [
      "a pod without groups for its containers",
      "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod4b3f0c2e_0c0e_4c7c_8a3b_1f2e3d4c5b6a.slice\n",
      undefined,
      "pod4b3f0c2e-0c0e-4c7c-8a3b-1f2e3d4c5b6a",
    ],
    [
      "a static pod by cgroupfs",
      "0::/kubepods/pod4b3f0c2e0c0e4c7c8a3b1f2e3d4c5b6a\n",
      undefined,
      "pod4b3f0c2e0c0e4c7c8a3b1f2e3d4c5b6a",
    ],
    ["containerd's colons", `0::/system.slice:docker:${ID}\n`, undefined, "4f0c4f0c4f0c"],
    [
      "podman of a user",
      `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container\n`,
      `libpod-${ID}.scope`,
      "4f0c4f0c4f0c",
    ],
    ["nerdctl", `0::/user.slice/nerdctl-${ID}.scope\n`, `nerdctl-${ID}.scope`, "4f0c4f0c4f0c"],
    ["Garden", "0::/garden/6a7ba0f0-1f4f-4e4c-6e3a-3f4b/x\n", undefined, "6a7ba0f0-1f4f-4e4c-6e3a-3f4b"],
    ["Garden that throttles", "0::/system.slice/garden/good/6a7ba0f0-1f4f\n", undefined, "6a7ba0f0-1f4f"],
    [
      "Nomad",
      "0::/nomad.slice/share.slice/8f5b1c3e-0c0e-4c7c-8a3b-1f2e3d4c5b6a.web.scope\n",
      "8f5b1c3e-0c0e-4c7c-8a3b-1f2e3d4c5b6a.web.scope",
      "8f5b1c3e-0c0e-4c7c-8a3b-1f2e3d4c5b6a.web",
    ],
    ["BuildKit", "0::/buildkit/wq2v1n3yk8z5\n", undefined, "wq2v1n3yk8z5"],
    [
      "Apptainer",
      "0::/user.slice/user-1000.slice/apptainer-4711.scope\n",
      "apptainer-4711.scope",
      "apptainer-4711",
    ],
    ["a group that is gone", `0::/docker/${ID} (deleted)\n`, undefined, "4f0c4f0c4f0c"],
    [
      "a service with a number that is no id",
      "0::/system.slice/backup-20261130.service\n",
      "backup-20261130.service",
      undefined,
    ],
    ["a folder called good", "0::/good/nginx\n", undefined, undefined],
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

test("any cgroup yields short names and never throws", () => {
  const random = seeded();
  const parts = [
    "lxc",
    "..",
    "",
    "_x",
    "\\\\x2d",
    "pod1",
    ID,
    "a.service",
    "good",
    "garden",
    "x".repeat(500),
  ] as const;
  for (let round = 0; round < 300; round++) {
    const path = Array.from({ length: random.int(0, 9) }, () => random.pick(parts)).join("/");
    const { unit = "", container = "" } = parseCgroup(
      `${random.int(0, 12)}:${random.pick(["", "memory"])}:/${path}\n`,
    );
    expect(Math.max(unit.length, container.length), random.seedText).toBeLessThanOrEqual(256);
  }
});

describe("nameSender", () => {
  test.each([
    ["postgres", COMMAND.SMB2_WRITE, false, "postgres"],
    ["kworker/u8:3", COMMAND.SMB2_WRITE, true, "writeback"],
    ["kworker/1:2", COMMAND.SMB2_READ, true, "readahead"],
    ["kworker", COMMAND.SMB2_WRITE, true, "kworker"],
    // A program that took the name of a worker.
    ["kworker/u8:3", COMMAND.SMB2_WRITE, false, "kworker/u8:3"],
    ["kworker/evil", COMMAND.SMB2_READ, false, "kworker/evil"],
    // The task has exited.
    ["kworker/u8:3", COMMAND.SMB2_WRITE, undefined, "unknown"],
    ["postgres", COMMAND.SMB2_WRITE, undefined, "postgres"],
  ])("%s that sends %d, kernel thread %p: %s", (comm, command, isKernelThread, name) => {
    expect(nameSender(comm, command, () => isKernelThread)).toBe(name);
  });
});
