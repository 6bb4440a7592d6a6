// Every key of the configuration: its type, range, default and meaning. The only list of them; messages, the table in
// docs/configuration.md and the defaults come from here. In: plain values; out: typed ones. What keys mean together
// (modes, lists that exclude each other) is in rules.ts and what it calls.

import * as v from "valibot";
import { ACTION_NAMES } from "../model/action.ts";
import { COMMANDS } from "../model/command.ts";
import { ERRNO, ERRNO_ALIASES } from "../model/errno.ts";
import { NOTICE_EVENTS } from "../model/notice.ts";
import {
  hintAtAction,
  hintAtCommand,
  hintAtList,
  hintAtNames,
  hintAtNumber,
  hintAtYaml11,
  type Message,
  mustBe,
} from "./message.ts";

export const MODES = ["all", "trackonly", "excludeonly"] as const;
export const ERRNO_NAMES = [...Object.keys(ERRNO), ...Object.keys(ERRNO_ALIASES)] as const;
/** A rule's name is part of file names. */
export const RULE_NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** Of keys that are looked at before their defaults are filled in. */
export const DEFAULT_THRESHOLD_MS = 10;
export const DEFAULT_EMERGENCY_MS = 1000;

const MS_MAX = 3_600_000;
const DAY_SEC = 86_400;

// --- kinds of values; `range` is what the documentation says of them ---

function within(least: number, most: number) {
  return numeric(`a number from ${least} to ${most}`, (value) => value >= least && value <= most);
}

function whole(least: number, most: number) {
  const isFit = (value: number) => Number.isInteger(value) && value >= least && value <= most;
  return numeric(`a whole number from ${least} to ${most}`, isFit);
}

function overZero(most?: number) {
  const phrase = most === undefined ? "a number over 0" : `a number over 0, up to ${most}`;
  return numeric(phrase, (value) => value > 0 && value <= (most ?? Number.MAX_VALUE));
}

function numeric(range: string, isFit: (value: number) => boolean) {
  const message = mustBe(range, hintAtNumber);
  return v.pipe(v.number(message), v.check(isFit, message), v.metadata({ range }));
}

function text(range: string, isFit: (value: string) => boolean) {
  return v.pipe(v.string(mustBe(range)), v.check(isFit, mustBe(range)), v.metadata({ range }));
}

function oneOf<const T extends readonly string[]>(names: T, range: string) {
  return v.pipe(v.picklist(names, mustBe(range, hintAtNames(names))), v.metadata({ range }));
}

function listOf<S extends v.GenericSchema>(item: S, range: string) {
  return v.pipe(v.array(item, mustBe(range, hintAtList)), v.metadata({ range }));
}

/** A key and what it is for. */
function key<const S extends v.GenericSchema>(schema: S, meaning: string) {
  return v.pipe(schema, v.description(meaning));
}

/** A mapping of keys; `entries` stays readable for whoever looks for unknown ones. */
function mapping<E extends v.ObjectEntries>(entries: E, message: Message = mustBe("a mapping of keys")) {
  return v.pipe(v.custom<v.InferInput<v.ObjectSchema<E, undefined>>>(isMapping, message), v.object(entries));
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const anActionName = v.pipe(
  v.picklist(ACTION_NAMES, mustBe(`an action (${ACTION_NAMES.join(", ")})`, hintAtAction)),
  v.metadata({ range: "the name of an action" }),
);
const aCommandName = oneOf(COMMANDS, "the name of an SMB command");
const anErrnoName = oneOf(ERRNO_NAMES, "the name of an errno");
const actionNames = listOf(anActionName, "a list of action names");
const commandNames = listOf(aCommandName, "a list of command names");
const errnoNames = listOf(anErrnoName, "a list of errno names");
const A_COMMAND = "a list: a program's absolute path, then its arguments";
const aCommand = v.pipe(
  listOf(v.string(mustBe("text")), A_COMMAND),
  v.check(
    ([program = "", ...rest]) => isAbsolutePath(program) && !rest.some((word) => word.includes("\0")),
    mustBe(A_COMMAND),
  ),
);
const mode = oneOf(MODES, "all, trackonly or excludeonly");

// --- the keys ---

const COMMON_KEYS = {
  type: v.pipe(
    v.string(mustBe("Latency or Error")),
    v.metadata({ range: "Latency or Error" }),
    v.description("what the rule looks at; case does not matter"),
  ),
  tool: key(
    v.optional(
      v.pipe(v.string(mustBe("text")), v.metadata({ range: "smbslower for Latency, smbiosnoop for Error" })),
    ),
    "ignored; accepted for files that were written for AODv2",
  ),
  mode: key(
    v.optional(mode, "all"),
    "`trackonly`: only what is tracked; `excludeonly`: all but what is excluded; `all`: both lists",
  ),
  acceptable_count: key(whole(1, 1_000_000), "the rule trips when the window holds this many"),
  actions: key(
    v.optional(actionNames),
    "what a capture of this rule collects, in place of `watcher.actions`; `[]`: manifest and requests.csv only",
  ),
};

const trackedCommand = mapping(
  {
    command: key(aCommandName, "one of the 20 commands of SMB2"),
    threshold: key(
      v.optional(within(0, MS_MAX)),
      "its own threshold in ms, in place of `default_threshold_ms`",
    ),
  },
  mustBe("a mapping such as {command: SMB2_WRITE, threshold: 50}", hintAtCommand),
);

const LATENCY_KEYS = {
  ...COMMON_KEYS,
  default_threshold_ms: key(
    v.optional(within(0, MS_MAX), DEFAULT_THRESHOLD_MS),
    "requests that take this long count; 0 counts every request",
  ),
  emergency_threshold_ms: key(
    v.optional(overZero(MS_MAX), DEFAULT_EMERGENCY_MS),
    "one request of this length trips at once, also while it is still in flight",
  ),
  track_commands: key(
    v.optional(listOf(trackedCommand, "a list of {command: NAME, threshold: MS}"), []),
    "commands with a threshold of their own; in mode `trackonly` the only ones that count",
  ),
  exclude_commands: key(v.optional(commandNames, []), "commands that never count"),
};

const ERROR_KEYS = {
  ...COMMON_KEYS,
  track_codes: key(
    v.optional(errnoNames, []),
    "errnos that count also where the reply is an everyday answer; in mode `trackonly` the only ones that count",
  ),
  exclude_codes: key(v.optional(errnoNames, []), "errnos that never count"),
};

const latencyEntry = mapping(LATENCY_KEYS);
const errorEntry = mapping(ERROR_KEYS);
export type LatencyEntry = v.InferOutput<typeof latencyEntry>;
export type ErrorEntry = v.InferOutput<typeof errorEntry>;

/** Entries of `guardian.anomalies`, by `type` in lower case. `tool` is what AODv2 ran for the type. */
export const RULE_TYPES = {
  latency: { title: "Latency", schema: latencyEntry, tool: "smbslower" },
  error: { title: "Error", schema: errorEntry, tool: "smbiosnoop" },
} as const;

/** The whole file; entries of `guardian.anomalies` are looked at one by one, by their type. */
export const fileSchema = mapping({
  watch_interval_sec: key(
    v.optional(within(0.01, 3600), 1),
    "length of the sliding window in which requests are counted",
  ),
  aod_output_dir: key(
    v.optional(text("an absolute path", isAbsolutePath), "/var/log/aod"),
    "captures go to `batches/` below it; must be on a local file system",
  ),
  watcher: v.optional(
    mapping({
      actions: key(
        v.optional(actionNames, ["dmesg", "journalctl", "debugdata", "stats"]),
        "for rules that name none, and for captures that a person asks for",
      ),
    }),
    {},
  ),
  guardian: mapping({
    capture_cooldown_sec: key(
      v.optional(within(0, DAY_SEC), 60),
      "pause between two captures of one rule and share; a worse kind of trouble does not wait",
    ),
    resolve_after_sec: key(
      v.optional(within(0, DAY_SEC), 10),
      "an incident is over after this long without an anomaly",
    ),
    anomalies: v.custom<Readonly<Record<string, unknown>>>(isMapping, mustBe("a mapping of rules by name")),
  }),
  cleanup: v.optional(
    mapping({
      cleanup_interval_sec: key(
        v.optional(within(1, DAY_SEC), 60),
        "how often the folder of captures is looked through",
      ),
      max_log_age_days: key(v.optional(overZero(), 14), "older captures are deleted"),
      max_total_log_size_mb: key(
        v.optional(overZero(), 200),
        "the oldest captures are deleted until all fit (MiB)",
      ),
    }),
    {},
  ),
  audit: v.optional(
    mapping({
      enabled: key(
        v.optional(
          v.pipe(v.boolean(mustBe("true or false", hintAtYaml11)), v.metadata({ range: "true or false" })),
          true,
        ),
        "`incidents.jsonl` also says what was loaded, collected, deleted and run; incidents are always in it",
      ),
    }),
    {},
  ),
  notify: v.optional(
    mapping({
      command: key(aCommand, "the program that is run for each of these events, without a shell"),
      on: key(
        v.optional(
          listOf(
            oneOf(NOTICE_EVENTS, NOTICE_EVENTS.join(", ").replace(/, (?=\w+$)/, " or ")),
            "a list of opened, captured and resolved",
          ),
          [...NOTICE_EVENTS],
        ),
        "what it is run for",
      ),
      timeout_sec: key(v.optional(overZero(3600), 30), "it is killed after this long"),
    }),
  ),
});
export type FileEntry = v.InferOutput<typeof fileSchema>;

function isAbsolutePath(path: string): boolean {
  return path.startsWith("/") && !path.includes("\0") && path.length < 3072;
}
