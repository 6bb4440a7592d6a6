import { describe, expect, test } from "bun:test";
import { type DaemonFacts, daemonFinding, troubleFindings } from "../../src/doctor/daemon.ts";

const ANSWER = { version: "1.2.3", pid: 77, state: "watching", outputDir: "/var/log/aod", troubles: [] };
const NOT_RUNNING: DaemonFacts = { holder: "none", answer: undefined, silence: "ENOENT" };

describe("doctor on the daemon", () => {
  test.each([
    [
      "a daemon that answers is ok",
      { ...NOT_RUNNING, holder: 77, answer: ANSWER },
      "ok",
      "pid 77, version 1.2.3, watching",
    ],
    [
      "a daemon that answers is ok even if its lock cannot be read",
      { ...NOT_RUNNING, answer: ANSWER },
      "ok",
      "pid 77, version 1.2.3",
    ],
    [
      "a daemon of another version is a warning",
      { ...NOT_RUNNING, answer: { ...ANSWER, version: "1.2.2" } },
      "warn",
      "this is version 1.2.3",
    ],
    [
      "a daemon with another output folder is a note",
      { ...NOT_RUNNING, answer: { ...ANSWER, outputDir: "/srv/aod" } },
      "note",
      "captures go to /srv/aod",
    ],
    [
      "a running daemon that does not answer is a warning",
      { ...NOT_RUNNING, holder: 77, silence: "nothing comes within 10 s" },
      "warn",
      "pid 77, and it does not",
    ],
    [
      "a daemon with an unreadable lock that does not answer is a note",
      { ...NOT_RUNNING, holder: "unknown", silence: "connect: EACCES" },
      "note",
      "it is not known whether it runs, and it does not answer: connect: EACCES",
    ],
    ["a daemon that does not run is a warning", NOT_RUNNING, "warn", "not running"],
  ] as const)("%s", (_, facts, severity, text) => {
    const finding = daemonFinding(facts, "1.2.3", "/var/log/aod");
    expect(finding).toMatchObject({ severity, found: expect.stringContaining(text) });
    expect(finding.todo !== undefined).toBe(severity === "warn");
  });

  test("reports a problem as a warning with what to do, and a resolved one as a note", () => {
    const text = "no capture can be written: open /var/log/aod/batches: EACCES";
    const troubles = [
      { subject: "output_folder", text, isOver: false },
      { subject: "control_socket", text: "it was removed", isOver: true },
    ] as const;
    const found = troubleFindings({ answer: { ...ANSWER, troubles } });
    expect(found).toMatchObject([
      {
        severity: "warn",
        found: `output folder: ${text}`,
        todo: expect.stringContaining("install -d -m 0700"),
      },
      { severity: "note", found: "control socket, resolved: it was removed" },
    ]);
    expect(troubleFindings({ answer: undefined })).toEqual([]);
  });
});
