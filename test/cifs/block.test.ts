// The uninterruptible sleep of a task inside cifs. The names of wait functions are real, from reports and kernel
// sources.

import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readBlock } from "../../src/cifs/proc.ts";
import { blockOf } from "../../src/cifs/wchan.ts";
import { tempDir } from "../helpers/temp-dir.ts";

/** The status text of the running kernel, with another state and other counters. */
function aStatus(state = "D (disk sleep)", voluntary = 40, forced = 2): string {
  return readFileSync("/proc/self/status", "utf8")
    .replace(/^State:.*$/m, `State:\t${state}`)
    .replace(/^voluntary_ctxt_switches:.*$/m, `voluntary_ctxt_switches:\t${voluntary}`)
    .replace(/^nonvoluntary_ctxt_switches:.*$/m, `nonvoluntary_ctxt_switches:\t${forced}`);
}

describe("a block", () => {
  test.each([
    "open_cached_dir",
    "cifs_new_fileinfo",
    "cifs_mark_open_files_invalid",
    "cifs_reopen_file",
    "dfs_cache_find",
    "cifs_get_tcon",
    "folio_wait_bit_common",
    "folio_wait_writeback",
    "rwsem_down_write_slowpath",
    "call_usermodehelper_exec",
    "wait_for_key_construction",
    "cifs_wait_bit_killable",
  ])("is a sleep in %s, whether or not a stack shows that cifs is below", (wchan) => {
    const stack = `[<0>] ${wchan}+0x4d/0x140 [cifs]\n[<0>] cifs_strict_readv+0x6a/0x1b0 [cifs]\n`;
    for (const text of [undefined, "refused", "", stack])
      expect(blockOf(aStatus(), `${wchan}\n`, text)).toEqual({ place: wchan, switches: 42 });
  });

  test("is not a sleep whose stack has no function of cifs", () => {
    const stack = "[<0>] jbd2_log_wait_commit+0xd5/0x140 [jbd2]\n[<0>] ext4_sync_file+0x2a/0x390 [ext4]\n";
    expect(blockOf(aStatus(), "folio_wait_bit_common", stack)).toBeUndefined();
  });

  test("is assumed to be in cifs if cifs is built into the kernel and no function has a module", () => {
    const stack = "[<0>] folio_wait_bit_common+0x13d/0x350\n[<0>] cifs_strict_readv+0x6a/0x1b0\n";
    expect(blockOf(aStatus(), "folio_wait_bit_common", stack)?.place).toBe("folio_wait_bit_common");
  });

  test.each([
    "wait_for_vfork_done",
    "__refrigerator",
    "ptrace_stop",
    "jbd2_log_wait_commit",
    "nfs_wait_bit_killable",
  ])("is not a sleep in %s", (wchan) => {
    expect(blockOf(aStatus(), wchan, undefined)).toBeUndefined();
  });

  test.each(["R (running)", "S (sleeping)", "T (stopped)", "I (idle)", "Z (zombie)"])(
    "is not the state %s",
    (state) => {
      expect(blockOf(aStatus(state), "cifs_new_fileinfo", undefined)).toBeUndefined();
    },
  );

  test("is read from the files of its task", () => {
    const proc = tempDir();
    mkdirSync(join(proc, "77"));
    expect(readBlock(77, proc)).toBeUndefined();
    writeFileSync(join(proc, "77", "status"), aStatus());
    writeFileSync(join(proc, "77", "wchan"), "cifs_new_fileinfo.constprop.0");
    expect(readBlock(77, proc)).toEqual({ place: "cifs_new_fileinfo", switches: 42 });
  });
});
