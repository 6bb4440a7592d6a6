// Runs the program of `notify`, once for each notice, and reports the outcome. A few run at the same time, a few wait,
// and the rest are dropped and counted. It has its own slots and its own count of programs that hang, so that an upload
// that never ends holds back no capture. The supervisor decides which events become notices.

import { droppedNotice, type Notice, type NoticeOutcome, type NotifySettings } from "../model/notice.ts";
import { type ChildResult, Children } from "./child.ts";
import type { Orphans } from "./orphans.ts";
import type { Host } from "./plan.ts";
import { Slots } from "./scheduling.ts";

const AT_WORK_MAX = 2;
const WAITING_MAX = 64;
/** The program's output is not read, so only its end is kept, and no amount of it ends the program. */
const OUTPUT = { maxBytes: 4096, keep: "tail" } as const;

export interface NotifierOptions {
  readonly settings: NotifySettings | undefined;
  readonly host: Pick<Host, "networkFileSystem">;
  /** The runner's. */
  readonly orphans?: Orphans | undefined;
  readonly report: (notice: Notice, outcome: NoticeOutcome) => void;
  /** Reports a fault of aod itself. */
  readonly fail: (thrown: unknown) => void;
  /** Ends running programs. */
  readonly stop: AbortSignal;
}

export class Notifier {
  readonly #options: NotifierOptions;
  /** Runs only this one program, so earlier runs that hang don't prevent the next one. */
  readonly #children: Children;
  readonly #slots = new Slots(AT_WORK_MAX);
  readonly #pending = new Set<Promise<void>>();
  #settings: NotifySettings | undefined;
  #stopping = false;
  #notified = 0;
  #failed = 0;
  #dropped = 0;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#children = new Children(undefined, Infinity, options.orphans);
    this.#settings = options.settings;
  }

  /** Notices by outcome: the program succeeded, the program failed, no program was started. */
  get counts(): { readonly notified: number; readonly failed: number; readonly dropped: number } {
    return { notified: this.#notified, failed: this.#failed, dropped: this.#dropped };
  }

  /** Programs that did not die in time, since the start. */
  get abandoned(): number {
    return this.#children.abandoned;
  }

  /** Programs that could not be started because of a shortage of the host, since the start. */
  get unstarted(): number {
    return this.#children.unstarted;
  }

  /** Applies new settings to the notices that come from now on. */
  configure(settings: NotifySettings | undefined): void {
    this.#settings = settings;
  }

  /** Takes a notice; it may be dropped, and reported, before this returns. */
  submit(notice: Notice): void {
    const settings = this.#settings;
    if (settings === undefined) this.#report(notice, droppedNotice("notify is no longer configured"));
    else if (this.#stopping) this.#report(notice, droppedNotice("aod is stopping"));
    else if (this.#pending.size >= AT_WORK_MAX + WAITING_MAX) {
      this.#report(notice, droppedNotice(`${AT_WORK_MAX} notices are being sent and ${WAITING_MAX} wait`));
    } else {
      const work = this.#slots
        .run(() => this.#run(notice, settings))
        .then((outcome) => this.#report(notice, outcome))
        .catch(this.#options.fail)
        .finally(() => this.#pending.delete(work));
      this.#pending.add(work);
    }
  }

  /** Drops the waiting notices, and resolves when all have been reported. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#pending);
  }

  async #run(notice: Notice, { command, timeoutMs }: NotifySettings): Promise<NoticeOutcome> {
    if (this.#stopping) return droppedNotice("aod is stopping");
    const [program] = command;
    // execve(2) waits until the program's file has been read: for ever, if it is on a share that hangs.
    const fileSystem = this.#options.host.networkFileSystem(program);
    if (fileSystem !== undefined) return failed(`${program} is on ${fileSystem}, which may hang`);
    const begunMs = performance.now();
    const limits = { ...OUTPUT, timeoutMs };
    const result = await this.#children.run(command, limits, this.#options.stop, environmentOf(notice));
    const durationMs = Math.round(performance.now() - begunMs);
    return { ...outcomeOf(result, timeoutMs), exitCode: result.exitCode, durationMs };
  }

  #report(notice: Notice, outcome: NoticeOutcome): void {
    if (outcome.status === "ok") this.#notified++;
    else if (outcome.status === "dropped") this.#dropped++;
    else this.#failed++;
    this.#options.report(notice, outcome);
  }
}

function failed(reason: string): NoticeOutcome {
  return { status: "failed", exitCode: undefined, durationMs: 0, reason };
}

function environmentOf(notice: Notice): Record<string, string> {
  return {
    AOD_EVENT: notice.event,
    AOD_INCIDENT_ID: notice.incidentId ?? "",
    AOD_SERVER: notice.server,
    AOD_FAMILY: notice.family,
    AOD_RULE: notice.rule,
    AOD_SHARE: notice.share,
    AOD_CAPTURE: notice.capture,
    AOD_VERDICT: notice.verdict,
    AOD_STATUS: notice.status,
  };
}

function outcomeOf(
  { end, exitCode, errorText }: ChildResult,
  timeoutMs: number,
): Pick<NoticeOutcome, "status" | "reason"> {
  switch (end) {
    case "timed_out":
      return { status: "timed_out", reason: `killed after ${timeoutMs} ms` };
    case "stopped":
      return { status: "timed_out", reason: "aod is stopping" };
    case "not_started":
      return { status: "failed", reason: errorText };
    case "full":
    case "exited":
      if (exitCode === 0) return { status: "ok", reason: undefined };
      return {
        status: "failed",
        reason: errorText.trim().split("\n")[0] || `exit code ${exitCode ?? "none"}`,
      };
  }
}
