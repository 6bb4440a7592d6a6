// The captures that the demo of the executable leaves on the disk: every manifest fits the published schema.

import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { manifestFaults } from "../helpers/manifest.ts";
import { EXECUTABLE, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { untar } from "../helpers/untar.ts";

test("the manifests of the demo's captures fit the schema", async () => {
  const folder = tempDir();
  expect(await run([EXECUTABLE, "demo", folder], "/")).toMatchObject({ exitCode: 0 });
  const batches = join(folder, "batches");
  const names = readdirSync(batches).filter((name) => name.endsWith(".tar.zst"));
  expect(names.length).toBeGreaterThanOrEqual(3);
  for (const name of names) {
    const [, manifest] = untar(Bun.zstdDecompressSync(readFileSync(join(batches, name))));
    const read = JSON.parse(manifest?.text ?? "");
    expect(manifestFaults(read), name).toEqual([]);
    // Synthetic traffic has no party to blame.
    expect(read).toMatchObject({ source: "demo", verdict: { cause: "unknown", confidence: 0 } });
  }
}, 60_000);
