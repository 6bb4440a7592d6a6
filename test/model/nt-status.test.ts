// The two tables of what a failed reply means: statuses and errnos.

import { describe, expect, test } from "bun:test";
import { constants } from "node:os";
import { COMMAND, COMMANDS, type CommandName } from "../../src/model/command.ts";
import { ERRNO, ERRNO_ALIASES, errnoName } from "../../src/model/errno.ts";
import { classifyStatus, NO_FAILURES, NT_STATUSES, statusName } from "../../src/model/nt-status.ts";

const numberOf = new Map(NT_STATUSES.map(({ name, status }) => [name, status]));

function classOf(command: CommandName, name: string): string {
  const status = numberOf.get(name);
  if (status === undefined) throw new Error(`${name} is not in the table`);
  return classifyStatus(COMMAND[command], status);
}

describe("classifyStatus", () => {
  test.each([
    ["SMB2_SESSION_SETUP", "STATUS_MORE_PROCESSING_REQUIRED", "step"],
    ["SMB2_CREATE", "STATUS_MORE_PROCESSING_REQUIRED", "failure"],
    ["SMB2_QUERY_DIRECTORY", "STATUS_NO_MORE_FILES", "step"],
    ["SMB2_READ", "STATUS_END_OF_FILE", "step"],
    ["SMB2_CHANGE_NOTIFY", "STATUS_NOTIFY_ENUM_DIR", "step"],
    ["SMB2_CHANGE_NOTIFY", "STATUS_NOTIFY_CLEANUP", "step"],
    ["SMB2_CHANGE_NOTIFY", "STATUS_CANCELLED", "step"],
    ["SMB2_LOCK", "STATUS_CANCELLED", "step"],
    ["SMB2_QUERY_INFO", "STATUS_BUFFER_OVERFLOW", "step"],
    ["SMB2_WRITE", "STATUS_PENDING", "step"],
    ["SMB2_CREATE", "STATUS_STOPPED_ON_SYMLINK", "step"],
    ["SMB2_CREATE", "STATUS_PATH_NOT_COVERED", "step"],
    ["SMB2_QUERY_INFO", "STATUS_NO_EAS_ON_FILE", "step"],
    ["SMB2_CREATE", "STATUS_OPLOCK_BREAK_IN_PROGRESS", "step"],
    ["SMB2_OPLOCK_BREAK", "STATUS_FILE_CLOSED", "step"],
    ["SMB2_WRITE", "STATUS_FILE_CLOSED", "failure"],
    ["SMB2_IOCTL", "STATUS_NOT_FOUND", "step"],
    ["SMB2_IOCTL", "STATUS_INVALID_DEVICE_REQUEST", "step"],
    ["SMB2_QUERY_INFO", "STATUS_INVALID_DEVICE_REQUEST", "step"],
    ["SMB2_WRITE", "STATUS_INVALID_DEVICE_REQUEST", "failure"],
    ["SMB2_CREATE", "STATUS_NOT_FOUND", "everyday"],
    ["SMB2_CREATE", "STATUS_OBJECT_NAME_NOT_FOUND", "everyday"],
    ["SMB2_CREATE", "STATUS_OBJECT_NAME_COLLISION", "everyday"],
    ["SMB2_QUERY_DIRECTORY", "STATUS_NO_SUCH_FILE", "everyday"],
    ["SMB2_CREATE", "STATUS_INVALID_PARAMETER", "everyday"],
    ["SMB2_WRITE", "STATUS_INVALID_PARAMETER", "failure"],
    ["SMB2_LOCK", "STATUS_LOCK_NOT_GRANTED", "everyday"],
    ["SMB2_LOCK", "STATUS_FILE_LOCK_CONFLICT", "everyday"],
    ["SMB2_WRITE", "STATUS_FILE_LOCK_CONFLICT", "failure"],
    ["SMB2_CREATE", "STATUS_ACCESS_DENIED", "failure"],
    ["SMB2_WRITE", "STATUS_DISK_FULL", "failure"],
    ["SMB2_TREE_CONNECT", "STATUS_BAD_NETWORK_NAME", "failure"],
    ["SMB2_READ", "STATUS_IO_TIMEOUT", "failure"],
  ] as const)("%s answered with %s is %s", (command, name, expected) => {
    expect(classOf(command, name)).toBe(expected);
  });

  test("takes what is in no table for a failure", () => {
    expect(classifyStatus(COMMAND.SMB2_READ, 0xc0ff_ee00)).toBe("failure");
    expect(classifyStatus(99, 0xc000_0225)).toBe("everyday");
  });

  test("follows the table for every pair of command and status, and steps win over everyday answers", () => {
    for (const { name } of NT_STATUSES) {
      for (const command of COMMANDS) {
        const classes = NO_FAILURES.filter(
          ({ commands, statuses }) =>
            statuses.some((status) => status === name) &&
            (commands === "every" || commands.includes(command)),
        ).map((entry) => entry.class);
        const expected = classes.includes("step") ? "step" : (classes[0] ?? "failure");
        expect(classOf(command, name), `${command} ${name}`).toBe(expected);
      }
    }
  });
});

describe("the table of statuses", () => {
  test("has every number and every name once, in the order of the numbers", () => {
    const numbers = NT_STATUSES.map(({ status }) => status);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(new Set(NT_STATUSES.map(({ name }) => name)).size).toBe(numbers.length);
    expect(NT_STATUSES.filter(({ status }) => status <= 0 || status > 0xffff_ffff)).toEqual([]);
  });

  test("names what it has, and shows the rest in hexadecimal", () => {
    for (const { status, name } of NT_STATUSES) expect(statusName(status)).toBe(name);
    expect(statusName(0xc0ff_ee00)).toBe("0xC0FFEE00");
    expect(statusName(0)).toBe("0x00000000");
  });
});

describe("the table of errnos", () => {
  test("agrees with the running system", () => {
    const known = Object.entries(constants.errno).filter(([name]) => name in ERRNO);
    expect(known.length).toBeGreaterThan(70);
    expect(known.filter(([name, number]) => ERRNO[name as keyof typeof ERRNO] !== number)).toEqual([]);
  });

  test("has every number once, fit for the record's one byte", () => {
    const numbers = Object.values(ERRNO);
    expect(new Set<number>(numbers).size).toBe(numbers.length);
    expect(numbers.filter((number) => number < 1 || number > 255)).toEqual([]);
  });

  test("gives canonical names, and shows the rest as numbers", () => {
    for (const [name, number] of Object.entries(ERRNO)) expect(errnoName(number)).toBe(name);
    expect(errnoName(ERRNO_ALIASES.EWOULDBLOCK)).toBe("EAGAIN");
    expect(errnoName(200)).toBe("200");
  });
});
