// Every metric that aod has, as one table: its name, type, unit, labels, what it is, and why anybody looks at it. In:
// nothing; out: rows. HELP, TYPE and UNIT of a scrape and the table in docs/metrics.md are made from it, so that none of
// them can say anything else. Names are a public contract: change none, add with care.

export type FamilyType = "counter" | "gauge" | "histogram" | "info";

export interface MetricFamily {
  /** Without the `_total` of counters and the `_info` of infos, which the formats add. Ends in its unit. */
  readonly name: string;
  readonly type: FamilyType;
  readonly unit?: "seconds" | "bytes";
  readonly labels: readonly string[];
  /** One sentence without a full stop; the HELP text. */
  readonly help: string;
  /** For docs/metrics.md: what it is good for, and what it is not. */
  readonly why: string;
}

const ROWS = {
  requests: {
    type: "counter",
    labels: ["share", "command"],
    help: "Requests that have been answered, well or with an error",
    why: "the load, by share and command",
  },
  request_duration_seconds: {
    type: "histogram",
    unit: "seconds",
    labels: ["share", "command"],
    help: "Time from the message id of a request, credits granted, to its reply",
    why: "quantiles over any time and any number of hosts; a request that still waits is not in it",
  },
  request_errors: {
    type: "counter",
    labels: ["share", "command", "status", "class"],
    help: "Replies that were errors, by NT status",
    why: "`class` says what a status is to this command: `failure`, `everyday` (no such file, the lock is taken) or `step` (of the protocol); alarms go by `failure`",
  },
  operation_errors: {
    type: "counter",
    labels: ["errno", "class"],
    help: "Operations of the SMB client that failed without a request, by errno; 255 is every number above 254",
    why: "EHOSTDOWN, ENOKEY, EAGAIN: errors that no reply tells of; alarms go by the class `failure`, but for EAGAIN, which is a taken lock as well",
  },
  requests_sent: {
    type: "counter",
    labels: [],
    help: "Requests that have been sent",
    why: "with `aod_requests_total`: whether replies keep up",
  },
  requests_in_flight: {
    type: "gauge",
    labels: ["share"],
    help: "Requests without a reply, but for those that wait by design",
    why: "what piles up; SMB2_CHANGE_NOTIFY, SMB2_LOCK, and SMB2_IOCTL on IPC$ wait for hours and are not in it",
  },
  oldest_request_in_flight_seconds: {
    type: "gauge",
    unit: "seconds",
    labels: ["share"],
    help: "Age of the oldest of these requests; 0 where there is none",
    why: "a hang while it hangs: the histogram hears of it when it is over",
  },
  operations_waiting: {
    type: "gauge",
    labels: [],
    help: "Tasks that have been in cifs for over a second and have no request to show for it",
    why: "they wait for credits or for a connection: trouble that no request tells of",
  },
  attached: {
    type: "gauge",
    labels: [],
    help: "1 while aod sees the requests of the kernel's client, 0 while it waits for the module cifs",
    why: "0 without a mount is as it should be",
  },
  cifs_module_references: {
    type: "gauge",
    labels: [],
    help: "Users of the kernel module cifs, aod's own attachments among them; 0 where it is not loaded",
    why: "over 0 while `aod_attached` is 0: shares are mounted and aod does not see them",
  },
  incidents_opened: {
    type: "counter",
    labels: ["rule", "kind"],
    help: "Incidents that were opened, by the kind of their first anomaly",
    why: "how often a rule trips",
  },
  incidents_open: {
    type: "gauge",
    labels: ["rule", "kind", "share", "server", "family"],
    help: "Incidents that are open, by the worst kind so far; rule and share are the first of each",
    why: "what is wrong now; no series where nothing is",
  },
  captures_made: {
    type: "counter",
    labels: ["rule"],
    help: "Captures that were written; rule manual where a person asked",
    why: "evidence that there is",
  },
  captures_dropped: {
    type: "counter",
    labels: ["rule"],
    help: "Captures that were begun and came to nothing",
    why: "evidence that there is not, against the configuration's will: the log has the reason",
  },
  captures_suppressed: {
    type: "counter",
    labels: ["cause"],
    help: "Captures that a cooldown or an hour's limit held back",
    why: "evidence that the configuration did not want; see `guardian.capture_cooldown_sec` and its neighbours",
  },
  capture_verdicts: {
    type: "counter",
    labels: ["cause"],
    help: "Captures by whom their verdict blames",
    why: "network, server, credits, host, session, or unknown: where to look over many incidents",
  },
  notifications: {
    type: "counter",
    labels: ["status"],
    help: "Programs of notify that ended ok, failed, timed_out or were dropped",
    why: "whether whoever is to be told is told",
  },
  losses: {
    type: "counter",
    labels: ["cause"],
    help: "What aod did not see or could not end, by cause",
    why: "evidence may lack something; [the causes](#aodlosesevidence)",
  },
  refused: {
    type: "counter",
    labels: ["cause"],
    help: "What aod turned away so that it stays able to work, by cause",
    why: "a stranger is trying things, or a client is misconfigured; [the causes](#what-aod-refuses)",
  },
  trouble: {
    type: "gauge",
    labels: ["subject"],
    help: "1 while something that aod depends on is in trouble: captures, output_folder, history, clock, control_socket, metrics, resources",
    why: "captures or the history may not be written; `aod status` has the words",
  },
  troubles: {
    type: "counter",
    labels: ["subject"],
    help: "Troubles with what aod depends on, including those that were repaired at once",
    why: "a folder that a job empties every night",
  },
  age_cleanup_suspended: {
    type: "gauge",
    labels: [],
    help: "1 while no capture is removed for its age, because the clock can't be trusted yet",
    why: "1 is normal for an hour after a start, or for ten minutes where the clock is synchronised",
  },
  thread_restarts: {
    type: "counter",
    labels: ["thread"],
    help: "Threads of aod that failed and were started again",
    why: "aod's own trouble",
  },
  rules: {
    type: "gauge",
    labels: [],
    help: "Rules that are applied",
    why: "hosts of one kind that do not have the same ones",
  },
  config_last_reload_successful: {
    type: "gauge",
    labels: [],
    help: "1 if the configuration that was read last is the one that is applied, 0 if it was refused",
    why: "a file with mistakes that nobody noticed",
  },
  config_last_reload_success_timestamp_seconds: {
    type: "gauge",
    unit: "seconds",
    labels: [],
    help: "When the configuration that is applied was read, since 1970",
    why: "hosts that a rollout did not reach",
  },
  cpu_seconds: {
    type: "counter",
    unit: "seconds",
    labels: [],
    help: "CPU time that aod's process has taken, programs of actions not included",
    why: "what aod costs; the BPF programs run in the time of whoever sends a request",
  },
  resident_memory_bytes: {
    type: "gauge",
    unit: "bytes",
    labels: [],
    help: "Memory of aod's process that is in RAM",
    why: "what aod costs",
  },
  kernel_map_bytes: {
    type: "gauge",
    unit: "bytes",
    labels: [],
    help: "Memory of aod's BPF maps in the kernel",
    why: "what aod costs; it does not grow",
  },
  start_time_seconds: {
    type: "gauge",
    unit: "seconds",
    labels: [],
    help: "When aod was started, since 1970",
    why: "all counters begin at 0 then",
  },
  build: {
    type: "info",
    labels: ["version", "commit"],
    help: "What runs",
    why: "versions over a fleet",
  },
} as const satisfies Readonly<Record<string, Omit<MetricFamily, "name">>>;

export type FamilyKey = keyof typeof ROWS;

/** All of them, in the order in which they are shown. */
export const METRIC_FAMILIES = Object.fromEntries(
  Object.entries(ROWS).map(([key, row]) => [key, { name: `aod_${key}`, ...row }]),
) as unknown as Readonly<Record<FamilyKey, MetricFamily>>;

/** What each type adds to its family's name in a sample; histograms add three. */
export const SUFFIXES: Readonly<Record<FamilyType, string>> = {
  counter: "_total",
  gauge: "",
  histogram: "",
  info: "_info",
};
