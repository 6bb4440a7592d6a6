import { describe, expect, test } from "bun:test";
import { html, scriptJson, visible } from "../../src/report/html.ts";

describe("html", () => {
  test("escapes every value", () => {
    const hostile = `"><script>alert('1')</script>&amp;`;
    expect(html`<p title="${hostile}">${hostile}</p>`.text).toBe(`<p title="${escaped}">${escaped}</p>`);
  });
  const escaped = "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;";

  test("nests its own results, joins lists, and leaves out missing values", () => {
    expect(
      html`<ul>${["a", 1].map((one) => html`<li>${one}</li>`)}${undefined}${null}${false}</ul>`.text,
    ).toBe("<ul><li>a</li><li>1</li></ul>");
  });

  test.each([
    ["an escape sequence", "a\u001b[31mb", "a\\x1b[31mb"],
    ["a NUL", "\0", "\\x00"],
    ["text with a changed direction", "a\u202egnp.exe", "a\\u202egnp.exe"],
    ["isolates", "\u2066x\u2069", "\\u2066x\\u2069"],
    ["a zero-width space", "a\u200bb", "a\\u200bb"],
    ["a lone surrogate", "\ud800x", "\\ud800x"],
    ["line feeds and tabs, which stay", "a\n\tb", "a\n\tb"],
    ["letters of any script, which stay", "日本 שלום Ω 😀", "日本 שלום Ω 😀"],
  ])("shows invisible characters: %s", (_, text, shown) => {
    expect(visible(text)).toBe(shown);
    expect(html`${text}`.text).toBe(shown);
  });

  test("JSON in a script element cannot end it", () => {
    const text = scriptJson({ a: "</script><!--\u2028" });
    expect(text).not.toContain("<");
    expect(JSON.parse(text)).toEqual({ a: "</script><!--\u2028" });
  });
});
