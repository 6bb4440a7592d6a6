import { describe, expect, test } from "bun:test";
import {
  type AttachmentState,
  DETACHED,
  decideAttachment,
  RELEASE_AFTER_MS,
  REVIEW_AGAIN_MS,
} from "../../src/supervisor/attachment.ts";

const ATTACHED: AttachmentState = { ...DETACHED, attached: true };
const MS = 1e6;

describe("attachment", () => {
  test("attaches to a module that was just loaded, before its first mount", () => {
    expect(decideAttachment(DETACHED, { users: 0 }, "loaded", 0).action).toBe("attach");
  });

  test("does not attach to an unused module until a share is mounted", () => {
    expect(decideAttachment(DETACHED, { users: 0 }, "changed", 0)).toMatchObject({
      action: "stay",
      reviewAgainMs: Infinity,
    });
    expect(decideAttachment(DETACHED, { users: 1 }, "changed", 0).action).toBe("attach");
  });

  test("stays attached to a module in use, and reviews it with growing delays: its last user ends without a notice", () => {
    let decision = decideAttachment(ATTACHED, { users: 3 }, "changed", 5 * MS);
    const waits = [decision.reviewAgainMs];
    for (let i = 0; i < 20; i++) {
      decision = decideAttachment(decision.state, { users: 1 }, "again", 5 * MS);
      expect(decision.action).toBe("stay");
      waits.push(decision.reviewAgainMs);
    }
    expect(waits.slice(0, 4)).toEqual([1, 2, 4, 8].map((times) => times * REVIEW_AGAIN_MS.first));
    expect(waits.slice(-2)).toEqual([REVIEW_AGAIN_MS.most, REVIEW_AGAIN_MS.most]);
  });

  test("reviews soon after a notice", () => {
    const seldom = { ...ATTACHED, reviewAgainMs: REVIEW_AGAIN_MS.most };
    expect(decideAttachment(seldom, { users: 1 }, "changed", 0).reviewAgainMs).toBe(REVIEW_AGAIN_MS.first);
  });

  test("detaches from a module whose last user ends after the notice", () => {
    const unmounted = decideAttachment(ATTACHED, { users: 1 }, "changed", 0);
    const gone = decideAttachment(unmounted.state, { users: 0 }, "again", 1000 * MS);
    expect(gone).toMatchObject({ action: "stay", reviewAgainMs: RELEASE_AFTER_MS });
    const late = decideAttachment(gone.state, { users: 0 }, "again", (1000 + RELEASE_AFTER_MS) * MS);
    expect(late.action).toBe("detach");
  });

  test("never detaches from a module that is built into the kernel and has no reference count", () => {
    expect(decideAttachment(ATTACHED, { users: undefined }, "changed", 1e15)).toEqual({
      action: "stay",
      state: ATTACHED,
      reviewAgainMs: Infinity,
    });
  });

  test("detaches when aod has been the only user for RELEASE_AFTER_MS, and not before", () => {
    const first = decideAttachment(ATTACHED, { users: 0 }, "changed", 100 * MS);
    expect(first).toMatchObject({ action: "stay", reviewAgainMs: RELEASE_AFTER_MS });
    const early = decideAttachment(first.state, { users: 0 }, "changed", (99 + RELEASE_AFTER_MS) * MS);
    expect(early).toMatchObject({ action: "stay", reviewAgainMs: 1 });
    const late = decideAttachment(early.state, { users: 0 }, "changed", (100 + RELEASE_AFTER_MS) * MS);
    expect(late).toMatchObject({ action: "detach", state: DETACHED });
  });

  test("a mount in between starts that time again", () => {
    const unused = decideAttachment(ATTACHED, { users: 0 }, "changed", 0);
    const used = decideAttachment(unused.state, { users: 1 }, "changed", 5000 * MS);
    const again = decideAttachment(used.state, { users: 0 }, "changed", 9000 * MS);
    expect(again).toMatchObject({ action: "stay", reviewAgainMs: RELEASE_AFTER_MS });
  });
});
