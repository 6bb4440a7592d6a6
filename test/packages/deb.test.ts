// The Debian package in a file system with apt: installed from the signed repository, upgraded, removed and purged. An
// imitation of systemd records the calls that it gets. Making such file systems needs root.

import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "../helpers/temp-dir.ts";
import { InstallRoot, isRoot, makeRelease, RELEASE, succeed } from "./release.ts";

const HIGHER = "1:999.0-1";
const CAPTURE = "aod_20261123T012345.678Z_slow.tar.zst";
const UNFINISHED = ".aod_20261123T012345.678Z-2_slow.partial";
const roots: InstallRoot[] = [];
afterAll(() => {
  for (const root of roots) root.remove();
});

async function makeRoot(name: string): Promise<InstallRoot> {
  const root = await InstallRoot.make(name);
  roots.push(root);
  root.copy(join(RELEASE, "apt"), "srv/apt");
  root.write("etc/apt/sources.list", "deb [signed-by=/srv/apt/aod.gpg] file:/srv/apt stable main\n");
  return root;
}

function apt(root: InstallRoot, ...argv: readonly string[]) {
  return root.do(
    "apt-get",
    "-qy",
    "-o",
    "Dpkg::Options::=--force-confdef",
    "-o",
    "Dpkg::Options::=--force-confold",
    ...argv,
  );
}

async function versionIn(root: InstallRoot): Promise<string> {
  // These are variables of dpkg, not of JavaScript.
  const { stdout } = await root.run(
    "dpkg-query",
    "--show",
    "--showformat=$" + "{db:Status-Status} $" + "{Version}",
    "aod",
  );
  return stdout;
}

/** The same package with a higher version and another default configuration. */
async function makeHigher(deb: string): Promise<string> {
  const folder = tempDir();
  const tree = join(folder, "tree");
  await succeed(["dpkg-deb", "--raw-extract", deb, tree]);
  const control = readFileSync(join(tree, "DEBIAN/control"), "utf8");
  writeFileSync(join(tree, "DEBIAN/control"), control.replace(/^Version: .*$/m, `Version: ${HIGHER}`));
  writeFileSync(join(tree, "etc/aod.yaml"), `# newer\n${readFileSync(join(tree, "etc/aod.yaml"), "utf8")}`);
  const file = join(folder, "higher.deb");
  await succeed(["dpkg-deb", "-Zgzip", "-z1", "--build", tree, file]);
  return file;
}

async function makeNamesake(): Promise<string> {
  const tree = join(tempDir(), "namesake");
  mkdirSync(join(tree, "DEBIAN"), { recursive: true });
  mkdirSync(join(tree, "usr/share/aod"), { recursive: true });
  writeFileSync(join(tree, "usr/share/aod/controller.py"), "");
  const control =
    "Package: aod\nVersion: 2.5.0\nArchitecture: all\nMaintainer: Another Vendor <vendor@localhost.invalid>\nDescription: another\n";
  writeFileSync(join(tree, "DEBIAN/control"), control);
  await succeed(["dpkg-deb", "--build", tree, `${tree}.deb`]);
  return `${tree}.deb`;
}

describe.skipIf(!isRoot)("apt (needs root)", async () => {
  if (!isRoot) return;
  const { deb, version } = await makeRelease();
  const higher = await makeHigher(deb);
  const root = await makeRoot("apt-root");
  await root.do("apt-get", "-q", "update");
  const captured = (name: string) => `var/log/aod/batches/${name}`;

  test("installs aod from the repository", async () => {
    const { stdout } = await apt(root, "install", "aod");
    expect(stdout).toContain("not watching yet. Start it: systemctl enable --now aod");
    expect(await versionIn(root)).toBe(`installed 1:${version}-1`);
    expect((await root.do("aod", "--version")).stdout).toContain("libbpf");
    expect(await root.do("aod", "check")).toMatchObject({
      stdout: expect.stringContaining("/etc/aod.yaml: ok"),
    });
  });

  test("has installed the files as they were packed, all owned by root", async () => {
    expect((await root.do("dpkg", "--verify", "aod")).stdout).toBe("");
    const files = (await root.do("dpkg", "--listfiles", "aod")).stdout.trim().split("\n");
    for (const file of [
      "/etc/aod.yaml",
      "/usr/bin/aod",
      "/usr/lib/systemd/system/aod.service",
      "/usr/share/aod/monitoring/aod-dashboard.json",
      "/usr/share/aod/monitoring/aod.rules.yaml",
      "/usr/share/bash-completion/completions/aod",
      "/usr/share/doc/aod/changelog.gz",
      "/usr/share/doc/aod/copyright",
      "/usr/share/doc/aod/install.md",
      "/usr/share/doc/aod/metrics.md",
      "/usr/share/fish/vendor_completions.d/aod.fish",
      "/usr/share/man/man1/aod.1.gz",
      "/usr/share/man/man5/aod.yaml.5.gz",
      "/usr/share/zsh/vendor-completions/_aod",
    ])
      expect(files).toContain(file);
    const { stdout } = await root.do(
      "find",
      ...files.slice(1),
      "-maxdepth",
      "0",
      "!",
      "-user",
      "root",
      "-o",
      "-perm",
      "/022",
    );
    expect(
      stdout
        .trim()
        .split("\n")
        .filter((path) => path !== ""),
    ).toEqual([]);
  });

  test("has enabled nothing, because that is for the owner to decide", async () => {
    expect((await root.run("systemctl", "is-enabled", "aod")).stdout).toBe("disabled\n");
    await root.do("systemctl", "enable", "aod");
    expect((await root.run("systemctl", "is-enabled", "aod")).stdout).toBe("enabled\n");
  });

  test("refuses a repository that was changed", async () => {
    const other = await makeRoot("apt-root-changed");
    const lists = "srv/apt/dists/stable/InRelease";
    other.write(lists, other.read(lists).replace("Origin: aod", "Origin: eve"));
    const { exitCode, stderr } = await other.run("apt-get", "-q", "update");
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("BADSIG");
  });

  test("upgrades, and keeps the changed configuration and the enabled service", async () => {
    root.write("etc/aod.yaml", `# mine\n${root.read("etc/aod.yaml")}`);
    root.copy(higher, "srv/higher.deb");
    root.pretendSystemd();
    await apt(root, "install", "/srv/higher.deb");
    expect(await versionIn(root)).toBe(`installed ${HIGHER}`);
    expect(root.read("etc/aod.yaml")).toStartWith("# mine\n");
    expect(root.read("etc/aod.yaml.dpkg-dist")).toStartWith("# newer\n");
    expect(root.has("etc/systemd/system/multi-user.target.wants/aod.service")).toBe(true);
  });

  test("restarts a running service once, and stops nothing before the new version is there", () => {
    const calls = root.systemdCalls().filter((line) => line.includes("aod.service"));
    expect(calls.filter((line) => /\btry-restart\b/.test(line))).toHaveLength(1);
    expect(calls.filter((line) => /\b(stop|start|restart)\b(?<!try-restart)/.test(line))).toEqual([]);
  });

  test("leaves the old aod running if the new one would refuse the configuration, and reports it", async () => {
    const good = root.read("etc/aod.yaml");
    root.write("etc/aod.yaml", "guardian: {}\n");
    const { stdout } = await apt(root, "install", "--reinstall", "/srv/higher.deb");
    expect(stdout).toContain("aod: this version refuses the configuration");
    expect(root.systemdCalls().filter((line) => line.includes("restart"))).toEqual([]);
    root.write("etc/aod.yaml", good);
  });

  test("stops aod when it is removed, and keeps configuration, captures and history", async () => {
    for (const path of ["incidents.jsonl", "incidents.jsonl.1", "aod.lock", "aod_quick_1.tar.zst"])
      root.write(`var/log/aod/${path}`, "");
    for (const path of [CAPTURE, UNFINISHED, "aod_capture_7.tar.zst", `${CAPTURE}.sig`])
      root.write(captured(path), "");
    await apt(root, "remove", "aod");
    expect(root.systemdCalls().filter((line) => /^(?:--\S+ )*stop .*aod\.service/.test(line))).toHaveLength(
      1,
    );
    expect(root.has("usr/bin/aod")).toBe(false);
    expect(root.has("etc/aod.yaml")).toBe(true);
    expect(root.has(captured(CAPTURE))).toBe(true);
  });

  test("purges all that aod has made, and nothing else", async () => {
    await apt(root, "purge", "aod");
    const left = (await root.do("find", "/var/log/aod", "-type", "f")).stdout.trim().split("\n").sort();
    expect(left).toEqual([
      "/var/log/aod/aod_quick_1.tar.zst",
      `/var/log/aod/batches/${CAPTURE}.sig`,
      "/var/log/aod/batches/aod_capture_7.tar.zst",
    ]);
    expect(root.has("etc/aod.yaml")).toBe(false);
    const elsewhere =
      "find / -xdev -name *aod* -not -path /proc/* -not -path /srv/* -not -path /var/log/aod*";
    const names = (await root.do(...elsewhere.split(" "))).stdout.trim().split("\n");
    expect(names.filter((path) => path !== "")).toEqual([]);
  });

  test("purges the folders too if no other program has files there", async () => {
    await apt(root, "install", "aod");
    root.write(captured(CAPTURE), "");
    await root.do("rm", "-r", "/var/log/aod/aod_quick_1.tar.zst", "/var/log/aod/batches");
    root.write(captured(CAPTURE), "");
    root.write("var/log/aod/incidents.jsonl", "");
    await apt(root, "purge", "aod");
    expect(root.has("var/log/aod")).toBe(false);
  });

  test("is not offered if a host has pinned its repository away", async () => {
    root.write("etc/apt/preferences.d/aod", "Package: aod\nPin: release o=aod\nPin-Priority: -1\n");
    expect((await root.do("apt-cache", "policy", "aod")).stdout).toContain("Candidate: (none)");
    await root.do("rm", "/etc/apt/preferences.d/aod");
    expect((await root.do("apt-cache", "policy", "aod")).stdout).toContain(`Candidate: 1:${version}-1`);
  });

  test("replaces its namesake of any version, and prints a message", async () => {
    root.copy(await makeNamesake(), "srv/namesake.deb");
    await apt(root, "install", "/srv/namesake.deb");
    expect(await versionIn(root)).toBe("installed 2.5.0");
    const { stdout } = await apt(root, "install", "aod");
    expect(stdout).toContain("replaces 2.5.0, a package of the same name from another vendor");
    expect(await versionIn(root)).toBe(`installed 1:${version}-1`);
    expect(root.has("usr/share/aod/controller.py")).toBe(false);
  });
});
