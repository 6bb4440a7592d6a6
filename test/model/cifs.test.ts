import { describe, expect, test } from "bun:test";
import { shareOf } from "../../src/model/cifs.ts";

describe("shareOf", () => {
  test.each([
    ["\\\\server\\share", "//server/share"],
    ["\\\\127.0.0.1\\IPC$", "//127.0.0.1/IPC$"],
    ["", ""],
  ])("%j is %j", (unc, share) => {
    expect(shareOf(unc)).toBe(share);
  });
});
