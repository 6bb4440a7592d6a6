// Makes the script and the style sheet of the report's page: `build-report.ts FOLDER`. It reads src/report/browser and
// src/report/style.css and writes two minified files. The same sources give the same bytes, because the page allows
// both by their hash.

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
  // This text would end the element that contains the file.
  if (text.toLowerCase().includes(end)) throw new Error(`${source} holds ${end}`);
  writeFileSync(join(folder, file), text);
}
