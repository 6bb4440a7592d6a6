import { afterAll, describe, expect, test } from "bun:test";
import { fstatSync } from "node:fs";
import { join } from "node:path";
import { encodeJournalFields, isJournalStream, openJournal } from "../../src/system/journald.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { makeUnixReceiver } from "../helpers/unix-receiver.ts";

function aJournal() {
  const path = join(tempDir(), "socket");
  const receiver = makeUnixReceiver(path);
  const journal = openJournal(path);
  afterAll(() => {
    journal.close();
    receiver.close();
  });
  return { path, receiver, journal };
}

describe("the journal", () => {
  test("gets an entry as one datagram, without the fields that have no value", () => {
    const { receiver, journal } = aJournal();
    expect(journal.send({ MESSAGE: "incident opened", PRIORITY: 4, AOD_CAPTURE: undefined })).toBe(true);
    expect(receiver.take()).toBe("MESSAGE=incident opened\nPRIORITY=4\n");
    expect(receiver.take()).toBeUndefined();
  });

  test("gets values with line feeds by their length: none can forge a field", () => {
    const encoded = encodeJournalFields({ AOD_SHARE: "//a\nMESSAGE=forged", PRIORITY: 6 });
    expect(Buffer.from(encoded).toString("latin1")).toBe(
      "AOD_SHARE\n\u0012\0\0\0\0\0\0\0//a\nMESSAGE=forged\nPRIORITY=6\n",
    );
  });

  test("gets the beginning of a value that is too large, without a partial character", () => {
    const { receiver, journal } = aJournal();
    expect(journal.send({ MESSAGE: `x${"é".repeat(1_000_000)}`, AOD_SHARE: "//files/db" })).toBe(true);
    expect(receiver.take()).toBe(`MESSAGE=x${"é".repeat(4095)}\nAOD_SHARE=//files/db\n`);
  });

  test("that does not read blocks no writer", () => {
    const { receiver, journal } = aJournal();
    const taken = Array.from({ length: 10_000 }, (_, i) => journal.send({ MESSAGE: i }));
    expect(taken.at(-1)).toBe(false);
    while (receiver.take() !== undefined);
    expect(journal.send({ MESSAGE: "later" })).toBe(true);
    expect(receiver.take()).toBe("MESSAGE=later\n");
  });

  test("that is not running takes no entry, and one that is started again takes the next", () => {
    const path = join(tempDir(), "socket");
    const journal = openJournal(path);
    expect(journal.send({ MESSAGE: "no reader" })).toBe(false);
    const receiver = makeUnixReceiver(path);
    expect(journal.send({ MESSAGE: "a reader" })).toBe(true);
    expect(receiver.take()).toBe("MESSAGE=a reader\n");
    receiver.close();
    journal.close();
    journal.close();
    expect(journal.send({ MESSAGE: "closed" })).toBe(false);
  });
});

describe("the journal's stream", () => {
  const stderr = fstatSync(2, { bigint: true });

  test.each([
    ["is the file of that device and inode", `${stderr.dev}:${stderr.ino}`, true],
    ["is no other file", `${stderr.dev}:${stderr.ino + 1n}`, false],
    ["is none where systemd gave none", undefined, false],
    ["is none for what is no such pair", "", false],
  ])("%s", (_, stream, expected) => {
    expect(isJournalStream(stream, stderr)).toBe(expected);
  });
});
