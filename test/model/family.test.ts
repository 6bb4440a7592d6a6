import { describe, expect, test } from "bun:test";
import type { AnomalyKind } from "../../src/model/anomaly.ts";
import { ERRNO } from "../../src/model/errno.ts";
import { familyOf } from "../../src/model/family.ts";
import { KIND, SIGNAL } from "../../src/model/request.gen.ts";
import type { RuleType } from "../../src/model/rule.ts";
import { aRequest } from "../helpers/request.ts";

const { RECONNECT, SES_EXPIRED, KEY_EXPIRED, TREE_CONNECT_ERR } = SIGNAL;

function signal(command: number, errno: number = ERRNO.EACCES) {
  return aRequest({ kind: KIND.SIGNAL, command, errno });
}

describe("familyOf", () => {
  const rows: readonly (readonly [RuleType, AnomalyKind, string])[] = [
    ["latency", "slow", "availability"],
    ["latency", "emergency", "availability"],
    ["latency", "hung", "availability"],
    ["stuck", "hung", "availability"],
    ["error", "error", "refusals"],
    ["error", "emergency", "refusals"],
    ["signal", "signal", "availability"],
  ];
  test.each(rows)(
    "an anomaly of type %s and kind %s is of the family of its rule: %s",
    (type, kind, family) => {
      expect(familyOf({ ruleType: type, kind, evidence: [] })).toBe(family as "availability");
    },
  );

  test.each([SES_EXPIRED, KEY_EXPIRED, TREE_CONNECT_ERR])("signal %i is a refusal", (number) => {
    const evidence = [signal(number), signal(number)];
    expect(familyOf({ ruleType: "signal", kind: "signal", evidence })).toBe("refusals");
  });

  test("operations that could not reach their server are availability, those that were refused are not", () => {
    const failed = (errno: number) => aRequest({ kind: KIND.OPERATION, errno });
    const family = (...errnos: readonly number[]) =>
      familyOf({ ruleType: "error", kind: "error", evidence: errnos.map(failed) });
    expect(family(ERRNO.EHOSTDOWN, ERRNO.EAGAIN)).toBe("availability");
    expect(family(ERRNO.EHOSTDOWN, ERRNO.ENOKEY)).toBe("refusals");
    const replied = aRequest({ kind: KIND.REQUEST, errno: ERRNO.EAGAIN });
    expect(familyOf({ ruleType: "error", kind: "error", evidence: [replied] })).toBe("refusals");
  });

  test("one lost connection among refused sessions makes it availability", () => {
    const evidence = [signal(SES_EXPIRED), signal(RECONNECT)];
    expect(familyOf({ ruleType: "signal", kind: "signal", evidence })).toBe("availability");
  });

  test("a share that could not be connected because no reply came is availability", () => {
    const evidence = [signal(TREE_CONNECT_ERR, ERRNO.EHOSTDOWN)];
    expect(familyOf({ ruleType: "signal", kind: "signal", evidence })).toBe("availability");
  });
});
