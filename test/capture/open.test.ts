import { describe, expect, test } from "bun:test";
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openCapture, readAt } from "../../src/capture/open.ts";
import { failureOf } from "../helpers/failure.ts";
import { tempDir } from "../helpers/temp-dir.ts";

describe("a capture's file", () => {
  test("is read at any offset; at its end there are 0 bytes", () => {
    const path = join(tempDir(), "capture");
    writeFileSync(path, "0123456789");
    const capture = openCapture(path);
    const into = new Uint8Array(4);
    expect([readAt(capture, into, 8), into[0], readAt(capture, into, 10)]).toEqual([2, 0x38, 0]);
    closeSync(capture.fd);
  });

  test("that does not exist, is not a regular file, or has a file in its path is reported with its code", () => {
    const folder = tempDir();
    writeFileSync(join(folder, "file"), "");
    mkdirSync(join(folder, "folder"));
    const opening = (name: string) => failureOf(() => openCapture(join(folder, name)));
    expect(opening("gone")).toMatchObject({ code: "NOT_FOUND", causes: [] });
    expect(opening("file/gone")?.message).toBe(
      `cannot open ${join(folder, "file/gone")}: a part of the path is not a folder (ENOTDIR)`,
    );
    expect(opening("folder")).toMatchObject({ code: "CAPTURE_DAMAGED", message: "it is not a regular file" });
  });

  test("that can't be read is reported with its code", () => {
    const path = join(tempDir(), "capture");
    const fd = openSync(path, "w");
    const reading = failureOf(() => readAt({ fd, path }, new Uint8Array(4), 0));
    closeSync(fd);
    expect(reading).toMatchObject({ code: "NOT_FOUND", message: `cannot read ${path}: EBADF` });
  });
});
