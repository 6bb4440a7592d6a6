import { describe, expect, test } from "bun:test";
import { innermostFunction, judgeWchan } from "../../src/cifs/wchan.ts";
import type { TaskWait } from "../../src/model/cifs.ts";

describe("judgeWchan", () => {
  test.each<[string | undefined, TaskWait]>([
    [undefined, "gone"],
    ["(D)", "asleep"],
    ["(S)", "running"],
    ["0", "running"],
    ["", "running"],
    ["wait_for_response", "reply"],
    ["wait_for_response\n", "reply"],
    ["wait_for_free_credits.constprop.0", "reply"],
    ["smb2_reconnect", "reply"],
    ["cifs_wait_for_server_reconnect", "reply"],
    ["folio_wait_bit_common", "io"],
    ["netfs_unbuffered_read", "io"],
    ["__cifs_readv", "io"],
    ["futex_wait_queue", "other"],
    ["poll_schedule_timeout.constprop.0", "other"],
  ])("%j: %s", (wchan, expected) => {
    expect(judgeWchan(wchan)).toBe(expected);
  });
});

describe("the innermost function of a stack", () => {
  test.each([
    ["[<0>] __cifs_readv+0x1b5/0x420 [cifs]\n[<0>] do_iter_read+0xe8/0x1e0\n", "__cifs_readv"],
    ["[<0>] wait_for_free_credits.constprop.0+0x20/0x1f0 [cifs]", "wait_for_free_credits.constprop.0"],
    ["[<ffffffffc0a1b2c3>] wait_for_response+0x60/0x90 [cifs]", "wait_for_response"],
    ["[<0>] 0xffffffffc0a1b2c3\n", undefined],
    ["refused", undefined],
    ["", undefined],
  ])("%j is %s", (stack, place) => {
    expect(innermostFunction(stack)).toBe(place);
  });
});
