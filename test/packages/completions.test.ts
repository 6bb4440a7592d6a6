// The completions, called as each shell calls them: they offer what can be typed, from the same definitions as --help.

import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCommands } from "../../scripts/package/command-facts.ts";
import { bashCompletion, fishCompletion, zshCompletion } from "../../scripts/package/completions.ts";
import { EXECUTABLE, ROOT, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const commands = await readCommands();
const names = commands.verbs.map(({ name }) => name).sort();
const verbs = names.filter((name) => !name.includes(" "));
const folder = tempDir();
const batches = join(folder, "batches");
const history = join(folder, "incidents.jsonl");
writeFileSync(join(folder, "aod.bash"), bashCompletion(commands, batches, history));
writeFileSync(join(folder, "_aod"), zshCompletion(commands, batches, history));
writeFileSync(join(folder, "aod.fish"), fishCompletion(commands, batches, history));
mkdirSync(batches);
const ID = "20261123T012345.678Z_slow-writes";
/** A user who can write to the folder chooses names: these run a command, end a line, or control the terminal. */
const HOSTILE = ["$(touch ran)", "`touch ran`", "a b", "a\nb", "a\tb", "a\u001b[2J", "$HOME", "*"];
for (const name of [ID, ...HOSTILE]) writeFileSync(join(batches, `aod_${name}.tar.zst`), "");
writeFileSync(join(folder, "some file.yaml"), "");
const INCIDENT = "20261123T012345.678Z-2";
const lineOf = (id: string) =>
  `{"time":"2026-11-23T01:23:45.678Z","event":"opened","id":"${id}","server":"x"}\n`;
writeFileSync(history, ["$(touch ran)", "a b", INCIDENT].map(lineOf).join(""));

/** Long options of a command, in their order. */
function flagsOf(name: string): string[] {
  const options = commands.verbs.find((verb) => verb.name === name)?.options ?? [];
  return [...options.map(({ flag }) => flag), "--help"];
}

async function bash(...words: readonly string[]): Promise<readonly string[]> {
  const script = `source ./aod.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _aod; printf "%s\\n" "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await run(["bash", "-c", script, "bash", ...words], folder);
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line !== "");
}

async function fish(line: string): Promise<readonly string[]> {
  const script = `source aod.fish; complete -C '${line}'`;
  const { stdout } = await run(["fish", "--no-config", "-c", script], folder, { HOME: folder });
  return stdout.split("\n").flatMap((one) => (one === "" ? [] : [one.split("\t")[0] as string]));
}

describe("the commands that completions know", () => {
  test("are the commands that --help shows", async () => {
    const { stdout } = await run([EXECUTABLE, "--help"], ROOT);
    expect(verbs.length).toBeGreaterThan(4);
    for (const verb of verbs) expect(stdout).toContain(verb);
  });
});

describe("in bash", () => {
  test("every command is offered, and those that begin with what was typed", async () => {
    expect((await bash("aod", "")).filter((word) => !word.startsWith("-")).toSorted()).toEqual(verbs);
    expect(await bash("aod", "che")).toEqual(["check"]);
  });

  test("options are those of the command", async () => {
    expect(await bash("aod", "incidents", "--")).toEqual(flagsOf("incidents"));
    expect(await bash("aod", "--config", "x", "check", "--")).toEqual(["--config", "--help"]);
  });

  test("the subcommands of a command are offered behind it, and their options behind them", async () => {
    const inner = (await bash("aod", "captures", "")).filter((word) => !word.startsWith("-"));
    expect(inner.toSorted().map((word) => `captures ${word}`)).toEqual(
      names.filter((name) => name.startsWith("captures ")),
    );
    expect(await bash("aod", "captures", "rm", "--")).toContain("--force");
    expect(await bash("aod", "captures", "--")).not.toContain("--force");
  });

  test("a capture is the latest, or a file", async () => {
    expect(await bash("aod", "captures", "show", "lat")).toEqual(["latest"]);
    expect(await bash("aod", "captures", "show", "some")).toEqual(["some file.yaml"]);
    expect(await bash("aod", "captures", "keep", "some")).toEqual([]);
  });

  test("an option that takes a file is followed by files, also with blanks in their names", async () => {
    expect(await bash("aod", "check", "--config", "some")).toEqual(["some file.yaml"]);
  });

  test("ids of captures are offered, and no other name, and no name is run", async () => {
    expect(await bash("aod", "captures", "keep", "2")).toEqual([ID]);
    const offered = await bash("aod", "captures", "keep", "");
    expect(offered.filter((word) => !word.startsWith("-")).toSorted()).toEqual([ID, "latest"]);
    expect(existsSync(join(folder, "ran"))).toBe(false);
  });

  test("ids of incidents are offered, and no other text of the history", async () => {
    expect(await bash("aod", "incidents", "2026")).toEqual([INCIDENT]);
    expect(await bash("aod", "incidents", "lat")).toEqual(["latest"]);
    expect(existsSync(join(folder, "ran"))).toBe(false);
  });

  test("the alias of an option is offered, and followed by the same", async () => {
    expect(await bash("aod", "report", "-")).toContain("-o");
    expect(await bash("aod", "report", "-o", "some")).toEqual(["some file.yaml"]);
  });

  test("the script has no findings of its lint", async () => {
    expect(await run(["shellcheck", "--shell=bash", "aod.bash"], folder)).toMatchObject({
      exitCode: 0,
      stdout: "",
    });
  });
});

describe("in fish", () => {
  test("every command is offered once, and no file", async () => {
    expect((await fish("aod ")).toSorted()).toEqual(verbs);
  });

  test("the subcommands of a command are offered behind it, and the latest capture behind them", async () => {
    const inner = names.filter((name) => name.startsWith("captures "));
    expect((await fish("aod captures ")).map((word) => `captures ${word}`).toSorted()).toEqual(inner);
    expect(await fish("aod captures keep lat")).toEqual(["latest"]);
    expect(await fish("aod captures rm --f")).toEqual(["--force"]);
  });

  test("options are those of the command", async () => {
    expect((await fish("aod incidents --")).toSorted()).toEqual(flagsOf("incidents").toSorted());
  });

  test("an option that takes a file is followed by files, and so is its alias", async () => {
    expect(await fish("aod check --config some")).toEqual(["some file.yaml"]);
    expect(await fish("aod report -o some")).toEqual(["some file.yaml"]);
  });

  test("ids of captures are offered, and no other name, and no name is run", async () => {
    expect((await fish("aod captures keep ")).toSorted()).toEqual([ID, "latest"]);
    expect(existsSync(join(folder, "ran"))).toBe(false);
  });
});

describe("in zsh", () => {
  /** The arguments that the script passes to zsh's own functions, which exist only in a terminal. */
  async function zsh(state: string, verb: string): Promise<string> {
    const script = `_arguments() { print -rl -- "$@"; if [[ $1 == -C ]]; then state=${state} line=(${verb}); fi }
      _describe() { print -rl -- "\${verbs[@]}"; }
      source ./_aod`;
    const { stdout, stderr } = await run(["zsh", "-f", "-c", script], folder);
    expect(stderr).toBe("");
    return stdout;
  }

  test("every command is offered with its description", async () => {
    const offered = await zsh("verb", "");
    for (const name of verbs) expect(offered).toMatch(new RegExp(`^${name}:.`, "m"));
  });

  test("options are those of the command", async () => {
    expect(await zsh("rest", "incidents")).toContain("--json[");
    expect(await zsh("rest", "captures")).toContain("--json[");
    expect(await zsh("rest", "check")).not.toContain("--json[");
    expect(await zsh("rest", "report")).toContain("\n(--output -o)-o[");
  });

  test("ids of captures are offered, and no other name, and no name is run", async () => {
    const script = `compadd() { print -rl -- "\${(@P)2}"; }; _arguments() { }; source ./_aod; _aod_captures`;
    const { stdout } = await run(["zsh", "-f", "-c", script], folder);
    expect(stdout).toBe(`latest\n${ID}\n`);
    expect(existsSync(join(folder, "ran"))).toBe(false);
  });
});
