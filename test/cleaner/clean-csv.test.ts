import { describe, expect, test } from "bun:test";
import { cleanRequests } from "../../src/cleaner/clean-csv.ts";
import { REQUEST_COLUMNS } from "../../src/model/request-columns.ts";
import { makeScrubber } from "../../src/scrubber/scrubber.ts";
import { BUILT_IN_RULES } from "../helpers/scrubber.ts";

const HEAD = REQUEST_COLUMNS.join(",");
const row = (comm: string, share: string) =>
  `2026-11-23T01:23:45.678000Z,1,-2,done,SMB2_READ,0x00000000,,0x1,0x2,3,4,5,${comm},${share}`;

function clean(text: string, scrubber = BUILT_IN_RULES) {
  const file = new TextEncoder().encode(text);
  const { content, count } = cleanRequests(file, scrubber);
  return { text: new TextDecoder().decode(content), count, isSame: content === file };
}

describe("requests.csv of a stored capture", () => {
  test("keeps its bytes if it holds no secret", () => {
    const text = `${HEAD}\n${row("postgres", '"//files/a,""b"""')}\n${row("'=cmd", "//files/data")}\n`;
    expect(clean(text)).toEqual({ text, count: 0, isSame: true });
  });

  test("loses every occurrence of the secrets in its names, and nothing else", () => {
    const hidden = row("postgres", "//joe:hunter2@files/data");
    const kept = row("'=cmd", '"//files/a,""b"""');
    const cleaned = hidden.replace("hunter2", "[scrubbed]");
    expect(clean(`${HEAD}\n${hidden}\n${kept}\n${hidden}\n`)).toEqual({
      text: `${HEAD}\n${cleaned}\n${kept}\n${cleaned}\n`,
      count: 2,
      isSame: false,
    });
  });

  test("keeps a quoted cell quoted, and the protection against formulas", () => {
    const { text } = clean(`${HEAD}\n${row("'=cmd", '"//joe:hunter2@files/a,""b"""')}\n`);
    expect(text).toBe(`${HEAD}\n${row("'=cmd", '"//joe:[scrubbed]@files/a,""b"""')}\n`);
  });

  test("loses the operator's own words, but no figure that contains one", () => {
    const scrubber = makeScrubber({ words: ["2026", "files"], patterns: [] });
    const { text, count } = clean(`${HEAD}\n${row("sh", "//files/data")}\n`, scrubber);
    expect(text).toBe(`${HEAD}\n${row("sh", "//[scrubbed]/data")}\n`);
    expect(count).toBe(1);
  });

  test("is searched as plain text if it is not aod's, and so is a line that is not a row", () => {
    expect(clean("a,b\nuser=u,password=hunter2,c\n")).toMatchObject({
      text: "a,b\nuser=u,password=[scrubbed],c\n",
    });
    expect(clean(`${HEAD}\npassword=hunter2\n`).text).toBe(`${HEAD}\npassword=[scrubbed]\n`);
    const long = `${"x".repeat(10_000)} password=hunter2`;
    expect(clean(`${HEAD}\n${long}\n`).text).toBe(`${HEAD}\n${long.replace("hunter2", "[scrubbed]")}\n`);
    expect(clean(`${HEAD},note\n${row("sh", "//f/d")},password=hunter2\n`).text).toContain(
      ",password=[scrubbed]\n",
    );
  });
});
