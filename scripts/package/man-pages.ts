// Writes the manual pages aod.1 and aod.yaml.5: `man-pages.ts FOLDER DATE VERSION`. They are made from the definitions
// of the commands, the table of configuration keys and the shipped configuration. Texts about commands, keys and exit
// codes must not be repeated here.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KEY_TABLE, type KeyRow } from "../../src/config/key-table.ts";
import {
  COMMON_OPTIONS,
  type CommandFacts,
  type Commands,
  type OptionFacts,
  readCommands,
  VERSION_OPTION,
} from "./command-facts.ts";
import { EXIT_STATUS } from "./exit-status.ts";

const FILES: readonly (readonly [string, string])[] = [
  ["/etc/aod.yaml", "the configuration, see aod.yaml(5)"],
  [
    "/usr/share/doc/aod/",
    "the documentation; usage.md leads from a slow share to the answer, examples/ has configurations, programs for notify and drop-ins of the service",
  ],
  ["/run/aod/aod.sock", "the control socket: only root may connect"],
  ["/var/log/aod/batches/", "captures: aod_TIME_RULE.tar.zst"],
  ["/var/log/aod/incidents.jsonl", "the history of incidents, one line of JSON for each change"],
];

export function commandPage({ main, verbs }: Commands, version: string, date: string): string {
  const options = main.options.map(
    ({ flag, value }) => `[${bold(flag)}${value === undefined ? "" : ` ${italic(value)}`}]`,
  );
  return page("aod", 1, "User Commands", version, date, [
    section("NAME", [`aod \\- ${text(lowerFirst(main.description))}`]),
    section("SYNOPSIS", [
      ".nf",
      `${bold("aod")} ${options.join(" ")}`,
      ...verbs.map((verb) => synopsis(verb)),
      `${bold("aod")} ${bold("--version")}`,
      ".fi",
    ]),
    section("DESCRIPTION", [
      text(
        "aod watches every SMB request that the Linux kernel's client (cifs) sends. When replies turn slow, fail or stop coming, it opens an incident and saves the evidence in one compressed capture. Its disk space is bounded.",
      ),
      ".PP",
      text("Without a command it watches in the foreground, as "),
      `${bold("aod run")}`,
      text("does. Linux 5.10 or later; root, or CAP_BPF and CAP_PERFMON."),
    ]),
    section("COMMANDS", verbs.flatMap(describeVerb)),
    section(
      "OPTIONS",
      [...COMMON_OPTIONS, VERSION_OPTION].flatMap((option) => tagged(named(option), option.description)),
    ),
    section("SIGNALS", [
      ...tagged(bold("SIGTERM, SIGINT"), "stop"),
      ...tagged(bold("SIGHUP"), "read the configuration again; a file with mistakes changes nothing"),
      ...tagged(bold("SIGUSR1"), "make a capture now"),
    ]),
    section(
      "EXIT STATUS",
      EXIT_STATUS.flatMap(([code, meaning]) => tagged(bold(String(code)), meaning)),
    ),
    section("ENVIRONMENT", [
      ...tagged(bold("AOD_LOG_LEVEL"), "debug, info, warn or error; info without it"),
      ...tagged(
        bold("AOD_SOCKET"),
        "path of the control socket, for the daemon and for the commands that ask it; needed for a second daemon on one host",
      ),
    ]),
    section(
      "FILES",
      FILES.flatMap(([path, meaning]) => tagged(italic(path), meaning)),
    ),
    section(
      "EXAMPLES",
      verbs.flatMap(({ examples }) =>
        examples.flatMap(({ command, meaning }) => tagged(bold(command), meaning)),
      ),
    ),
    section("SEE ALSO", [`${bold("aod.yaml")}(5), ${bold("mount.cifs")}(8), ${bold("journalctl")}(1)`]),
  ]);
}

export function configurationPage(
  keys: readonly KeyRow[],
  shipped: string,
  version: string,
  date: string,
): string {
  const rows = keys.filter(({ range }) => range !== undefined);
  return page("aod.yaml", 5, "File Formats", version, date, [
    section("NAME", ["aod.yaml \\- configuration of aod"]),
    section("DESCRIPTION", [
      text(
        "One document of YAML 1.2 in UTF-8: write true and false, never yes, no, on or off. An unknown key is an error, and so is a key that appears twice. Most people change only five lines; the example below begins with a list of them.",
      ),
      `${bold("aod check")} shows every mistake at once, with its line. ${bold("systemctl reload aod")} (SIGHUP) applies a changed file; a file with mistakes changes nothing.`,
    ]),
    section("KEYS", rows.flatMap(describeKey)),
    section("EXAMPLE", [
      text("These settings apply if there is no file:"),
      ".PP",
      ".nf",
      ...shipped
        .trimEnd()
        .split("\n")
        .map((line) => (line === "" ? ".sp" : text(line))),
      ".fi",
    ]),
    section("SEE ALSO", [`${bold("aod")}(1), ${italic("/usr/share/doc/aod/configuration.md")}`]),
  ]);
}

function describeVerb({
  name,
  description,
  options,
  arguments: positionals,
}: CommandFacts): readonly string[] {
  return [
    ...tagged(bold(name), description),
    ...(options.length + positionals.length === 0
      ? []
      : [
          ".RS",
          ...positionals.flatMap((argument) =>
            tagged(italic(argument.value ?? argument.name.toUpperCase()), argument.description),
          ),
          ...options.flatMap((option) => tagged(named(option), option.description)),
          ".RE",
        ]),
  ];
}

/** The option with its aliases in front, as usual in manual pages: `-o, --output FILE`. */
function named({ flag, aliases, value }: OptionFacts): string {
  const names = [...aliases, flag].map(bold).join(", ");
  return `${names}${value === undefined ? "" : ` ${italic(value)}`}`;
}

function synopsis({ name, options, arguments: positionals }: CommandFacts): string {
  const words = [
    ...options.map(({ flag, value }) => `[${bold(flag)}${value === undefined ? "" : ` ${italic(value)}`}]`),
    ...positionals.map(({ name: argument, value, isRequired }) => {
      const word = italic(value ?? argument.toUpperCase());
      return isRequired ? word : `[${word}]`;
    }),
  ];
  return `${bold("aod")} ${[bold(name), ...words].join(" ")}`;
}

function describeKey({ path, required, fallback, range, meaning, types }: KeyRow): readonly string[] {
  const facts = [
    range,
    required ? "required" : fallback === undefined ? undefined : `default ${shown(fallback)}`,
    types.length === 0 ? undefined : `rules of type ${types.join(", ")}`,
  ].filter((fact) => fact !== undefined);
  return tagged(bold(path), `${meaning ?? ""}${meaning === undefined ? "" : ": "}${facts.join("; ")}`);
}

function shown(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
}

function page(
  name: string,
  number: number,
  title: string,
  version: string,
  date: string,
  sections: readonly string[],
): string {
  const head = `.TH ${name.toUpperCase()} ${number} "${date}" "aod ${version}" "${title}"`;
  // Paths and lists are long words: only ragged lines have room for all of them.
  return `.\\" Generated from the sources of aod by scripts/package/man-pages.ts.\n${head}\n.ad l\n${sections.join("")}`;
}

function section(name: string, lines: readonly string[]): string {
  return `.SH ${name}\n${lines.join("\n")}\n`;
}

function tagged(tag: string, description: string): readonly string[] {
  return [".TP", tag, text(description)];
}

function bold(words: string): string {
  return `\\fB${text(words)}\\fR`;
}

function italic(words: string): string {
  return `\\fI${text(words)}\\fR`;
}

/** Escapes what roff would interpret: backslashes, and dots and quotes at the beginning of a line. */
function text(words: string): string {
  return words.replaceAll("\\", "\\e").replace(/^[.']/, "\\&$&").replaceAll("-", "\\-");
}

function lowerFirst(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}

if (import.meta.main) {
  const [folder, date, version] = process.argv.slice(2);
  if (folder === undefined || date === undefined || version === undefined)
    throw new Error("usage: man-pages.ts FOLDER DATE VERSION");
  const shipped = readFileSync(join(import.meta.dir, "../../config/aod.yaml"), "utf8");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "aod.1"), commandPage(await readCommands(), version, date));
  writeFileSync(join(folder, "aod.yaml.5"), configurationPage(KEY_TABLE, shipped, version, date));
}
