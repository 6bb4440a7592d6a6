import { describe, expect, test } from "bun:test";
import { ASCII, glyphsOf, UNICODE } from "../../src/top/glyphs.ts";
import { clip, fit, harmless, joinParts, pad, plainText, span, spread, widthOf } from "../../src/top/line.ts";

describe("a name", () => {
  test.each([
    ["//files/db", "//files/db", "//files/db"],
    ["\u001b[2Jx\u009b", "\\u001b[2Jx\\u009b", "\\u001b[2Jx\\u009b"],
    ["a\u200db\u{e0041}\ufe0f", "a\\u{200d}b\\u{e0041}\\u{fe0f}", "a\\u{200d}b\\u{e0041}\\u{fe0f}"],
    ["größe", "größe", "gr\\u{f6}\\u{df}e"],
  ])("%j is made harmless", (name, unicode, ascii) => {
    expect([harmless(name, UNICODE), harmless(name, ASCII)]).toEqual([unicode, ascii]);
  });

  test("is cut at its end, or in its middle if both ends matter", () => {
    expect(fit("//files.example.com/db", 12, UNICODE)).toBe("//files.exa…");
    expect(fit("//files.example.com/db", 12, UNICODE, "left", "ends")).toBe("//fi….com/db");
  });

  test("with wide characters fills exactly its columns", () => {
    for (let columns = 0; columns < 20; columns++) {
      for (const keep of ["start", "ends"] as const) {
        expect(Bun.stringWidth(fit("文件服务器/数据库", columns, UNICODE, "right", keep))).toBe(columns);
      }
    }
  });
});

describe("a line", () => {
  const line = [span("文件"), span("abc", "strong")];

  test("is clipped between characters and padded", () => {
    expect(plainText(clip(line, 3))).toBe("文");
    expect(plainText(pad(line, 3))).toBe("文 ");
    expect(widthOf(pad(line, 9))).toBe(9);
  });

  test("has its right part at the right edge, and cuts the left one", () => {
    expect(plainText(spread([span("left side")], [span("right")], 16))).toBe("left side  right");
    expect(plainText(spread([span("left side")], [span("right")], 8))).toBe("lefright");
  });

  test("leaves out its lowest-ranked parts if there is no room", () => {
    const parts = [
      { rank: 2, line: [span("first")] },
      { rank: 1, line: [span("second")] },
      { rank: 3, line: [span("third")] },
    ];
    expect(plainText(joinParts(parts, 20))).toBe("first  second  third");
    expect(plainText(joinParts(parts, 19))).toBe("first  third");
    expect(plainText(joinParts(parts, 3))).toBe("thi");
  });
});

describe("the character set", () => {
  test.each([
    [{ LANG: "de_DE.UTF-8" }, UNICODE],
    [{ LANG: "de_DE.UTF-8", LC_ALL: "C" }, ASCII],
    [{ LC_CTYPE: "C.utf8", LC_ALL: "" }, UNICODE],
    [{}, ASCII],
  ])("for %j is that of its locale", (environment, glyphs) => expect(glyphsOf(environment)).toBe(glyphs));
});
