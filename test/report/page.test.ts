// The page as a whole, of captures that may be anybody's: nothing of them is HTML, and whatever they lack the page is one.

import { describe, expect, test } from "bun:test";
import { CAUSES } from "../../src/model/verdict.ts";
import { type ReportInput, reportChunks } from "../../src/report/page.ts";
import { readRequests } from "../../src/report/read-requests.ts";
import { CAUSE_WORDS, confidenceWords } from "../../src/report/verdict-words.ts";
import { aStory } from "../helpers/story.ts";

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'\u001b[2J\u202e`;
const HEAD =
  "time_utc,boot_ns,latency_ns,state,command,nt_status,errno,session_id,tree_id,message_id,pid,tid,comm,share\n";
const encode = (text: string) => new TextEncoder().encode(text);

function pageOf(parts: Partial<ReportInput> = {}): string {
  const input = {
    name: "aod_x",
    manifest: {},
    requests: readRequests(encode("")),
    files: new Map(),
    ...parts,
  };
  return Buffer.concat([...reportChunks(input)]).toString("utf8");
}

/** Elements that the page has no business with. */
function elementsOf(page: string): readonly string[] {
  const names: string[] = [];
  const rewriter = new HTMLRewriter().on("*", { element: ({ tagName }) => void names.push(tagName) });
  rewriter.transform(page);
  return names;
}

function ofStory(story = aStory(2000)): ReportInput {
  const manifest = JSON.parse(new TextDecoder().decode(story.files.get("manifest.json")));
  const requests = readRequests(story.files.get("requests.csv") ?? new Uint8Array(0));
  return { name: story.name, manifest, requests, files: story.files };
}

describe("the page", () => {
  test("says who is to blame before anything else", () => {
    const page = pageOf(ofStory());
    const main = page.slice(page.indexOf("<main>"));
    expect(main.indexOf("The server is to blame.")).toBeGreaterThan(0);
    expect(main.indexOf("The server is to blame.")).toBeLessThan(main.indexOf("What happened"));
    expect(main).toContain("very likely: <strong>86 %</strong>");
    for (const part of [
      "Every request",
      "How long replies took",
      "Who waited",
      "What changed",
      "What was collected",
    ])
      expect(main).toContain(part);
  });

  test("names nothing that would be fetched, and forbids it", () => {
    const page = pageOf(ofStory());
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(
      /unsafe-inline|unsafe-eval|<link|<img|<iframe|@import|url\(|\bsrc=|https?:\/\/(?!www\.w3\.org)/,
    );
    const hashOf = (text: string) => new Bun.CryptoHasher("sha256").update(text).digest("base64");
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
    const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "";
    expect(page).toContain(`style-src 'sha256-${hashOf(style)}'; script-src 'sha256-${hashOf(script)}'`);
  });

  test("of hostile names holds no element of theirs", () => {
    const row = `2026-11-25T09:12:14.000000Z,1000,2000000,done,"${HOSTILE.replaceAll('"', '""')}",0x1,E${HOSTILE.replaceAll('"', "")},0x1,0x1,7,1,1,"${HOSTILE.replaceAll('"', '""')}","//a/${HOSTILE.replaceAll('"', '""')}"\n`;
    const evidence = { time_utc: HOSTILE, command: HOSTILE, latency_ns: 5, state: HOSTILE, comm: HOSTILE };
    const { files, manifest } = ofStory();
    const page = pageOf({
      name: HOSTILE,
      manifest: {
        ...Object.fromEntries(Object.keys(manifest).map((key) => [key, HOSTILE])),
        evidence: [evidence],
        actions: [
          {
            name: HOSTILE,
            file: HOSTILE,
            status: HOSTILE,
            reason: HOSTILE,
            exit_code: 1,
            duration_ms: 1,
            bytes: 1,
          },
        ],
        attribution: {
          server: HOSTILE,
          dialect: HOSTILE,
          encrypted: true,
          mount_points: [HOSTILE],
          processes: [],
        },
        verdict: { cause: HOSTILE, confidence: 7, because: [HOSTILE] },
        losses: { [HOSTILE]: 3 },
      },
      requests: readRequests(encode(HEAD + row)),
      files: new Map([
        ...[...files.keys()].map((path) => [path, encode(HOSTILE)] as const),
        [HOSTILE, encode(HOSTILE)],
      ]),
    });
    const clean = new Set(elementsOf(pageOf(ofStory())));
    expect(elementsOf(page).filter((name) => !clean.has(name))).toEqual([]);
    expect(elementsOf(page).filter((name) => name === "script")).toHaveLength(2);
    expect(page.includes("alert(1)</script>")).toBe(false);
    for (const hidden of ["\u001b", "\u202e"]) expect(page.includes(hidden)).toBe(false);
    const data = /id="data">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "";
    expect(JSON.parse(data).head.senders[0][2]).toContain("</script>");
  });

  test.each([
    ["nothing", {}],
    [
      "nulls",
      { verdict: null, recorder: null, attribution: null, evidence: null, actions: null, losses: null },
    ],
    ["figures that are none", { recorder: { records: "x", complete_since: 5 }, detected_after_ms: "soon" }],
    ["lists of anything", { evidence: [1, null, {}], actions: ["x"], verdict: { because: [1, "a"] } }],
    ["a manifest of a later schema", { schema_version: 9, verdict: { cause: "aliens", confidence: 1 } }],
  ])("is made of a manifest with %s", (_, manifest) => {
    const page = pageOf({ manifest });
    expect(page).toContain("Nobody can be blamed yet.");
    expect(page).toEndWith("</body></html>\n");
    const shown = page.slice(page.indexOf("<main>"), page.indexOf("</footer>"));
    expect(shown).not.toMatch(/NaN|undefined|\[object/);
  });

  test("of a huge file shows its beginning and its end, and says what is missing", () => {
    const long = encode(Array.from({ length: 50_000 }, (_, i) => `line ${i}`).join("\n"));
    const page = pageOf({ files: new Map([["actions/journalctl.log", long]]) });
    expect(page).toContain("line 0\n");
    expect(page).toContain("line 49999");
    expect(page).not.toContain("line 25000\n");
    expect(page).toContain("left out here; the capture has them");
  });

  test("is bounded, whatever the capture holds", () => {
    const files = new Map(
      Array.from({ length: 200 }, (_, i) => [`actions/${i}.log`, new Uint8Array(1e6).fill(60)]),
    );
    const page = pageOf({ files });
    expect(page.length).toBeLessThan(4e6);
    expect(page).toContain("this page has no room for it");
  });

  test("is bounded, however many requests and names somebody made up", () => {
    const long = "x".repeat(20);
    const rows = Array.from(
      { length: 132_000 },
      (_, i) =>
        `2026-11-25T09:12:14.000000Z,${i},5,done,C${i},,,0x1,0x1,1,${i},${i},${long},//a/${i}${long}\n`,
    );
    const requests = readRequests(encode(HEAD + rows.join("")));
    expect(requests.leftOut).toBe(132_000 - requests.count);
    const page = pageOf({ requests });
    expect(page.length).toBeLessThan(40e6);
    expect(page).toContain("left out of this page");
  });

  test.each([
    ["ten to the power of 308", `1${"0".repeat(308)}`],
    ["the same as a decimal", "1e308"],
    ["less than nothing", `-${"9".repeat(300)}`],
    ["more than any uptime", "9".repeat(19)],
    ["nothing", ""],
    ["no figure", "soon"],
  ])("is made of rows whose time is %s: they are counted, and the others are shown", (_, bootNs) => {
    const row = (boot: string, id: number) =>
      `2026-11-25T09:12:14.000000Z,${boot},1e307,done,SMB2_READ,,,0x1,0x1,${id},1,1,p,//a/x\n`;
    const rows = [row(bootNs, 1), row("1000", 2), row(bootNs, 3), row("5000", 4), "half a row\n"];
    const requests = readRequests(encode(HEAD + rows.join("")));
    expect([...requests.sentUs]).toEqual([0, 4]);
    expect(requests).toMatchObject({ count: 2, unreadable: 3, latencyNs: Float64Array.of(NaN, NaN) });
    const page = pageOf({ requests });
    expect(page).toContain("2 requests recorded, 3 rows of requests.csv could not be read");
    expect(page.length).toBeLessThan(200_000);
  });

  test("of rows of which none could be read does not call the recorder empty", () => {
    const page = pageOf({ requests: readRequests(encode(`${HEAD}x\n`)) });
    expect(page).toContain("No row of requests.csv could be read.");
  });

  test("has words for every cause", () => {
    for (const cause of CAUSES) {
      expect(pageOf({ manifest: { verdict: { cause, confidence: 0.5, because: ["x"] } } })).toContain(
        CAUSE_WORDS[cause].headline,
      );
    }
    expect([0.5, 0.6, 0.76, 0.95].map(confidenceWords)).toEqual([
      "more likely than not",
      "likely",
      "very likely",
      "almost certain",
    ]);
  });
});
