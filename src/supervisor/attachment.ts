// Decides when to attach to cifs.ko and when to detach. Pure. An attached raw tracepoint holds a reference to the
// module, which could then be neither unloaded nor upgraded. So aod detaches when it has been the only user for a
// while, and attaches again as soon as the module is loaded or a share is mounted.

export interface ModuleFacts {
  /**
   * Its reference count without aod's own links; undefined if it has none (not loaded, or built in): then aod never
   * detaches.
   */
  readonly users: number | undefined;
}

export interface AttachmentState {
  readonly attached: boolean;
  /** Since when aod has been the only user of the module, ns of CLOCK_MONOTONIC. */
  readonly unusedSinceNs: number | undefined;
  /** The delay that was chosen for the next review of a module in use. */
  readonly reviewAgainMs: number;
}

export const DETACHED: AttachmentState = {
  attached: false,
  unusedSinceNs: undefined,
  reviewAgainMs: Infinity,
};

/**
 * `loaded`: the module was just loaded, or this is the first review. `changed`: modules or mounts changed. `again`: the
 * delay is over.
 */
export type ReviewTrigger = "loaded" | "changed" | "again";

export interface AttachmentDecision {
  readonly action: "attach" | "detach" | "stay";
  readonly state: AttachmentState;
  /** Review again after this long, even without a notice; Infinity: not necessary. */
  readonly reviewAgainMs: number;
}

/** How long aod stays attached without a mount: longer than an unmount followed by a mount takes. */
export const RELEASE_AFTER_MS = 10_000;

/**
 * When a module in use is reviewed again: the delay doubles each time. The notice of an unmount arrives before the
 * module is free: the thread of the connection, cifsd, holds it until it has ended, and the kernel sends no notice of
 * that end (fs/smb/client/connect.c clean_demultiplex_info).
 */
export const REVIEW_AGAIN_MS = { first: 1000, most: 3_600_000 } as const;

/**
 * Decides on every trigger. A module that was just loaded is attached to although it is unused: its first mount
 * follows.
 */
export function decideAttachment(
  state: AttachmentState,
  { users }: ModuleFacts,
  trigger: ReviewTrigger,
  nowNs: number,
): AttachmentDecision {
  const used = users === undefined || users > 0;
  if (!state.attached && !used && trigger !== "loaded") {
    return { action: "stay", state: DETACHED, reviewAgainMs: Infinity };
  }
  const action = state.attached ? "stay" : "attach";
  if (used) {
    const reviewAgainMs = users === undefined ? Infinity : nextReviewMs(state, trigger);
    return { action, state: { attached: true, unusedSinceNs: undefined, reviewAgainMs }, reviewAgainMs };
  }
  const unusedSinceNs = state.unusedSinceNs ?? nowNs;
  const leftMs = RELEASE_AFTER_MS - (nowNs - unusedSinceNs) / 1e6;
  if (leftMs <= 0) return { action: "detach", state: DETACHED, reviewAgainMs: Infinity };
  return { action, state: { attached: true, unusedSinceNs, reviewAgainMs: Infinity }, reviewAgainMs: leftMs };
}

function nextReviewMs({ reviewAgainMs }: AttachmentState, trigger: ReviewTrigger): number {
  const again = trigger === "again" && reviewAgainMs !== Infinity;
  return again ? Math.min(2 * reviewAgainMs, REVIEW_AGAIN_MS.most) : REVIEW_AGAIN_MS.first;
}
