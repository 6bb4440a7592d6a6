import { describe, expect, test } from "bun:test";
import { COMMAND, COMMANDS } from "../../src/model/command.ts";
import { ERRNO, ERRNO_COUNT, errnoName } from "../../src/model/errno.ts";
import {
  classifyOperationFailure,
  countsOperation,
  type OperationFailureClass,
} from "../../src/model/operation-failure.ts";
import { anErrorRule } from "../helpers/rule.ts";

const SHORT_NS = 20e3;
const LONG_NS = 3e9;

describe("an operation that fails without a request", () => {
  test.each<[OperationFailureClass, readonly (keyof typeof ERRNO)[]]>([
    ["failure", ["EHOSTDOWN", "ENOKEY", "EKEYEXPIRED", "EKEYREVOKED", "EKEYREJECTED", "ECONNABORTED"]],
    ["failure", ["ETIMEDOUT", "EIO", "ENOTCONN", "ECONNREFUSED", "EHOSTUNREACH", "ENOMEM", "ENOSPC"]],
    ["everyday", ["ENOENT", "ENODATA", "EOPNOTSUPP", "ENOTTY", "EXDEV", "EINVAL", "ENAMETOOLONG", "ERANGE"]],
    ["everyday", ["EEXIST", "EACCES", "EPERM", "ESTALE", "EISDIR", "ENOTEMPTY"]],
    ["step", ["EINTR", "ECHILD", "ERESTART"]],
  ])("is a %s with %p", (expected, names) => {
    for (const name of names)
      for (const latencyNs of [SHORT_NS, LONG_NS])
        expect(classifyOperationFailure(ERRNO[name], latencyNs), name).toBe(expected);
  });

  test("with EAGAIN is a conflict of locks where it was at once, else a session that can't be set up", () => {
    expect(classifyOperationFailure(ERRNO.EAGAIN, SHORT_NS)).toBe("everyday");
    expect(classifyOperationFailure(ERRNO.EAGAIN, LONG_NS)).toBe("failure");
  });

  test("of a killed task never counts: the kernel's own numbers are recorded as 255", () => {
    const rule = anErrorRule({ namedErrnos: [255, ERRNO.EINTR] });
    expect(countsOperation(rule, 255, LONG_NS)).toBe(false);
    expect(countsOperation(rule, ERRNO.EINTR, LONG_NS)).toBe(false);
  });

  test("counts for a rule of all commands, with an everyday errno only where the rule names it", () => {
    for (let errno = 1; errno < ERRNO_COUNT; errno++) {
      const failureClass = classifyOperationFailure(errno, LONG_NS);
      const named = countsOperation(anErrorRule({ errnos: [errno], namedErrnos: [errno] }), errno, LONG_NS);
      const unnamed = countsOperation(anErrorRule({ errnos: [errno] }), errno, LONG_NS);
      expect([unnamed, named], errnoName(errno)).toEqual([
        failureClass === "failure",
        failureClass !== "step",
      ]);
    }
  });

  test("is nothing to a rule that excludes its errno, that is about some commands, or that trips by a share of replies", () => {
    const down = ERRNO.EHOSTDOWN;
    const commands = COMMANDS.map((_, command) => command === COMMAND.SMB2_WRITE);
    const rate = { acceptableShare: 0.01, minReplies: 100 };
    expect(countsOperation(anErrorRule({ errnos: [ERRNO.EIO] }), down, LONG_NS)).toBe(false);
    expect(countsOperation({ ...anErrorRule(), commands }, down, LONG_NS)).toBe(false);
    expect(countsOperation({ ...anErrorRule(), rate }, down, LONG_NS)).toBe(false);
    expect(countsOperation(anErrorRule(), down, LONG_NS)).toBe(true);
  });
});
