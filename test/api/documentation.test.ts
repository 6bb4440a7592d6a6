// docs/api.md and the schemas agree: the tables of the page are generated from them, and its examples are valid.

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
  test("has a table for each question and answer, as `make gen` generates it", () => {
    expect(fill(DOCUMENT)).toBe(DOCUMENT);
    for (const { entries } of questionSchema.options)
      expect(DOCUMENT).toContain(`| **\`${literalOf(entries.ask)}\`** |`);
    for (const { entries } of answerSchema.options)
      expect(DOCUMENT).toContain(`| **\`${literalOf(entries.type)}\`** |`);
  });

  test("links every document to its heading", () => {
    const names = new Set([...DOCUMENT.matchAll(/\]\(#([a-z-]+)\)/g)].map(([, name]) => name));
    for (const name of names) expect(DOCUMENT.toLowerCase()).toMatch(new RegExp(`^#+ ${name}$`, "m"));
  });

  test("shows a session with valid answers, one valid question and one invalid question", () => {
    const lines = (mark: string) =>
      [...DOCUMENT.matchAll(new RegExp(`^ {4}${mark} (.*)$`, "gm"))].map(([, json = ""]) => JSON.parse(json));
    expect(lines("←").length).toBeGreaterThan(2);
    for (const answer of lines("←")) expect(v.parse(answerSchema, answer)).toEqual(answer);
    const questions = lines("→").map((question) => v.safeParse(questionSchema, question).success);
    expect(questions).toEqual([true, false]);
  });

  test("lists every command that accepts --json", () => {
    const thread = () => expect.unreachable();
    const { verbs } = makeCommands({ detector: thread, runner: thread, janitor: thread });
    const speaking = Object.entries(verbs).filter(([, { args }]) => Object.hasOwn(args ?? {}, "json"));
    expect(speaking.length).toBeGreaterThan(2);
    for (const [name] of speaking) expect(DOCUMENT).toContain(`| \`aod ${name} --json\` |`);
  });
});

describe("an incident", () => {
  test("fits its schema, with and without all optional parts", () => {
    const verdict = { cause: "server", confidence: 0.5, because: ["x"] } as const;
    const whole = anIncident({
      state: "resolved",
      resolvedAtMs: 2,
      attribution: anAttribution(),
      verdict,
      hung: { count: 1, longestNs: 1 },
      standing: { count: 1, startedNs: 1, startedAtMs: 1 },
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
