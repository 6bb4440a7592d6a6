// `aod doctor` of dist/aod: text and JSON report the same.

import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { doctorSchema } from "../../src/api/doctor.ts";
import { RULES } from "../helpers/daemon.ts";
import { EXECUTABLE, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const folder = tempDir();
const config = join(folder, "aod.yaml");
writeFileSync(config, `aod_output_dir: ${join(folder, "out")}\n${RULES}`);

describe("aod doctor", () => {
  test("reports the same as text and as JSON, with the same exit code", async () => {
    const argv = [EXECUTABLE, "doctor", "--config", config];
    const [people, programs] = [await run(argv, folder), await run([...argv, "--json"], folder)];
    const { exit_code, findings } = v.parse(doctorSchema, JSON.parse(programs.stdout));
    expect([people.exitCode, programs.exitCode]).toEqual([exit_code, exit_code]);
    const lines = people.stdout.split("\n").filter((line) => /^(ok|--|!!|NO) /.test(line));
    expect(lines.map((line) => line.slice(4).trimEnd().split(/ {2,}/)[0]?.split(" ")[0])).toEqual(
      findings.map(({ subject }) => subject.split(" ")[0]),
    );
    for (const subject of ["mounts", "clock", "journal", "daemon", "BPF settings"])
      expect(findings.map((finding) => finding.subject)).toContain(subject);
    expect(people.stdout.trimEnd().split("\n").at(-1)).toMatch(/^aod can('t)? run here/);
  });
});
