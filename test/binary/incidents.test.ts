// `aod incidents` of dist/aod: the history alone, without a daemon.

import { beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeEntry } from "../../src/history/entry.ts";
import { RULES } from "../helpers/daemon.ts";
import { anIncident, OPENED_AT_MS } from "../helpers/incident.ts";
import { EXECUTABLE, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const folder = tempDir();
const outputDir = join(folder, "out");
const config = join(folder, "aod.yaml");
const aod = (...argv: readonly string[]) =>
  run([EXECUTABLE, "incidents", ...argv, "--config", config], folder);

beforeAll(() => {
  writeFileSync(config, `aod_output_dir: ${outputDir}\n${RULES}`);
  mkdirSync(outputDir);
});

describe("aod incidents", () => {
  test("prints a friendly message if there is no incident, and an empty array as JSON", async () => {
    expect(await aod()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("no incident yet") });
    expect(await aod("--json")).toEqual({ exitCode: 0, stdout: "[]\n", stderr: "" });
  });

  test("shows the newest first, from both files, and a hostile name as text", async () => {
    const old = anIncident({ id: "20261101T000000.000Z", openedAtMs: OPENED_AT_MS - 1e9 });
    const hostile = anIncident({ share: "//x\u001b[2J" });
    writeFileSync(join(outputDir, "incidents.jsonl.1"), encodeEntry({ event: "opened", incident: old }, 0));
    const lines = encodeEntry({ event: "opened", incident: hostile }, 0);
    writeFileSync(join(outputDir, "incidents.jsonl"), `${lines}{"time":"torn`);
    const { stdout } = await aod("--json");
    expect(JSON.parse(stdout)).toMatchObject([{ id: hostile.id, share: hostile.share }, { id: old.id }]);
    const table = await aod();
    expect(table.stdout.split("\n").slice(1, 3)).toEqual([
      expect.stringContaining("//x\\u001b[2J"),
      expect.stringContaining(old.id),
    ]);
    expect((await aod("202611230")).stdout).not.toContain("\u001b");
    expect((await aod("20261101")).stdout).toContain(`incident    ${old.id}`);
  });

  test.each([
    ["66 for an id that there is none of", ["1999"], 66, "no incident 1999"],
    ["66 for several that begin like this", ["2026"], 66, "2 incidents begin with 2026"],
    ["64 for one argument too many", ["a", "b"], 64, "unexpected argument b"],
  ] as const)("%s", async (_, argv, exitCode, text) => {
    expect(await aod(...argv)).toMatchObject({ exitCode, stderr: expect.stringContaining(text) });
  });

  test("ends with 77 for a user who may not read the folder", async () => {
    const copy = join(folder, "aod");
    copyFileSync(EXECUTABLE, copy);
    chmodSync(outputDir, 0o700);
    for (const path of [folder, copy]) chmodSync(path, 0o755);
    const unprivileged = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    if (process.getuid?.() !== 0) chmodSync(outputDir, 0o000);
    const argv = [...(process.getuid?.() === 0 ? unprivileged : []), copy, "incidents", "--config", config];
    const ended = await run(argv, folder);
    chmodSync(outputDir, 0o700);
    expect(ended).toMatchObject({ exitCode: 77, stderr: expect.stringContaining("EACCES") });
  });

  test("ends with 73 for a folder that does not exist", async () => {
    rmSync(outputDir, { recursive: true });
    expect(await aod()).toMatchObject({
      exitCode: 73,
      stderr: expect.stringContaining("has aod run on this"),
    });
  });
});
