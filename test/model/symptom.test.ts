import { describe, expect, test } from "bun:test";
import { ERRNO } from "../../src/model/errno.ts";
import { FLAG, KIND, SIGNAL } from "../../src/model/request.gen.ts";
import { symptomOf } from "../../src/model/symptom.ts";
import { aRequest } from "../helpers/request.ts";

describe("the symptom of a piece of evidence", () => {
  const refusal = { flags: FLAG.REPLIED | FLAG.ERRORED, ntStatus: 0xc000_007f, errno: ERRNO.ENOSPC };

  test.each([
    ["a reply that took too long", { latencyMs: 300 }, "latency", "late"],
    ["a slow reply that is an everyday refusal", { ...refusal, latencyMs: 300 }, "latency", "late"],
    ["a request without a reply", { latencyMs: 0 }, "latency", "missing"],
    ["a request that is stuck", { latencyMs: 0 }, "stuck", "missing"],
    ["a refusal in time", { ...refusal, latencyMs: 2 }, "error", "refused"],
    ["a refusal that took its time", { ...refusal, latencyMs: 9000 }, "error", "refused"],
    ["an operation that does not end", { kind: KIND.OPERATION, latencyMs: 0 }, "stuck", "missing"],
    ["an operation without a key", { kind: KIND.OPERATION, errno: ERRNO.ENOKEY }, "error", "refused"],
    [
      "an operation on a lost connection",
      { kind: KIND.OPERATION, errno: ERRNO.EHOSTDOWN },
      "error",
      "missing",
    ],
    ["a lost connection", { kind: KIND.SIGNAL, command: SIGNAL.RECONNECT }, "signal", "missing"],
    ["an expired session", { kind: KIND.SIGNAL, command: SIGNAL.SES_EXPIRED }, "signal", "refused"],
  ] as const)("of %s", (_, parts, ruleType, symptom) => {
    expect(symptomOf(aRequest(parts), ruleType)).toBe(symptom);
  });
});
