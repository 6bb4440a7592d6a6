// The page as a whole, for captures of any origin: nothing in them becomes HTML, and the page is complete whatever they
// lack.

import { describe, expect, test } from "bun:test";
import { CAUSE_HEADLINES } from "../../src/model/headline.ts";
import { CAUSES } from "../../src/model/verdict.ts";
import { type ReportInput, reportChunks } from "../../src/report/page.ts";
import { readRequests } from "../../src/report/read-requests.ts";
import { confidenceWords } from "../../src/report/verdict-words.ts";
import { seeded } from "../helpers/random.ts";
import { aStory } from "../helpers/story.ts";

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'\u001b[2J\u202e`;
const HEAD =
  "time_utc,boot_ns,latency_ns,state,command,nt_status,errno,session_id,tree_id,message_id,pid,tid,comm,share\n";
const LATE = "9999-12-31T23:59:59.999999Z";
/** Values for a manifest, and for cells of requests.csv. */
const VALUES: readonly [unknown, ...unknown[]] = [
  null,
  ...[true, 0, -1, 1e308, -1e308, 5e-324, "", "x", "constructor", "0000-01-01T00:00:00Z", LATE],
  ...["1".repeat(5000), "-5", "1e5", [], {}, [null], [[]], [{}]],
];
const CELLS: readonly [string, ...string[]] = [
  "",
  ...["0", "-1", "1e308", "5e-324", "9".repeat(18), "9".repeat(300), "x", "__proto__", "in_flight", "error"],
  ...["lost", LATE, "0xc0000022", "0x", "EACCES", "SMB2_LOCK", "//files.example.net/IPC$", '"', '"a""b"'],
];
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

/** Names of all elements in a page. */
function elementsOf(page: string): readonly string[] {
  const names: string[] = [];
  const rewriter = new HTMLRewriter().on("*", { element: ({ tagName }) => void names.push(tagName) });
  rewriter.transform(page);
  return names;
}

/** The data of the page's script. */
function dataOf(page: string): string {
  return /id="data">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "";
}

function ofStory(story = aStory(2000)): ReportInput {
  const manifest = JSON.parse(new TextDecoder().decode(story.files.get("manifest.json")));
  const requests = readRequests(story.files.get("requests.csv") ?? new Uint8Array(0));
  return { name: story.name, manifest, requests, files: story.files };
}

describe("the page", () => {
  test("begins with the cause", () => {
    const page = pageOf(ofStory());
    const main = page.slice(page.indexOf("<main>"));
    expect(main.indexOf("The server is to blame.")).toBeGreaterThan(0);
    expect(main.indexOf("The server is to blame.")).toBeLessThan(main.indexOf("What happened"));
    expect(main).toContain("very likely: <strong>86 %</strong>");
    for (const part of [
      "Every request",
      "How long replies took",
      "Affected processes",
      "What changed",
      "What was collected",
    ])
      expect(main).toContain(part);
  });

  test("lists the requests that tripped the rule before all others, refusals by the names of their statuses", () => {
    const evidence = [
      {
        time_utc: "2026-11-30T17:19:36.123456Z",
        latency_ns: 2_851_000,
        state: "error",
        command: "SMB2_WRITE",
        nt_status: "0xc000007f",
        errno: "ENOSPC",
        message_id: "77",
        pid: 999,
        comm: "dd",
        share: "//files/full",
      },
      {
        state: "in_flight",
        command: "SMB2_READ",
        latency_ns: 9.4e9,
        pid: 7,
        comm: "cp",
        share: "",
      },
      { state: "error", command: "", errno: "EHOSTDOWN", nt_status: "" },
    ];
    const story = ofStory();
    const page = pageOf({ ...story, manifest: { ...story.manifest, evidence } });
    const from = page.indexOf('<h2 id="evidence">Requests that tripped the rule</h2>');
    expect(from).toBeGreaterThan(page.indexOf("<h1"));
    expect(from).toBeLessThan(page.indexOf('id="requests"', from));
    const table = Bun.stripANSI(page.slice(from, page.indexOf("</section>", from))).replaceAll(
      /<[^>]*>/g,
      "|",
    );
    for (const text of [
      "STATUS_DISK_FULL",
      "WRITE",
      "dd",
      "999",
      "//files/full",
      "no reply yet",
      "EHOSTDOWN",
      "operation",
    ])
      expect(table).toContain(text);
    expect(pageOf({ manifest: { trigger: "manual", evidence } })).toContain("Hanging requests");
    expect(pageOf()).not.toContain('id="evidence"');
  });

  test("contains nothing that would be fetched, and forbids fetching", () => {
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

  test("contains no element from hostile names", () => {
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
    expect(JSON.parse(dataOf(page)).head.senders[0][2]).toContain("</script>");
  });

  test.each([
    ["nothing", {}],
    [
      "nulls",
      { verdict: null, recorder: null, attribution: null, evidence: null, actions: null, losses: null },
    ],
    [
      "figures that are not numbers",
      { recorder: { records: "x", complete_since: 5 }, detected_after_ms: "soon" },
    ],
    ["lists of anything", { evidence: [1, null, {}], actions: ["x"], verdict: { because: [1, "a"] } }],
    ["a manifest of a later schema", { schema_version: 9, verdict: { cause: "aliens", confidence: 1 } }],
  ])("is complete for a manifest with %s", (_, manifest) => {
    const page = pageOf({ manifest });
    expect(page).toContain("The cause is not known yet.");
    expect(page).toEndWith("</body></html>\n");
    const shown = page.slice(page.indexOf("<main>"), page.indexOf("</footer>"));
    expect(shown).not.toMatch(/NaN|undefined|\[object/);
  });

  test("of a capture on demand says so, with the given reason, and compares nothing", () => {
    const { requests, files } = ofStory();
    const manifest = {
      trigger: "manual",
      kind: "manual",
      rule: "manual",
      type: "manual",
      share: null,
      evidence: [],
      reason: "it is <slow> again",
      triggered_at: "2026-11-25T09:12:12.000000Z",
    };
    const page = pageOf({ manifest, requests, files });
    const main = page.slice(page.indexOf("<main>"), page.indexOf('<script type="application/json"'));
    expect(main).toContain("Reason: <q>it is &lt;slow&gt; again</q>.");
    expect(main).toContain(
      '<dt>Requested</dt><dd><time datetime="2026-11-25T09:12:12.000Z">25 Nov 2026, 09:12:12.000',
    );
    expect(main).toContain("<strong>All</strong> 2,000 requests");
    expect(main).toContain(">requested</text>");
    expect(main).not.toMatch(
      /(?<!no )rule tripped|tripped the rule|[Dd]uring|before<|Before|the incident|<dt>Rule/,
    );
    expect(JSON.parse(dataOf(page)).head).toMatchObject({ trigger: "requested", beganUs: null });
  });

  test("of a capture on demand during a hang names each server that hangs, the worst first", () => {
    const { requests, files, manifest } = ofStory();
    const asked = { trigger: "manual", kind: "manual", rule: "manual", type: "manual" };
    const hanging = [
      { server: "nas", shares: ["//nas/a", "//nas/b"], count: 5, oldest_ms: 36_000 },
      { server: "other", shares: ["//other/<x>"], count: 1, oldest_ms: 2_000 },
    ];
    const page = pageOf({ manifest: { ...manifest, ...asked, hanging }, requests, files });
    const lead = page.slice(page.indexOf('id="incident"')).slice(0, 1000);
    expect(Bun.stripANSI(lead.replaceAll(/<[^>]*>/g, ""))).toContain(
      "Hanging: 5 requests to nas, the oldest for 36\u00a0s; 1 request to //other/&lt;x&gt;, the oldest for 2\u00a0s.",
    );
    const idle = pageOf({ manifest: { ...manifest, ...asked, hanging: [] }, requests, files });
    expect(idle).toContain("Nothing was hanging: every request had its reply within a second.");
  });

  test("of an empty recorder has its times, and links only to existing sections", () => {
    const { manifest } = ofStory();
    const page = pageOf({ manifest });
    expect(page).toContain("the recorder was frozen 2.41\u00a0s later");
    expect(page).toContain("No request of the last 58\u00a0s is missing");
    expect(page).not.toContain("0\u00a0ns");
    expect(page).toMatch(/<dt>failed requests<\/dt><dd>not known/);
    for (const [, id] of page.matchAll(/href="#([^"]+)"/g)) expect(page).toContain(`id="${id}"`);
  });

  test("reports what the manifest lacks as not known", () => {
    const { requests } = ofStory();
    const attribution = { processes: [{ name: "p" }] };
    const shown = pageOf({ requests, manifest: { rule: "slow", trigger: "rule", attribution } });
    for (const words of [
      "The manifest has no verdict that this page can read.",
      "The time to detection is not known.",
      "<dt>Tripped</dt><dd>not known",
      "<dt>Captured</dt><dd>not known",
      "<dt>Suppressed</dt><dd>an unknown number of captures",
      "The manifest has no list of actions.",
      "It is not known since when the requests are complete.",
      "the manifest has no evidence",
      "(pid not known): an unknown number of requests",
    ])
      expect(shown).toContain(words);
  });

  test.each([
    [
      "error",
      "emergency",
      "1 reply with an error that is enough by itself (READ)",
      "An error that is enough by itself",
    ],
    [
      "latency",
      "emergency",
      "1 request that took too long (READ), up to 5\u00a0ms",
      "A reply that took far too long",
    ],
    ["latency", "slow", "1 request that took too long (READ), up to 5\u00a0ms", "Slow replies"],
    ["error", "error", "1 reply with an error (READ)", "Failed requests"],
    ["stuck", "hung", "1 request without a reply (READ), the oldest for 5\u00a0ms", "No reply"],
  ])("of a rule of type %s describes kind %s as: %s", (type, kind, words, title) => {
    const evidence = [{ time_utc: "2026-11-25T09:12:14Z", command: "SMB2_READ", latency_ns: 5e6 }];
    const page = pageOf({ manifest: { rule: "r", type, kind, evidence } });
    expect(page).toContain(`tripped: ${words}.`);
    expect(page).toContain(`<p class="kicker">${title}, seen by`);
  });

  test("distinguishes operations that cannot be sent from requests, and 32 requests from more", () => {
    const waiting = { state: "waiting", command: "", latency_ns: 2e9 };
    const open = { state: "in_flight", command: "SMB2_WRITE", latency_ns: 3e9 };
    const story = (evidence: readonly unknown[]) =>
      pageOf({ manifest: { rule: "r", kind: "hung", evidence } });
    expect(story([waiting, open, waiting])).toContain(
      "1 request without a reply and 2 operations that could not be sent (WRITE), the oldest for 3\u00a0s",
    );
    expect(story(new Array(32).fill(open))).toContain("at least 32 requests without a reply");
  });

  test("counts processes and not rows, and names the scope of its figures", () => {
    const row = (id: number, share: string) =>
      `2026-11-25T09:12:14.000000Z,${id}000,5000000,done,SMB2_READ,,,0x1,0x1,${id},7,7,p,${share}\n`;
    const rows = [row(1, "//a/x"), row(2, "//a/y"), row(3, "//b/z")].join("");
    const manifest = { share: "//a", triggered_at: "2026-11-25T09:12:14.000000Z" };
    const page = pageOf({ manifest, requests: readRequests(encode(HEAD + rows)) });
    expect(page).toContain("1 process waited 15\u00a0ms in total during the incident.");
    expect(page).toContain("of all requests to this server");
    expect(page).toContain(
      'aria-label="3 requests by time and latency, from 5\u00a0ms to 5\u00a0ms; none in flight.',
    );
    const one = pageOf({ requests: readRequests(encode(HEAD + row(1, "//a/x"))) });
    expect(one).toContain('aria-label="1 request by time');
  });

  test("says how many requests are not drawn, because their latency is not known", () => {
    const row = "2026-11-25T09:12:14.000000Z,1000,,done,SMB2_READ,,,0x1,0x1,1,7,7,p,//a/x\n";
    expect(pageOf({ requests: readRequests(encode(HEAD + row)) })).toContain(
      "The latency of 1 request is not known: it is not drawn.",
    );
  });

  test.each(["constructor", "__proto__", "toString"])("treats a name of JavaScript as a name: %s", (name) => {
    const row = `2026-11-25T09:12:14.000000Z,1000,,${name},${name},${name},${name},0x1,0x1,1,7,7,${name},${name}\n`;
    const actions = [{ name, status: name, reason: name }];
    const page = pageOf({
      manifest: { kind: name, type: name, rule: name, trigger: name, actions, losses: { [name]: 1 } },
      requests: readRequests(encode(HEAD + row)),
    });
    expect(page).toContain("An incident, seen by");
    expect(page).toContain(`! ${name}</span>`);
    expect(page).not.toContain("[object");
  });

  test("draws everyday answers faintly, and failures over everything else", () => {
    const replied = (id: number, latency: number, reply: string) =>
      `2026-11-25T09:12:14.000000Z,${id}000000,${latency},error,${reply},0x1,0x1,${id},7,7,p,//a/x\n`;
    const rows = [
      replied(1, 1e6, "SMB2_QUERY_DIRECTORY,0x80000006,ENOENT"),
      replied(2, 1e8, "SMB2_WRITE,0xc000007f,ENOSPC"),
    ];
    const page = pageOf({ requests: readRequests(encode(HEAD + rows.join(""))) });
    const drawn = [...page.matchAll(/<path class="dots ([^"]*)"/g)].map(([, names]) => names);
    expect(drawn).toEqual(["faint c4", "c1", "bad"]);
    expect(page.includes("everyday answer (no such file, end of list)</li>")).toBe(true);
    const without = pageOf({ requests: readRequests(encode(HEAD + (rows[1] ?? ""))) });
    expect(without.includes("end of list)</li>")).toBe(false);
  });

  test("draws nothing for requests without a figure", () => {
    const time = "2026-11-25T09:12:14.000000Z";
    const row = (id: number, state: string) =>
      `${time},${id}000,,${state},SMB2_READ,,,0x1,0x1,${id},7,7,p,//a/x\n`;
    const evidence = [{ time_utc: time, message_id: "0" }];
    const requests = readRequests(encode(HEAD + row(0, "done") + row(1, "in_flight")));
    const page = pageOf({ manifest: { evidence, triggered_at: time }, requests });
    const drawn = page.slice(page.indexOf("<main>"), page.indexOf('<script type="application/json"'));
    expect(drawn).not.toContain("NaN");
  });

  test("is complete and shows no invalid figure, whatever values a manifest and requests.csv contain", () => {
    const random = seeded();
    const story = aStory(40);
    const manifest = new TextDecoder().decode(story.files.get("manifest.json"));
    const [head = "", ...rows] = new TextDecoder()
      .decode(story.files.get("requests.csv"))
      .trimEnd()
      .split("\n");
    for (let round = 0; round < 100; round++) {
      const spoilt = JSON.parse(manifest);
      for (let i = random.int(1, 6); i > 0; i--) spoil(spoilt);
      const lines = rows.map((row) => {
        const cells = row.split(",");
        cells[random.int(0, cells.length - 1)] = random.pick(CELLS);
        return `${cells.join(",")}\n`;
      });
      const requests = readRequests(encode(`${head}\n${lines.join("")}`));
      const page = pageOf({ manifest: spoilt, requests, files: story.files });
      const shown = page.slice(page.indexOf("<main>"), page.indexOf('<section aria-labelledby="files"'));
      expect(shown, random.seedText).not.toMatch(/NaN|undefined|Infinity|\[object/);
      expect(page, random.seedText).toEndWith("</body></html>\n");
    }

    function spoil(value: Record<string, unknown>): void {
      const keys = Object.keys(value);
      const key = keys[random.int(0, keys.length - 1)] ?? "";
      const inner = value[key];
      const isDeep = typeof inner === "object" && inner !== null && Object.keys(inner).length > 0;
      if (isDeep && random.chance(0.7)) spoil(inner as Record<string, unknown>);
      else value[key] = structuredClone(random.pick(VALUES));
    }
  });

  test("of a huge file shows its beginning and its end, and says how much is left out", () => {
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

  test("is bounded for any number of requests and names", () => {
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
    ["the same in exponential form", "1e308"],
    ["a negative number", `-${"9".repeat(300)}`],
    ["more than any uptime", "9".repeat(19)],
    ["an empty text", ""],
    ["not a number", "soon"],
  ])("counts rows whose time is %s, and shows the others", (_, bootNs) => {
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

  test.each([
    ["of nothing but line feeds", "\n".repeat(3e7)],
    ["of one endless line", ",".repeat(3e7)],
    ["of one endless word", `"${"x".repeat(3e7)}`],
  ])("is complete for a file %s", (_, text) => {
    // Quadratic time for 30 MB would exceed the limit of any test.
    const requests = readRequests(encode(HEAD + text));
    expect(requests.count).toBe(0);
    expect(requests.unreadable + requests.leftOut).toBe(text.startsWith("\n") ? 3e7 : 1);
    expect(pageOf({ requests }).length).toBeLessThan(200_000);
  });

  test("is bounded for texts of any length in the manifest", () => {
    const long = "x".repeat(1e6);
    const manifest = { host: long, kernel: long, verdict: { cause: "host", because: [long, long] } };
    expect(pageOf({ manifest: { ...manifest, losses: { [long]: 1 } } }).length).toBeLessThan(100_000);
  });

  test("of unreadable rows does not call the recorder empty", () => {
    const page = pageOf({ requests: readRequests(encode(`${HEAD}x\n`)) });
    expect(page).toContain("No row of requests.csv could be read.");
  });

  test("has a headline for every cause", () => {
    for (const cause of CAUSES) {
      expect(pageOf({ manifest: { verdict: { cause, confidence: 0.5, because: ["x"] } } })).toContain(
        CAUSE_HEADLINES[cause],
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
