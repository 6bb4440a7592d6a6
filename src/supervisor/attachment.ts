// When to attach to cifs.ko and when to let it go. Pure: facts in, a decision out.
// An attached raw tracepoint holds the module, so that nobody could unload or upgrade it; so aod lets go when nobody
// but aod has used it for a while, and attaches again as soon as the module or a mount comes.

export interface ModuleFacts {
  /** Its reference count less our own links; undefined where there is none (not loaded, or built in): never let go. */
  readonly users: number | undefined;
}

export interface AttachmentState {
  readonly attached: boolean;
  /** Since when nobody but us has used the module, ns of CLOCK_MONOTONIC. */
  readonly unusedSinceNs: number | undefined;
  /** How long the last look at a module in use was to hold. */
  readonly lookAgainMs: number;
}

export const DETACHED: AttachmentState = {
  attached: false,
  unusedSinceNs: undefined,
  lookAgainMs: Infinity,
};

/** `loaded`: the module has just come, or this is the first look. `changed`: modules or mounts have. `again`: the wait is over. */
export type ReviewTrigger = "loaded" | "changed" | "again";

export interface AttachmentDecision {
  readonly action: "attach" | "detach" | "stay";
  readonly state: AttachmentState;
  /** Look again at the latest after this long, though nothing was heard; Infinity: no need. */
  readonly lookAgainMs: number;
}

/** How long the module stays held without a mount: longer than an unmount followed by a mount takes. */
export const RELEASE_AFTER_MS = 10_000;

/**
 * When a module in use is looked at again: twice as late each time. The notice of an unmount comes before the module is
 * free: the connection's thread, cifsd, holds it until it has ended, and of that nobody is told
 * (fs/smb/client/connect.c clean_demultiplex_info).
 */
export const LOOK_AGAIN_MS = { first: 1000, most: 3_600_000 } as const;

/** Decides on every trigger. A module that has just come is attached to although nobody uses it: its first mount is on the way. */
export function decideAttachment(
  state: AttachmentState,
  { users }: ModuleFacts,
  trigger: ReviewTrigger,
  nowNs: number,
): AttachmentDecision {
  const used = users === undefined || users > 0;
  if (!state.attached && !used && trigger !== "loaded") {
    return { action: "stay", state: DETACHED, lookAgainMs: Infinity };
  }
  const action = state.attached ? "stay" : "attach";
  if (used) {
    const lookAgainMs = users === undefined ? Infinity : nextLookMs(state, trigger);
    return { action, state: { attached: true, unusedSinceNs: undefined, lookAgainMs }, lookAgainMs };
  }
  const unusedSinceNs = state.unusedSinceNs ?? nowNs;
  const leftMs = RELEASE_AFTER_MS - (nowNs - unusedSinceNs) / 1e6;
  if (leftMs <= 0) return { action: "detach", state: DETACHED, lookAgainMs: Infinity };
  return { action, state: { attached: true, unusedSinceNs, lookAgainMs: Infinity }, lookAgainMs: leftMs };
}

function nextLookMs({ lookAgainMs }: AttachmentState, trigger: ReviewTrigger): number {
  const again = trigger === "again" && lookAgainMs !== Infinity;
  return again ? Math.min(2 * lookAgainMs, LOOK_AGAIN_MS.most) : LOOK_AGAIN_MS.first;
}
