// Writes the completions aod.bash, _aod and aod.fish: `completions.ts FOLDER`. They complete words, file names and ids
// of captures and incidents in the default folder. They must not run aod.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  COMMON_OPTIONS,
  type CommandFacts,
  type Commands,
  type OptionFacts,
  readCommands,
  VERSION_OPTION,
} from "./command-facts.ts";

const NOTE = "Generated from the definitions of aod's commands by scripts/package/completions.ts.";

/** Readable for root alone; files in it may have any name. */
const BATCHES = "/var/log/aod/batches";
/** The line of a new incident has its id as its third value. */
const HISTORY = "/var/log/aod/incidents.jsonl";
const INCIDENT_ID = `sed -nE 's/^[{]"time":"[^"]*","event":"opened","id":"([A-Za-z0-9.-]+)".*/\\1/p'`;

/** @param batches folder of captures; it must not contain characters that are special to a shell. */
export function bashCompletion({ main, verbs }: Commands, batches = BATCHES, history = HISTORY): string {
  const all = [main, ...verbs];
  const cases = verbs.map((verb) => {
    const inner = innerOf(verb, verbs).map(lastWord);
    return `\t'${verb.name}') words='${[...inner, flagsOf(verb)].join(" ")}' ${fileWord(verb)} ;;`;
  });
  return `# bash completion of aod. ${NOTE}

_aod() {
	local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} verb='' words='' files='' captures='' incidents='' word
	COMPREPLY=()
	case $previous in
	${valueFlags(all, "FILE").join(" | ")})
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	esac
	for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case "\${verb:+$verb }$word" in
		${verbs.map(({ name }) => `'${name}'`).join(" | ")}) verb="\${verb:+$verb }$word" ;;
		esac
	done
	case $verb in
	'') words='${[...outerOf(verbs).map(({ name }) => name), flagsOf(main), ...allNames(VERSION_OPTION)].join(" ")}' ;;
${cases.join("\n")}
	esac
	if [ -n "$captures" ]; then
		words+=' latest'
		for word in ${batches}/aod_*.tar.zst; do
			word=\${word##*/aod_}
			word=\${word%.tar.zst}
			# compgen -W expands its words, $(commands) included: only valid ids are passed.
			[[ $word == *[!A-Za-z0-9._-]* ]] || words+=" $word"
		done
	fi
	if [ -n "$incidents" ]; then
		words+=" latest $(${INCIDENT_ID} ${history} 2>/dev/null | tail -n 50 | tr '\\n' ' ')"
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
	if [ -n "$files" ]; then
		compopt -o filenames 2>/dev/null
		mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen "$files" -- "$current")
	fi
}

complete -F _aod aod
`;
}

/** @param batches as for bash. */
export function zshCompletion({ main, verbs }: Commands, batches = BATCHES, history = HISTORY): string {
  const cases = outerOf(verbs).map((verb) => {
    const inner = innerOf(verb, verbs);
    if (inner.length === 0) return `    ${verb.name}) ${zshArguments(verb)} ;;`;
    const first = [...zshOptions(verb), "1: :->inner", "*:: :->innerrest"];
    return `    ${verb.name})
      verbs=(
${inner.map(zshDescribed).join("\n")}
      )
      _arguments -C ${first.map(quote).join(" ")}
      case $state in
      inner) _describe command verbs ;;
      innerrest)
        case $line[1] in
${inner.map((one) => `        ${lastWord(one)}) ${zshArguments(one)} ;;`).join("\n")}
        esac
        ;;
      esac
      ;;`;
  });
  const first = [...zshOptions(main), ...zshOption(VERSION_OPTION), "1: :->verb", "*:: :->rest"];
  return `#compdef aod
# zsh completion of aod. ${NOTE}

_aod_captures() {
  local -a ids=(${batches}/aod_*.tar.zst(N:t:s/aod_//:r:r))
  ids=(latest \${ids:#*[^A-Za-z0-9._-]*})
  compadd -a ids
}

_aod_incidents() {
  local -a ids=(latest \${(f)"$(${INCIDENT_ID} ${history} 2>/dev/null | tail -n 50)"})
  compadd -a ids
}

_aod() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  local -a verbs=(
${outerOf(verbs).map(zshDescribed).join("\n")}
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

/** @param batches as for bash. */
export function fishCompletion({ main, verbs }: Commands, batches = BATCHES, history = HISTORY): string {
  const outer = outerOf(verbs);
  const names = outer.map(({ name }) => name).join(" ");
  const isFirst = `not __fish_seen_subcommand_from ${names}`;
  const lines = [
    ...outer.map((verb) => fishVerb(verb, isFirst)),
    ...outer.flatMap((verb) => {
      const inner = innerOf(verb, verbs);
      const isNext = `${fishSeen(verb)}; and not __fish_seen_subcommand_from ${inner.map(lastWord).join(" ")}`;
      return inner.map((one) => fishVerb(one, isNext));
    }),
    ...[...main.options, ...COMMON_OPTIONS, VERSION_OPTION].map((option) => fishOption(option, isFirst)),
    ...verbs.flatMap((verb) => {
      const condition = fishSeen(verb);
      const isFolder = verb.arguments.some(({ value }) => value === "FOLDER" || value === "DIR");
      const isFile = verb.arguments.some(({ value }) => value === "FILE" || value === "CAPTURE");
      const isIncident = verb.arguments.some(({ value }) => value === "INCIDENT");
      const isCapture = verb.arguments.some(({ value }) => value?.startsWith("CAPTURE"));
      return [
        ...[...verb.options, ...COMMON_OPTIONS].map((option) => fishOption(option, condition)),
        ...(isFolder ? [`complete -c aod -n ${quote(condition)} -a '(__fish_complete_directories)'`] : []),
        ...(isFile ? [`complete -c aod -n ${quote(condition)} -F`] : []),
        ...(isIncident ? [`complete -c aod -n ${quote(condition)} -a '(__aod_incidents)'`] : []),
        ...(isCapture ? [`complete -c aod -n ${quote(condition)} -a '(__aod_captures)'`] : []),
      ];
    }),
  ];
  return `# fish completion of aod. ${NOTE}

function __aod_captures
    echo latest
    for file in ${batches}/aod_*.tar.zst
        string replace -f -r '^.*/aod_([A-Za-z0-9._-]+)\\.tar\\.zst$' '$1' -- $file
    end
end

function __aod_incidents
    echo latest
    ${INCIDENT_ID} ${history} 2>/dev/null | tail -n 50
end

complete -c aod -f
${lines.join("\n")}
`;
}

/** Commands that follow `aod` itself. */
function outerOf(verbs: readonly CommandFacts[]): readonly CommandFacts[] {
  return verbs.filter(({ name }) => !name.includes(" "));
}

/** Subcommands of a command. */
function innerOf({ name }: CommandFacts, verbs: readonly CommandFacts[]): readonly CommandFacts[] {
  return verbs.filter((verb) => verb.name.startsWith(`${name} `));
}

function lastWord({ name }: CommandFacts): string {
  return name.slice(name.lastIndexOf(" ") + 1);
}

function flagsOf(command: CommandFacts): string {
  return [...command.options, ...COMMON_OPTIONS].flatMap(allNames).join(" ");
}

function valueFlags(commands: readonly CommandFacts[], value: string): readonly string[] {
  const options = commands.flatMap(({ options }) => options.filter((option) => option.value === value));
  return [...new Set(options.flatMap(allNames))];
}

function allNames({ flag, aliases }: OptionFacts): readonly string[] {
  return [flag, ...aliases];
}

/** The file names that compgen must offer beside words. */
function fileWord({ arguments: positionals }: CommandFacts): string {
  const values = positionals.map(({ value }) => value);
  const captures = values.some((value) => value?.startsWith("CAPTURE")) ? " captures=y" : "";
  const incidents = values.includes("INCIDENT") ? " incidents=y" : "";
  if (values.includes("FILE") || values.includes("CAPTURE")) return `files=-f${captures}${incidents}`;
  return `files=${values.includes("FOLDER") || values.includes("DIR") ? "-d" : "''"}${captures}${incidents}`;
}

function zshDescribed(verb: CommandFacts): string {
  return `    ${quote(`${lastWord(verb)}:${verb.description.replaceAll(":", "\\:")}`)}`;
}

function zshArguments(verb: CommandFacts): string {
  const specs = [...zshOptions(verb), ...verb.arguments.map(zshArgument)];
  return `_arguments ${specs.map(quote).join(" ")}`;
}

function zshOptions(command: CommandFacts): readonly string[] {
  return [...command.options, ...COMMON_OPTIONS].flatMap(zshOption);
}

/** One specification for each of its names, which exclude one another. */
function zshOption(option: OptionFacts): readonly string[] {
  const { aliases, value, description } = option;
  const names = allNames(option);
  const others = aliases.length === 0 ? "" : `(${names.join(" ")})`;
  const does = `[${description.replaceAll(/[[\]:]/g, "\\$&")}]`;
  return names.map((name) => {
    if (value === undefined) return `${others}${name}${does}`;
    return `${others}${name}${name.startsWith("--") ? "=" : ""}${does}:${value}:${zshAction(value)}`;
  });
}

function zshArgument({ name, value, isRequired }: CommandFacts["arguments"][number]): string {
  const isMany = value?.endsWith("...") === true;
  return `${isMany ? "*" : ""}${isRequired ? ":" : "::"}${name}:${zshAction(value)}`;
}

function zshAction(value: string | undefined): string {
  if (value === "FILE") return "_files";
  if (value === "CAPTURE") return "_alternative captures:capture:_aod_captures files:file:_files";
  if (value === "CAPTURE...") return "_aod_captures";
  if (value === "INCIDENT") return "_aod_incidents";
  return value === "FOLDER" || value === "DIR" ? "_files -/" : " ";
}

function fishVerb(verb: CommandFacts, condition: string): string {
  return `complete -c aod -n ${quote(condition)} -a ${lastWord(verb)} -d ${quote(verb.description)}`;
}

/** All words of its name have been typed. */
function fishSeen({ name }: CommandFacts): string {
  return name
    .split(" ")
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join("; and ");
}

function fishOption(option: OptionFacts, condition: string): string {
  const { value, description } = option;
  const names = allNames(option).map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const takes = value === undefined ? "" : value === "FILE" ? " -r -F" : " -x";
  return `complete -c aod -n ${quote(condition)} ${names.join(" ")}${takes} -d ${quote(description)}`;
}

/** Quotes a text for all three shells, none of which allows a quote inside single quotes. */
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
