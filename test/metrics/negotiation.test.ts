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
    ["a client that prefers the older format", "application/openmetrics-text;q=0.2,text/plain;q=0.9", "text"],
    ["a client that names no version", "application/openmetrics-text", "openmetrics"],
    ["a client with a quoted version", 'Application/OpenMetrics-Text; Version="1.0.0"', "openmetrics"],
    ["a client that knows only an older OpenMetrics", "application/openmetrics-text;version=0.0.1", "text"],
    ["a client that refuses OpenMetrics", "application/openmetrics-text;q=0,*/*", "text"],
    ["curl", "*/*", "text"],
    ["a browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text"],
    ["a client without the header", null, "text"],
    ["nonsense", ";;q=x,,=", "text"],
    ["an endless header", "a,".repeat(1_000_000), "text"],
  ] as const)("for %s", (_, accept, format) => {
    expect(chooseFormat(accept)).toBe(format);
  });
});
