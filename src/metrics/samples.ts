// Turns the readings of one moment into samples: slots and numbers become names, and samples with the same labels are
// added up. Pure. The number of shares is bounded by the slots of the kernel's tables; all further shares are one,
// `other`.

import { commandName } from "../model/command.ts";
import { errnoName } from "../model/errno.ts";
import type { Incident } from "../model/incident.ts";
import { lossesByCause } from "../model/losses.ts";
import { classifyStatus, statusName } from "../model/nt-status.ts";
import { classifyOperationFailure } from "../model/operation-failure.ts";
import { type KnownTree, LAST_SLOT } from "../model/share.ts";
import type { OperationErrors, Tallies } from "../model/tally.ts";
import type { TroubleSubject } from "../model/trouble.ts";
import { BOUNDS, cumulate } from "./buckets.ts";
import { plain } from "./event-counts.ts";
import { type HistogramSample, type Sample, type Samples, tidyLabel } from "./exposition.ts";
import type { OpenOnShare } from "./open-requests.ts";

/**
 * Label of shares without a slot of their own and of statuses beyond the limit. Names of shares begin with `//`, so
 * none is equal.
 */
const OTHER = "other";
/** Open incidents with a series of their own; further ones share the label OTHER. */
const INCIDENTS_MAX = 100;

export interface TroubleReading {
  readonly subject: TroubleSubject;
  readonly isLasting: boolean;
  /** Since the start of aod. */
  readonly count: number;
}

export interface Readings {
  readonly tallies: Tallies;
  readonly operationErrors: readonly OperationErrors[];
  readonly shares: readonly KnownTree[];
  readonly open: readonly OpenOnShare[];
  readonly waitingOperations: number;
  /** Requests that were sent, from the kernel's counter `entered`. */
  readonly sent: number;
  readonly losses: Readonly<Record<string, number>>;
  /** Refused connections, requests, signals and log lines, by every cause. */
  readonly refused: Readonly<Record<string, number>>;
  readonly incidents: readonly Incident[];
  readonly moduleReferences: number;
  readonly isAttached: boolean;
  /** Suppressed captures, by every cause. */
  readonly suppressed: Readonly<Record<string, number>>;
  readonly troubles: readonly TroubleReading[];
  readonly isAgeSuspended: boolean;
  /** ms since 1970. */
  readonly startedAtMs: number;
  readonly cost: {
    readonly cpuSeconds: number;
    readonly residentBytes: number;
    readonly kernelMapBytes: number;
  };
}

/** Remembers which share a slot counts: the counts continue after the last tree of a share is gone. */
export class ShareNames {
  readonly #names = new Map<number, string>();

  learn(trees: readonly KnownTree[]): void {
    for (const { slot, share } of trees) {
      if (slot < LAST_SLOT) this.#names.set(slot, tidyLabel(share));
    }
  }

  ofSlot(slot: number): string {
    return this.#names.get(slot) ?? OTHER;
  }

  /** A share that has a slot, or `other`. */
  ofShare(share: string): string {
    const name = tidyLabel(share);
    return this.all().includes(name) ? name : OTHER;
  }

  all(): readonly string[] {
    return [...this.#names.values()];
  }
}

export function makeSamples(readings: Readings, names: ShareNames): Samples {
  const { tallies, losses, cost } = readings;
  names.learn(readings.shares);
  const durations = durationsOf(tallies, names);
  return {
    requests: durations.map(({ labels, count }) => ({ labels, value: count })),
    request_duration_seconds: durations,
    request_errors: errorsOf(tallies, names),
    operation_errors: readings.operationErrors.map(({ errno, count }) => ({
      labels: [errnoName(errno), classifyOperationFailure(errno, Infinity)],
      value: count,
    })),
    requests_sent: [plain(readings.sent)],
    ...openOf(readings.open, names),
    operations_waiting: [plain(readings.waitingOperations)],
    cifs_module_references: [plain(readings.moduleReferences)],
    attached: [plain(Number(readings.isAttached))],
    captures_suppressed: byCause(readings.suppressed),
    trouble: readings.troubles.map(({ subject, isLasting }) => ({
      labels: [subject],
      value: Number(isLasting),
    })),
    troubles: readings.troubles.map(({ subject, count }) => ({ labels: [subject], value: count })),
    age_cleanup_suspended: [plain(Number(readings.isAgeSuspended))],
    start_time_seconds: [plain(readings.startedAtMs / 1000)],
    incidents_open: incidentsOf(readings.incidents),
    losses: byCause(lossesByCause(losses)),
    refused: byCause(readings.refused),
    cpu_seconds: [plain(cost.cpuSeconds)],
    resident_memory_bytes: [plain(cost.residentBytes)],
    kernel_map_bytes: [plain(cost.kernelMapBytes)],
    process_cpu_seconds: [plain(cost.cpuSeconds)],
    process_resident_memory_bytes: [plain(cost.residentBytes)],
    process_start_time_seconds: [plain(readings.startedAtMs / 1000)],
  };
}

function durationsOf({ histograms }: Tallies, names: ShareNames): readonly HistogramSample[] {
  const sums = new Map<string, { labels: readonly string[]; below: number[]; count: number; sum: number }>();
  for (const { slot, command, sumNs, buckets } of histograms) {
    const labels = [names.ofSlot(slot), commandName(command)];
    const { below, count } = cumulate(buckets);
    const key = labels.join("\0");
    const before = sums.get(key) ?? { labels, below: BOUNDS.map(() => 0), count: 0, sum: 0 };
    sums.set(key, {
      labels,
      below: before.below.map((value, i) => value + (below[i] ?? 0)),
      count: before.count + count,
      sum: before.sum + sumNs / 1e9,
    });
  }
  return [...sums.values()];
}

function errorsOf({ statuses }: Tallies, names: ShareNames): readonly Sample[] {
  return summed(
    statuses.map(({ ntStatus, slot, command, count }) => {
      const status = ntStatus === undefined ? OTHER : statusName(ntStatus);
      const kind = ntStatus === undefined ? "failure" : classifyStatus(command, ntStatus);
      return { labels: [names.ofSlot(slot), commandName(command), status, kind], value: count };
    }),
  );
}

/** Every known share has a sample, so that an idle share shows 0 instead of a gap. */
function openOf(open: readonly OpenOnShare[], names: ShareNames) {
  const known = [...new Set([...names.all(), OTHER])].map((share) => ({
    share,
    inFlight: 0,
    oldestAgeNs: 0,
  }));
  const rows = [...known, ...open.map((one) => ({ ...one, share: names.ofShare(one.share) }))];
  const of = (pick: (one: OpenOnShare) => number) =>
    rows.map((one) => ({ labels: [one.share], value: pick(one) }));
  return {
    requests_in_flight: summed(of(({ inFlight }) => inFlight)),
    oldest_request_in_flight_seconds: summed(
      of(({ oldestAgeNs }) => oldestAgeNs / 1e9),
      Math.max,
    ),
  };
}

/** Incidents beyond INCIDENTS_MAX have the server and share OTHER. */
function incidentsOf(incidents: readonly Incident[]): readonly Sample[] {
  return summed(
    incidents.map(({ rule, kind, share, server, family }, i) => {
      const nameOf = (name: string) => (i < INCIDENTS_MAX ? tidyLabel(name) : OTHER);
      return { labels: [rule, kind, nameOf(share), nameOf(server), family], value: 1 };
    }),
  );
}

function byCause(counts: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(counts).map(([cause, value]) => ({ labels: [cause], value }));
}

/** One sample for each combination of labels: Prometheus rejects a scrape with duplicates. */
function summed(
  samples: readonly Sample[],
  add: (a: number, b: number) => number = (a, b) => a + b,
): readonly Sample[] {
  const sums = new Map<string, Sample>();
  for (const { labels, value } of samples) {
    const key = labels.join("\0");
    const before = sums.get(key);
    sums.set(key, { labels, value: before === undefined ? value : add(before.value, value) });
  }
  return [...sums.values()];
}
