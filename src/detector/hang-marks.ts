// The rule windows in which one request or operation hangs. It begins a hang, reports that it goes on, and ends it, the
// same for requests in flight and for waiting operations. A window distinguishes hangs by this object. Pure.

import type { Request } from "../model/request.ts";
import type { Ledger } from "./ledger.ts";
import type { Counted } from "./recent-requests.ts";
import type { RuleWindow } from "./rule-window.ts";

export class HangMarks {
  /** By rule index; empty while it hangs in none. */
  #windows: (RuleWindow | undefined)[] = [];

  /** Whether it hangs in any window. */
  get isHanging(): boolean {
    return this.#windows.length > 0;
  }

  /** Begins the hang in the window of a rule. */
  begin(ruleIndex: number, ruleWindow: RuleWindow, counted: Counted, ledger: Ledger, nowNs: number): void {
    this.#windows[ruleIndex] = ruleWindow;
    ledger.hang(ruleWindow, this, counted, nowNs);
  }

  /** Reports that the hang goes on. @returns false if it does not hang in the window of this rule. */
  goOn(ruleIndex: number, counted: Counted, ledger: Ledger, nowNs: number): boolean {
    const ruleWindow = this.#windows[ruleIndex];
    if (ruleWindow === undefined) return false;
    ledger.hang(ruleWindow, this, { ...counted, timeNs: nowNs }, nowNs);
    return true;
  }

  /** Ends all its hangs. @param abandoned whether it ended without a reply. */
  release(ledger: Ledger, endNs: number, abandoned: boolean): void {
    for (const ruleWindow of this.#windows) {
      if (ruleWindow !== undefined) ledger.release(ruleWindow, this, endNs, abandoned);
    }
    this.#windows = [];
  }

  /**
   * Moves its hangs to the windows of other rules, which do not report them again.
   * @param predecessors by index of a new rule: the index of the old rule of the same name, or -1.
   * @param windowOf the window of a new rule; undefined if the rule does not cover this request.
   */
  adopt(
    predecessors: readonly number[],
    request: Request,
    windowOf: (ruleIndex: number) => RuleWindow | undefined,
  ): void {
    const before = this.#windows;
    this.#windows = [];
    predecessors.forEach((old, index) => {
      const from = before[old];
      const ruleWindow = from && windowOf(index);
      if (from === undefined || ruleWindow === undefined) return;
      ruleWindow.adopt(this, request, from);
      this.#windows[index] = ruleWindow;
    });
  }
}
