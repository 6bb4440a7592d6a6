// The report in a real browser: what readers see and do, and that the page loads nothing. The test leaves pictures of the
// page in build/report-pictures.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reportChunks } from "../../src/report/page.ts";
import { readRequests } from "../../src/report/read-requests.ts";
import { Browser, type Page, type Settings } from "../helpers/browser.ts";
import { ROOT } from "../helpers/program.ts";
import { aStory } from "../helpers/story.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const PICTURES = join(ROOT, "build/report-pictures");
const FILE = join(tempDir(), "report.html");
const HOSTILE_FILE = join(tempDir(), "hostile.html");
const DRAWN = "document.querySelector('.in-view tbody tr') !== null";

let browser: Browser;

function makePage(file: string, name: string, more: ReadonlyMap<string, Uint8Array> = new Map()): void {
  const story = aStory();
  const manifest = JSON.parse(new TextDecoder().decode(story.files.get("manifest.json")));
  const requests = readRequests(story.files.get("requests.csv") ?? new Uint8Array(0));
  const files = new Map([...story.files, ...more]);
  writeFileSync(file, Buffer.concat([...reportChunks({ name, manifest, requests, files })]));
}

async function open(settings: Settings = {}, file = FILE): Promise<Page> {
  const page = await browser.open(file, settings);
  await page.until(DRAWN);
  return page;
}

async function picture(page: Page, name: string): Promise<void> {
  writeFileSync(join(PICTURES, `${name}.png`), await page.picture());
}

/** Scrolls to the canvas and returns its place in the window. */
const SLOWEST_AT = `(() => {
  const canvas = document.querySelector("canvas");
  canvas.scrollIntoView({ block: "center", behavior: "instant" });
  const { x, y, width } = canvas.getBoundingClientRect();
  return { x, y, width };
})()`;

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  makePage(FILE, "aod_20261125T091214.482Z_no-reply");
  browser = await Browser.start();
});
afterAll(() => browser.close());

describe("the report", () => {
  test.each([
    ["light", {}],
    ["dark", { dark: true }],
    ["narrow", { width: 360, height: 740, scale: 2 }],
    ["wide", { width: 1920, height: 1200 }],
  ] as const)("loads nothing, has no errors, and fits its width: %s", async (name, settings) => {
    const page = await open(settings);
    expect(page.requests).toEqual([]);
    expect(page.complaints).toEqual([]);
    const widths = await page.evaluate<number[]>("[document.documentElement.scrollWidth, innerWidth]");
    expect(widths[0]).toBeLessThanOrEqual(widths[1] ?? 0);
    await picture(page, name);
  });

  test("draws all of 65,536 requests, and the drawing is not blank", async () => {
    const page = await open();
    const colours = await page.evaluate<number>(`(() => {
      const canvas = document.querySelector("canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const seen = new Set();
      for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
      return seen.size;
    })()`);
    expect(colours).toBeGreaterThan(100);
    expect(await page.evaluate<string>("document.querySelector('.in-view p').textContent")).toStartWith(
      "65,536 requests",
    );
  });

  test("shows the request at the pointer, and pins the one that is clicked", async () => {
    const page = await open();
    const { x, y, width } = await page.evaluate<{ x: number; y: number; width: number }>(SLOWEST_AT);
    // The bars of some requests without a reply extend to this place.
    let tip = "";
    let at = y;
    for (; at < y + 200 && tip === ""; at += 4) {
      await page.mouse("mouseMoved", x + width - 60, at);
      await page.evaluate("new Promise(requestAnimationFrame)");
      tip = await page.evaluate(
        "document.querySelector('.tip').hidden ? '' : document.querySelector('.tip').innerText",
      );
    }
    expect(tip).toMatch(
      /≥ 1?\d.*\ss (WRITE|READ|FLUSH)\nno reply yet\npostgres \(4100, thread \d+\)\n\/\/files\.example\.net\/projects\n.*message 50000\d/,
    );
    await page.mouse("mousePressed", x + width - 60, at - 4);
    await page.mouse("mouseReleased", x + width - 60, at - 4);
    await page.until("document.querySelector('.detail').textContent.includes('message id 50000')");
  });

  test("is used by keyboard alone: zoom, move, next slower and faster, all again", async () => {
    const page = await open();
    await page.evaluate("document.querySelector('canvas').focus()");
    const inView =
      "Number(document.querySelector('.in-view p').textContent.split(' ')[0].replaceAll(',', ''))";
    for (let i = 0; i < 4; i++) await page.key("+");
    await page.until(`${inView} < 40000`);
    const zoomed = await page.evaluate<number>(inView);
    for (let i = 0; i < 8; i++) await page.key("ArrowRight");
    await page.until(`${inView} !== ${zoomed}`);
    await page.key("0");
    await page.until(`${inView} === 65536`);
    const detail = "document.querySelector('.detail').textContent";
    await page.key("ArrowDown");
    await page.until(`${detail}.startsWith('WRITE ≥ 11.8')`);
    await page.key("ArrowDown");
    await page.until(`${detail}.startsWith('WRITE ≥ 11.2')`);
    await page.key("ArrowUp");
    await page.until(`${detail}.startsWith('WRITE ≥ 11.8')`);
    await page.key("Escape");
    await page.until(`${detail}.startsWith('Point at')`);
  });

  test("zooms by dragging, and by the wheel only with the focus", async () => {
    const page = await open();
    const { x, y, width } = await page.evaluate<{ x: number; y: number; width: number }>(SLOWEST_AT);
    const inView = "document.querySelector('.in-view p').textContent";
    await page.mouse("mouseWheel", x + width / 2, y + 100, { deltaX: 0, deltaY: -200 });
    await Bun.sleep(300);
    expect(await page.evaluate<string>(inView)).toStartWith("65,536");
    await page.evaluate("document.querySelector('canvas').focus({ preventScroll: true })");
    const { y: top } = await page.evaluate<{ y: number }>(SLOWEST_AT);
    await page.mouse("mouseWheel", x + width / 2, top + 100, { deltaX: 0, deltaY: -200 });
    await page.until(`!${inView}.startsWith('65,536')`);
    await page.key("0");
    await page.until(`${inView}.startsWith('65,536')`);
    await page.mouse("mousePressed", x + 100, top + 200);
    await page.mouse("mouseMoved", x + 300, top + 204);
    await page.mouse("mouseReleased", x + 300, top + 204);
    await page.until(`!${inView}.startsWith('65,536')`);
  });

  test("filters by command and by share", async () => {
    const page = await open();
    await page.evaluate("document.querySelector('.key').click()");
    await page.until("!document.querySelector('.in-view p').textContent.startsWith('65,536')");
    expect(await page.evaluate<string>("document.querySelector('.in-view tbody').innerText")).not.toContain(
      "READ",
    );
    await page.evaluate(
      `(() => { const s = document.querySelector('.shares select'); s.selectedIndex = s.options.length - 1; s.dispatchEvent(new Event('change')); })()`,
    );
    await page.until(
      "new Set([...document.querySelectorAll('.in-view td:nth-child(6)')].map((c) => c.textContent)).size === 1",
    );
  });

  test("copies itself as text for a ticket, and shows the text if the browser refuses to copy", async () => {
    const page = await open();
    const stub = (write: string) =>
      page.evaluate(
        `Object.defineProperty(navigator, "clipboard", { configurable: true, value: { writeText: ${write} } })`,
      );
    await stub("async (text) => { window.copied = text; }");
    await page.evaluate("document.querySelector('#copy').click()");
    await page.until("document.querySelector('#copy').textContent === 'Copied'");
    const copied = await page.evaluate<string>("window.copied");
    expect(copied).toStartWith("The server is to blame. (very likely, 86 %)\n");
    expect(copied).toContain("\nRequests that tripped the rule:\n- WRITE, ≥ 11.8 s, no reply yet,");
    expect(await page.evaluate<boolean>("document.querySelector('#ticket').hidden")).toBe(true);
    await stub("async () => { throw new DOMException('no', 'NotAllowedError'); }");
    await page.evaluate("document.querySelector('#copy').click()");
    await page.until("!document.querySelector('#ticket').hidden");
    expect(await page.evaluate<string>("String(getSelection())")).toStartWith("The server is to blame.");
    expect(page.complaints).toEqual([]);
  });

  test("has local time beside UTC", async () => {
    const page = await open({ timezone: "Asia/Kolkata" });
    expect(await page.evaluate<string>("document.querySelector('.kicker').textContent")).toEndWith(
      "25 Nov 2026, 09:12:12\u00a0UTC (14:42:12 GMT+5:30)",
    );
    await page.evaluate("document.querySelector('.pick').click()");
    await page.until(
      "document.querySelector('.detail').textContent.includes('sent 09:12:02.682 UTC (14:42:02 GMT+5:30)')",
    );
  });

  test("keeps rows of requests to one line on a phone, and hints at tables that scroll", async () => {
    const page = await open({ width: 360, height: 740 });
    const tables = await page.evaluate<{ highest: number; scrolls: boolean; shadows: number }[]>(
      `[...document.querySelectorAll("#evidence ~ .scroll, .in-view .scroll, #worst ~ .scroll")].map((scroll) => ({
        highest: Math.max(...[...scroll.querySelectorAll("tbody tr")].map((row) => row.getBoundingClientRect().height)),
        scrolls: scroll.scrollWidth > scroll.clientWidth,
        shadows: getComputedStyle(scroll).backgroundImage.split("linear-gradient").length - 1,
      }))`,
    );
    expect(tables).toHaveLength(3);
    for (const { highest, scrolls, shadows } of tables) {
      expect(highest).toBeLessThan(45);
      expect({ scrolls, shadows }).toEqual({ scrolls: true, shadows: 4 });
    }
  });

  test("turns dark and light by its button", async () => {
    const page = await open();
    const paper = "getComputedStyle(document.body).backgroundColor";
    const light = await page.evaluate<string>(paper);
    await page.evaluate("document.querySelector('#theme').click()");
    expect(await page.evaluate<string>(paper)).not.toBe(light);
    await page.evaluate("document.querySelector('#theme').click()");
    expect(await page.evaluate<string>(paper)).toBe(light);
  });

  test.each([
    ["light", {}],
    ["dark", { dark: true }],
    ["narrow", { width: 360, height: 740 }],
  ] as const)("has no barrier that axe finds: %s", async (_, settings) => {
    const page = await open(settings);
    await page.evaluate(readFileSync(join(ROOT, "node_modules/axe-core/axe.min.js"), "utf8"));
    const found = await page.evaluate<{ id: string; impact: string; nodes: string[] }[]>(
      `axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.slice(0, 3).map(({ html }) => html.slice(0, 200)) })))`,
    );
    expect(found).toEqual([]);
  });

  test("is complete without JavaScript, with a drawing instead of the plot", async () => {
    const page = await browser.open(FILE, { withoutScript: true });
    expect(page.complaints).toEqual([]);
    await picture(page, "without-script");
  });

  test("keeps the drawing without a canvas, and says why", async () => {
    const page = await browser.open(FILE, { withoutCanvas: true });
    expect(page.complaints).toEqual([]);
    const shown = await page.evaluate<string>(
      "document.querySelector('.static').checkVisibility() ? document.querySelector('#requests ~ .note').innerText : ''",
    );
    expect(shown).toStartWith("This browser has no canvas");
  });

  test("of a capture on demand has no button for the incident", async () => {
    const story = aStory(2000, { trigger: "manual", kind: "manual", evidence: [], reason: "it is slow" });
    const manifest = JSON.parse(new TextDecoder().decode(story.files.get("manifest.json")));
    const requests = readRequests(story.files.get("requests.csv") ?? new Uint8Array(0));
    const file = join(tempDir(), "manual.html");
    writeFileSync(file, Buffer.concat([...reportChunks({ ...story, manifest, requests })]));
    const page = await open({}, file);
    const toolbar = await page.evaluate<string>("document.querySelector('.toolbar').innerText");
    expect(toolbar.replaceAll(/\s+/g, " ")).toBe("All − +");
    expect(page.complaints).toEqual([]);
    await picture(page, "manual");
  });

  test("is printed with the drawing and without buttons", async () => {
    const page = await open({ width: 800 });
    await page.media("print");
    const shown = (selector: string) =>
      page.evaluate<boolean>(`document.querySelector('${selector}').checkVisibility()`);
    expect(await shown(".static")).toBe(true);
    expect(await shown("#plot")).toBe(false);
    expect(await shown("nav")).toBe(false);
    expect(await shown("#copy")).toBe(false);
    // A heading and its introduction must not be alone at the end of a page.
    for (const selector of ["h2", "h3", ".lead", "thead"])
      expect(
        await page.evaluate<string>(
          `getComputedStyle(document.querySelector('main ${selector}')).breakAfter`,
        ),
        selector,
      ).toBe("avoid");
    await picture(page, "print");
    writeFileSync(join(PICTURES, "print.pdf"), await page.pdf());
  });

  test("runs nothing of a hostile capture", async () => {
    const hostile =
      "</pre></script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">";
    makePage(HOSTILE_FILE, hostile, new Map([[`actions/${hostile}`, new TextEncoder().encode(hostile)]]));
    const page = await open({}, HOSTILE_FILE);
    expect(await page.evaluate<string>("document.title")).toStartWith("The server is to blame. – </pre>");
    expect(page.requests).toEqual([]);
    expect(page.complaints).toEqual([]);
  });
});
