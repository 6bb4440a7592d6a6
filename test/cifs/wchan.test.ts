import { describe, expect, test } from "bun:test";
import { judgeWchan } from "../../src/cifs/wchan.ts";
import type { TaskWait } from "../../src/model/cifs.ts";

describe("judgeWchan", () => {
  test.each<[string | undefined, TaskWait]>([
    [undefined, "gone"],
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
