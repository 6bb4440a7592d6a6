import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { journalFieldsOf, MESSAGE_IDS } from "../../src/daemon/journal-sink.ts";
import { ALL_EVENTS, anEvent, CAPTURE } from "../helpers/event.ts";

const fieldsOf = (event: (typeof ALL_EVENTS)[number]) => journalFieldsOf(event, "warn", "text", "/srv/aod");

describe("entries of the journal", () => {
  test("name the incident, and have a message id", () => {
    expect(fieldsOf(anEvent("opened"))).toEqual({
      MESSAGE: "text",
      MESSAGE_ID: MESSAGE_IDS.opened,
      PRIORITY: 4,
      SYSLOG_IDENTIFIER: "aod",
      AOD_INCIDENT_ID: "20261123T012345.678Z",
      AOD_RULE: "slow",
      AOD_SHARE: "//files/db",
      AOD_SERVER: "files",
      AOD_FAMILY: "availability",
    });
  });

  test("name the path of a capture, also of one on demand", () => {
    expect(fieldsOf(anEvent("collected"))).toMatchObject({
      AOD_CAPTURE: `/srv/aod/batches/${CAPTURE}`,
      AOD_SHARE: "//files/db",
      AOD_VERDICT: "server",
    });
    const capture = { ...anEvent("collected").capture, incidentId: undefined };
    const manual = { ...capture, name: CAPTURE.replace("slow", "manual") };
    const fields = fieldsOf(anEvent("collected", { capture: manual, incident: undefined }));
    expect(fields).toMatchObject({ AOD_RULE: "manual", AOD_INCIDENT_ID: undefined });
  });

  test("exist for four types of event, and for no other", () => {
    const types = ALL_EVENTS.filter((event) => fieldsOf(event) !== undefined).map(({ type }) => type);
    expect(types.sort()).toEqual(Object.keys(MESSAGE_IDS).sort() as typeof types);
  });

  test("have distinct, documented ids of 128 bits", () => {
    const ids = Object.values(MESSAGE_IDS);
    const document = readFileSync(join(import.meta.dir, "../../docs/incidents.md"), "utf8");
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{32}$/);
      expect(document).toContain(id);
    }
  });
});
