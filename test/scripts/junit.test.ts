// The reader of JUnit reports, with a report as bun writes it.

import { describe, expect, test } from "bun:test";
import { readCases } from "../../scripts/junit.ts";

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="4" failures="1" skipped="1">
  <testsuite name="test/a.test.ts" file="test/a.test.ts" tests="4">
    <testcase name="fine" classname="unit" time="0.1" file="test/a.test.ts" line="3" assertions="1" />
    <testcase name="a &lt; b &amp;&amp; c > d" classname="" time="0" file="test/a.test.ts" line="4" assertions="1">
      <failure type="AssertionError" message="expected">text&#10;</failure>
    </testcase>
    <testcase name="later" classname="unit &gt; more" time="0" file="test/a.test.ts" line="5" assertions="0">
      <skipped />
    </testcase>
    <testcase name="(unnamed)" classname="unit &gt; more" time="0" file="test/a.test.ts" assertions="0">
      <skipped />
    </testcase>
    <testcase name="(unnamed)" classname="hooks" time="0" file="test/a.test.ts" assertions="0">
      <failure type="Error" message="afterAll">text</failure>
    </testcase>
    <testcase name="last" classname="" time="0" file="test/b.test.ts" assertions="0" />
  </testsuite>
</testsuites>`;

describe("readCases", () => {
  test("reads passed, failed and skipped tests, and hooks only if they failed", () => {
    expect(readCases(REPORT)).toEqual([
      { file: "test/a.test.ts", unit: "unit", name: "fine", outcome: "passed" },
      { file: "test/a.test.ts", unit: "", name: "a < b && c > d", outcome: "failed" },
      { file: "test/a.test.ts", unit: "unit > more", name: "later", outcome: "skipped" },
      { file: "test/a.test.ts", unit: "hooks", name: "(unnamed)", outcome: "failed" },
      { file: "test/b.test.ts", unit: "", name: "last", outcome: "passed" },
    ]);
  });

  test("finds no test in a report without cases", () => {
    expect(readCases("<testsuites></testsuites>")).toEqual([]);
  });

  test("throws if a case has no file", () => {
    expect(() => readCases('<testcase classname="" name="a" />')).toThrow("without file");
  });
});
