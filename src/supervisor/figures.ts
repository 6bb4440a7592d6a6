// The documents of src/api for `aod status` and `aod top`, read from the running parts. Reads on demand and stores
// nothing. One timer, every hour, reads the kernel's tallies so that none of them wraps around unnoticed.

import type { Live } from "../api/live.ts";
import type { Status } from "../api/status.ts";
import { makeAttributeOnHost } from "../cifs/attribution.ts";
import { HOOKS } from "../kernel/hooks.ts";
import type { RequestSource } from "../kernel/source.ts";
import { openOperations, openTable } from "../kernel/table.ts";
import { incidentsNewestFirst, makeLive, stalledOf, toIncident } from "../live/live.ts";
import { shareRows } from "../live/shares.ts";
import type { LiveSnapshot } from "../live/snapshot.ts";
import type { Config } from "../model/config.ts";
import { AodError } from "../model/failure.ts";
import { lossesByCause } from "../model/losses.ts";
import type { OperationMemory } from "../model/operation.ts";
import { refusalCounts } from "../model/refusals.ts";
import type { RequestMemory } from "../model/request.ts";
import { commit, version } from "../model/version.ts";
import { clockPair } from "../system/clock.ts";
import type { DetectorSupervision } from "./detector-supervision.ts";
import { takeSnapshotOnHost } from "./host-snapshot.ts";
import type { IncidentService } from "./incident-service.ts";
import type { LossWatch } from "./loss-watch.ts";
import { measureCost } from "./own-cost.ts";
import type { RunRecord } from "./run-record.ts";
import type { Troubles } from "./troubles.ts";
import type { Upkeep } from "./upkeep.ts";

export interface FiguresOptions {
  readonly source: RequestSource;
  readonly record: RunRecord;
  readonly incidents: Pick<IncidentService, "open" | "shares" | "suppressed">;
  readonly losses: Pick<LossWatch, "now">;
  readonly config: () => Config;
  readonly supervision: Pick<DetectorSupervision, "isWatching" | "sinceNs" | "clientLists" | "approaches">;
  readonly upkeep: Pick<Upkeep, "check">;
  readonly troubles: Pick<Troubles, "list">;
  /** The build of the BPF programs. */
  readonly build: Status["watching"]["build"];
}

/** See RequestSource.tallies. */
const TALLY_EVERY_MS = 3_600_000;

export class Figures {
  readonly #options: FiguresOptions;
  readonly #table: RequestMemory;
  readonly #operations: OperationMemory;
  #timer: ReturnType<typeof setInterval> | undefined;
  #hasEnded = false;

  constructor(options: FiguresOptions) {
    this.#options = options;
    this.#table = openTable(options.source.memory);
    this.#operations = openOperations(options.source.memory);
  }

  begin(): void {
    this.#timer = setInterval(() => this.#options.source.tallies(), TALLY_EVERY_MS);
  }

  /** Refuses further questions: the memory behind the figures is about to be unmapped. Idempotent. */
  end(): void {
    clearInterval(this.#timer);
    this.#hasEnded = true;
  }

  /** Requests of the last seconds, and open requests. Throws NO_DAEMON after `end`. */
  snapshot(): LiveSnapshot {
    if (this.#hasEnded) throw new AodError("NO_DAEMON", "aod is stopping");
    const { incidents, supervision } = this.#options;
    return takeSnapshotOnHost({
      table: this.#table,
      operations: this.#operations,
      trees: incidents.shares,
      watchingSinceNs: supervision.isWatching ? supervision.sinceNs : undefined,
    });
  }

  live(): Live {
    const { incidents, losses, record } = this.#options;
    const now = clockPair();
    return makeLive(this.snapshot(), this.#table, {
      epochMs: now.epochMs,
      isWatching: this.#options.supervision.isWatching,
      incidents: [...incidents.open(), ...record.resolved(now)],
      losses: losses.now(),
    });
  }

  /** Open incidents, newest first. */
  incidents(): Status["open_incidents"] {
    return incidentsNewestFirst(this.#options.incidents.open()).map((incident) =>
      toIncident(incident, clockPair()),
    );
  }

  /** Takes up to half a second while requests are few: the cost of a request is measured. */
  async status(): Promise<Status> {
    const { source, record, incidents } = this.#options;
    const cost = await measureCost(source, this.#options.supervision.isWatching);
    const snapshot = this.snapshot();
    this.#options.upkeep.check();
    const attribute = makeAttributeOnHost(incidents.shares);
    const about = (share: string) => attribute(share, []);
    return {
      at: utc(Date.now()),
      daemon: this.#daemon(),
      watching: this.#watchingStatus(),
      window_sec: Math.round(snapshot.windowSec * 1000) / 1000,
      now_sec: Math.round(snapshot.nowSec * 1000) / 1000,
      stalled: stalledOf(snapshot),
      shares: [...shareRows(snapshot, incidents.shares, source.tallies(), about)],
      waiting_operations: snapshot.waiting.length,
      open_incidents: this.incidents(),
      past_incidents: this.#past(),
      approaches: this.#approaches(),
      last_captures: record.captures.map(({ name, takenAtMs, rule, share, bytes, verdict }) => ({
        name,
        taken_at: utc(takenAtMs),
        rule,
        share: share ?? null,
        bytes,
        verdict: { ...verdict, because: [...verdict.because] },
      })),
      captures: {
        ...record.stored,
        limit_bytes: this.#options.config().cleanup.maxTotalBytes,
        age_suspended: record.ageDoubt ?? null,
      },
      troubles: this.#options.troubles.list().map(({ subject, text, sinceMs, overAtMs }) => ({
        subject,
        text,
        since: utc(sinceMs),
        over_at: overAtMs === undefined ? null : utc(overAtMs),
      })),
      suppressed: { ...incidents.suppressed },
      losses: lossesByCause(this.#options.losses.now()),
      refused: { ...refusalCounts() },
      cost,
    };
  }

  // --- internal ---

  #daemon(): Status["daemon"] {
    const { file, sha256, outputDir, rules } = this.#options.config();
    return {
      version,
      commit,
      pid: process.pid,
      started_at: utc(this.#options.record.startedAtMs),
      config_file: file ?? null,
      config_sha256: sha256,
      output_dir: outputDir,
      rules: rules.length,
    };
  }

  #past(): Status["past_incidents"] {
    const { lastHour, lastDay, last } = this.#options.record.past(clockPair());
    return {
      last_hour: lastHour,
      last_day: lastDay,
      last: last === undefined ? null : toIncident(last, clockPair()),
    };
  }

  #approaches(): Status["approaches"] {
    const now = clockPair();
    return this.#options.supervision.approaches.map(({ rule, share, atNs, counted, replies, ratio }) => ({
      rule,
      share,
      at: utc(now.epochMs - (now.monotonicNs - atNs) / 1e6),
      counted,
      replies: replies ?? null,
      ratio: Math.round(ratio * 1000) / 1000,
    }));
  }

  #watchingStatus(): Status["watching"] {
    const { record, build } = this.#options;
    const isWatching = this.#options.supervision.isWatching;
    const missing = new Map(record.missingHooks.map(({ tracepoint, reason }) => [tracepoint, reason]));
    const levels = new Map(HOOKS.map(({ tracepoint, level }) => [tracepoint, level]));
    return {
      state: isWatching ? "watching" : "waiting",
      since: isWatching ? utc(record.attachedAtMs ?? record.startedAtMs) : null,
      build,
      client_lists: this.#options.supervision.clientLists,
      hooks: [...levels].map(([tracepoint, level]) => {
        const reason = missing.get(tracepoint) ?? null;
        return { tracepoint, level, attached: isWatching && reason === null, reason };
      }),
    };
  }
}

function utc(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
