// Trouble that aod has with what it depends on: its folder, its files, its sockets, the clock, what the host grants it. Plain data.
// Trouble of the mounts is an incident, and evidence that is gone for good is a loss.

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

/** The subject in words. */
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
  /** It was found and repaired in one go. */
  readonly isRepaired: boolean;
}

export interface Trouble {
  readonly subject: TroubleSubject;
  readonly text: string;
  /** ms since 1970 UTC. */
  readonly sinceMs: number;
  /** When it was over; undefined while it lasts. */
  readonly overAtMs: number | undefined;
}

/** Why ages of captures can't be counted yet. */
export interface ClockDoubt {
  /** The fault of the clock and its consequence, in words. */
  readonly text: string;
  /** False where only the start is too recent: that is no trouble. */
  readonly isEvidence: boolean;
}
