import { describe, expect, test } from "bun:test";
import { KernelLogFeed, REPEAT_NS } from "../../src/cifs/kernel-log-feed.ts";
import { signalName } from "../../src/model/signal.ts";

const line = (text: string) => `3,1,1,-;${text}\n`;
const silent = (server: string) =>
  line(`CIFS: VFS: \\x5c\\x5c${server} has not responded in 3 seconds. Reconnecting...`);

function aFeed(...batches: { records: string[]; overwritten?: boolean }[]) {
  const reader = {
    dueNs: 7,
    poll: () => ({ records: [], overwritten: false, ...batches.shift() }),
  };
  return new KernelLogFeed(reader);
}

describe("the kernel log", () => {
  test("reports a storm of one line once a second for each server", () => {
    const storm = { records: Array.from({ length: 200 }, () => silent("files")) };
    const feed = aFeed(storm, storm, { records: [...storm.records, silent("other")] });
    const at = (ns: number) => feed.poll(ns, true).map(({ number, server }) => [signalName(number), server]);
    expect(at(0)).toEqual([["server_not_responding", "//files"]]);
    expect(at(REPEAT_NS - 1)).toEqual([]);
    expect(at(REPEAT_NS)).toEqual([
      ["server_not_responding", "//files"],
      ["server_not_responding", "//other"],
    ]);
  });

  test("takes constant memory for ever new servers", () => {
    const records = Array.from({ length: 5000 }, (_, n) => silent(`host${n}`));
    expect(aFeed({ records }).poll(0, true)).toHaveLength(5000);
  });

  test("counts overwritten records, and skips text that is not a record", () => {
    const feed = aFeed(
      { records: ["nonsense", line("usb 1-1: new device")], overwritten: true },
      { records: [] },
    );
    expect(feed.poll(0, true)).toEqual([]);
    feed.poll(1, true);
    expect(feed.overwritten).toBe(1);
    expect(feed.dueNs).toBe(7);
  });
});
