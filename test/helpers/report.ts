// What became of a capture's page, for tests: there is one, or none was wanted.

import type { ReportOutcome } from "../../src/model/capture.ts";

export const A_REPORT = {
  status: "ok",
  file: "report.html",
  bytes: 7,
  sha256: "e".repeat(64),
} as const satisfies ReportOutcome;

export const NO_REPORT = {
  status: "off",
  reason: "capture.report is false",
} as const satisfies ReportOutcome;
