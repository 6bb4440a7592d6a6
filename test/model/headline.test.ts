import { describe, expect, test } from "bun:test";
import { ERRNO } from "../../src/model/errno.ts";
import { headlineOf, mainMeaning } from "../../src/model/headline.ts";
import { aRefusal } from "../helpers/facts.ts";

const full = aRefusal("SMB2_WRITE", 0xc000_007f, 12);
const share = "//files/full";

describe("the headline", () => {
  test("names the culprit where nothing was refused", () => {
    expect(headlineOf({ cause: "network", statuses: [], share })).toBe("The network is to blame.");
  });

  test("names the status with its count, and the share", () => {
    expect(headlineOf({ cause: "server", statuses: [full], share })).toBe(
      "The server refuses: disk full (STATUS_DISK_FULL 12 ×, //files/full).",
    );
    expect(mainMeaning([full])?.advice).toMatch(/Free space/);
  });

  test("names the errno of operations that failed without a request", () => {
    const statuses = [{ command: undefined, ntStatus: 0, errno: ERRNO.ENOKEY, count: 7 }];
    expect(headlineOf({ cause: "session", statuses, share: "" })).toBe(
      "Operations fail without a request: the kernel has no valid key or ticket for the session (ENOKEY 7 ×).",
    );
  });

  test("names a status that the table does not know", () => {
    expect(headlineOf({ cause: "unknown", statuses: [aRefusal("SMB2_READ", 0xc0de_0001, 3)], share })).toBe(
      "The server refuses (0xC0DE0001 3 ×, //files/full).",
    );
  });
});
