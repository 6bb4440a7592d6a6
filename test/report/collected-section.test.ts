import { describe, expect, test } from "bun:test";
import {
  actionsSection,
  filesSection,
  hasFiles,
  recorderSection,
} from "../../src/report/collected-section.ts";
import { readManifestFacts } from "../../src/report/manifest-facts.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const shownOf = (content: Uint8Array) =>
  [...filesSection(new Map([["actions/x.log", content]]))].map(({ text }) => text).join("");
const recorderOf = (manifest: Readonly<Record<string, unknown>>) =>
  recorderSection(readManifestFacts(manifest), "Since when is not known.").text;

describe("a text that is too long", () => {
  test("is cut at ends of lines, and the size of the rest is exact", () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`);
    const shown = shownOf(encode(lines.join("")));
    const [, first = "", last = ""] = /<pre[^>]*>([^<]*)<\/pre>.*<pre[^>]*>([^<]*)<\/pre>/s.exec(shown) ?? [];
    expect(first).toEndWith("\n");
    expect(last).toStartWith("line ");
    const leftOut = lines.join("").length - first.length - last.length;
    expect(leftOut).toBeGreaterThan(0);
    expect(shown).toContain(`${Math.round(leftOut / 1024)} KiB left out here`);
  });

  test.each([
    ["one line", `${"x".repeat(200_000)}END`],
    ["one line with a line feed", `${"x".repeat(200_000)}END\n`],
    ["a short line and a long one", `BEGIN\n${"x".repeat(200_000)}END\n`],
  ])("of %s keeps its end", (_, text) => {
    const shown = shownOf(encode(text));
    expect(shown).toMatch(/END\n?<\/pre>/);
    expect(shown).toMatch(/\d+ KiB left out here/);
  });

  test("is cut between characters", () => {
    expect(shownOf(encode("€".repeat(50_000)))).not.toContain("\ufffd");
  });
});

describe("what was collected", () => {
  test("is not known without a list in the manifest, and left out with an empty list", () => {
    expect(actionsSection(readManifestFacts({})).text).toContain("The manifest has no list of actions.");
    expect(actionsSection(readManifestFacts({ actions: [] })).text).toBe("");
  });

  test("is not all successful if an action has no status", () => {
    const section = actionsSection(readManifestFacts({ actions: [{ name: "dmesg" }] })).text;
    expect(section).toContain("1 of them did not succeed");
    expect(section).not.toMatch(/NaN|0 B</);
  });

  test("has a section of files only if any file is shown", () => {
    expect(hasFiles(new Map([["manifest.json", encode("{}")]]))).toBe(false);
    expect(hasFiles(new Map([["actions/dmesg.log", encode("")]]))).toBe(true);
  });
});

describe("how complete a capture is", () => {
  test.each([
    ["an unknown number of requests recorded", { recorder: null }],
    ["It is not known whether open requests lost their slot in the recorder", { recorder: { records: 7 } }],
    ["Other losses are not known", { losses: "none" }],
    ["It is not known whether secrets were removed from it", { scrubbed: -1 }],
  ])("says: %s", (words, manifest) => {
    expect(recorderOf(manifest)).toContain(words);
  });

  test("reports no loss if the manifest has none", () => {
    const recorder = { records: 1, oldest_ms: 2, complete_since: "", evicted: 0 };
    const section = recorderOf({ recorder, losses: { ring_full: 0 }, scrubbed: 0 });
    expect(section).toContain("1 request recorded, the oldest sent 2\u00a0ms before the capture");
    expect(section).toContain("No open request lost its slot");
    expect(section).toContain("Nothing else was lost");
    expect(section).toContain("No secret was found");
  });
});
