// The verdict in words: who is to blame, how sure that is, what to do next. In: cause and confidence; out: sentences. Pure.
// docs/verdict.md says the same at length.

import type { Cause } from "../model/verdict.ts";

/** A place on the way of a request. */
export type Station = "host" | "network" | "server";

export interface CauseWords {
  /** The page's title: a whole sentence. */
  readonly headline: string;
  readonly next: string;
  /** Where on the way it is; undefined: nobody knows. */
  readonly station: Station | undefined;
}

export const CAUSE_WORDS: Readonly<Record<Cause, CauseWords>> = {
  network: {
    headline: "The network is to blame.",
    next: "Look for drops and errors on the way: ethtool -S, switches, VPN, firewall. Let the network’s people see sockets.log.",
    station: "network",
  },
  server: {
    headline: "The server is to blame.",
    next: "Look at the server’s disks, load and logs at that time. The requests below show which commands and shares.",
    station: "server",
  },
  credits: {
    headline: "The server grants too few requests at a time.",
    next: "Raise the server’s limit (smb2 max credits in Samba, the tier of a cloud’s share), or spread the load over more connections (multichannel).",
    station: "server",
  },
  host: {
    headline: "This machine is to blame.",
    next: "Find who uses up its CPU or memory: top, systemd-cgtop, the limits of the container. The share is well.",
    station: "host",
  },
  session: {
    headline: "The server refuses the session.",
    next: "Look at passwords, tickets (klist) and clocks, and whether the share was moved or deleted.",
    station: "server",
  },
  unknown: {
    headline: "Nobody can be blamed yet.",
    next: "Read the reasons: all that is known is there. What could not be collected is in the list of actions.",
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
