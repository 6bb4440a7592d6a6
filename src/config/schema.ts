// Every key of the configuration with its type, range, default and meaning. Messages, the table in
// docs/configuration.md and the defaults come from here. Checks of several keys together (modes, lists that exclude
// each other) are in rules.ts.

import * as v from "valibot";
import { ACTION_NAMES } from "../model/action.ts";
import { COMMANDS } from "../model/command.ts";
import { ERRNO, ERRNO_ALIASES } from "../model/errno.ts";
import { NOTICE_EVENTS } from "../model/notice.ts";
import { NT_STATUSES, TROUBLE } from "../model/nt-status.ts";
import { SIGNAL_NAMES } from "../model/signal.ts";
import { captureSchema, hourlyKeys } from "./capture-schema.ts";
import { anAction, hintAtCommand, hintAtNames, hintAtShare, mustBe } from "./message.ts";
import { metricsSchema } from "./metrics-keys.ts";
import { redactSchema } from "./redact-keys.ts";
import {
  checkedText,
  command,
  isAbsolutePath,
  isMapping,
  key,
  listOf,
  mapping,
  oneOf,
  overZero,
  whole,
  within,
  yesOrNo,
} from "./schema-values.ts";
import { COUNT_MAX, tripKeys, WINDOW, WINDOW_SEC } from "./trip-keys.ts";

export const MODES = ["all", "trackonly", "excludeonly"] as const;
/** Names of errors: the errno of the kernel, or the status that the server sent. */
export const CODE_NAMES = [
  ...Object.keys(ERRNO),
  ...Object.keys(ERRNO_ALIASES),
  ...NT_STATUSES.map(({ name }) => name),
] as const;
const STATUS_NAMES = NT_STATUSES.map(({ name }) => name);
/** The name of a rule is part of file names. */
export const RULE_NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** Defaults of keys that are checked before defaults are filled in. */
export const DEFAULT_THRESHOLD_MS = 10;
export const DEFAULT_EMERGENCY_MS = 1000;
const DEFAULT_STUCK_MS = 5000;

const TYPE_TITLES = "Latency, Error, Stuck or Signal";
const MS_MAX = 3_600_000;
const DAY_SEC = 86_400;

/** The set of names also depends on `custom_actions`, so custom-actions.ts checks them. */
const anActionName = v.pipe(
  v.string(mustBe(anAction(ACTION_NAMES))),
  v.metadata({ range: "the name of an action" }),
);
const aCommandName = oneOf(COMMANDS, "the name of an SMB command");
const CODE_RANGE = "the name of an errno or of an NT status";
const aCodeName = v.pipe(
  v.picklist(CODE_NAMES, mustBe(CODE_RANGE, hintAtCode)),
  v.metadata({ range: CODE_RANGE }),
);
const aStatusName = oneOf(STATUS_NAMES, "the name of an NT status");
const aSignalName = oneOf(SIGNAL_NAMES, "the name of a signal");
const actionNames = listOf(anActionName, "a list of action names");
const commandNames = listOf(aCommandName, "a list of command names");
const codeNames = listOf(aCodeName, "a list of errno or NT status names");
const statusNames = listOf(aStatusName, "a list of NT status names");
const signalNames = listOf(aSignalName, "a list of signal names");
const mode = oneOf(MODES, "all, trackonly or excludeonly");

// --- the keys ---

const aShare = checkedText("a pattern of //server/share, with * and ?", isSharePattern, hintAtShare);
const aProcess = checkedText("a pattern of a name, with * and ?", (value) => value !== "");

const COMMON_KEYS = {
  type: v.pipe(
    v.string(mustBe(TYPE_TITLES)),
    v.metadata({ range: TYPE_TITLES }),
    v.description("what the rule watches; case does not matter"),
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
  actions: key(
    v.optional(actionNames),
    "what a capture of this rule collects, in place of `watcher.actions`; `[]` collects only the manifest and requests.csv",
  ),
};

const COUNT_OF_ONE = v.optional(whole(1, COUNT_MAX), 1);

const MATCH_SHARE = {
  share: key(v.optional(aShare), "only these shares; case does not matter"),
};
const MATCH_REQUEST = {
  ...MATCH_SHARE,
  command: key(v.optional(commandNames), "only these commands"),
  process: key(
    v.optional(aProcess),
    "only requests of processes of this name, of which 11 characters are compared; never buffered writes, which kernel workers send",
  ),
};
const matchRequest = { match: v.optional(mapping(MATCH_REQUEST), {}) };

const trackedCommand = mapping(
  {
    command: key(aCommandName, "one of the 20 commands of SMB2"),
    threshold: key(v.optional(within(0, MS_MAX)), "its own threshold in ms, in place of the rule's"),
  },
  mustBe("a mapping such as {command: SMB2_WRITE, threshold: 50}", hintAtCommand),
);

const COMMAND_LISTS = {
  track_commands: key(
    v.optional(listOf(trackedCommand, "a list of {command: NAME, threshold: MS}"), []),
    "commands with a threshold of their own; in mode `trackonly` the only ones that count",
  ),
  exclude_commands: key(v.optional(commandNames, []), "commands that never count"),
};

const LATENCY_KEYS = {
  ...COMMON_KEYS,
  ...tripKeys("so slow"),
  ...WINDOW,
  default_threshold_ms: key(
    v.optional(within(0, MS_MAX), DEFAULT_THRESHOLD_MS),
    "requests that take this long count; 0 counts every request",
  ),
  emergency_threshold_ms: key(
    v.optional(overZero(MS_MAX), DEFAULT_EMERGENCY_MS),
    "one request of this length trips at once, also while it is still in flight",
  ),
  ...COMMAND_LISTS,
  ...matchRequest,
};

const ERROR_KEYS = {
  ...COMMON_KEYS,
  ...tripKeys("such errors"),
  ...WINDOW,
  track_codes: key(
    v.optional(codeNames, []),
    "errors that count even if such a reply is normal; in mode `trackonly` the only ones that count",
  ),
  exclude_codes: key(v.optional(codeNames, []), "errors that never count"),
  emergency_codes: key(
    v.optional(statusNames, [...TROUBLE]),
    "statuses of which one trips at once, if it counts",
  ),
  ...matchRequest,
};

const STUCK_KEYS = {
  ...COMMON_KEYS,
  acceptable_count: key(COUNT_OF_ONE, "the rule trips when this many are stuck at one time"),
  threshold_ms: key(
    v.optional(overZero(MS_MAX), DEFAULT_STUCK_MS),
    "a request without a reply for this long is stuck; so is an operation that waits as long before it is one",
  ),
  ...COMMAND_LISTS,
  ...matchRequest,
};

const SIGNAL_KEYS = {
  ...COMMON_KEYS,
  acceptable_count: key(COUNT_OF_ONE, "the rule trips when the window holds this many"),
  ...WINDOW,
  track_signals: key(
    v.optional(signalNames, []),
    "signals that count even if they are normal; in mode `trackonly` the only ones that count",
  ),
  exclude_signals: key(v.optional(signalNames, []), "signals that never count"),
  match: v.optional(mapping(MATCH_SHARE), {}),
};

const latencyEntry = mapping(LATENCY_KEYS);
const errorEntry = mapping(ERROR_KEYS);
const stuckEntry = mapping(STUCK_KEYS);
const signalEntry = mapping(SIGNAL_KEYS);
export type LatencyEntry = v.InferOutput<typeof latencyEntry>;
export type ErrorEntry = v.InferOutput<typeof errorEntry>;
export type StuckEntry = v.InferOutput<typeof stuckEntry>;
export type SignalEntry = v.InferOutput<typeof signalEntry>;

/** Entries of `guardian.anomalies`, by `type` in lower case. `tool` is the program that AODv2 ran for the type. */
export const RULE_TYPES = {
  latency: { title: "Latency", schema: latencyEntry, tool: "smbslower" },
  error: { title: "Error", schema: errorEntry, tool: "smbiosnoop" },
  stuck: { title: "Stuck", schema: stuckEntry, tool: undefined },
  signal: { title: "Signal", schema: signalEntry, tool: undefined },
} as const;

/** The whole file. Entries of `guardian.anomalies` and of `custom_actions` are checked one by one elsewhere. */
export const fileSchema = mapping({
  watch_interval_sec: key(
    v.optional(within(WINDOW_SEC.least, WINDOW_SEC.most), 1),
    "length of the sliding window in which requests are counted, for rules without `window_sec`",
  ),
  aod_output_dir: key(
    v.optional(checkedText("an absolute path", isAbsolutePath), "/var/log/aod"),
    "captures go to `batches/` below it; must be on a local file system",
  ),
  watcher: v.optional(
    mapping({
      actions: key(
        v.optional(actionNames, ["dmesg", "journalctl", "debugdata", "stats"]),
        "for rules that name no actions, and for captures on demand",
      ),
    }),
    {},
  ),
  guardian: mapping({
    capture_cooldown_sec: key(
      v.optional(within(0, DAY_SEC), 60),
      "pause between two captures of one incident; a new incident and a worsening do not wait",
    ),
    resolve_after_sec: key(
      v.optional(within(0, DAY_SEC), 10),
      "an incident is over after this long without an anomaly",
    ),
    ...hourlyKeys,
    anomalies: v.custom<Readonly<Record<string, unknown>>>(isMapping, mustBe("a mapping of rules by name")),
  }),
  capture: v.optional(captureSchema, {}),
  cleanup: v.optional(
    mapping({
      cleanup_interval_sec: key(
        v.optional(within(1, DAY_SEC), 60),
        "the interval of the cleanup of captures",
      ),
      max_log_age_days: key(
        v.optional(overZero(), 14),
        "older captures are deleted, unless they are pinned (`aod captures keep`)",
      ),
      max_total_log_size_mb: key(
        v.optional(overZero(), 200),
        "the oldest captures are deleted until all fit (MiB); pinned ones stay, and count",
      ),
    }),
    {},
  ),
  audit: v.optional(
    mapping({
      enabled: key(
        v.optional(yesOrNo(), true),
        "`incidents.jsonl` also records what was loaded, collected, deleted and run; it always records incidents",
      ),
    }),
    {},
  ),
  notify: v.optional(
    mapping({
      command: key(command(), "the program that is run for each of these events, without a shell"),
      on: key(
        v.optional(
          listOf(
            oneOf(NOTICE_EVENTS, NOTICE_EVENTS.join(", ").replace(/, (?=\w+$)/, " or ")),
            "a list of opened, captured and resolved",
          ),
          [...NOTICE_EVENTS],
        ),
        "the events for which it is run",
      ),
      timeout_sec: key(v.optional(overZero(3600), 30), "it is killed after this long"),
    }),
  ),
  metrics: v.optional(metricsSchema),
  redact: v.optional(redactSchema, {}),
  custom_actions: v.optional(
    v.custom<Readonly<Record<string, unknown>>>(isMapping, mustBe("a mapping of actions by name")),
    {},
  ),
});
export type FileEntry = v.InferOutput<typeof fileSchema>;

/** A number of an errno or a status has a name; the same in hexadecimal, as the kernel logs it. */
function hintAtCode(given: unknown): string {
  if (typeof given !== "number") return hintAtNames(CODE_NAMES)(given);
  const status = NT_STATUSES.find((one) => one.status === given);
  if (status !== undefined) return ` (0x${given.toString(16)} is ${status.name}: write the name)`;
  const errno = Object.entries(ERRNO).find(([, number]) => number === given);
  return errno === undefined ? "" : ` (${given} is ${errno[0]}: write the name)`;
}

function isSharePattern(pattern: string): boolean {
  return /^\/\/[^/]+(\/.+)?$/.test(pattern);
}
