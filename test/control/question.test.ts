// Valid and invalid questions.

import { describe, expect, test } from "bun:test";
import { QUESTION_MAX_BYTES, REASON_MAX_CHARS } from "../../src/api/protocol.ts";
import { readQuestion } from "../../src/control/question.ts";

describe("a question", () => {
  test.each(["status", "incidents", "reload", "snapshot"] as const)(
    "may be %s without further fields",
    (ask) => {
      expect(readQuestion(JSON.stringify({ version: 1, ask })).question).toEqual({ version: 1, ask });
    },
  );

  test("for live figures has an interval, one second by default", () => {
    expect(readQuestion('{"version":1,"ask":"live"}').question).toMatchObject({ every_ms: 1000 });
    expect(readQuestion('{"version":1,"ask":"live","every_ms":250}').question).toMatchObject({
      every_ms: 250,
    });
  });

  test("with the longest reason fits, whatever its characters", () => {
    const reason = "\u0000".repeat(REASON_MAX_CHARS);
    const line = JSON.stringify({ version: 1, ask: "snapshot", reason });
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(QUESTION_MAX_BYTES);
    expect(readQuestion(line).question).toMatchObject({ reason });
  });

  test.each([
    ["", "USAGE"],
    ["status", "USAGE"],
    ["null", "USAGE"],
    ["[]", "USAGE"],
    ["{}", "USAGE"],
    ['{"version":1}', "USAGE"],
    ['{"version":1,"ask":"__proto__"}', "USAGE"],
    ['{"version":1,"ask":"status","more":1}', "USAGE"],
    ['{"version":1,"ask":"live","every_ms":0}', "USAGE"],
    ['{"version":1,"ask":"live","every_ms":"1000"}', "USAGE"],
    [`{"version":1,"ask":"snapshot","reason":"${"x".repeat(REASON_MAX_CHARS + 1)}"}`, "USAGE"],
    ['{"version":2,"ask":"status"}', "VERSION"],
    ["\u0000\u00ff", "USAGE"],
  ] as const)("is refused with an error: %j", (line, code) => {
    const asked = readQuestion(line);
    expect(asked).toMatchObject({ question: undefined, answer: { type: "error", code } });
  });
});
