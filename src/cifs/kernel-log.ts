// Recognises the lines of the kernel log that concern SMB mounts, in records of /dev/kmsg. Pure; it opens no file and
// judges no rule.
//
// Only the kernel's own records count: facility 0, which no program can write (kernel/printk/printk.c:devkmsg_write
// gives a program's line the facility LOG_USER). Server names in them are chosen by an administrator or a server: data,
// never format.
//
// A lockup or a hung task concerns aod if its stack contains a function of cifs. The stack follows the headline, one
// line a record, so the headline waits for such a line, for STACK_LINES_MAX lines at most.

import { escapeControls } from "../model/escape.ts";
import type { KernelLogSignal } from "../model/kernel-log.ts";
import { type SignalName, signalNumber } from "../model/signal.ts";

/** One record of /dev/kmsg: Documentation/ABI/testing/dev-kmsg. */
export interface KernelLogRecord {
  /** 0 for the kernel itself. */
  readonly facility: number;
  readonly text: string;
}

interface Pattern {
  readonly signal: SignalName;
  /** May have a group `server` or `named`. */
  readonly expression: RegExp;
  /**
   * A signal of WITH_STACK counts without a function of cifs in its stack if this finds the client in the line itself.
   */
  readonly isClient?: RegExp;
}

const TEXT_MAX_CHARS = 240;
const LINE_MAX_CHARS = 1024;
/** A stack of the kernel is 20 to 60 lines long, registers and modules included. */
const STACK_LINES_MAX = 120;
/**
 * `cifs_demultiplex_thread+0x12/0x340 [cifs]`, with the module's build id behind its name where the kernel has it
 * (kernel/kallsyms.c, since 5.15); the reliable frames have no question mark before them.
 */
const CIFS_FRAME = /(?<!\? )\b[\w.]+\+0x[0-9a-f]{1,8}\/0x[0-9a-f]{1,8} \[cifs(?: [0-9a-f]{40})?\]/;
/**
 * `CIFS: VFS: \\server ` since Linux 5.3, `CIFS VFS: Server server ` before: fs/smb/client/cifs_debug.h. Further
 * channels of a session have an empty name there.
 */
const PREFIX = String.raw`^CIFS:? VFS: (?:\\\\(?<server>[^\s\\]{0,256}) |Server (?<named>\S{1,256}) )?`;

/**
 * Wordings: fs/smb/client/connect.c, kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h, mm/oom_kill.c; 5.4
 * to 6.18.
 */
const PATTERNS: readonly Pattern[] = [
  {
    signal: "server_not_responding",
    expression: new RegExp(`${PREFIX}has not responded in \\d{1,10} seconds\\. Reconnecting`),
  },
  { signal: "session_setup_failed", expression: new RegExp(`${PREFIX}Send error in SessSetup = -\\d`) },
  { signal: "no_task_to_wake", expression: new RegExp(`${PREFIX}No task to wake, unknown frame received!`) },
  {
    signal: "soft_lockup",
    expression:
      /^(?:NMI )?watchdog: (?:BUG: soft lockup - CPU#\d|(?:CPU\d{1,5}: )?Watchdog detected hard LOCKUP on cpu)/,
    isClient: /\[cifsd:\d{1,10}\]/,
  },
  {
    signal: "soft_lockup",
    expression: /^rcu: INFO: \w{1,32} (?:self-detected stall|detected (?:expedited )?stalls)/,
  },
  {
    signal: "hung_task",
    expression: /^INFO: task .{1,64}:\d{1,10} (?:is )?blocked (?:on .{1,64} )?for more than \d{1,10} seconds/,
  },
  { signal: "out_of_memory", expression: /^Out of memory: Killed process \d/ },
  // Drivers differ: `eth0: Link is Down` (phylib), `igb: eth0 NIC Link is Down`, `mlx5_core 0000:3b:00.0 eth0: Link
  // down`. Disks, slots of PCI Express and Fibre Channel have links as well: `ata1: SATA link down`, `pciehp: Slot(0):
  // Link Down`, `1305 Link Down Event`.
  {
    signal: "link_down",
    expression:
      /^(?!.{0,80}(?:\bSATA |\bpciehp: |\blpfc |\bqla2xxx )).{0,200}\b[Ll]ink (?:is )?[Dd]own\b(?! Event)/,
  },
];

/** Signals that count only with a function of cifs in the stack that follows. */
const WITH_STACK: ReadonlySet<SignalName> = new Set(["soft_lockup", "hung_task"]);

export class KernelLog {
  #waiting: { readonly signal: SignalName; readonly line: string } | undefined;
  #linesLeft = 0;

  /** Takes the next record. @returns the signal that it completes, if any. */
  take({ facility, text }: KernelLogRecord): KernelLogSignal | undefined {
    if (facility !== 0) return undefined;
    const line = text.slice(0, LINE_MAX_CHARS);
    for (const { signal, expression, isClient } of PATTERNS) {
      const found = expression.exec(line);
      if (found === null) continue;
      if (!WITH_STACK.has(signal) || isClient?.test(line) === true) {
        this.#waiting = undefined;
        return makeSignal(signal, line, found.groups?.server ?? found.groups?.named);
      }
      this.#waiting = { signal, line };
      this.#linesLeft = STACK_LINES_MAX;
      return undefined;
    }
    return this.#takeStackLine(line);
  }

  #takeStackLine(line: string): KernelLogSignal | undefined {
    const waiting = this.#waiting;
    if (waiting === undefined) return undefined;
    this.#linesLeft -= 1;
    const isClient = CIFS_FRAME.test(line);
    if (isClient || this.#linesLeft <= 0) this.#waiting = undefined;
    return isClient ? makeSignal(waiting.signal, `${waiting.line}; ${line.trim()}`, undefined) : undefined;
  }
}

/**
 * Parses one record: `6,339,5140900,-;text`, then lines of a dictionary that begin with a blank.
 * @returns undefined if it is not a record.
 */
export function parseKernelLogRecord(record: string): KernelLogRecord | undefined {
  const [, priority, text] = /^(\d{1,6}),\d{1,20},\d{1,20},[^;]{0,64};([^\n]*)/.exec(record) ?? [];
  if (priority === undefined || text === undefined) return undefined;
  return { facility: Number(priority) >> 3, text: unescapeRecord(text) };
}

// --- internal ---

function makeSignal(signal: SignalName, line: string, server: string | undefined): KernelLogSignal {
  return {
    number: signalNumber(signal) ?? 0,
    server: server === undefined || server === "" ? undefined : `//${server}`,
    text: escapeControls(line.slice(0, TEXT_MAX_CHARS)),
  };
}

/**
 * The kernel escapes backslashes and characters other than printable ASCII as `\x5c`:
 * kernel/printk/printk.c:msg_add_ext_text.
 */
function unescapeRecord(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
