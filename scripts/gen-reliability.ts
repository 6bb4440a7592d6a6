// Writes the table of docs/reliability.md: `gen-reliability.ts`, called by `make reliability`. It reads what the
// hostile tests recorded (test/hostile/fault-log.ts) and replaces the table between the markers of that document. The
// figures are so coarse that a second run writes the same text. The text around the table is written by hand.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FAULTS_FILE, type Fault } from "../test/hostile/fault-log.ts";

const DOCUMENT = join(import.meta.dir, "../docs/reliability.md");
const TABLE = /(<!-- gen: faults -->\n).*?(\n<!-- end -->)/s;
const TITLES = ["fault", "what aod does", "what is lost", "normal again"];
const STEPS_SEC = [1, 5, 15, 60];

/** The faults of a run by their names; of a fault that was recorded twice the last record counts. */
export function readFaults(lines: string): readonly Fault[] {
  const faults = lines.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Fault]));
  const byName = new Map(faults.map((fault) => [fault.fault, fault]));
  return [...byName.values()].sort((a, b) => (a.fault < b.fault ? -1 : 1));
}

/** The document with its table replaced. Throws if it has no markers. */
export function fillTable(text: string, faults: readonly Fault[]): string {
  if (!TABLE.test(text)) throw new Error("the document has no marker for the table: <!-- gen: faults -->");
  const rows = faults.map((one) => [
    one.fault,
    one.reaction,
    describeLost(one.lost),
    roundTime(one.normalAfterMs),
  ]);
  const lines = [TITLES, TITLES.map(() => "---"), ...rows].map(
    (cells) => `| ${cells.map(escapeCell).join(" | ")} |`,
  );
  return text.replace(TABLE, (_, begin: string, end: string) => `${begin}\n${lines.join("\n")}\n${end}`);
}

// --- internal ---

function describeLost(lost: Fault["lost"]): string {
  const counted = Object.entries(lost).filter(([, count]) => count > 0);
  return counted.map(([what, count]) => `${what}: ${roundCount(count)}`).join(", ") || "nothing";
}

/** One is exact; other counts are rounded up to a power of ten. */
function roundCount(count: number): string {
  return count === 1 ? "1" : `up to ${(10 ** Math.ceil(Math.log10(count))).toLocaleString("en")}`;
}

function roundTime(ms: number): string {
  const step = STEPS_SEC.find((sec) => ms < sec * 1000);
  return step === undefined ? "over 60 s" : `under ${step} s`;
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

if (import.meta.main) {
  const faults = readFaults(readFileSync(FAULTS_FILE, "utf8"));
  writeFileSync(DOCUMENT, fillTable(readFileSync(DOCUMENT, "utf8"), faults));
}
