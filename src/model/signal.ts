// Signals of trouble: tracepoints of cifs.ko and lines of the kernel log that report it, by the names that
// configuration and captures use, and the ones among them that belong to a healthy day. One table.
// Sources, for 5.10 to 7.x: fs/smb/client/{connect,smb2ops,transport,smb2pdu}.c.

import { SIGNAL } from "./request.gen.ts";

/**
 * `everyday`: part of a healthy day, counts only for a rule that names it. `idle`: everyday unless a task waited for
 * the connection, then trouble. `trouble`: everything else.
 */
export type SignalClass = "everyday" | "idle" | "trouble";

/** Signals whose record has the id of a session in `sessionId`; the others have that of a connection. */
const OF_SESSIONS: ReadonlySet<number> = new Set([
  SIGNAL.SES_EXPIRED,
  SIGNAL.SES_NOT_FOUND,
  SIGNAL.TREE_CONNECT_ERR,
]);

/** The source of a signal: a tracepoint of cifs.ko, or a line of the kernel log. */
export type SignalSource = "tracepoint" | "kernel_log";

interface SignalRow {
  /** Number in a record: enum aod_signal, and the numbers after it for lines of the kernel log. */
  readonly number: number;
  /** The tracepoint's name without smb3_. */
  readonly name: string;
  readonly class: SignalClass;
  readonly what: string;
}

/** Lines of the kernel log have the numbers after those of the tracepoints. */
const FIRST_OF_KERNEL_LOG = Object.keys(SIGNAL).length;

const ROWS = [
  // Servers and firewalls end idle connections, and the next request opens a new one.
  { name: "reconnect", number: SIGNAL.RECONNECT, class: "idle", what: "the connection was lost" },
  {
    name: "partial_send_reconnect",
    number: SIGNAL.PARTIAL_SEND_RECONNECT,
    class: "trouble",
    what: "the connection was lost while a request was being sent",
  },
  // Tickets and sessions end and are re-established, and no user notices.
  { name: "ses_expired", number: SIGNAL.SES_EXPIRED, class: "everyday", what: "the session has expired" },
  {
    name: "credit_timeout",
    number: SIGNAL.CREDIT_TIMEOUT,
    class: "trouble",
    what: "a request waited a minute for credits and got none",
  },
  {
    name: "reconnect_with_invalid_credits",
    number: SIGNAL.RECONNECT_INVALID_CREDITS,
    class: "trouble",
    what: "the connection was lost before a request that had its credits was sent",
  },
  // A user who mistypes a server's name at mount causes this too, and no operator needs a report of it.
  {
    name: "connect_err",
    number: SIGNAL.CONNECT_ERR,
    class: "idle",
    what: "a connection could not be established",
  },
  {
    name: "insufficient_credits",
    number: SIGNAL.INSUFFICIENT_CREDITS,
    class: "trouble",
    what: "the server grants too few credits for a request of several parts",
  },
  // The client takes as many as it can and continues.
  {
    name: "overflow_credits",
    number: SIGNAL.OVERFLOW_CREDITS,
    class: "everyday",
    what: "the server grants more credits than the client can hold",
  },
  // Replies that come after their session was closed.
  {
    name: "ses_not_found",
    number: SIGNAL.SES_NOT_FOUND,
    class: "idle",
    what: "a message belongs to no session that the client knows",
  },
  {
    name: "key_expired",
    number: SIGNAL.KEY_EXPIRED,
    class: "trouble",
    what: "the key that the session was to be renewed with has expired or was revoked",
  },
  // As with connect_err.
  { name: "tcon", number: SIGNAL.TREE_CONNECT_ERR, class: "idle", what: "a share could not be connected" },
  {
    name: "soft_lockup",
    number: FIRST_OF_KERNEL_LOG,
    class: "trouble",
    what: "a CPU has been stuck inside the SMB client",
  },
  {
    name: "hung_task",
    number: FIRST_OF_KERNEL_LOG + 1,
    class: "trouble",
    what: "a task has slept inside the SMB client for longer than kernel.hung_task_timeout_secs",
  },
  // A laptop that wakes up far from its server meets this too.
  {
    name: "server_not_responding",
    number: FIRST_OF_KERNEL_LOG + 2,
    class: "idle",
    what: "the server has not responded for several echo intervals",
  },
  // As with connect_err: a mistyped password.
  {
    name: "session_setup_failed",
    number: FIRST_OF_KERNEL_LOG + 3,
    class: "idle",
    what: "a session could not be set up",
  },
  // The late reply to a request whose task was killed.
  {
    name: "no_task_to_wake",
    number: FIRST_OF_KERNEL_LOG + 4,
    class: "idle",
    what: "a reply came that no task waits for",
  },
  {
    name: "out_of_memory",
    number: FIRST_OF_KERNEL_LOG + 5,
    class: "idle",
    what: "the kernel has killed a process because memory ran out",
  },
  {
    name: "link_down",
    number: FIRST_OF_KERNEL_LOG + 6,
    class: "idle",
    what: "an interface of this host has lost its link",
  },
] as const satisfies readonly SignalRow[];

export type SignalName = (typeof ROWS)[number]["name"];

/** By number, with a description. */
export const SIGNALS: readonly SignalRow[] = [...ROWS].sort((a, b) => a.number - b.number);

export const SIGNAL_NAMES: readonly SignalName[] = ROWS.map(({ name }) => name);

/** The number of a signal, by its exact name; undefined where there is none. */
export function signalNumber(name: string): number | undefined {
  return SIGNALS.find((row) => row.name === name)?.number;
}

/** The name of a signal; a number outside the table is shown as it is. */
export function signalName(signal: number): string {
  return SIGNALS[signal]?.name ?? `signal_${signal}`;
}

/** The source of a signal. */
export function signalSource(signal: number): SignalSource {
  return signal < FIRST_OF_KERNEL_LOG ? "tracepoint" : "kernel_log";
}

/** Whether a signal's record has the id of its session; others have that of their connection: bpf/request.h. */
export function isOfSession(signal: number): boolean {
  return OF_SESSIONS.has(signal);
}
