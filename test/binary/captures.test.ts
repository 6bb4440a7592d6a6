// `aod captures` of dist/aod: stored captures, without a daemon, with the folder and the rights that users have.

import { beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { scrubbedSchema } from "../../src/api/scrubbed.ts";
import { parseCapture } from "../../src/capture/reader.ts";
import { encodeEntry } from "../../src/history/entry.ts";
import { RULES } from "../helpers/daemon.ts";
import { anIncident } from "../helpers/incident.ts";
import { aManifestText, PACKED_NAME, packCapture } from "../helpers/packed-capture.ts";
import { EXECUTABLE, run } from "../helpers/program.ts";
import { mountSmall } from "../helpers/small-disk.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const folder = tempDir();
const outputDir = join(folder, "out");
const batches = join(outputDir, "batches");
const config = join(folder, "aod.yaml");
const [OLD, NEW] = [`${PACKED_NAME}.tar.zst`, "aod_20261124T000000.000Z_slow.tar.zst"] as const;
const LOG = "actions/dmesg.log";
const PACKED = packCapture({ "manifest.json": aManifestText(), "requests.csv": "a\n", [LOG]: "seen\n" });

const aod = (...argv: readonly string[]) =>
  run([EXECUTABLE, "captures", ...argv, "--config", config], folder);

beforeAll(() => {
  writeFileSync(config, `aod_output_dir: ${outputDir}\n${RULES}`);
  mkdirSync(batches, { recursive: true, mode: 0o700 });
  for (const name of [OLD, NEW]) writeFileSync(join(batches, name), PACKED, { mode: 0o600 });
  writeFileSync(join(batches, "aod_quick_1.tar.zst"), "");
  const incident = anIncident({ captures: [NEW] });
  writeFileSync(join(outputDir, "incidents.jsonl"), encodeEntry({ event: "captured", incident }, 0));
});

describe("aod captures", () => {
  test("lists stored captures, newest first, without files of other tools", async () => {
    const { stdout, exitCode } = await aod();
    expect(exitCode).toBe(0);
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      expect.stringMatching(/^ID +TAKEN \(\S+\) +AGE +SIZE +RULE +VERDICT +PINNED +SHARE$/),
      expect.stringMatching(/^20261124T000000\.000Z .* network 0\.81 .*\/\/files\/data$/),
      expect.stringMatching(/^20261123T012345\.678Z .* network 0\.81 .*\/\/files\/data$/),
    ]);
    expect(JSON.parse((await aod("--json")).stdout)).toMatchObject([
      { name: NEW, incident_open: true },
      { name: OLD, path: join(batches, OLD), pinned: false, problem: null },
    ]);
  });

  test("shows a capture in words, or its manifest, from any folder", async () => {
    const copy = join(folder, "sent.tar.zst");
    copyFileSync(join(batches, OLD), copy);
    expect((await aod("show", "20261123")).stdout).toContain("verdict     network, confidence 0.81");
    const { stdout } = await run([EXECUTABLE, "captures", "show", "./sent.tar.zst", "--json"], folder);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(aManifestText()));
  });

  test("accepts options at any position", async () => {
    const before = await run([EXECUTABLE, "captures", "--config", config, "show", "latest"], folder);
    expect(before).toEqual(await aod("show", "latest"));
    expect(before.exitCode).toBe(0);
  });

  test("extracts a capture only into a folder that it makes", async () => {
    const target = join(folder, "evidence");
    expect(await aod("extract", "20261123", target)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(target, LOG), "utf8")).toBe("seen\n");
    expect(await aod("extract", "20261123", target)).toMatchObject({
      exitCode: 73,
      stderr: expect.stringContaining("it exists already (EEXIST; name a new folder)"),
    });
    expect(await aod("extract", "20261123")).toMatchObject({ exitCode: 0 });
    expect(readdirSync(join(folder, PACKED_NAME)).sort()).toEqual([
      "actions",
      "manifest.json",
      "requests.csv",
    ]);
  });

  test("pins a capture, and unpins it", async () => {
    expect(await aod("keep", "20261123", "latest")).toMatchObject({ exitCode: 0 });
    expect([OLD, NEW].map((name) => statSync(join(batches, name)).mode & 0o777)).toEqual([0o400, 0o400]);
    expect((await aod()).stdout).toContain(" pinned ");
    expect(await aod("keep", "--undo", "latest")).toMatchObject({ exitCode: 0 });
    expect(statSync(join(batches, NEW)).mode & 0o777).toBe(0o600);
  });

  test.each([
    ["66 for a capture that there is none of", ["show", "1999"], 66, "no capture 1999"],
    ["66 for several that begin like this", ["show", "2026112"], 66, "2 captures begin with"],
    ["66 for a file that is not there", ["show", "./gone.tar.zst"], 66, "gone.tar.zst does not exist"],
    ["65 for a file that is no capture", ["show", "./aod.yaml"], 65, "not compressed with zstd"],
    ["64 without a capture", ["show"], 64, "needs CAPTURE"],
    ["64 for an unknown command", ["exract"], 64, "no command captures exract (did you mean extract?)"],
    ["64 for an option of another", ["show", "latest", "--force"], 64, "no option --force"],
    ["64 for a pinned capture", ["rm", "20261123", "--yes"], 64, "is pinned; --force"],
    ["64 for what an open incident needs", ["rm", "latest", "--yes"], 64, "which is open; --force"],
    ["64 for a question without a terminal", ["rm", "latest", "--force"], 64, "--yes answers the question"],
    [
      "66 if one of several does not exist",
      ["rm", "latest", "1999", "--yes", "--force"],
      66,
      "no capture 1999",
    ],
  ] as const)("%s, and nothing is removed", async (_, argv, exitCode, text) => {
    expect(await aod(...argv)).toMatchObject({ exitCode, stderr: expect.stringContaining(text) });
    expect(readdirSync(batches).sort()).toEqual([OLD, NEW, "aod_quick_1.tar.zst"].sort());
  });

  test("asks on a terminal, and removes nothing after a no", async () => {
    const command = `${EXECUTABLE} captures rm latest --force --config ${config}`;
    const answered = (answer: string) =>
      run(["sh", "-c", `printf '${answer}\\n' | script -qec '${command}' /dev/null`], folder);
    expect((await answered("n")).stdout).toContain("Remove this capture, ");
    expect(existsSync(join(batches, NEW))).toBe(true);
    linkSync(join(batches, NEW), join(folder, "again"));
    expect((await answered("y")).stdout).toContain(`removed: ${NEW}`);
    expect(existsSync(join(batches, NEW))).toBe(false);
    linkSync(join(folder, "again"), join(batches, NEW));
  });

  test("cleans stored captures by today's rules and words, and reports what was found where", async () => {
    const own = join(folder, "own.yaml");
    writeFileSync(own, `aod_output_dir: ${outputDir}\n${RULES}redact: {words: [Nightjar]}\n`, {
      mode: 0o600,
    });
    const name = "aod_20261125T000000.000Z_slow.tar.zst";
    const path = join(batches, name);
    const log = "password=hunter2\nfor Nightjar\n";
    const packed = packCapture(
      { "manifest.json": aManifestText(), [LOG]: log },
      name.replace(".tar.zst", ""),
    );
    writeFileSync(path, packed, { mode: 0o400 });
    const scrub = (...argv: readonly string[]) =>
      run([EXECUTABLE, "captures", "scrub", ...argv, "--config", own], folder);

    expect(await scrub("latest", "--dry-run")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`${name}: 2 secrets found, nothing changed\n`),
    });
    expect(readFileSync(path).equals(packed)).toBe(true);

    const { stdout, stderr, exitCode } = await scrub("latest", "20261124T0", "--json");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(v.parse(scrubbedSchema, JSON.parse(stdout))).toEqual([
      {
        id: name.slice(4, -8),
        name,
        path,
        secrets: 2,
        changed: true,
        files: [{ path: LOG, secrets: 2 }],
        not_searched: [],
      },
      expect.objectContaining({ name: NEW, secrets: 0, changed: false, files: [] }),
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o400);
    const clean = readFileSync(path);
    const { files } = parseCapture(clean);
    expect(Buffer.from(files.get(LOG) ?? "").toString()).toBe("password=[scrubbed]\nfor [scrubbed]\n");
    expect((await aod("show", "latest")).stdout).toMatch(
      /2 taken out\n +2 of them by aod captures scrub at 20/,
    );

    expect((await scrub("latest")).stdout).toBe(`${name}: no secret found, nothing changed\n`);
    expect(readFileSync(path).equals(clean)).toBe(true);
    expect(readdirSync(batches).filter((entry) => entry.startsWith("."))).toEqual([]);

    unlinkSync(path);
    writeFileSync(path, "");
    expect(await scrub("latest")).toMatchObject({
      exitCode: 65,
      stderr: expect.stringContaining("cut short"),
    });
    expect(await scrub("1999")).toMatchObject({ exitCode: 66 });
    expect(await scrub()).toMatchObject({ exitCode: 64 });
    unlinkSync(path);
  });

  const small = mountSmall("2m");
  test.skipIf(small === undefined)(
    "ends with 73 if the disk has no room for the clean capture, and the stored one stays (needs root)",
    async () => {
      const there = join(small ?? "", "out");
      mkdirSync(join(there, "batches"), { recursive: true, mode: 0o700 });
      const own = join(folder, "small.yaml");
      writeFileSync(own, `aod_output_dir: ${there}\n${RULES}`);
      const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString("hex");
      const texts = { "manifest.json": aManifestText(), [LOG]: `password=hunter2\n${noise}\n` };
      const packed = packCapture(texts, NEW.replace(".tar.zst", ""));
      const path = join(there, "batches", NEW);
      writeFileSync(path, packed, { mode: 0o600 });
      await run(["dd", "if=/dev/zero", `of=${join(there, "full")}`, "bs=4096"], folder);
      const scrubbed = await run([EXECUTABLE, "captures", "scrub", "latest", "--config", own], folder);
      expect(scrubbed).toMatchObject({ exitCode: 73, stderr: expect.stringContaining("bytes free") });
      expect(readFileSync(path).equals(packed)).toBe(true);
      expect(readdirSync(join(there, "batches"))).toEqual([NEW]);
    },
  );

  test("removes the captures that are named", async () => {
    expect(await aod("rm", "2026", "--yes", "--force")).toMatchObject({ exitCode: 66 });
    expect(await aod("rm", "latest", "20261123", "--yes", "--force")).toEqual({
      exitCode: 0,
      stdout: `removed: ${NEW}\nremoved: ${OLD}\n`,
      stderr: "",
    });
    expect(readdirSync(batches)).toEqual(["aod_quick_1.tar.zst"]);
    expect((await aod()).stdout).toContain("no capture yet");
    expect((await aod("show", "latest")).exitCode).toBe(66);
  });

  test("ends with 77 for a user who may not read the folder", async () => {
    const copy = join(folder, "aod");
    copyFileSync(EXECUTABLE, copy);
    for (const path of [folder, copy]) chmodSync(path, 0o755);
    chmodSync(outputDir, process.getuid?.() === 0 ? 0o700 : 0o000);
    const unprivileged = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const argv = [...(process.getuid?.() === 0 ? unprivileged : []), copy, "captures", "--config", config];
    const ended = await run(argv, folder);
    chmodSync(outputDir, 0o700);
    expect(ended).toMatchObject({
      exitCode: 77,
      stderr: expect.stringContaining("permission denied (EACCES; run as root)"),
    });
  });
});
