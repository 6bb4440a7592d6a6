// Completions of bash, zsh and fish, `completions.ts FOLDER`: in: the commands; out: aod.bash, _aod and aod.fish in it. They
// complete words and file names and never run aod.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  COMMON_OPTIONS,
  type CommandFacts,
  type OptionFacts,
  readCommands,
  VERSION_OPTION,
} from "./command-facts.ts";

interface Commands {
  readonly main: CommandFacts;
  readonly verbs: readonly CommandFacts[];
}

const NOTE = "Made from the definitions of aod's commands by scripts/package/completions.ts.";

export function bashCompletion({ main, verbs }: Commands): string {
  const all = [main, ...verbs];
  const cases = verbs.map((verb) => `\t${verb.name}) words='${flagsOf(verb)}' ${fileWord(verb)} ;;`);
  return `# bash completion of aod. ${NOTE}

_aod() {
	local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} verb='' words='' files='' word
	COMPREPLY=()
	case $previous in
	${valueFlags(all, "FILE").join(" | ")})
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	esac
	for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		${verbs.map(({ name }) => name).join(" | ")})
			verb=$word
			break
			;;
		esac
	done
	case $verb in
	'') words='${[...verbs.map(({ name }) => name), flagsOf(main), VERSION_OPTION.flag].join(" ")}' ;;
${cases.join("\n")}
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
	if [ -n "$files" ]; then
		compopt -o filenames 2>/dev/null
		mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen "$files" -- "$current")
	fi
}

complete -F _aod aod
`;
}

export function zshCompletion({ main, verbs }: Commands): string {
  const described = verbs.map(
    ({ name, description }) => `    ${quote(`${name}:${description.replaceAll(":", "\\:")}`)}`,
  );
  const cases = verbs.map((verb) => {
    const specs = [...zshOptions(verb), ...verb.arguments.map(zshArgument)];
    return `    ${verb.name}) _arguments ${specs.map(quote).join(" ")} ;;`;
  });
  const first = [...zshOptions(main), zshOption(VERSION_OPTION), "1: :->verb", "*:: :->rest"];
  return `#compdef aod
# zsh completion of aod. ${NOTE}

_aod() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  local -a verbs=(
${described.join("\n")}
  )
  _arguments -C ${first.map(quote).join(" ")}
  case $state in
  verb) _describe command verbs ;;
  rest)
    case $line[1] in
${cases.join("\n")}
    esac
    ;;
  esac
}

_aod "$@"
`;
}

export function fishCompletion({ main, verbs }: Commands): string {
  const names = verbs.map(({ name }) => name).join(" ");
  const isFirst = `not __fish_seen_subcommand_from ${names}`;
  const lines = [
    ...verbs.map(
      ({ name, description }) => `complete -c aod -n ${quote(isFirst)} -a ${name} -d ${quote(description)}`,
    ),
    ...[...main.options, ...COMMON_OPTIONS, VERSION_OPTION].map((option) => fishOption(option, isFirst)),
    ...verbs.flatMap((verb) => {
      const condition = `__fish_seen_subcommand_from ${verb.name}`;
      const isFolder = verb.arguments.some(({ value }) => value === "FOLDER" || value === "DIR");
      const isFile = verb.arguments.some(({ value }) => value === "FILE");
      return [
        ...[...verb.options, ...COMMON_OPTIONS].map((option) => fishOption(option, condition)),
        ...(isFolder ? [`complete -c aod -n ${quote(condition)} -a '(__fish_complete_directories)'`] : []),
        ...(isFile ? [`complete -c aod -n ${quote(condition)} -F`] : []),
      ];
    }),
  ];
  return `# fish completion of aod. ${NOTE}\n\ncomplete -c aod -f\n${lines.join("\n")}\n`;
}

function flagsOf(command: CommandFacts): string {
  return [...command.options, ...COMMON_OPTIONS].map(({ flag }) => flag).join(" ");
}

function valueFlags(commands: readonly CommandFacts[], value: string): readonly string[] {
  const options = commands.flatMap(({ options }) => options.filter((option) => option.value === value));
  return [...new Set(options.map(({ flag }) => flag))];
}

/** What compgen is asked for beside words. */
function fileWord({ arguments: positionals }: CommandFacts): string {
  const values = positionals.map(({ value }) => value);
  if (values.includes("FILE")) return "files=-f";
  return values.includes("FOLDER") || values.includes("DIR") ? "files=-d" : "files=";
}

function zshOptions(command: CommandFacts): readonly string[] {
  return [...command.options, ...COMMON_OPTIONS].map(zshOption);
}

function zshOption({ flag, value, description }: OptionFacts): string {
  const text = `${flag}${value === undefined ? "" : "="}[${description.replaceAll(/[[\]:]/g, "\\$&")}]`;
  return value === undefined ? text : `${text}:${value}:${zshAction(value)}`;
}

function zshArgument({ name, value, isRequired }: CommandFacts["arguments"][number]): string {
  return `${isRequired ? ":" : "::"}${name}:${zshAction(value)}`;
}

function zshAction(value: string | undefined): string {
  if (value === "FILE") return "_files";
  return value === "FOLDER" || value === "DIR" ? "_files -/" : " ";
}

function fishOption({ flag, value, description }: OptionFacts, condition: string): string {
  const takes = value === undefined ? "" : value === "FILE" ? " -r -F" : " -x";
  return `complete -c aod -n ${quote(condition)} -l ${flag.slice(2)}${takes} -d ${quote(description)}`;
}

/** For all three shells: none of them has a quote inside single quotes. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "’")}'`;
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error("usage: completions.ts FOLDER");
  const commands = await readCommands();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "aod.bash"), bashCompletion(commands));
  writeFileSync(join(folder, "_aod"), zshCompletion(commands));
  writeFileSync(join(folder, "aod.fish"), fishCompletion(commands));
}
