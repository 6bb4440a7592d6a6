import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capturesIn, chooseCapture, chooseStored, shortIds } from "../../src/cli/choose-capture.ts";
import { failureLines } from "../../src/daemon/failure-lines.ts";
import { compareCaptureNames, parseCaptureName } from "../../src/model/capture-name.ts";
import { failureOf } from "../helpers/failure.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const NAMES = [
  "aod_20261122T000000.000Z_slow.tar.zst",
  "aod_20261123T012345.678Z_errors.tar.zst",
  "aod_20261123T012345.678Z_slow.tar.zst",
  "aod_20261123T012345.678Z-2_slow.tar.zst",
  "aod_20261124T101010.101Z_slow-2.tar.zst",
] as const;

function anOutputDir(names: readonly string[] = NAMES): string {
  const outputDir = tempDir();
  mkdirSync(join(outputDir, "batches"));
  for (const name of names) writeFileSync(join(outputDir, "batches", name), "");
  return outputDir;
}

const stored = NAMES.map((fileName) => {
  const name = parseCaptureName(fileName);
  if (name === undefined) throw new Error(fileName);
  return { ...name, fileName, bytes: 0, isPinned: false };
}).toSorted((a, b) => compareCaptureNames(b, a));

describe("the capture that a user named", () => {
  test.each([
    ["latest", "aod_20261124T101010.101Z_slow-2.tar.zst"],
    ["20261124", "aod_20261124T101010.101Z_slow-2.tar.zst"],
    ["aod_20261124T10", "aod_20261124T101010.101Z_slow-2.tar.zst"],
    ["aod_20261122T000000.000Z_slow.tar.zst", "aod_20261122T000000.000Z_slow.tar.zst"],
    ["20261123T012345.678Z_s", "aod_20261123T012345.678Z_slow.tar.zst"],
    ["20261123T012345.678Z-2", "aod_20261123T012345.678Z-2_slow.tar.zst"],
    ["20261123T012345.678Z-", "aod_20261123T012345.678Z-2_slow.tar.zst"],
  ])("%s", (text, fileName) => {
    expect(chooseStored(stored, text).fileName).toBe(fileName);
  });

  test("a beginning that several ids share is refused, and all of them are listed", () => {
    expect(failureOf(() => chooseStored(stored, "20261123T012345.678Z"))).toMatchObject({
      code: "NOT_FOUND",
      message: "2 captures begin with 20261123T012345.678Z; type more of the id",
      context: { choices: "20261123T012345.678Z_slow\n20261123T012345.678Z_errors" },
    });
  });

  test.each(["1999", "", "aod_", ".tar.zst", "slow", "x\u001b[2J"])("%j is no capture", (text) => {
    const failure = failureOf(() => chooseStored(stored, text));
    expect(failure?.code).toBe("NOT_FOUND");
    expect(failure && failureLines(failure).join("\n")).not.toContain("\u001b");
  });

  test("each capture is found by the id that the list shows", () => {
    for (const [capture, id] of shortIds(stored)) expect(chooseStored(stored, id)).toBe(capture);
    expect([...shortIds(stored).values()]).toEqual([
      "20261124T101010.101Z",
      "20261123T012345.678Z-2",
      "20261123T012345.678Z_slow",
      "20261123T012345.678Z_errors",
      "20261122T000000.000Z",
    ]);
  });

  test("a path needs no output folder", () => {
    const nowhere = () => {
      throw new Error("the configuration was read");
    };
    expect(chooseCapture(nowhere, "/a/b.tar.zst")).toBe("/a/b.tar.zst");
    expect(chooseCapture(nowhere, "./latest")).toBe(join(process.cwd(), "latest"));
  });

  test("an id is searched in the output folder", () => {
    const outputDir = anOutputDir();
    expect(chooseCapture(outputDir, "20261122")).toBe(join(outputDir, "batches", NAMES[0]));
    expect(chooseCapture(() => outputDir, "latest")).toBe(join(outputDir, "batches", NAMES[4]));
    expect(capturesIn(outputDir).map(({ fileName }) => fileName)).toEqual(NAMES.toReversed());
  });

  test("an empty folder has no capture, and a missing folder is an error", () => {
    const outputDir = tempDir();
    expect(failureOf(() => chooseCapture(outputDir, "latest"))).toMatchObject({
      code: "NOT_FOUND",
      message: "there is no capture yet; aod snapshot makes one now",
    });
    expect(failureOf(() => chooseCapture(join(outputDir, "gone"), "latest"))).toMatchObject({
      code: "OUTPUT_UNUSABLE",
      message: expect.stringContaining("has aod run on this host?"),
    });
  });
});
