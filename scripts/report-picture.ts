// Makes the picture of the report in the README: `report-picture.ts OUT.webp`. It shows the first screen and the plot
// of the invented capture in test/helpers/story.ts, as Chromium renders them. It needs scripts/setup.sh operator, and
// fonts.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reportChunks } from "../src/report/page.ts";
import { readRequests } from "../src/report/read-requests.ts";
import { Browser } from "../test/helpers/browser.ts";
import { aStory } from "../test/helpers/story.ts";

/** Enough points for the eye; a picture of 65,536 points would be a large file. */
const REQUESTS = 14_000;
const WIDTH = 1000;

const out = process.argv[2];
if (out === undefined) throw new Error("report-picture.ts OUT.webp");
const folder = mkdtempSync(join(tmpdir(), "aod-picture-"));
const browser = await Browser.start();
try {
  const story = aStory(REQUESTS);
  const manifest = JSON.parse(new TextDecoder().decode(story.files.get("manifest.json")));
  const requests = readRequests(story.files.get("requests.csv") ?? new Uint8Array(0));
  const file = join(folder, "report.html");
  writeFileSync(file, Buffer.concat([...reportChunks({ ...story, manifest, requests })]));
  const page = await browser.open(file, { width: WIDTH, height: 1300, timezone: "UTC" });
  await page.until("document.querySelector('.in-view tbody tr') !== null");
  const bottom = await page.evaluate<number>(
    "Math.ceil(document.querySelector('.detail').getBoundingClientRect().top + scrollY)",
  );
  writeFileSync(out, await page.picture({ x: 0, y: 0, width: WIDTH, height: bottom }, "webp"));
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
