// The texts of `aod demo`. Pure, except for `print` and for reading the capture that the demo has made.

import { join, relative } from "node:path";
import { summarizeCapture, type WorstRequest } from "../demo/capture-contents.ts";
import type { Caught, Healthy } from "../demo/story.ts";
import type { ObjectBuild } from "../kernel/assets.ts";
import { commandName } from "../model/command.ts";
import { errnoName } from "../model/errno.ts";
import { version } from "../model/version.ts";

const LABEL_COLUMNS = 10;
const WORST_SHOWN = 3;

/** Lines to standard output, bold labels on a terminal only. */
export function print(lines: readonly string[]): void {
  for (const line of lines) {
    const label = line.slice(0, LABEL_COLUMNS);
    const bold = process.stdout.isTTY && label.trim() !== "" ? `\x1b[1m${label}\x1b[0m` : label;
    process.stdout.write(`${bold}${line.slice(LABEL_COLUMNS)}\n`);
  }
}

export function hostLines(
  kernel: string,
  build: ObjectBuild | undefined,
  refusal: string | undefined,
  folder: string,
): readonly string[] {
  const bpf =
    build === undefined
      ? [`BPF no: ${refusal}`, "an imitation of the kernel side in memory replaces it"]
      : [`BPF yes (${build} build)`, "synthetic traffic through the real BPF programs, attached to nothing"];
  return [
    row("aod", `${version}, Linux ${kernel}, ${bpf[0]}`),
    row("", `source: ${bpf[1]}`),
    row("", `captures: ${shown(folder)}, each marked "source": "demo"`),
    "",
  ];
}

export function healthyLine({ requests, tookMs, commands, incidents }: Healthy): string {
  const verdict = incidents === 0 ? "no incident" : `${incidents} INCIDENTS, there should be none`;
  return row(
    "healthy",
    `${count(requests)} requests of ${commands} commands in ${(tookMs / 1000).toFixed(1)} s: ${verdict}`,
  );
}

export function costLine(nsPerRequest: number | undefined): string {
  if (nsPerRequest === undefined) return row("cost", "not measured: no BPF program ran");
  return row(
    "cost",
    `${Math.round(nsPerRequest)} ns a request in the kernel, its reply and the measuring included`,
  );
}

interface Act {
  readonly happened: (caught: Caught) => string;
  /** The moment from which the decision of the detector is measured. */
  readonly since: string;
}

/** The acts that the detector must catch, with their texts. */
const ACTS: Readonly<Record<"spike" | "errors" | "hang", Act>> = {
  spike: {
    happened: ({ requests, anomaly }) =>
      `${requests} writes at once without a reply for ${ms(anomaly.worstNs)} (limit 120 ms)`,
    since: "after the 10th was due",
  },
  errors: {
    happened: ({ requests, anomaly }) => {
      const errno = anomaly.evidence.at(-1)?.errno ?? 0;
      return `${requests} opens refused (${errnoName(errno)})`;
    },
    since: "after the 5th refusal",
  },
  hang: {
    happened: ({ anomaly }) => {
      const command = commandName(anomaly.evidence.at(-1)?.command ?? 0);
      return `1 ${command} without a reply for ${ms(anomaly.worstNs)} so far (limit 1000 ms)`;
    },
    since: "after it was due, while it hangs",
  },
};

export function caughtLines(act: keyof typeof ACTS, caught: Caught): readonly string[] {
  const { happened, since } = ACTS[act];
  const decided = `caught ${us(caught.decidedAfterNs)} ${since}`;
  const frozen = `request table frozen ${us(caught.frozenAfterMs * 1e6)} later`;
  return [row(act, happened(caught)), row("", `${decided}; ${frozen}`)];
}

export function demoCaptureLines({ capture }: Caught, batches: string): readonly string[] {
  const { files, manifest, requests, worst } = summarizeCapture(join(batches, capture.name), WORST_SHOWN);
  const kib = Math.ceil(capture.bytes / 1024);
  return [
    "",
    row(
      "capture",
      `${capture.name}, ${kib} KiB in ${Math.round(capture.durationMs)} ms, source: ${manifest.source}`,
    ),
    row("", files.join("  ")),
    row("", `the worst of the last ${count(requests)} requests:`),
    ...worst.map((request) => row("", `  ${worstLine(request)}`)),
  ];
}

export function nextLines(batches: string, name: string): readonly string[] {
  const aod = shown(process.execPath);
  return [
    "",
    row("next", "on a host with SMB mounts, as root:"),
    row("", `  ${aod} doctor    can this host run it`),
    row("", `  ${aod} run       watch, with the built-in rules; captures go to /var/log/aod/batches`),
    row("", "this capture as a page for a browser, and in words:"),
    row("", `  ${aod} report ${shown(join(batches, name))}`),
    row("", `  ${aod} captures show ${shown(join(batches, name))}`),
  ];
}

function worstLine({ command, state, latencyMs, errno, comm }: WorstRequest): string {
  const age = state === "in_flight" ? "and no reply yet" : state;
  return [command.padEnd(16), `${latencyMs.toFixed(1).padStart(8)} ms`, age, errno, comm]
    .filter(Boolean)
    .join("  ");
}

function row(label: string, text: string): string {
  return label.padEnd(LABEL_COLUMNS) + text;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function ms(ns: number): string {
  return `${(ns / 1e6).toFixed(1)} ms`;
}

function us(ns: number): string {
  return ns < 1e6 ? `${Math.round(ns / 1e3)} µs` : ms(ns);
}

/** The path relative to the current folder, if that is shorter. */
function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") || near === "" ? path : near;
}
