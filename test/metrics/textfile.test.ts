import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { removeTextfile, writeTextfile } from "../../src/metrics/textfile.ts";
import { tempDir } from "../helpers/temp-dir.ts";

describe("the file for node_exporter", () => {
  test("is complete, alone in its folder, and readable for all users with any umask", () => {
    const folder = tempDir();
    const before = process.umask(0o077);
    const refusal = writeTextfile(join(folder, "aod.prom"), "a 1\n");
    process.umask(before);
    expect(refusal).toBeUndefined();
    expect(readdirSync(folder)).toEqual(["aod.prom"]);
    expect(readFileSync(join(folder, "aod.prom"), "utf8")).toBe("a 1\n");
    expect(statSync(join(folder, "aod.prom")).mode & 0o777).toBe(0o644);
  });

  test("is a new file at each write, so that a reader of the old one reads all of it", () => {
    const path = join(tempDir(), "aod.prom");
    writeTextfile(path, "a 1\n");
    const { ino } = statSync(path);
    linkSync(path, `${path}.old`);
    writeTextfile(path, "a 2\n");
    expect(statSync(path).ino).not.toBe(ino);
    expect(readFileSync(`${path}.old`, "utf8")).toBe("a 1\n");
  });

  test.each(["aod.prom", "aod.prom.tmp"])(
    "replaces a symbolic link in the place of %s, and never follows it",
    (name) => {
      const folder = tempDir();
      const victim = join(tempDir(), "victim");
      writeFileSync(victim, "precious");
      symlinkSync(victim, join(folder, name));
      expect(writeTextfile(join(folder, "aod.prom"), "a 1\n")).toBeUndefined();
      expect(readFileSync(victim, "utf8")).toBe("precious");
      expect(readdirSync(folder)).toEqual(["aod.prom"]);
    },
  );

  test("does not write into a file that has a second name", () => {
    const folder = tempDir();
    const victim = join(folder, "victim");
    writeFileSync(victim, "precious");
    linkSync(victim, join(folder, "aod.prom.tmp"));
    writeTextfile(join(folder, "aod.prom"), "a 1\n");
    expect(readFileSync(victim, "utf8")).toBe("precious");
  });

  test.each([
    ["the folder itself", "link", "link/aod.prom"],
    ["a folder of the path", "link", "link/inner/aod.prom"],
  ])("refuses a symbolic link that is %s", (_, link, path) => {
    const [folder, real] = [tempDir(), tempDir()];
    mkdirSync(join(real, "inner"));
    symlinkSync(real, join(folder, link));
    expect(writeTextfile(join(folder, path), "a 1\n")).toMatch(/symbolic link|ENOTDIR|ELOOP/);
    expect(readdirSync(real, { recursive: true })).toEqual(["inner"]);
  });

  test("refuses a network file system without touching it", () => {
    const whereIs = () => ({ type: "cifs", mountPoint: "/mnt", source: "//files/db" });
    expect(writeTextfile("/mnt/share/aod.prom", "", whereIs)).toContain("/mnt/share is on cifs");
  });

  test("reports why it cannot be written, and leaves nothing behind", () => {
    const folder = tempDir();
    expect(writeTextfile(join(folder, "no/aod.prom"), "")).toContain("ENOENT");
    mkdirSync(join(folder, "aod.prom"));
    expect(writeTextfile(join(folder, "aod.prom"), "")).toContain("EISDIR");
    expect(readdirSync(folder)).toEqual(["aod.prom"]);
  });

  test("is removed at the end, and may be removed already", () => {
    const path = join(tempDir(), "aod.prom");
    writeTextfile(path, "");
    expect(removeTextfile(path)).toBeUndefined();
    expect(existsSync(path)).toBe(false);
    expect(removeTextfile(path)).toBeUndefined();
    chmodSync(join(path, ".."), 0o700);
  });
});
