// Runs the program that `notify` names. In: notices; out: one report for each. A few at once, a few waiting, the rest
// dropped and counted. Its slots and its count of programs that hang are its own: one that uploads for ever holds back
// no capture. What there is a notice of is decided by the supervisor.

import { droppedNotice, type Notice, type NoticeOutcome, type NotifySettings } from "../model/notice.ts";
import { type ChildResult, Children } from "./child.ts";
import type { Orphans } from "./orphans.ts";
import type { Host } from "./plan.ts";
import { Slots } from "./slots.ts";

const AT_WORK_MAX = 2;
const WAITING_MAX = 64;
/** Of its output, which nobody reads: it may print what it likes. */
const OUTPUT = { maxBytes: 4096, keep: "tail" } as const;

export interface NotifierOptions {
  readonly settings: NotifySettings | undefined;
  readonly host: Pick<Host, "networkFileSystem">;
  /** As the runner's. */
  readonly orphans?: Orphans | undefined;
  readonly report: (notice: Notice, outcome: NoticeOutcome) => void;
  /** Something that is wrong with aod itself. */
  readonly fail: (thrown: unknown) => void;
  /** Ends what runs. */
  readonly stop: AbortSignal;
}

export class Notifier {
  readonly #options: NotifierOptions;
  /** There is only one program: that it hangs keeps none of the others from being started. */
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

  /** Programs that ended well, that did not, and notices for which none was begun. */
  get counts(): { readonly notified: number; readonly failed: number; readonly dropped: number } {
    return { notified: this.#notified, failed: this.#failed, dropped: this.#dropped };
  }

  /** Programs that did not die in time, ever. */
  get abandoned(): number {
    return this.#children.abandoned;
  }

  /** Programs that could not be started because the host was short of something, ever. */
  get unstarted(): number {
    return this.#children.unstarted;
  }

  /** Applies to the notices that come from now on. */
  configure(settings: NotifySettings | undefined): void {
    this.#settings = settings;
  }

  /** Takes a notice; the report may come at once. */
  submit(notice: Notice): void {
    const settings = this.#settings;
    if (settings === undefined) this.#report(notice, droppedNotice("notify is not configured any more"));
    else if (this.#stopping) this.#report(notice, droppedNotice("aod is stopping"));
    else if (this.#pending.size >= AT_WORK_MAX + WAITING_MAX) {
      this.#report(notice, droppedNotice(`${AT_WORK_MAX} are being run and ${WAITING_MAX} wait`));
    } else {
      const work = this.#slots
        .run(() => this.#run(notice, settings))
        .then((outcome) => this.#report(notice, outcome))
        .catch(this.#options.fail)
        .finally(() => this.#pending.delete(work));
      this.#pending.add(work);
    }
  }

  /** Drops who waits, and resolves when those at work have reported. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#pending);
  }

  async #run(notice: Notice, { command, timeoutMs }: NotifySettings): Promise<NoticeOutcome> {
    if (this.#stopping) return droppedNotice("aod is stopping");
    const [program] = command;
    // Starting a program waits until it has been read: of a share that hangs, for ever.
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
