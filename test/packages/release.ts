// For the tests of the packages: a signed release of dist/aod, made once for all of them, and file systems to install
// it into. All paths are below build/packaging.

import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Ended, ROOT, run } from "../helpers/program.ts";

const WORK = join(ROOT, "build/packaging");
const TREE = join(WORK, "root");
export const RELEASE = join(WORK, "release");
export const isRoot = process.getuid?.() === 0;

export interface Release {
  readonly deb: string;
  readonly rpm: string;
  /** The version as in the names of its files. */
  readonly version: string;
}

let made: Promise<Release> | undefined;

/** Makes the release of this build, signed with a new key. */
export function makeRelease(): Promise<Release> {
  made ??= build();
  return made;
}

async function build(): Promise<Release> {
  rmSync(RELEASE, { recursive: true, force: true });
  const key = await makeKey(join(WORK, "keys"));
  await succeed(["scripts/package/release.sh", RELEASE], { AOD_SIGNING_KEY: key });
  const [rpm] = readdirSync(RELEASE).filter((name) => name.endsWith(".rpm"));
  const [deb] = readdirSync(RELEASE).filter((name) => name.endsWith(".deb"));
  if (deb === undefined || rpm === undefined) throw new Error("release.sh made no packages");
  return { deb: join(RELEASE, deb), rpm: join(RELEASE, rpm), version: /^aod_(.+)-1_/.exec(deb)?.[1] ?? "" };
}

/** Makes a key for these tests. @returns the file that holds it. */
async function makeKey(folder: string): Promise<string> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const env = { GNUPGHOME: folder };
  const batch = ["gpg", "--batch", "--quiet", "--passphrase", ""];
  await succeed(
    [...batch, "--quick-generate-key", "aod tests <tests@localhost.invalid>", "rsa3072", "sign"],
    env,
  );
  const { stdout } = await succeed(["gpg", "--batch", "--armor", "--export-secret-keys"], env);
  await run(["gpgconf", "--kill", "gpg-agent"], ROOT, env);
  const file = join(folder, "secret.asc");
  writeFileSync(file, stdout, { mode: 0o600 });
  return file;
}

export class InstallRoot {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes a new file system with this name. */
  static async make(name: string): Promise<InstallRoot> {
    mkdirSync(WORK, { recursive: true });
    await succeed(["test/packages/make-root.sh", TREE]);
    const path = join(WORK, name);
    rmSync(path, { recursive: true, force: true });
    await succeed(["cp", "-a", TREE, path]);
    return new InstallRoot(path);
  }

  /** Runs a program inside, without a network. */
  run(...argv: readonly string[]): Promise<Ended> {
    return run(["test/packages/in-root.sh", this.path, ...argv], ROOT);
  }

  /** Like `run`, but throws the program's output if it fails. */
  do(...argv: readonly string[]): Promise<Ended> {
    return succeed(["test/packages/in-root.sh", this.path, ...argv]);
  }

  has(path: string): boolean {
    // A symbolic link is resolved as from inside.
    return lstatSync(join(this.path, path), { throwIfNoEntry: false }) !== undefined;
  }

  read(path: string): string {
    return readFileSync(join(this.path, path), "utf8");
  }

  write(path: string, text: string, mode = 0o644): void {
    mkdirSync(join(this.path, path, ".."), { recursive: true });
    writeFileSync(join(this.path, path), text, { mode });
  }

  copy(from: string, to: string): void {
    cpSync(from, join(this.path, to), { recursive: true });
  }

  /** From now on systemd seems to run; its calls are recorded and not executed. */
  pretendSystemd(): void {
    mkdirSync(join(this.path, "run/systemd/system"), { recursive: true });
    this.write("usr/bin/systemctl", '#!/bin/sh\necho "$*" >>/calls\n', 0o755);
  }

  /** The calls of systemd since the last time. */
  systemdCalls(): readonly string[] {
    const calls = this.has("calls") ? this.read("calls").trim().split("\n") : [];
    rmSync(join(this.path, "calls"), { force: true });
    return calls;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Throws the output of a program that fails. */
export async function succeed(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const ended = await run(argv, ROOT, env);
  if (ended.exitCode !== 0)
    throw new Error(`${argv.join(" ")}: ${ended.exitCode}\n${ended.stdout}${ended.stderr}`);
  return ended;
}
