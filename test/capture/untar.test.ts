import { describe, expect, test } from "bun:test";
import { untar } from "../../src/capture/untar.ts";
import { rawArchive as archive, rawEntry, TAR_END } from "../helpers/raw-tar.ts";

const FOLDER = { path: "a/", type: "5" };

function refusal(bytes: Uint8Array, maxEntries = 100): string {
  try {
    untar(bytes, maxEntries);
  } catch (error) {
    expect(error).toMatchObject({ code: "CAPTURE_DAMAGED" });
    return (error as Error).message;
  }
  return "";
}

describe("an archive", () => {
  test("has the files of one folder, as views of its own bytes", () => {
    const bytes = archive(FOLDER, { path: "a/x", content: "1" }, { path: "b/y", prefix: "a", content: "22" });
    const { folder, files } = untar(bytes, 100);
    expect(folder).toBe("a");
    expect([...files].map(([path, content]) => [path, Buffer.from(content).toString()])).toEqual([
      ["x", "1"],
      ["b/y", "22"],
    ]);
    expect(files.get("x")?.buffer).toBe(bytes.buffer);
  });

  test("may be padded, as tar pads it", () => {
    expect(untar(Buffer.concat([archive(FOLDER), Buffer.alloc(9216)]), 100).files.size).toBe(0);
  });

  test.each([
    ["../x", "not a path below"],
    ["a/../../x", "not a path below"],
    ["a/..", "not a path below"],
    ["/etc/passwd", "not a path below"],
    ["a//x", "not a path below"],
    ["a/./x", "not a path below"],
    ["a/x/", "not a path below"],
    ["a\\x", "not a path below"],
    ["a/\x1b[2J", "not a path below"],
    ["a/\xff", "not a path below"],
    ["", "not a path below"],
    ["b/x", "outside of a"],
    ["a", "appears twice"],
  ])("is refused with a file %j", (path, message) => {
    expect(refusal(archive(FOLDER, { path }))).toContain(message);
  });

  test("is refused if a prefix makes a path leave the folder, or too long", () => {
    expect(refusal(archive(FOLDER, { path: "x", prefix: "a/.." }))).toContain("not a path below");
    expect(refusal(archive(FOLDER, { path: "x".repeat(100), prefix: `a/${"y".repeat(153)}` }))).toContain(
      "not a path",
    );
  });

  // Hard link, symbolic link, devices, pipe, contiguous file, pax, GNU's long names.
  test.each(["1", "2", "3", "4", "6", "7", "x", "g", "L", "K", "\0"])(
    "is refused with an entry of type %j",
    (type) => {
      expect(refusal(archive(FOLDER, { path: "a/x", type }))).toContain("neither a file nor a folder");
    },
  );

  test.each([
    ["a file twice", [{ path: "a/x" }, { path: "a/x" }], "twice"],
    ["a file with the path of a folder", [{ path: "a/x/y" }, { path: "a/x" }], "twice"],
    ["a folder with the path of a file", [{ path: "a/x" }, { path: "a/x/", type: "5" }], "twice"],
    ["a file below a file", [{ path: "a/x" }, { path: "a/x/y" }], "below a file"],
    ["a folder with content", [{ path: "a/x/", type: "5", size: "00000001000\0" }], "with content"],
    ["a size that is not a number", [{ path: "a/x", size: "0000000000x\0" }], "malformed number"],
    ["a negative size", [{ path: "a/x", size: "-0000000001\0" }], "malformed number"],
    ["a size in base 256", [{ path: "a/x", size: "\x80\0\0\0\0\0\0\0\0\0\x01\0" }], "malformed number"],
    ["a size beyond the end", [{ path: "a/x", size: "77777777777\0" }], "longer than the archive"],
    ["an older format", [{ path: "a/x", magic: "ustar  \0" }], "POSIX"],
  ])("is refused with: %s", (_, entries, message) => {
    expect(refusal(archive(FOLDER, ...entries))).toContain(message);
  });

  test("is refused if it has too many entries, counting the folders that paths imply", () => {
    const many = Array.from({ length: 10 }, (_, i) => ({ path: `a/${i}` }));
    expect(refusal(archive(...many), 11)).toBe("");
    expect(refusal(archive(...many), 10)).toContain("more than 10 entries");
    expect(refusal(archive({ path: `a/${"x/".repeat(40)}y` }), 10)).toContain("more than 10 entries");
  });

  test("is refused without its end, or with bytes behind it", () => {
    expect(refusal(new Uint8Array(0))).toContain("no end");
    expect(refusal(rawEntry(FOLDER))).toContain("no end");
    expect(refusal(TAR_END)).toContain("does not end");
    expect(refusal(Buffer.concat([rawEntry(FOLDER), TAR_END.subarray(512)]))).toContain("does not end");
    expect(refusal(Buffer.concat([archive(FOLDER), Buffer.from("x")]))).toContain("does not end");
  });

  test("is refused if a checksum is wrong", () => {
    const bytes = archive(FOLDER, { path: "a/x" });
    bytes[512] = 98;
    expect(refusal(bytes)).toContain("checksum");
  });
});
