// The rpm package in a file system of its own: installed by dnf from the signed repository, upgraded and removed. The
// file system is Debian's, so an empty rpm package provides what the C library has. Making such file systems needs
// root.

import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { InstallRoot, isRoot, makeRelease, RELEASE, succeed } from "./release.ts";

const HIGHER = "999.0";
const roots: InstallRoot[] = [];
afterAll(() => {
  for (const root of roots) root.remove();
});

/** A package without files that provides what an rpm host has anyway. */
async function makeHostPackage(rpm: string): Promise<string> {
  const folder = tempDir();
  const { stdout } = await succeed(["rpm", "-qp", "--requires", rpm]);
  const needed = [...new Set(stdout.trim().split("\n"))].filter((name) => !/^(rpmlib|config)\(/.test(name));
  const provides = needed.map((name) => `Provides: ${name}\n`).join("");
  const head = "Name: host\nVersion: 1\nRelease: 1\nSummary: host\nLicense: MIT\nBuildArch: noarch\n";
  writeFileSync(join(folder, "host.spec"), `${head}${provides}%description\nhost\n%files\n`);
  const argv = [
    "rpmbuild",
    "-bb",
    "--quiet",
    "--define",
    `_topdir ${folder}`,
    "--define",
    `_rpmdir ${folder}`,
  ];
  await succeed([...argv, join(folder, "host.spec")]);
  return join(folder, "noarch/host-1-1.noarch.rpm");
}

/** dnf with aod's repository alone, all of whose signatures are checked. */
function dnfArguments(root: InstallRoot, repository: string): readonly string[] {
  const folder = tempDir();
  mkdirSync(join(folder, "repos"));
  writeFileSync(
    join(folder, "repos/aod.repo"),
    `[aod]\nname=aod\nbaseurl=file://${repository}\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file://${RELEASE}/rpm/RPM-GPG-KEY-aod\n`,
  );
  const settings = {
    reposdir: join(folder, "repos"),
    cachedir: join(folder, "cache"),
    module_platform_id: "platform:el9",
    install_weak_deps: "0",
  };
  const options = Object.entries(settings).map(([name, value]) => `--setopt=${name}=${value}`);
  return ["dnf", "-y", "--installroot", root.path, "--releasever=9", ...options];
}

describe.skipIf(!isRoot)("rpm (needs root)", async () => {
  if (!isRoot) return;
  const { rpm, version } = await makeRelease();
  const root = await InstallRoot.make("rpm-root");
  roots.push(root);
  // As on RHEL: services without another preset stay disabled.
  root.write("usr/lib/systemd/system-preset/00-default-disable.preset", "disable *\n");
  const inRoot = (...argv: readonly string[]) => run(["rpm", "--root", root.path, ...argv], RELEASE);
  await inRoot("-i", await makeHostPackage(rpm));

  test("refuses a repository that was changed", async () => {
    const changed = join(tempDir(), "rpm");
    await succeed(["cp", "-a", join(RELEASE, "rpm"), changed]);
    await succeed(["sed", "-i", "s/<revision>/<revision>1/", join(changed, "repodata/repomd.xml")]);
    const { exitCode, stderr } = await run([...dnfArguments(root, changed), "install", "aod"], RELEASE);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("repomd.xml GPG signature verification error");
  });

  test("installs aod from the repository, every file owned by the package and unchanged", async () => {
    await succeed([...dnfArguments(root, join(RELEASE, "rpm")), "install", "aod"]);
    expect((await inRoot("-q", "--qf", "%{EPOCH}:%{VERSION}-%{RELEASE}", "aod")).stdout).toBe(
      `1:${version}-1`,
    );
    expect(await inRoot("-V", "aod")).toMatchObject({ exitCode: 0, stdout: "" });
    expect((await root.do("aod", "check")).stdout).toContain("/etc/aod.yaml: ok");
    const { stdout } = await root.do(
      "find",
      "/",
      "-xdev",
      "-iname",
      "*aod*",
      "(",
      "-type",
      "f",
      "-o",
      "-type",
      "d",
      ")",
    );
    const found = stdout
      .trim()
      .split("\n")
      .filter((path) => !/^\/(proc|tmp)\//.test(path));
    expect(found.length).toBeGreaterThan(8);
    for (const path of found) {
      const { stdout: owner } = await inRoot("-q", "--qf", "%{NAME}", "-f", path);
      expect({ path, owner }).toEqual({ path, owner: "aod" });
    }
  });

  test("has enabled nothing that the presets don't enable", async () => {
    expect((await root.run("systemctl", "is-enabled", "aod")).stdout).toBe("disabled\n");
    await root.do("systemctl", "enable", "aod");
  });

  test("upgrades, keeps the changed configuration and the enabled service, restarts a running one once", async () => {
    root.write("etc/aod.yaml", `# mine\n${root.read("etc/aod.yaml")}`);
    root.pretendSystemd();
    const { stdout } = await succeed(["scripts/package/rpm.sh", tempDir()], { AOD_PACKAGE_VERSION: HIGHER });
    expect(await inRoot("-U", stdout.trim())).toMatchObject({ exitCode: 0 });
    expect((await inRoot("-q", "--qf", "%{VERSION}", "aod")).stdout).toBe(HIGHER);
    expect(root.read("etc/aod.yaml")).toStartWith("# mine\n");
    expect(root.has("etc/systemd/system/multi-user.target.wants/aod.service")).toBe(true);
    const calls = root.systemdCalls().filter((line) => line.includes("aod.service"));
    expect(calls).toEqual(["try-restart aod.service"]);
  });

  test("reports the changed configuration as a configuration that has changed", async () => {
    const { stdout } = await inRoot("-V", "aod");
    expect(stdout).toMatch(/^S\.5\S* +c \/etc\/aod\.yaml\n$/);
  });

  test("stops and disables aod when it is removed, and keeps the changed configuration and the captures", async () => {
    const capture = "var/log/aod/batches/aod_20261123T012345.678Z_slow.tar.zst";
    root.write(capture, "");
    expect(await inRoot("-e", "aod")).toMatchObject({ exitCode: 0 });
    expect(root.systemdCalls()).toEqual([
      "--no-reload disable aod.service",
      "stop aod.service",
      "daemon-reload",
    ]);
    expect(root.has("usr/bin/aod")).toBe(false);
    expect(root.read("etc/aod.yaml.rpmsave")).toStartWith("# mine\n");
    expect(root.has(capture)).toBe(true);
  });
});
