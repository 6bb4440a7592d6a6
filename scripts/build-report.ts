// Makes what the report's page carries, `build-report.ts FOLDER`: in: src/report/browser and src/report/style.css; out: one
// script and one style sheet in FOLDER, small. The same sources give the same bytes: the page allows them by their hash.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const REPORT = join(import.meta.dir, "../src/report");
const OUTPUTS = [
  { source: "browser/page.ts", file: "page.js.txt", end: "</script" },
  { source: "style.css", file: "style.css.txt", end: "</style" },
] as const;

const folder = process.argv[2];
if (folder === undefined) throw new Error("build-report.ts FOLDER");
mkdirSync(folder, { recursive: true });
for (const { source, file, end } of OUTPUTS) {
  const { outputs } = await Bun.build({
    entrypoints: [join(REPORT, source)],
    target: "browser",
    format: "iife",
    minify: true,
  });
  const [output] = outputs;
  if (output === undefined || outputs.length > 1) throw new Error(`${source} became ${outputs.length} files`);
  const text = (await output.text()).trim();
  // Either would end the element that it stands in.
  if (text.toLowerCase().includes(end)) throw new Error(`${source} holds ${end}`);
  writeFileSync(join(folder, file), text);
}
