import { describe, expect, test } from "bun:test";
import { chooseFormat } from "../../src/metrics/negotiation.ts";

describe("the format", () => {
  test.each([
    [
      "Prometheus 2",
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "openmetrics",
    ],
    [
      "Prometheus 3",
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      "openmetrics",
    ],
    ["one that likes the older better", "application/openmetrics-text;q=0.2,text/plain;q=0.9", "text"],
    ["one that names no version", "application/openmetrics-text", "openmetrics"],
    ["one with a quoted version", 'Application/OpenMetrics-Text; Version="1.0.0"', "openmetrics"],
    ["one that knows only an older OpenMetrics", "application/openmetrics-text;version=0.0.1", "text"],
    ["one that refuses it", "application/openmetrics-text;q=0,*/*", "text"],
    ["curl", "*/*", "text"],
    ["a browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text"],
    ["one that says nothing", null, "text"],
    ["nonsense", ";;q=x,,=", "text"],
    ["a header without end", "a,".repeat(1_000_000), "text"],
  ] as const)("for %s", (_, accept, format) => {
    expect(chooseFormat(accept)).toBe(format);
  });
});
