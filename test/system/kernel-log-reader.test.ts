import { describe, expect, test } from "bun:test";
import { closeSync, existsSync, writeFileSync } from "node:fs";
import { parseKernelLogRecord } from "../../src/cifs/kernel-log.ts";
import { Epoll } from "../../src/system/epoll.ts";
import { KERNEL_LOG, KernelLogReader, openAtEnd, REST_NS } from "../../src/system/kernel-log-reader.ts";

const fd = openAtEnd(KERNEL_LOG);

describe.if(typeof fd === "number" && process.getuid?.() === 0)("the kernel log", () => {
  const open = () => {
    const opened = openAtEnd(KERNEL_LOG);
    if (typeof opened !== "number") throw new Error(opened);
    const epoll = Epoll.create();
    return { opened, epoll, reader: new KernelLogReader(opened, epoll) };
  };

  test("wakes for a new line, returns it once, and rests after it", () => {
    const { opened, epoll, reader } = open();
    const mark = `aod-test ${process.pid} ${performance.now()}`;
    writeFileSync(KERNEL_LOG, `<6>${mark}\n`);
    expect(epoll.wait(5000)).toEqual([opened]);
    const ours = ({ records }: ReturnType<KernelLogReader["poll"]>) =>
      records.map(parseKernelLogRecord).filter((record) => record?.text.includes(mark));
    const [record, ...others] = ours(reader.poll(0, true));
    // A program can't speak for the kernel: its lines have a facility of their own.
    expect(record?.facility).not.toBe(0);
    expect(others).toEqual([]);
    writeFileSync(KERNEL_LOG, `<0>${mark} again\n`);
    expect(epoll.wait(0)).toEqual([]);
    expect(reader.dueNs).toBe(REST_NS);
    expect(reader.poll(REST_NS - 1, false).records).toEqual([]);
    const [again] = ours(reader.poll(REST_NS, false));
    expect(again?.facility).not.toBe(0);
    epoll.close();
    closeSync(opened);
  });

  test("begins behind what was printed before", () => {
    const mark = `aod-test-old ${process.pid} ${performance.now()}`;
    writeFileSync(KERNEL_LOG, `<6>${mark}\n`);
    const { opened, epoll, reader } = open();
    expect(reader.poll(0, true).records.join("")).not.toContain(mark);
    epoll.close();
    closeSync(opened);
  });
});

test("a missing kernel log gives the errno's name", () => {
  expect(existsSync("/nonexistent")).toBe(false);
  expect(openAtEnd("/nonexistent")).toBe("ENOENT");
});
