import { describe, expect, test } from "bun:test";
import { judgeError } from "../../src/detector/error.ts";
import { factsInFlight, factsOfReply, type RuleJudgement } from "../../src/detector/facts.ts";
import { COMMAND, type CommandName } from "../../src/model/command.ts";
import { ERRNO } from "../../src/model/errno.ts";
import { FLAG } from "../../src/model/request.gen.ts";
import { aRequest } from "../helpers/request.ts";
import { anErrorRule } from "../helpers/rule.ts";
import { describeRule } from "./rule.contract.ts";

const ERRORED = FLAG.REPLIED | FLAG.ERRORED;
const ACCESS_DENIED = 0xc0000022;
const NAME_NOT_FOUND = 0xc0000034;
const NAME_DELETED = 0xc00000c9;
const MORE_PROCESSING = 0xc0000016;

function anError(ntStatus: number, errno: number, command: CommandName = "SMB2_CREATE") {
  return aRequest({ ntStatus, errno, command: COMMAND[command], flags: ERRORED });
}

describeRule({
  rule: anErrorRule({ acceptableCount: 3 }),
  counting: (startMs) => aRequest({ startMs, ntStatus: ACCESS_DENIED, errno: ERRNO.EACCES, flags: ERRORED }),
  passing: (startMs) => aRequest({ startMs, ntStatus: NAME_NOT_FOUND, errno: ERRNO.ENOENT, flags: ERRORED }),
});

describe("judgeError", () => {
  test.each<[string, Parameters<typeof anError>, Parameters<typeof anErrorRule>[0], RuleJudgement]>([
    ["a failure", [ACCESS_DENIED, ERRNO.EACCES], {}, "counts"],
    [
      "a failure of an errno that is not tracked",
      [ACCESS_DENIED, ERRNO.EACCES],
      { errnos: [ERRNO.EIO] },
      "passes",
    ],
    ["an everyday answer", [NAME_NOT_FOUND, ERRNO.ENOENT], {}, "passes"],
    ["an everyday answer, named", [NAME_NOT_FOUND, ERRNO.ENOENT], { namedErrnos: [ERRNO.ENOENT] }, "counts"],
    [
      "an everyday answer, named and excluded",
      [NAME_NOT_FOUND, ERRNO.ENOENT],
      { errnos: [], namedErrnos: [ERRNO.ENOENT] },
      "passes",
    ],
    ["a step", [MORE_PROCESSING, ERRNO.EIO, "SMB2_SESSION_SETUP"], { namedErrnos: [ERRNO.EIO] }, "passes"],
    ["an unknown status", [0xc0000fff, ERRNO.EIO], {}, "counts"],
    [
      "a status that is named, whatever its errno",
      [ACCESS_DENIED, ERRNO.EACCES],
      { errnos: [], statuses: { [ACCESS_DENIED]: true } },
      "counts",
    ],
    [
      "an everyday answer whose status is named",
      [NAME_NOT_FOUND, ERRNO.ENOENT],
      { statuses: { [NAME_NOT_FOUND]: true } },
      "counts",
    ],
    [
      "a failure whose status is excluded",
      [ACCESS_DENIED, ERRNO.EACCES],
      { statuses: { [ACCESS_DENIED]: false } },
      "passes",
    ],
    ["a trouble status", [NAME_DELETED, ERRNO.EREMCHG], { emergency: { [NAME_DELETED]: true } }, "emergency"],
    [
      "a trouble status that the rule does not count",
      [NAME_DELETED, ERRNO.EREMCHG],
      { errnos: [ERRNO.EIO], emergency: { [NAME_DELETED]: true } },
      "passes",
    ],
    [
      "a trouble status that is a step of the protocol for this command",
      [NAME_DELETED, ERRNO.EREMCHG, "SMB2_TREE_DISCONNECT"],
      { emergency: { [NAME_DELETED]: true } },
      "passes",
    ],
    ["a command that the rule does not cover", [ACCESS_DENIED, ERRNO.EACCES], { commands: [] }, "passes"],
  ])("%s", (_, error, rule, expected) => {
    expect(judgeError(anErrorRule(rule), factsOfReply(anError(...error), false))).toBe(expected);
  });

  test("a reply without an error passes, whatever its other fields contain", () => {
    const request = { ...anError(ACCESS_DENIED, ERRNO.EACCES), flags: FLAG.REPLIED };
    expect(judgeError(anErrorRule(), factsOfReply(request, false))).toBe("passes");
  });

  test("a request in flight has no error", () => {
    expect(judgeError(anErrorRule(), factsInFlight(COMMAND.SMB2_READ, 1e12, false))).toBe("passes");
  });
});
