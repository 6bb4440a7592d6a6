// Parses a JUnit report of `bun test` into its cases. It must not read files.

/** A test that was run or skipped. */
export interface TestCase {
  readonly file: string;
  /** The titles around it, outermost first, joined by ` > `; empty at the top level. */
  readonly unit: string;
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
}

const CASE = /<testcase((?:\s+[\w:-]+="[^"]*")*)\s*(?:\/>|>([\s\S]*?)<\/testcase>)/g;

/** Bun's name for a hook that failed, or that was skipped with its tests. */
const HOOK = "(unnamed)";

/**
 * All tests in the order of the report, and hooks that failed. Throws for a case without a file: the report is broken.
 */
export function readCases(report: string): TestCase[] {
  return readEntries(report).filter(({ name, outcome }) => name !== HOOK || outcome === "failed");
}

function readEntries(report: string): TestCase[] {
  return [...report.matchAll(CASE)].map(([, attributes = "", body = ""]) => ({
    file: attribute(attributes, "file"),
    unit: attribute(attributes, "classname"),
    name: attribute(attributes, "name"),
    outcome: /<(failure|error)\b/.test(body) ? "failed" : /<skipped\b/.test(body) ? "skipped" : "passed",
  }));
}

function attribute(attributes: string, name: string): string {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(attributes)?.[1];
  if (value === undefined) throw new Error(`a test case without ${name}: ${attributes}`);
  return value.replace(/&(lt|gt|quot|apos|amp|#\d+);/g, (_, entity: string) =>
    entity.startsWith("#") ? String.fromCodePoint(Number(entity.slice(1))) : (ENTITIES[entity] as string),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
