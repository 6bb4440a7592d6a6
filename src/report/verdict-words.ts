// Words that go with the headline of a verdict (model/headline.ts): its confidence, its station on the path of a
// request, and what to do next. Pure. docs/verdict.md explains the same at length.

import type { Cause } from "../model/verdict.ts";

/** A place on the path of a request. */
export type Station = "host" | "network" | "server";

export interface CauseWords {
  /** What to do next, unless a status has more specific advice. */
  readonly next: string;
  /** Where on the path the cause is; undefined: not known. */
  readonly station: Station | undefined;
}

export const CAUSE_WORDS: Readonly<Record<Cause, CauseWords>> = {
  network: {
    next: "Look for drops and errors on the network path: ethtool -S, switches, VPN, firewall. Show sockets.log to the network team.",
    station: "network",
  },
  server: {
    next: "Look at the server’s disks, load and logs at that time. The requests below show the affected commands and shares.",
    station: "server",
  },
  credits: {
    next: "Raise the server’s limit (smb2 max credits in Samba, the tier of a cloud share), or spread the load over more connections (multichannel).",
    station: "server",
  },
  host: {
    next: "Find what uses up its CPU or memory: top, systemd-cgtop, the limits of the container. The share itself is fine.",
    station: "host",
  },
  client: {
    next: "Look at the kernel log and the stacks in inflight.log, and compare the kernel with its known bugs. The server and the network are fine.",
    station: "host",
  },
  permission: {
    next: "Compare the permissions of the file and the share with the account of the mount, and find the program that sends the requests.",
    station: "server",
  },
  session: {
    next: "Look at passwords, tickets (klist) and clocks, and whether the share was moved or deleted.",
    station: "server",
  },
  unknown: {
    next: "Read the reasons above: they hold all that is known. The list of actions shows what could not be collected.",
    station: undefined,
  },
};

/** @param confidence 0 to 1. */
export function confidenceWords(confidence: number): string {
  const [, words] = CONFIDENCE.find(([least]) => confidence >= least) ?? [0, "not known"];
  return words;
}

const CONFIDENCE = [
  [0.9, "almost certain"],
  [0.75, "very likely"],
  [0.6, "likely"],
  [0.5, "more likely than not"],
] as const;
