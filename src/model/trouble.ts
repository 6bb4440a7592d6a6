// Trouble of aod with what it depends on: its folder, files and sockets, the clock, the resources of the host. Plain
// data. Trouble of the mounts is an incident; evidence that is lost for good is a loss.

/** Subjects of trouble, in the order in which they are shown. */
export const TROUBLE_SUBJECTS = [
  "configuration",
  "captures",
  "output_folder",
  "history",
  "clock",
  "control_socket",
  "metrics",
  "resources",
] as const;
export type TroubleSubject = (typeof TROUBLE_SUBJECTS)[number];

/** The subject of a trouble in words. */
export const TROUBLE_TEXT: Readonly<Record<TroubleSubject, string>> = {
  configuration: "configuration",
  captures: "captures",
  output_folder: "output folder",
  history: "history",
  clock: "clock",
  control_socket: "control socket",
  metrics: "metrics",
  resources: "resources",
};

/** The result of a check. */
export interface TroubleFinding {
  /** The fault and its consequence, in words. */
  readonly text: string;
  /** Whether the check repaired it at once. */
  readonly isRepaired: boolean;
}

export interface Trouble {
  readonly subject: TroubleSubject;
  readonly text: string;
  /** ms since 1970 UTC. */
  readonly sinceMs: number;
  /** When it ended; undefined while it lasts. */
  readonly overAtMs: number | undefined;
}

/** Why the clock is not trusted with the ages of captures. */
export interface ClockDoubt {
  /** The fault of the clock and its consequence, in words. */
  readonly text: string;
  /** False if only the start is too recent, which is no trouble. */
  readonly isEvidence: boolean;
}
