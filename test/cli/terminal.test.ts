import { describe, expect, test } from "bun:test";
import { emitKeypressEvents } from "node:readline";
import { PassThrough } from "node:stream";
import { keyName } from "../../src/cli/terminal.ts";

/** Names of what a terminal sends, as node:readline takes it apart. */
function namesOf(bytes: string): string[] {
  const input = new PassThrough();
  const names: string[] = [];
  emitKeypressEvents(input);
  input.on("keypress", (text, key) => names.push(keyName(text, key)));
  input.write(bytes);
  return names;
}

describe("a key's name", () => {
  test.each([
    ["characters as they are", "s?<+-=", ["s", "?", "<", "+", "-", "="]],
    ["space in words", " ", ["space"]],
    ["arrows, of both kinds", "\u001b[A\u001bOB\u001b[C\u001b[D", ["up", "down", "right", "left"]],
    ["pages and ends", "\u001b[5~\u001b[6~\u001b[H\u001b[F", ["pageup", "pagedown", "home", "end"]],
    ["tab, and back", "\t\u001b[Z", ["tab", "backtab"]],
    ["control characters", "\u0003\u001a", ["ctrl-c", "ctrl-z"]],
    ["F1", "\u001bOP", ["f1"]],
  ])("is %s", (_, bytes, names) => expect(namesOf(bytes)).toEqual(names));
});
