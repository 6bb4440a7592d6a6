// Every kind of mount: aod must know its share, mount points, server, dialect and encryption. One daemon sees all
// kinds; each has a share of its own. The kernel's text about each mount goes to the host as a fixture.

import assert from "node:assert/strict";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { AOD, type Daemon } from "../daemon.ts";
import { FIELD_KINDS, type FieldKind, type FieldMount } from "../field.ts";
import { unmountAll } from "../mount.ts";
import { FILESERVER1 } from "../network.ts";
import { finish, run, waitFor } from "../process.ts";
import type { Scenario } from "../scenario.ts";
import { PASSWORD, startKsmbd, startSecondServer } from "../server.ts";

/** The folder that run.sh takes out of the guest. */
const RESULTS_FOLDER = "/run/results";

/** The program that uses a share after all its mounts are there: during the mount the mount point is not known yet. */
const LOOKER = "stat";

/**
 * Any request of that program trips the rule: a capture for each share. Most kinds belong to one server, so an incident
 * must be resolved before the next kind is mounted, and no cooldown may last longer.
 */
const ANY_REQUEST = `
guardian:
  capture_cooldown_sec: 0
  resolve_after_sec: 0
  max_captures_per_hour: 1000
  anomalies:
    any:
      type: Latency
      acceptable_count: 1000
      default_threshold_ms: 1
      emergency_threshold_ms: 2
      match: {process: ${LOOKER}}
      actions: []
`;

/** If a share is not known, there is no capture, and the next kind follows. */
const CAPTURE_TIMEOUT_MS = 60_000;

/** The texts of /proc in the fixtures. */
const TEXTS = {
  debugdata: "/proc/fs/cifs/DebugData",
  stats: "/proc/fs/cifs/Stats",
  open_files: "/proc/fs/cifs/open_files",
  mountinfo: "/proc/self/mountinfo",
} as const;
/** The same call as in the action `sockets`. */
const SOCKETS = ["ss", "-tinoemH", "state", "connected", "( dport = :445 or dport = :139 )"];

/** A fact by its word in docs/quality.md, as a status or a manifest shows it. */
type Shown = Readonly<Record<"share" | "server" | "mount points" | "dialect" | "encryption", unknown>>;

interface Wrong {
  readonly fact: string;
  /** The place where aod shows it. */
  readonly where: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

interface ShareRow {
  readonly share: string;
  readonly mount_points: readonly string[];
  readonly dialect: string | null;
  readonly encrypted: boolean | null;
}

export const fieldScenarios: readonly Scenario[] = [
  {
    name: "field: every kind of mount is known by its share, server, mount point, dialect and encryption",
    config: ANY_REQUEST,
    async run({ aod }) {
      await startSecondServer();
      const kinds: { kind: string; mounted: readonly string[]; wrong: readonly Wrong[] }[] = [];
      for (const kind of FIELD_KINDS) {
        const mounted = kind.mounts.map(({ source, options }) => `${source} ${options}`);
        // The other kinds are tried anyway.
        const wrong = await tryKind(kind, aod).catch(failureOf);
        kinds.push({ kind: kind.name, mounted, wrong });
        // The host ends a guest that prints nothing for minutes.
        process.stdout.write(`#   ${kind.name}: ${wrong.length === 0 ? "right" : JSON.stringify(wrong)}\n`);
        await unmountAll();
      }
      await writeResult("quality.json", { kernel: release(), kinds });
      assert.deepEqual(
        kinds.filter(({ wrong }) => wrong.length > 0),
        [],
      );
    },
  },
];

/** Mounts and uses it, stores the fixture, and compares what aod shows with what the guest knows. */
async function tryKind(kind: FieldKind, aod: Daemon): Promise<readonly Wrong[]> {
  if (kind.needs === "ksmbd") await startKsmbd();
  for (const mount of kind.mounts) await mountField(mount);
  const files = kind.mounts.map(({ folder, file }) => openSync(`${folder}/${file}`, "r"));
  try {
    if (kind.hasSecondUser) await openAsSecondUser(kind.mounts[0] as FieldMount);
    await takeFixture(kind);
    const wrong: Wrong[] = [];
    for (const share of new Set(kind.mounts.map(({ facts }) => facts.share))) {
      wrong.push(...(await compareShare(share, kind, aod)));
    }
    return wrong;
  } finally {
    for (const file of files) closeSync(file);
  }
}

function failureOf(error: unknown): readonly Wrong[] {
  return [{ fact: "mount", where: "guest", expected: "usable", actual: String(error) }];
}

async function compareShare(share: string, { mounts }: FieldKind, aod: Daemon): Promise<readonly Wrong[]> {
  const its = mounts.filter(({ facts }) => facts.share === share);
  const { facts } = its[0] as FieldMount;
  const expected: Shown = {
    share,
    server: facts.share.split("/")[2],
    "mount points": its.map((mount) => mount.facts.mountPoint),
    dialect: facts.dialect,
    encryption: facts.encrypted,
  };
  let number = 0;
  const name = await waitFor(
    `a capture of ${share}`,
    async () => {
      number += 1;
      await finish([LOOKER, `${facts.mountPoint}/missing-${number}`]);
      return aod.history.find((line) => line.share === share && line.captures?.length)?.captures?.[0];
    },
    CAPTURE_TIMEOUT_MS,
  ).catch(() => undefined);
  if (name === undefined) {
    const seen = [...new Set(aod.history.map((line) => line.share))];
    return [{ fact: "share", where: "capture", expected: share, actual: seen }];
  }
  const { manifest } = await aod.open(name.split("/").at(-1) ?? "");
  const { shares }: { shares: readonly ShareRow[] } = JSON.parse(await run(AOD, "status", "--json"));
  const row = shares.find((one) => one.share === share);
  return [
    ...differences("capture", expected, {
      share: manifest.share,
      server: manifest.attribution?.server,
      "mount points": manifest.attribution?.mount_points,
      dialect: manifest.attribution?.dialect,
      encryption: manifest.attribution?.encrypted,
    }),
    ...differences("status", expected, {
      share: row?.share,
      server: row?.share.split("/")[2],
      "mount points": row?.mount_points,
      dialect: row?.dialect,
      encryption: row?.encrypted,
    }),
  ];
}

function differences(where: string, expected: Shown, actual: Shown): readonly Wrong[] {
  return (Object.keys(expected) as (keyof Shown)[]).flatMap((fact) =>
    isDeepStrictEqual(expected[fact], actual[fact])
      ? []
      : [{ fact, where, expected: expected[fact], actual: actual[fact] ?? null }],
  );
}

async function writeResult(file: string, value: unknown): Promise<void> {
  await Bun.write(`${RESULTS_FOLDER}/${file}`, `${JSON.stringify(value, null, 2)}\n`);
}

async function mountField({ source, options, folder }: FieldMount): Promise<void> {
  mkdirSync(folder, { recursive: true });
  // The kernel takes the number of a device, not its name.
  const index = readFileSync(`/sys/class/net/${FILESERVER1.device}/ifindex`, "utf8").trim();
  const words = `username=root,password=${PASSWORD},${options.replace(`%${FILESERVER1.device}`, `%${index}`)}`;
  await run("mount", "-t", "cifs", source, folder, "-o", words);
}

/** The password is in a session keyring, where cifscreds(1) puts it. */
async function openAsSecondUser({ folder, file }: FieldMount): Promise<void> {
  const key = `keyctl padd logon cifs:a:${FILESERVER1.address} @s`;
  const script = `printf %s limited:${PASSWORD} | ${key} && cat ${folder}/${file} >/dev/null`;
  const { exitCode, stdout, stderr } = await finish([
    "setpriv",
    "--reuid=limited",
    "--clear-groups",
    "keyctl",
    "session",
    "-",
    "sh",
    "-c",
    script,
  ]);
  assert.equal(exitCode, 0, stdout + stderr);
}

/** The kernel's texts while only the mounts of this kind are in use. */
async function takeFixture({ name, mounts }: FieldKind): Promise<void> {
  const folder = `fixtures/${name}`;
  mkdirSync(`${RESULTS_FOLDER}/${folder}`, { recursive: true });
  for (const [what, path] of Object.entries(TEXTS)) {
    writeFileSync(`${RESULTS_FOLDER}/${folder}/${what}.txt`, readFileSync(path));
  }
  writeFileSync(`${RESULTS_FOLDER}/${folder}/ss.txt`, await run(...SOCKETS));
  await writeResult(
    `${folder}/facts.json`,
    mounts.map(({ facts }) => facts),
  );
}
