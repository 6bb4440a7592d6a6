// `aod logs`: the history in lines, filtered, and followed while it grows.

import { beforeAll, describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeHistoryFilter } from "../../src/cli/history-filter.ts";
import { localTimeText } from "../../src/cli/local-time.ts";
import { logLine } from "../../src/cli/log-lines.ts";
import { parseCount, shownLines } from "../../src/cli/logs.ts";
import { decodeEntries, encodeEntry } from "../../src/history/entry.ts";
import { RULES } from "../helpers/daemon.ts";
import { failureOf } from "../helpers/failure.ts";
import { anIncident, OPENED_AT_MS } from "../helpers/incident.ts";
import { ROOT } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const HANGS_MS = 60_000;
const CAPTURE = "aod_20261123T012345.700Z_slow.tar.zst";
const incident = anIncident({ captures: [CAPTURE] });
const resolved = anIncident({ state: "resolved", resolvedAtMs: OPENED_AT_MS + 95_000 });
const collected = { incident_id: incident.id, capture: CAPTURE, bytes: 1 << 20, verdict: "server" };
const HISTORY_TEXT =
  encodeEntry({ event: "configured", fields: { file: null, sha256: "0", rules: ["slow"] } }, OPENED_AT_MS) +
  encodeEntry({ event: "opened", incident: anIncident({ share: "//x\u001b[2J" }) }, OPENED_AT_MS) +
  encodeEntry({ event: "captured", incident }, OPENED_AT_MS + 1000) +
  encodeEntry({ event: "collected", fields: collected }, OPENED_AT_MS + 1000) +
  encodeEntry({ event: "collected", fields: { ...collected, incident_id: null } }, OPENED_AT_MS + 2000) +
  encodeEntry({ event: "resolved", incident: resolved }, OPENED_AT_MS + 95_000);
const entries = decodeEntries(HISTORY_TEXT);
const at = (ms: number) => localTimeText(OPENED_AT_MS + ms);

describe("a line", () => {
  test("says what happened, where and how bad, and no terminal obeys it", () => {
    expect(shownLines(entries, () => true, logLine)).toEqual([
      `${at(0)}  configured the built-in default, 1 rule`,
      `${at(0)}  opened    slow replies on //x\\u001b[2J (slow), 10 requests, the worst 51 ms, incident ${incident.id}`,
      `${at(1000)}  captured  ${CAPTURE} of //files/db (slow)`,
      `${at(2000)}  collected ${CAPTURE}, 1 MiB, verdict server`,
      `${at(95_000)}  resolved  slow replies on //files/db (slow), 10 requests, the worst 51 ms, lasted 1.6 min, incident ${incident.id}`,
    ]);
  });

  test("is left out by a filter on rule, share or time", () => {
    const count = (filter: Parameters<typeof makeHistoryFilter>[0]) =>
      shownLines(entries, makeHistoryFilter(filter, OPENED_AT_MS + 96_000), logLine).length;
    expect(count({})).toBe(5);
    expect(count({ rule: "slow" })).toBe(3);
    expect(count({ share: "files" })).toBe(3);
    expect(count({ since: "10s" })).toBe(1);
  });
});

test.each(["-1", "x", "1.5", ""])("%j is no count of lines", (text) => {
  expect(failureOf(() => parseCount(text))?.code).toBe("USAGE");
});

describe("aod logs", () => {
  const folder = tempDir();
  const config = join(folder, "aod.yaml");
  const history = join(folder, "out/incidents.jsonl");
  const argv = (...more: readonly string[]) => [
    process.execPath,
    join(ROOT, "src/main.ts"),
    "logs",
    ...more,
    "--config",
    config,
  ];

  beforeAll(() => {
    mkdirSync(join(folder, "out"));
    writeFileSync(config, `aod_output_dir: ${join(folder, "out")}\n${RULES}`);
    writeFileSync(history, HISTORY_TEXT);
  });

  test(
    "follows the history, as JSON, until a signal",
    async () => {
      const program = Bun.spawn(argv("-f", "-n", "1", "--json"), { stdout: "pipe", stderr: "inherit" });
      const reader = program.stdout.getReader();
      const text = async () => new TextDecoder().decode((await reader.read()).value);
      expect(JSON.parse(await text())).toMatchObject({ event: "resolved", id: incident.id });
      appendFileSync(history, encodeEntry({ event: "opened", incident: anIncident({ id: "new" }) }, 0));
      expect(JSON.parse(await text())).toMatchObject({ event: "opened", id: "new" });
      program.kill("SIGINT");
      expect(await program.exited).toBe(0);
    },
    HANGS_MS,
  );
});
