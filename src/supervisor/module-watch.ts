// Holds the attachment to cifs.ko: reads how the module stands, lets attachment.ts decide, attaches and lets go.
// In: notices that modules or mounts changed; out: what happened. One timer
// looks again at an attached module, ever more seldom while it is in use.

import { readModuleReferences } from "../cifs/proc.ts";
import { type Attachment, attachHooks } from "../kernel/hooks.ts";
import type { BpfObject } from "../kernel/object.ts";
import { type Exhausted, isExhausted, unlessExhausted } from "../model/exhaustion.ts";
import { monotonicNs } from "../system/clock.ts";
import { DETACHED, decideAttachment, type ModuleFacts, type ReviewTrigger } from "./attachment.ts";

export type AttachmentChange =
  | { readonly type: "attached"; readonly missing: Attachment["missing"] }
  /** The tracepoints are not there. */
  | { readonly type: "waiting" }
  /** Nobody but us used the module. */
  | { readonly type: "released" };

/** Pause before a retry while the host is short of something. */
const RETRY_MS = 5_000;

export class ModuleWatch {
  readonly #object: BpfObject;
  readonly #onChange: (change: AttachmentChange) => void;
  #attachment: Attachment | undefined;
  #state = DETACHED;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastReported: AttachmentChange["type"] | undefined;

  constructor(object: BpfObject, onChange: (change: AttachmentChange) => void) {
    this.#object = object;
    this.#onChange = onChange;
  }

  get attached(): boolean {
    return this.#attachment !== undefined;
  }

  /**
   * Checks the module and attaches or detaches; retries a little later where the host is short of something. Throws as attachHooks
   * does.
   */
  review(trigger: ReviewTrigger): void {
    clearTimeout(this.#timer);
    if (isExhausted(unlessExhausted(() => this.#review(trigger)))) {
      this.#timer = setTimeout(() => this.review(trigger), RETRY_MS);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#letGo();
  }

  #review(trigger: ReviewTrigger): Exhausted | undefined {
    const facts = this.#facts();
    if (isExhausted(facts)) return facts;
    const { action, state, lookAgainMs } = decideAttachment(this.#state, facts, trigger, monotonicNs());
    this.#state = state;
    if (action === "attach") this.#attach();
    if (action === "detach") {
      this.#letGo();
      this.#report({ type: "released" });
    }
    if (this.#state.attached && lookAgainMs !== Infinity) {
      this.#timer = setTimeout(() => this.review("again"), lookAgainMs);
    }
    return undefined;
  }

  #attach(): void {
    this.#attachment = attachHooks(this.#object);
    if (this.#attachment === undefined) {
      this.#state = DETACHED;
      this.#report({ type: "waiting" });
    } else {
      this.#report({ type: "attached", missing: this.#attachment.missing });
    }
  }

  #letGo(): void {
    this.#attachment?.detach();
    this.#attachment = undefined;
    this.#state = DETACHED;
  }

  /** Waiting is said once, not at every notice. */
  #report(change: AttachmentChange): void {
    if (change.type === "waiting" && this.#lastReported === "waiting") return;
    this.#lastReported = change.type;
    this.#onChange(change);
  }

  #facts(): ModuleFacts | Exhausted {
    const references = readModuleReferences();
    if (isExhausted(references)) return references;
    // Not loaded, or built into the kernel: whether the tracepoints are there tells which.
    if (references === undefined) return { users: undefined };
    return { users: references - (this.#attachment?.links ?? 0) };
  }
}
