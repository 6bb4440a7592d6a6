// What the demo of the executable leaves on the disk: every manifest as the published schema says.

import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { manifestFaults } from "../helpers/manifest.ts";
import { EXECUTABLE, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { untar } from "../helpers/untar.ts";

test("the demo's captures have manifests that the schema describes", async () => {
  const folder = tempDir();
  expect(await run([EXECUTABLE, "demo", folder], "/")).toMatchObject({ exitCode: 0 });
  const batches = join(folder, "batches");
  const names = readdirSync(batches).filter((name) => name.endsWith(".tar.zst"));
  expect(names.length).toBeGreaterThanOrEqual(3);
  for (const name of names) {
    const [, manifest] = untar(Bun.zstdDecompressSync(readFileSync(join(batches, name))));
    const read = JSON.parse(manifest?.text ?? "");
    expect(manifestFaults(read), name).toEqual([]);
    // Nobody is to blame for synthetic traffic.
    expect(read).toMatchObject({ source: "demo", verdict: { cause: "unknown", confidence: 0 } });
  }
}, 60_000);
