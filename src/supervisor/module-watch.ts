// Owns the attachment to cifs.ko: reads the reference count of the module, attaches and detaches. attachment.ts decides
// when. One timer reviews an attached module again, with growing delays while the module is in use.

import { readModuleReferences } from "../cifs/proc.ts";
import { type Attachment, attachHooks } from "../kernel/hooks.ts";
import type { BpfObject } from "../kernel/object.ts";
import { type Exhausted, isExhausted, unlessExhausted } from "../model/exhaustion.ts";
import { monotonicNs } from "../system/clock.ts";
import { DETACHED, decideAttachment, type ModuleFacts, type ReviewTrigger } from "./attachment.ts";

export type AttachmentChange =
  | { readonly type: "attached"; readonly missing: Attachment["missing"] }
  /** The tracepoints do not exist. */
  | { readonly type: "waiting" }
  /** aod was the only user of the module, and has detached. */
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
   * Checks the module and attaches or detaches. Retries after RETRY_MS if the host is short of a resource. Throws as
   * attachHooks does.
   */
  review(trigger: ReviewTrigger): void {
    clearTimeout(this.#timer);
    if (isExhausted(unlessExhausted(() => this.#review(trigger)))) {
      this.#timer = setTimeout(() => this.review(trigger), RETRY_MS);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#detach();
  }

  #review(trigger: ReviewTrigger): Exhausted | undefined {
    const facts = this.#facts();
    if (isExhausted(facts)) return facts;
    const { action, state, reviewAgainMs } = decideAttachment(this.#state, facts, trigger, monotonicNs());
    this.#state = state;
    if (action === "attach") this.#attach();
    if (action === "detach") {
      this.#detach();
      this.#report({ type: "released" });
    }
    if (this.#state.attached && reviewAgainMs !== Infinity) {
      this.#timer = setTimeout(() => this.review("again"), reviewAgainMs);
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

  #detach(): void {
    this.#attachment?.detach();
    this.#attachment = undefined;
    this.#state = DETACHED;
  }

  /** `waiting` is reported once, not at every notice. */
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
