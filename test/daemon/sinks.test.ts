import { afterAll, describe, expect, spyOn, test } from "bun:test";
import { mkdirSync, readFileSync, renameSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { makeLogSink, openHistorySink } from "../../src/daemon/sinks.ts";
import { decodeEntries } from "../../src/history/entry.ts";
import { log } from "../../src/log.ts";
import type { TroubleFinding } from "../../src/model/trouble.ts";
import type { JournalFields } from "../../src/system/journald.ts";
import { anEvent } from "../helpers/event.ts";
import { anIncident } from "../helpers/incident.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const logged: string[] = [];
const spies = (["info", "warn", "error"] as const).map((level) =>
  spyOn(log, level).mockImplementation((text: string) => void logged.push(text)),
);
afterAll(() => {
  for (const spy of spies) spy.mockRestore();
});

/** Takes an event. @returns the texts of journal entries, and the plain lines. */
function logEvent(
  event: Parameters<ReturnType<typeof makeLogSink>>[0],
  isThere: boolean,
  isSeenTwice: boolean,
) {
  logged.length = 0;
  const entries: JournalFields[] = [];
  const send = (fields: JournalFields) => isThere && entries.push(fields) > 0;
  makeLogSink({ send, close: () => undefined }, "/srv/aod", isSeenTwice)(event);
  return { entries: entries.map(({ MESSAGE }) => String(MESSAGE)), lines: [...logged] };
}

describe("the log sink", () => {
  const text = "incident opened: replies are slow";

  test.each([
    ["writes an entry only if the journal took it and the log goes there too", true, true, 1, []],
    ["writes an entry and a line if the log goes elsewhere", true, false, 1, [text]],
    ["writes a line if there is no journal", false, false, 0, [text]],
    ["writes a line if the journal did not take the entry", false, true, 0, [text]],
  ])("%s", (_, isThere, isSeenTwice, count, lines) => {
    const written = logEvent(anEvent("opened"), isThere, isSeenTwice);
    expect(written.entries).toHaveLength(count);
    for (const entry of written.entries)
      expect(entry).toStartWith(`${text} incident=20261123T012345.678Z rule=slow`);
    expect(written.lines).toEqual(lines);
  });

  test("writes a line for an event without a message id, and nothing for an event that is not logged", () => {
    expect(logEvent(anEvent("recovered"), true, true).lines).toHaveLength(1);
    expect(logEvent(anEvent("configured"), true, true)).toEqual({ entries: [], lines: [] });
  });
});

describe("the history sink", () => {
  function aSink(auditEnabled = true) {
    const outputDir = tempDir();
    const open = anIncident();
    const troubles: (TroubleFinding | undefined)[] = [];
    const options = {
      folder: outputDir,
      openIncidents: () => [open],
      repair: () => undefined,
      trouble: (finding: TroubleFinding | undefined) => void troubles.push(finding),
    };
    const take = openHistorySink({ auditEnabled }, options);
    const path = join(outputDir, "incidents.jsonl");
    const written = () => decodeEntries(readFileSync(path, "utf8")).map(({ event }) => event);
    return { take, path, written, troubles };
  }

  test("starts a file with the open incidents, appends events, and starts a new file after a rename", () => {
    const { take, path, written } = aSink();
    take(anEvent("configured"));
    take(anEvent("resolved"));
    expect(written()).toEqual(["ongoing", "configured", "resolved"]);
    renameSync(path, `${path}.1`);
    take(anEvent("swept", { removals: [], rotated: true }));
    expect(written()).toEqual(["ongoing"]);
  });

  test("writes audit entries while the configuration enables them", () => {
    const { take, written } = aSink(false);
    const configured = (auditEnabled: boolean) =>
      anEvent("configured", { config: { ...anEvent("configured").config, auditEnabled } });
    take(configured(false));
    take(anEvent("dropped"));
    expect(written()).toEqual(["ongoing"]);
    take(configured(true));
    take(anEvent("dropped"));
    take(configured(false));
    take(anEvent("dropped"));
    expect(written()).toEqual(["ongoing", "configured", "dropped"]);
  });

  test("reports a trouble while the file can't be written, and continues as soon as it can", () => {
    const { take, path, written, troubles } = aSink();
    mkdirSync(path);
    take(anEvent("resolved"));
    expect(troubles.at(-1)).toEqual({
      text: `incidents can't be written to ${path}: EISDIR`,
      isRepaired: false,
    });
    rmdirSync(path);
    take(anEvent("resolved"));
    expect(troubles.at(-1)).toBeUndefined();
    expect(written()).toEqual(["ongoing", "resolved"]);
  });
});
