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
  test("a module that has just come is attached to before its first mount", () => {
    expect(decideAttachment(DETACHED, { users: 0 }, "loaded", 0).action).toBe("attach");
  });

  test("a module that nobody uses is left alone until a mount comes", () => {
    expect(decideAttachment(DETACHED, { users: 0 }, "changed", 0)).toMatchObject({
      action: "stay",
      reviewAgainMs: Infinity,
    });
    expect(decideAttachment(DETACHED, { users: 1 }, "changed", 0).action).toBe("attach");
  });

  test("a module that is in use is held, and looked at again ever more seldom: its last user goes without a notice", () => {
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

  test("after a notice it is looked at again soon", () => {
    const seldom = { ...ATTACHED, reviewAgainMs: REVIEW_AGAIN_MS.most };
    expect(decideAttachment(seldom, { users: 1 }, "changed", 0).reviewAgainMs).toBe(REVIEW_AGAIN_MS.first);
  });

  test("one whose last user goes after the notice is let go", () => {
    const unmounted = decideAttachment(ATTACHED, { users: 1 }, "changed", 0);
    const gone = decideAttachment(unmounted.state, { users: 0 }, "again", 1000 * MS);
    expect(gone).toMatchObject({ action: "stay", reviewAgainMs: RELEASE_AFTER_MS });
    const late = decideAttachment(gone.state, { users: 0 }, "again", (1000 + RELEASE_AFTER_MS) * MS);
    expect(late.action).toBe("detach");
  });

  test("one that cannot say who uses it, being part of the kernel, is never let go", () => {
    expect(decideAttachment(ATTACHED, { users: undefined }, "changed", 1e15)).toEqual({
      action: "stay",
      state: ATTACHED,
      reviewAgainMs: Infinity,
    });
  });

  test("it is let go when nobody has used it for a while, and not before", () => {
    const first = decideAttachment(ATTACHED, { users: 0 }, "changed", 100 * MS);
    expect(first).toMatchObject({ action: "stay", reviewAgainMs: RELEASE_AFTER_MS });
    const early = decideAttachment(first.state, { users: 0 }, "changed", (99 + RELEASE_AFTER_MS) * MS);
    expect(early).toMatchObject({ action: "stay", reviewAgainMs: 1 });
    const late = decideAttachment(early.state, { users: 0 }, "changed", (100 + RELEASE_AFTER_MS) * MS);
    expect(late).toMatchObject({ action: "detach", state: DETACHED });
  });

  test("a mount in between starts the while anew", () => {
    const unused = decideAttachment(ATTACHED, { users: 0 }, "changed", 0);
    const used = decideAttachment(unused.state, { users: 1 }, "changed", 5000 * MS);
    const again = decideAttachment(used.state, { users: 0 }, "changed", 9000 * MS);
    expect(again).toMatchObject({ action: "stay", reviewAgainMs: RELEASE_AFTER_MS });
  });
});
