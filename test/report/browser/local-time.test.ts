import { expect, test } from "bun:test";
import { localTime } from "../../../src/report/browser/local-time.ts";

const WINTER = Date.UTC(2026, 10, 25, 9, 12, 3);
const SUMMER = Date.UTC(2026, 6, 1, 23, 59, 59);

test.each([
  ["Europe/Berlin", WINTER, "10:12:03 GMT+1"],
  ["Europe/Berlin", SUMMER, "01:59:59 GMT+2"],
  ["Asia/Kolkata", WINTER, "14:42:03 GMT+5:30"],
  ["America/New_York", WINTER, "04:12:03 GMT-5"],
  ["UTC", WINTER, ""],
  ["Europe/London", WINTER, ""],
])("local time in %s has its offset, and is left out if it is UTC", (zone, epochMs, text) => {
  expect(localTime(epochMs, zone)).toBe(text);
});
