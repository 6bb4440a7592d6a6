import { describe, expect, test } from "bun:test";
import { factsOfReply } from "../../src/detector/facts.ts";
import { COMMAND } from "../../src/model/command.ts";
import { FLAG } from "../../src/model/request.gen.ts";
import { isTrustedReply } from "../../src/model/request.ts";
import { aRequest } from "../helpers/request.ts";

describe("isTrustedReply", () => {
  test.each<[string, number, boolean]>([
    ["replied", FLAG.REPLIED, true],
    ["replied with an error", FLAG.REPLIED | FLAG.ERRORED, true],
    ["no reply", 0, false],
    ["tail", FLAG.TAIL, false],
    ["superseded", FLAG.SUPERSEDED, false],
    ["reaped", FLAG.REAPED, false],
    ["replied, but ambiguous", FLAG.REPLIED | FLAG.AMBIGUOUS, false],
  ])("%s: %p", (_, flags, expected) => {
    expect(isTrustedReply(flags)).toBe(expected);
  });
});

describe("factsOfReply", () => {
  test("an errno without the error flag is ignored", () => {
    expect(factsOfReply(aRequest({ errno: 13, flags: FLAG.REPLIED }), false)).toMatchObject({
      errno: 0,
      statusClass: undefined,
    });
  });

  test("an IPC$ share excuses only commands that may block there", () => {
    const ioctl = aRequest({ command: COMMAND.SMB2_IOCTL });
    expect(factsOfReply(ioctl, true).mayBlock).toBe(true);
    expect(factsOfReply(ioctl, false).mayBlock).toBe(false);
    expect(factsOfReply(aRequest({ command: COMMAND.SMB2_READ }), true).mayBlock).toBe(false);
  });
});
