import { describe, expect, test } from "bun:test";
import { ERRNO } from "../../src/model/errno.ts";
import { familyOf } from "../../src/model/family.ts";
import { isRefusalSignal, isUnreached } from "../../src/model/refusal-evidence.ts";
import { KIND, SIGNAL } from "../../src/model/request.gen.ts";
import { SIGNAL_NAMES, signalNumber } from "../../src/model/signal.ts";
import { symptomOf } from "../../src/model/symptom.ts";
import { aRequest } from "../helpers/request.ts";

const NO_CONNECTION = [
  ...["EAGAIN", "EPIPE", "ENETDOWN", "ENETUNREACH", "ECONNABORTED", "ECONNRESET", "ENOTCONN"],
  ...["ESHUTDOWN", "ETIMEDOUT", "ECONNREFUSED", "EHOSTDOWN", "EHOSTUNREACH"],
] as const;

const operation = (errno: number) => aRequest({ kind: KIND.OPERATION, errno });
const signal = (command: number, errno = 0) => aRequest({ kind: KIND.SIGNAL, command, errno });

describe("evidence that is no reply", () => {
  test.each(NO_CONNECTION)("is no refusal where the errno is %s: there was no connection", (name) => {
    const errno = ERRNO[name as keyof typeof ERRNO];
    expect(isUnreached(operation(errno))).toBe(true);
    expect(isRefusalSignal(signal(SIGNAL.TREE_CONNECT_ERR, errno))).toBe(false);
  });

  test.each(["ENOKEY", "EACCES", "EKEYREJECTED", "ENOENT", "EIO"] as const)(
    "is not unreached with %s",
    (name) => {
      expect(isUnreached(operation(ERRNO[name]))).toBe(false);
      expect(isRefusalSignal(signal(SIGNAL.TREE_CONNECT_ERR, ERRNO[name]))).toBe(true);
    },
  );

  test("is a refusal where a session, a key or a share is rejected, and by no other signal", () => {
    const refusals = SIGNAL_NAMES.filter((name) => isRefusalSignal(signal(signalNumber(name) ?? -1)));
    expect(refusals.toSorted()).toEqual(["key_expired", "ses_expired", "session_setup_failed", "tcon"]);
  });

  test("is no refusal where the client has no session of that id: the server said nothing", () => {
    expect(isRefusalSignal(signal(SIGNAL.SES_NOT_FOUND))).toBe(false);
  });

  test("has the family and the symptom that belong together, whatever signal and errno", () => {
    for (const errno of Object.values(ERRNO)) {
      for (const name of SIGNAL_NAMES) {
        const evidence = signal(signalNumber(name) ?? -1, errno);
        const family = familyOf({ ruleType: "signal", kind: "signal", evidence: [evidence] });
        expect([name, errno, symptomOf(evidence, "signal")]).toEqual([
          name,
          errno,
          family === "refusals" ? "refused" : "missing",
        ]);
      }
      const failed = operation(errno);
      const family = familyOf({ ruleType: "error", kind: "error", evidence: [failed] });
      expect([errno, symptomOf(failed, "error")]).toEqual([
        errno,
        family === "refusals" ? "refused" : "missing",
      ]);
    }
  });
});
