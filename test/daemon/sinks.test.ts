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

/** What came of an event: the text of the journal's entry, and the plain lines. */
function say(event: Parameters<ReturnType<typeof makeLogSink>>[0], isThere: boolean, isSeenTwice: boolean) {
  logged.length = 0;
  const entries: JournalFields[] = [];
  const send = (fields: JournalFields) => isThere && entries.push(fields) > 0;
  makeLogSink({ send, close: () => undefined }, "/srv/aod", isSeenTwice)(event);
  return { entries: entries.map(({ MESSAGE }) => String(MESSAGE)), lines: [...logged] };
}

describe("what the daemon says", () => {
  const text = "incident opened: replies are slow";

  test.each([
    ["is said once where the log goes to the journal that took it", true, true, 1, []],
    ["is said in both where the log goes elsewhere", true, false, 1, [text]],
    ["is a plain line where there is no journal", false, false, 0, [text]],
    ["is a plain line where the journal did not take it", false, true, 0, [text]],
  ])("%s", (_, isThere, isSeenTwice, count, lines) => {
    const said = say(anEvent("opened"), isThere, isSeenTwice);
    expect(said.entries).toHaveLength(count);
    for (const entry of said.entries)
      expect(entry).toStartWith(`${text} incident=20261123T012345.678Z rule=slow`);
    expect(said.lines).toEqual(lines);
  });

  test("is a plain line where it has no message id, and nothing where nobody wants to know", () => {
    expect(say(anEvent("recovered"), true, true).lines).toHaveLength(1);
    expect(say(anEvent("configured"), true, true)).toEqual({ entries: [], lines: [] });
  });
});

describe("what the daemon writes", () => {
  function outlets(auditEnabled = true) {
    const outputDir = tempDir();
    const open = anIncident();
    const troubles: (TroubleFinding | undefined)[] = [];
    const outlet = {
      ...{ folder: outputDir, openIncidents: () => [open], repair: () => undefined },
      trouble: (finding: TroubleFinding | undefined) => void troubles.push(finding),
    };
    const tell = openHistorySink({ auditEnabled }, outlet);
    const path = join(outputDir, "incidents.jsonl");
    const written = () => decodeEntries(readFileSync(path, "utf8")).map(({ event }) => event);
    return { tell, path, written, troubles };
  }

  test("begins with what is open, goes on with what happens, and begins anew when it was renamed", () => {
    const { tell, path, written } = outlets();
    tell(anEvent("configured"));
    tell(anEvent("resolved"));
    expect(written()).toEqual(["ongoing", "configured", "resolved"]);
    renameSync(path, `${path}.1`);
    tell(anEvent("swept", { removals: [], rotated: true }));
    expect(written()).toEqual(["ongoing"]);
  });

  test("is audited as long as the configuration says so", () => {
    const { tell, written } = outlets(false);
    const configured = (auditEnabled: boolean) =>
      anEvent("configured", { config: { ...anEvent("configured").config, auditEnabled } });
    tell(configured(false));
    tell(anEvent("dropped"));
    expect(written()).toEqual(["ongoing"]);
    tell(configured(true));
    tell(anEvent("dropped"));
    tell(configured(false));
    tell(anEvent("dropped"));
    expect(written()).toEqual(["ongoing", "configured", "dropped"]);
  });

  test("is in trouble where it can't be written, and goes on as soon as it can", () => {
    const { tell, path, written, troubles } = outlets();
    mkdirSync(path);
    tell(anEvent("resolved"));
    expect(troubles.at(-1)).toEqual({
      text: `incidents can't be written to ${path}: EISDIR`,
      isRepaired: false,
    });
    rmdirSync(path);
    tell(anEvent("resolved"));
    expect(troubles.at(-1)).toBeUndefined();
    expect(written()).toEqual(["ongoing", "resolved"]);
  });
});
