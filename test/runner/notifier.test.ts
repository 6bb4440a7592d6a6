import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Notice, NoticeOutcome, NotifySettings } from "../../src/model/notice.ts";
import { Notifier } from "../../src/runner/notifier.ts";
import { aNotice } from "../helpers/notice.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** The tests use a shell as the program; aod itself starts none. */
function shell(script: string, timeoutMs = 10_000): NotifySettings {
  return { command: ["/bin/sh", "-c", script], on: [], timeoutMs };
}

function aNotifier(settings: NotifySettings | undefined, fileSystem?: string) {
  const reports: { readonly notice: Notice; readonly outcome: NoticeOutcome }[] = [];
  const stop = new AbortController();
  const notifier = new Notifier({
    settings,
    host: { networkFileSystem: () => fileSystem },
    report: (notice, outcome) => reports.push({ notice, outcome }),
    fail: (thrown) => {
      throw thrown;
    },
    stop: stop.signal,
  });
  const outcomes = () => reports.map(({ outcome }) => outcome);
  return { notifier, reports, outcomes, abort: () => stop.abort() };
}

describe("the notifier", () => {
  test("passes the notice to the program in its environment, whatever a share is called", async () => {
    const out = join(tempDir(), "out");
    const { notifier, reports } = aNotifier(shell(`env > ${out}`));
    const notice = aNotice({
      event: "captured",
      share: "//files/$(reboot); `x`",
      capture: "/var/log/aod/batches/x",
      verdict: "server",
    });
    notifier.submit(notice);
    await waitUntil(() => reports.length === 1);
    expect(reports[0]).toMatchObject({ notice, outcome: { status: "ok", exitCode: 0, reason: undefined } });
    const environment = readFileSync(out, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("AOD_"));
    expect(environment.sort()).toEqual([
      "AOD_CAPTURE=/var/log/aod/batches/x",
      "AOD_EVENT=captured",
      "AOD_FAMILY=availability",
      "AOD_INCIDENT_ID=20261123T012345.678Z",
      "AOD_RULE=slow",
      "AOD_SERVER=files",
      "AOD_SHARE=//files/$(reboot); `x`",
      "AOD_STATUS=",
      "AOD_VERDICT=server",
    ]);
  });

  test("passes an empty text for a value that does not exist", async () => {
    const { notifier, outcomes } = aNotifier(shell('test "$AOD_INCIDENT_ID$AOD_CAPTURE$AOD_VERDICT" = ""'));
    notifier.submit(aNotice({ incidentId: undefined }));
    await waitUntil(() => outcomes().length === 1);
    expect(outcomes()[0]?.status).toBe("ok");
  });

  test.each([
    [
      "fails",
      shell("echo no such user >&2; exit 7"),
      { status: "failed", exitCode: 7, reason: "no such user" },
    ],
    ["hangs", shell("sleep 60", 100), { status: "timed_out", reason: "killed after 100 ms" }],
    ["prints without end", shell("yes", 100), { status: "timed_out" }],
    ["does not exist", { ...shell(""), command: ["/nowhere/tell"] }, { status: "failed" }],
  ] as [string, NotifySettings, Partial<NoticeOutcome>][])(
    "reports the outcome of a program that %s",
    async (_, settings, outcome) => {
      const { notifier, outcomes } = aNotifier(settings);
      notifier.submit(aNotice());
      await waitUntil(() => outcomes().length === 1);
      expect(outcomes()[0]).toMatchObject(outcome);
      expect(notifier.counts).toEqual({ notified: 0, failed: 1, dropped: 0 });
    },
  );

  test("starts no program from a share, because it may hang", async () => {
    const { notifier, outcomes } = aNotifier(shell("exit 0"), "cifs");
    notifier.submit(aNotice());
    await waitUntil(() => outcomes().length === 1);
    expect(outcomes()[0]).toMatchObject({ status: "failed", reason: "/bin/sh is on cifs, which may hang" });
  });

  test("runs two at the same time, lets 64 wait, drops and counts the rest", async () => {
    const { notifier, outcomes, abort } = aNotifier(shell("sleep 60"));
    for (let i = 0; i < 70; i++) notifier.submit(aNotice());
    expect(outcomes().map(({ reason }) => reason)).toEqual(
      Array(4).fill("2 notices are being sent and 64 wait"),
    );
    const stopped = notifier.stop();
    abort();
    await stopped;
    expect(outcomes().filter(({ status }) => status === "timed_out")).toHaveLength(2);
    expect(notifier.counts).toEqual({ notified: 0, failed: 2, dropped: 68 });
  });

  test("runs the program of a reload from then on, and none if it names none", async () => {
    const { notifier, outcomes } = aNotifier(shell("exit 1"));
    notifier.configure(shell("exit 0"));
    notifier.submit(aNotice());
    await waitUntil(() => outcomes().length === 1);
    notifier.configure(undefined);
    notifier.submit(aNotice());
    expect(outcomes().map(({ status }) => status)).toEqual(["ok", "dropped"]);
  });
});
