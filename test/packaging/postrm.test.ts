// The names that a purge deletes, in packaging/deb/postrm, against the grammar of captures in
// src/model/capture-name.ts.

import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { captureStem, isPartialName, parseCaptureName, partialName } from "../../src/model/capture-name.ts";
import { ROOT, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const STEM = captureStem({ epochMs: Date.UTC(2026, 10, 23, 1, 23, 45, 678), ordinal: 1, rule: "slow" });
const SECOND = captureStem({ epochMs: Date.UTC(2026, 10, 23), ordinal: 2, rule: "A.b_c-9".padEnd(64, "x") });
const NAMES = [
  `${STEM}.tar.zst`,
  `${SECOND}.tar.zst`,
  partialName(STEM),
  partialName(SECOND),
  `${SECOND}x.tar.zst`,
  `${STEM}.tar.zst.sig`,
  `${STEM}.tar`,
  `.${STEM}.tar.zst`,
  `${STEM}-0.tar.gz`,
  STEM.replace("Z_", "Z-0_").concat(".tar.zst"),
  STEM.replace("aod_", "aod_quick_").concat(".tar.zst"),
  "aod_capture_7.tar.zst",
  "incidents.jsonl",
];

test("a purge finds exactly the names of captures, finished and unfinished", async () => {
  const script = readFileSync(join(ROOT, "packaging/deb/postrm"), "utf8");
  const lines = /^\ttime=.*?(?=\t\t-delete)/ms.exec(script)?.[0] ?? "";
  const folder = tempDir();
  for (const name of NAMES) writeFileSync(join(folder, name), "");
  const search = lines.replace("$folder/batches", ".").replace(/\\\n$/, "");
  const { stdout, exitCode } = await run(["sh", "-c", search], folder);
  const isCapture = (name: string) => parseCaptureName(name) !== undefined || isPartialName(name);
  expect({ exitCode, found: stdout.trim().split("\n").sort() }).toEqual({
    exitCode: 0,
    found: NAMES.filter(isCapture)
      .map((name) => `./${name}`)
      .sort(),
  });
});
