import { describe, expect, test } from "bun:test";
import { parseUevent } from "../../src/system/uevents.ts";

describe("a kernel notice", () => {
  test.each([
    ["add@/module/cifs\0ACTION=add\0DEVPATH=/module/cifs\0", { action: "add", devpath: "/module/cifs" }],
    ["remove@/module/cifs\0ACTION=remove\0", { action: "remove", devpath: "/module/cifs" }],
    ["libudev\0\xfe\xed\xca\xfe", undefined],
    ["", undefined],
    ["@/x\0", undefined],
  ])("%j", (text, expected) => {
    expect(parseUevent(text)).toEqual(expected);
  });
});
