// Messages about invalid values: "must be X, not Y", with a hint for common mistakes. Pure.

import { show } from "./problem.ts";
import { didYouMean } from "./suggest.ts";

/** The argument of a message in valibot: the refused value. */
interface Refused {
  readonly input: unknown;
}

export type Message = (issue: Refused) => string;

export function mustBe(phrase: string, hint: (given: unknown) => string = () => ""): Message {
  return ({ input }) => `must be ${phrase}, not ${show(input)}${hint(input)}`;
}

/** For values of YAML 1.1 that are plain text in YAML 1.2. */
export function hintAtYaml11(given: unknown): string {
  if (typeof given !== "string") return "";
  const word = given.toLowerCase();
  if (["yes", "y", "on"].includes(word)) return ` (in YAML 1.2 ${given} is text: write true)`;
  if (["no", "n", "off"].includes(word)) return ` (in YAML 1.2 ${given} is text: write false)`;
  return word === "true" || word === "false" ? " (without quotes)" : "";
}

export function hintAtNumber(given: unknown): string {
  if (typeof given !== "string") return "";
  const digits = given.trim().replaceAll("_", "");
  const [, percent] = /^(\d{1,15}(?:\.\d{1,15})?) ?%$/.exec(digits) ?? [];
  if (percent !== undefined) return ` (write ${percent})`;
  if (/^[+-]?\d{1,15}(\.\d{1,15})?$/.test(digits)) return ` (write ${digits}, without quotes or "_")`;
  return /^[\d.]+ ?[a-z]+$/i.test(given) ? " (a plain number: the key's name has the unit)" : "";
}

/** For lists: a common mistake is one name without its brackets. */
export function hintAtList(given: unknown): string {
  return typeof given === "string" && /^[\w-]{1,40}$/.test(given) ? ` (write [${given}])` : "";
}

/** For a program's command: a shell's words are written as a list, and nothing looks for the program in PATH. */
export function hintAtProgram(given: unknown): string {
  const words = typeof given === "string" ? given.trim().split(/\s+/) : given;
  if (!Array.isArray(words) || typeof words[0] !== "string" || words[0] === "") return "";
  const program = words[0];
  if (!/^[\w./+-]{1,80}$/.test(program)) return "";
  if (!program.startsWith("/"))
    return ` (${program} needs its absolute path, such as /usr/bin/${program.replace(/^.*\//, "")})`;
  const isPlain = typeof given === "string" && words.every((word) => /^[\w./@:=+-]{1,80}$/.test(word));
  return isPlain ? ` (write [${words.join(", ")}])` : "";
}

/** For patterns of shares: Windows' backslashes, and a share without its server. */
export function hintAtShare(given: unknown): string {
  if (typeof given !== "string" || given.length > 80) return "";
  if (/^\\+[^\\/]+/.test(given)) return ` (write "//${given.replace(/^\\+/, "").replaceAll("\\", "/")}")`;
  return /^[\w.*?$-]+$/.test(given) ? ` (write "//*/${given}")` : "";
}

/** For lists of commands with thresholds: the same mistake, without braces. */
export function hintAtCommand(given: unknown): string {
  return typeof given === "string" && /^\w{1,40}$/.test(given) ? ` (write {command: ${given}})` : "";
}

export function anAction(names: readonly string[]): string {
  return `an action (${names.join(", ")})`;
}

/** The default configuration of AODv2 names the program for a packet capture. */
export function hintAtAction(names: readonly string[]): (given: unknown) => string {
  return (given) => (given === "tcpdump" ? " (aod calls it pcap)" : didYouMean(given, names));
}

export function hintAtNames(names: readonly string[]): (given: unknown) => string {
  return (given) => didYouMean(given, names);
}
