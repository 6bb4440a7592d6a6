// Measures the report: the page of a full recorder (65,536 requests with a story, and some logs), its size, its share
// of a capture, and the time until a browser has drawn the plot. Without Chromium the last is left out.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { reportChunks } from "../../src/report/page.ts";
import { readRequests } from "../../src/report/read-requests.ts";
import { RequestTableBuilder } from "../../src/report/request-table.ts";
import { readRecorder } from "../../src/table/recorder.ts";
import { Browser, CHROMIUM } from "../helpers/browser.ts";
import { wholeRequestsCsv } from "../helpers/requests-csv.ts";
import { aStory, packStory } from "../helpers/story.ts";
import { percentile, printRow, sized } from "./row.ts";

const ROUNDS = sized(9, 1);

const story = aStory();
const manifest = JSON.parse(new TextDecoder().decode(story.files.get("manifest.json")));
const csv = story.files.get("requests.csv") ?? new Uint8Array(0);
const requests = readRequests(csv);
const recorder = readRecorder(story.table, story.order.watchingSinceNs, story.order.frozenAt.monotonicNs);

/** ms of each round. */
function measure(work: () => void): readonly number[] {
  return Array.from({ length: ROUNDS }, () => {
    const begunMs = performance.now();
    work();
    return performance.now() - begunMs;
  });
}

let page: Uint8Array = new Uint8Array(0);
const pageMs = measure(() => {
  page = Buffer.concat([...reportChunks({ ...story, manifest, requests })]);
});
const plainMs = measure(() => wholeRequestsCsv(recorder, story.order));
const seenMs = measure(() => {
  const builder = new RequestTableBuilder();
  wholeRequestsCsv(recorder, story.order, (row, comm, share) => builder.add(row, comm, share));
  builder.finish();
});
const readMs = measure(() => readRequests(csv));

const before = packStory(story).length;
const after = packStory({ ...story, files: new Map([...story.files, ["report.html", page]]) }).length;
const of = `${requests.count.toLocaleString("en")} requests`;
const addedMs = percentile(pageMs, 0.5) + percentile(seenMs, 0.5) - percentile(plainMs, 0.5);
printRow({
  what: `report.html of ${of}, added to a capture, median`,
  measured: addedMs,
  unit: "ms",
  goal: "≤ 300 ms",
  reference: `the first page ${pageMs[0]?.toFixed(0)} ms; from requests.csv ${percentile(readMs, 0.5).toFixed(0)} ms more`,
});
printRow({
  what: "its size",
  measured: page.length / 1e6,
  unit: "MB",
  goal: "≤ 2.5 MB",
  reference: `${(zstdCompressSync(page).length / 1e6).toFixed(2)} MB compressed`,
});
printRow({
  what: "what it adds to the capture's size",
  measured: (100 * (after - before)) / before,
  unit: "%",
  goal: "≤ 40 %",
  reference: `${(before / 1e6).toFixed(2)} MB without it`,
});

if (CHROMIUM !== null) {
  const folder = mkdtempSync(join(tmpdir(), "aod-bench-"));
  const browser = await Browser.start();
  const drawnMs: number[] = [];
  try {
    const file = join(folder, "report.html");
    writeFileSync(file, page);
    for (let round = 0; round < ROUNDS; round++) {
      const shown = await browser.open(file);
      await shown.until("performance.getEntriesByName('aod-drawn').length > 0");
      drawnMs.push(await shown.evaluate<number>("performance.getEntriesByName('aod-drawn')[0].startTime"));
    }
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
  printRow({
    what: `the plot of ${of} in Chromium without a GPU: from navigation to drawn, median`,
    measured: percentile(drawnMs, 0.5),
    unit: "ms",
    goal: "≤ 2000 ms",
    reference: `the slowest of ${ROUNDS} ${Math.max(...drawnMs).toFixed(0)} ms`,
  });
}
