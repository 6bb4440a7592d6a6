// docs/api.md against the schemas: its tables are made of them, its examples are valid.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { fill } from "../../scripts/gen-docs.ts";
import { incidentSchema } from "../../src/api/incident.ts";
import { answerSchema, questionSchema } from "../../src/api/protocol.ts";
import { makeCommands } from "../../src/cli/commands.ts";
import { encodeIncident } from "../../src/history/snapshot.ts";
import { anAttribution } from "../helpers/attribution.ts";
import { anIncident } from "../helpers/incident.ts";

const DOCUMENT = readFileSync(join(import.meta.dir, "../../docs/api.md"), "utf8");

describe("docs/api.md", () => {
  test("has a table for each question and answer, and `make gen` has nothing to change", () => {
    expect(fill(DOCUMENT)).toBe(DOCUMENT);
    for (const { entries } of questionSchema.options)
      expect(DOCUMENT).toContain(`| **\`${literalOf(entries.ask)}\`** |`);
    for (const { entries } of answerSchema.options)
      expect(DOCUMENT).toContain(`| **\`${literalOf(entries.type)}\`** |`);
  });

  test("leads to a heading wherever it names a shape", () => {
    const names = new Set([...DOCUMENT.matchAll(/\]\(#([a-z-]+)\)/g)].map(([, name]) => name));
    for (const name of names) expect(DOCUMENT.toLowerCase()).toMatch(new RegExp(`^#+ ${name}$`, "m"));
  });

  test("shows a session whose answers are answers; one question is wrong, and is answered so", () => {
    const lines = (mark: string) =>
      [...DOCUMENT.matchAll(new RegExp(`^ {4}${mark} (.*)$`, "gm"))].map(([, json = ""]) => JSON.parse(json));
    expect(lines("←").length).toBeGreaterThan(2);
    for (const answer of lines("←")) expect(v.parse(answerSchema, answer)).toEqual(answer);
    const questions = lines("→").map((question) => v.safeParse(questionSchema, question).success);
    expect(questions).toEqual([true, false]);
  });

  test("names every command that takes --json", () => {
    const thread = () => expect.unreachable();
    const { verbs } = makeCommands({ detector: thread, runner: thread, janitor: thread });
    const speaking = Object.entries(verbs).filter(([, { args }]) => Object.hasOwn(args ?? {}, "json"));
    expect(speaking.length).toBeGreaterThan(2);
    for (const [name] of speaking) expect(DOCUMENT).toContain(`| \`aod ${name} --json\` |`);
  });
});

describe("an incident", () => {
  test("is what its schema says, with everything and with nothing that may be missing", () => {
    const verdict = { cause: "server", confidence: 0.5, because: ["x"] } as const;
    const whole = anIncident({
      ...{ state: "resolved", resolvedAtMs: 2, attribution: anAttribution(), verdict },
      ...{ hung: { count: 1, longestNs: 1 }, standing: { count: 1, startedNs: 1, startedAtMs: 1 } },
    });
    for (const incident of [anIncident(), whole]) {
      const encoded = encodeIncident(incident, { epochMs: 2 });
      expect(v.parse(incidentSchema, encoded)).toEqual(encoded as v.InferOutput<typeof incidentSchema>);
    }
  });
});

function literalOf(schema: unknown): string {
  const { literal, pipe } = schema as { literal?: string; pipe?: readonly unknown[] };
  return literal ?? literalOf(pipe?.[0]);
}
