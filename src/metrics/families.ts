// The table of all metrics: name, type, unit, labels, meaning and purpose. HELP, TYPE and UNIT of a scrape and the
// table in docs/metrics.md are generated from it, so they cannot contradict each other. Names are a public contract: do
// not rename any, and add them with care.

export type FamilyType = "counter" | "gauge" | "histogram" | "info";

export interface MetricFamily {
  /** Without the `_total` of counters and the `_info` of infos, which the formats add. Ends in its unit. */
  readonly name: string;
  readonly type: FamilyType;
  readonly unit?: "seconds" | "bytes";
  readonly labels: readonly string[];
  /** One sentence without a full stop; the HELP text. */
  readonly help: string;
  /** For docs/metrics.md: its purpose and its limits. */
  readonly why: string;
}

const ROWS = {
  requests: {
    type: "counter",
    labels: ["share", "command"],
    help: "Requests that have received a reply, error replies included",
    why: "the load, by share and command",
  },
  request_duration_seconds: {
    type: "histogram",
    unit: "seconds",
    labels: ["share", "command"],
    help: "Time from the message id of a request, after credits were granted, to its reply",
    why: "quantiles over any period and any number of hosts; a request without a reply is not in it",
  },
  request_errors: {
    type: "counter",
    labels: ["share", "command", "status", "class"],
    help: "Error replies, by NT status",
    why: "`class` is what the status means for this command: `failure`, `everyday` (no such file, the lock is taken) or `step` (of the protocol); alert on `failure`",
  },
  operation_errors: {
    type: "counter",
    labels: ["errno", "class"],
    help: "Operations of the SMB client that failed without a request, by errno; 255 stands for every number above 254",
    why: "errors without a reply, such as EHOSTDOWN, ENOKEY and EAGAIN; alert on the class `failure`, except for EAGAIN, which can also be a taken lock",
  },
  requests_sent: {
    type: "counter",
    labels: [],
    help: "Requests that have been sent",
    why: "compared with `aod_requests_total`: whether replies keep up",
  },
  requests_in_flight: {
    type: "gauge",
    labels: ["share"],
    help: "Requests without a reply, except those that may block indefinitely",
    why: "what piles up; SMB2_CHANGE_NOTIFY, SMB2_LOCK, and SMB2_IOCTL on IPC$ may take hours and are not counted",
  },
  oldest_request_in_flight_seconds: {
    type: "gauge",
    unit: "seconds",
    labels: ["share"],
    help: "Age of the oldest of these requests; 0 if there is none",
    why: "a hang while it lasts: the histogram counts a request only after its reply",
  },
  operations_waiting: {
    type: "gauge",
    labels: [],
    help: "Tasks that have been in cifs for over a second without a request in flight",
    why: "they wait for credits or for a connection: a problem that no request shows",
  },
  attached: {
    type: "gauge",
    labels: [],
    help: "1 while aod sees the requests of the kernel's client, 0 while it waits for the module cifs",
    why: "0 is normal on a host without a mount",
  },
  cifs_module_references: {
    type: "gauge",
    labels: [],
    help: "Users of the kernel module cifs, including aod's own attachments; 0 if it is not loaded",
    why: "over 0 while `aod_attached` is 0: shares are mounted and aod does not see their requests",
  },
  incidents_opened: {
    type: "counter",
    labels: ["rule", "kind"],
    help: "Incidents opened, by the kind of their first anomaly",
    why: "how often a rule trips",
  },
  incidents_open: {
    type: "gauge",
    labels: ["rule", "kind", "share", "server", "family"],
    help: "Open incidents, by the worst kind so far; rule and share are the first of each",
    why: "what is wrong now; no series if nothing is",
  },
  captures_made: {
    type: "counter",
    labels: ["rule"],
    help: "Captures written; the rule of a capture on demand is manual",
    why: "evidence that exists",
  },
  captures_dropped: {
    type: "counter",
    labels: ["rule"],
    help: "Captures that were started and failed",
    why: "captures that should exist but do not; see the log for the reason",
  },
  captures_suppressed: {
    type: "counter",
    labels: ["cause"],
    help: "Captures suppressed by a cooldown or an hourly limit",
    why: "captures that the configuration did not want; see `guardian.capture_cooldown_sec` and the keys beside it",
  },
  capture_verdicts: {
    type: "counter",
    labels: ["cause"],
    help: "Captures by the cause that their verdict names",
    why: "network, server, credits, host, client, session, permission or unknown: where to look after many incidents",
  },
  notifications: {
    type: "counter",
    labels: ["status"],
    help: "Notify programs, by outcome: ok, failed, timed_out or dropped",
    why: "whether notifications are delivered",
  },
  losses: {
    type: "counter",
    labels: ["cause"],
    help: "Events that aod did not see or could not complete, by cause",
    why: "evidence may be incomplete; [the causes](#aodlosesevidence)",
  },
  refused: {
    type: "counter",
    labels: ["cause"],
    help: "Connections, requests, signals and log lines that aod refused to protect itself, by cause",
    why: "a client is misconfigured, or probes the host; [the causes](#what-aod-refuses)",
  },
  trouble: {
    type: "gauge",
    labels: ["subject"],
    help: "1 while something that aod depends on has a problem: captures, output_folder, history, clock, control_socket, metrics, resources",
    why: "captures or the history may not be written; `aod status` has the details",
  },
  troubles: {
    type: "counter",
    labels: ["subject"],
    help: "Problems with what aod depends on, including those that were repaired at once",
    why: "a folder that a job empties every night",
  },
  age_cleanup_suspended: {
    type: "gauge",
    labels: [],
    help: "1 while no capture is removed for its age, because the clock is not trusted yet",
    why: "1 is normal for an hour after a start, or for ten minutes if the clock is synchronised",
  },
  thread_restarts: {
    type: "counter",
    labels: ["thread"],
    help: "Threads of aod that failed and were restarted",
    why: "errors of aod itself",
  },
  rules: {
    type: "gauge",
    labels: [],
    help: "Rules in use",
    why: "hosts of the same kind with different rules",
  },
  config_last_reload_successful: {
    type: "gauge",
    labels: [],
    help: "1 if the configuration that was read last is in use, 0 if it was refused",
    why: "a file with mistakes that has gone unnoticed",
  },
  config_last_reload_success_timestamp_seconds: {
    type: "gauge",
    unit: "seconds",
    labels: [],
    help: "When the configuration in use was read, in seconds since 1970",
    why: "hosts that a rollout did not reach",
  },
  cpu_seconds: {
    type: "counter",
    unit: "seconds",
    labels: [],
    help: "CPU time of aod's process, without the programs of actions",
    why: "what aod costs; the BPF programs run in the time of the process that sends a request",
  },
  resident_memory_bytes: {
    type: "gauge",
    unit: "bytes",
    labels: [],
    help: "Resident memory of aod's process",
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
    help: "When aod was started, in seconds since 1970",
    why: "all counters begin at 0 then",
  },
  process_cpu_seconds: {
    type: "counter",
    unit: "seconds",
    labels: [],
    help: "User and system CPU time of the process, in seconds",
    why: "`aod_cpu_seconds_total` under the name that dashboards for any process use; not in the textfile",
  },
  process_resident_memory_bytes: {
    type: "gauge",
    unit: "bytes",
    labels: [],
    help: "Resident memory of the process",
    why: "`aod_resident_memory_bytes`, likewise",
  },
  process_start_time_seconds: {
    type: "gauge",
    unit: "seconds",
    labels: [],
    help: "When the process was started, in seconds since 1970",
    why: "`aod_start_time_seconds`, likewise",
  },
  build: {
    type: "info",
    labels: ["version", "commit"],
    help: "Version and commit of aod",
    why: "versions over a fleet",
  },
} as const satisfies Readonly<Record<string, Omit<MetricFamily, "name">>>;

export type FamilyKey = keyof typeof ROWS;

/** All families, in the order in which they are shown. */
export const METRIC_FAMILIES = Object.fromEntries(
  Object.entries(ROWS).map(([key, row]) => [key, { name: isOfAnyProcess(key) ? key : `aod_${key}`, ...row }]),
) as unknown as Readonly<Record<FamilyKey, MetricFamily>>;

/** Whether exporters of any program have a metric of this name, without `aod_`. */
export function isOfAnyProcess(name: string): boolean {
  return name.startsWith("process_");
}

/** What each type adds to its family's name in a sample; histograms add three. */
export const SUFFIXES: Readonly<Record<FamilyType, string>> = {
  counter: "_total",
  gauge: "",
  histogram: "",
  info: "_info",
};
