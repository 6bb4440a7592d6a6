import { describe, expect, test } from "bun:test";
import { COMMAND, type CommandName } from "../../src/model/command.ts";
import { ERRNO } from "../../src/model/errno.ts";
import { NT_STATUSES } from "../../src/model/nt-status.ts";
import { meaningOf, STATUS_MEANINGS } from "../../src/model/status-meaning.ts";

function causeOf(command: CommandName, name: string): string | undefined {
  const row = NT_STATUSES.find((one) => one.name === name);
  if (row === undefined) throw new Error(`no status ${name}`);
  return meaningOf(COMMAND[command], row.status, row.errno)?.cause;
}

describe("the meaning of a refusal", () => {
  test.each([
    ["SMB2_WRITE", "STATUS_DISK_FULL", "server"],
    ["SMB2_WRITE", "STATUS_QUOTA_EXCEEDED", "server"],
    ["SMB2_WRITE", "STATUS_INSUFFICIENT_RESOURCES", "server"],
    ["SMB2_READ", "STATUS_IO_TIMEOUT", "server"],
    ["SMB2_CREATE", "STATUS_INSUFF_SERVER_RESOURCES", "server"],
    ["SMB2_TREE_CONNECT", "STATUS_BAD_NETWORK_NAME", "session"],
    ["SMB2_TREE_CONNECT", "STATUS_ACCESS_DENIED", "session"],
    ["SMB2_SESSION_SETUP", "STATUS_ACCESS_DENIED", "session"],
    ["SMB2_SESSION_SETUP", "STATUS_NO_LOGON_SERVERS", "session"],
    ["SMB2_SESSION_SETUP", "STATUS_TIME_DIFFERENCE_AT_DC", "session"],
    ["SMB2_SESSION_SETUP", "STATUS_LOGON_FAILURE", "session"],
    ["SMB2_SESSION_SETUP", "STATUS_ACCOUNT_LOCKED_OUT", "session"],
    ["SMB2_READ", "STATUS_USER_SESSION_DELETED", "session"],
    ["SMB2_READ", "STATUS_NETWORK_NAME_DELETED", "session"],
    ["SMB2_CREATE", "STATUS_ACCESS_DENIED", "permission"],
    ["SMB2_CREATE", "STATUS_SHARING_VIOLATION", undefined],
    ["SMB2_CREATE", "STATUS_OBJECT_NAME_NOT_FOUND", undefined],
  ] as const)("of %s %s blames %s", (command, status, cause) => {
    expect(causeOf(command, status)).toBe(cause);
  });

  test.each([
    ["ENOKEY", "session"],
    ["EKEYEXPIRED", "session"],
    ["EKEYREVOKED", "session"],
    ["EKEYREJECTED", "session"],
    ["EHOSTDOWN", undefined],
  ] as const)("of an operation that failed with %s without a request blames %s", (errno, cause) => {
    expect(meaningOf(undefined, 0, ERRNO[errno])?.cause).toBe(cause);
  });

  test("is unambiguous: a status stands in one row, and each row has words of its own", () => {
    const named = STATUS_MEANINGS.flatMap(({ statuses }) => (statuses === "any" ? [] : statuses));
    expect(new Set(named).size).toBe(named.length);
    for (const part of ["id", "words", "advice"] as const)
      expect(new Set(STATUS_MEANINGS.map((row) => row[part])).size).toBe(STATUS_MEANINGS.length);
  });
});
