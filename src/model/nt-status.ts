// Statuses of SMB replies: their names, and which of them are no failures although cifs maps each to an errno and
// reports it by smb3_cmd_err. The kernel's filter and the rules of type Error both follow this table.
// Names and numbers: MS-ERREF 2.3.1, fs/smb/common/smb2status.h. Errnos: smb2_error_map_table in
// fs/smb/client/smb2maperror.c of 6.12.117; 6.1.192 has EIO for IO_REPARSE_TAG_NOT_HANDLED, SERVER_UNAVAILABLE and
// FILE_NOT_AVAILABLE.

import { type CommandName, commandName } from "./command.ts";
import { ERRNO } from "./errno.ts";

/**
 * `step`: part of the protocol, never an error. `everyday`: an answer that programs ask for all day, an error only to a
 * rule that names its errno. `failure`: everything else.
 */
export type StatusClass = "step" | "everyday" | "failure";

export interface NtStatus {
  /** MS-ERREF 2.3, unsigned. */
  readonly status: number;
  readonly name: string;
  /** What cifs maps it to, positive. */
  readonly errno: number;
}

const ROWS = [
  [0x00000102, "STATUS_TIMEOUT", ERRNO.ETIMEDOUT],
  [0x00000103, "STATUS_PENDING", ERRNO.EIO],
  [0x00000108, "STATUS_OPLOCK_BREAK_IN_PROGRESS", ERRNO.EIO],
  [0x0000010b, "STATUS_NOTIFY_CLEANUP", ERRNO.EIO],
  [0x0000010c, "STATUS_NOTIFY_ENUM_DIR", ERRNO.EIO],
  [0x00000367, "STATUS_WAIT_FOR_OPLOCK", ERRNO.EIO],
  [0x80000005, "STATUS_BUFFER_OVERFLOW", ERRNO.E2BIG],
  [0x80000006, "STATUS_NO_MORE_FILES", ERRNO.ENODATA],
  [0x80000012, "STATUS_NO_MORE_EAS", ERRNO.EIO],
  [0x8000001a, "STATUS_NO_MORE_ENTRIES", ERRNO.EIO],
  [0x8000002d, "STATUS_STOPPED_ON_SYMLINK", ERRNO.EOPNOTSUPP],
  [0xc0000001, "STATUS_UNSUCCESSFUL", ERRNO.EIO],
  [0xc0000002, "STATUS_NOT_IMPLEMENTED", ERRNO.EOPNOTSUPP],
  [0xc0000003, "STATUS_INVALID_INFO_CLASS", ERRNO.EIO],
  [0xc0000004, "STATUS_INFO_LENGTH_MISMATCH", ERRNO.EIO],
  [0xc0000008, "STATUS_INVALID_HANDLE", ERRNO.EBADF],
  [0xc000000d, "STATUS_INVALID_PARAMETER", ERRNO.EINVAL],
  [0xc000000e, "STATUS_NO_SUCH_DEVICE", ERRNO.ENODEV],
  [0xc000000f, "STATUS_NO_SUCH_FILE", ERRNO.ENOENT],
  [0xc0000010, "STATUS_INVALID_DEVICE_REQUEST", ERRNO.EOPNOTSUPP],
  [0xc0000011, "STATUS_END_OF_FILE", ERRNO.ENODATA],
  [0xc0000016, "STATUS_MORE_PROCESSING_REQUIRED", ERRNO.EIO],
  [0xc0000017, "STATUS_NO_MEMORY", ERRNO.EREMOTEIO],
  [0xc000001f, "STATUS_INVALID_VIEW_SIZE", ERRNO.EIO],
  [0xc0000022, "STATUS_ACCESS_DENIED", ERRNO.EACCES],
  [0xc0000023, "STATUS_BUFFER_TOO_SMALL", ERRNO.EIO],
  [0xc0000024, "STATUS_OBJECT_TYPE_MISMATCH", ERRNO.EIO],
  [0xc0000032, "STATUS_DISK_CORRUPT_ERROR", ERRNO.EIO],
  [0xc0000033, "STATUS_OBJECT_NAME_INVALID", ERRNO.ENOENT],
  [0xc0000034, "STATUS_OBJECT_NAME_NOT_FOUND", ERRNO.ENOENT],
  [0xc0000035, "STATUS_OBJECT_NAME_COLLISION", ERRNO.EEXIST],
  [0xc0000039, "STATUS_OBJECT_PATH_INVALID", ERRNO.ENOTDIR],
  [0xc000003a, "STATUS_OBJECT_PATH_NOT_FOUND", ERRNO.ENOENT],
  [0xc000003b, "STATUS_OBJECT_PATH_SYNTAX_BAD", ERRNO.EIO],
  [0xc000003e, "STATUS_DATA_ERROR", ERRNO.EIO],
  [0xc000003f, "STATUS_CRC_ERROR", ERRNO.EIO],
  [0xc0000043, "STATUS_SHARING_VIOLATION", ERRNO.EBUSY],
  [0xc0000044, "STATUS_QUOTA_EXCEEDED", ERRNO.EDQUOT],
  [0xc000004f, "STATUS_EAS_NOT_SUPPORTED", ERRNO.EOPNOTSUPP],
  [0xc0000052, "STATUS_NO_EAS_ON_FILE", ERRNO.ENODATA],
  [0xc0000054, "STATUS_FILE_LOCK_CONFLICT", ERRNO.EACCES],
  [0xc0000055, "STATUS_LOCK_NOT_GRANTED", ERRNO.EACCES],
  [0xc0000056, "STATUS_DELETE_PENDING", ERRNO.ENOENT],
  [0xc000005a, "STATUS_INVALID_OWNER", ERRNO.EIO],
  [0xc000005e, "STATUS_NO_LOGON_SERVERS", ERRNO.EIO],
  [0xc0000061, "STATUS_PRIVILEGE_NOT_HELD", ERRNO.EIO],
  [0xc000006a, "STATUS_WRONG_PASSWORD", ERRNO.EACCES],
  [0xc000006d, "STATUS_LOGON_FAILURE", ERRNO.EACCES],
  [0xc000006e, "STATUS_ACCOUNT_RESTRICTION", ERRNO.EACCES],
  [0xc000006f, "STATUS_INVALID_LOGON_HOURS", ERRNO.EACCES],
  [0xc0000070, "STATUS_INVALID_WORKSTATION", ERRNO.EACCES],
  [0xc0000071, "STATUS_PASSWORD_EXPIRED", ERRNO.EKEYEXPIRED],
  [0xc0000072, "STATUS_ACCOUNT_DISABLED", ERRNO.EKEYREVOKED],
  [0xc000007e, "STATUS_RANGE_NOT_LOCKED", ERRNO.EIO],
  [0xc000007f, "STATUS_DISK_FULL", ERRNO.ENOSPC],
  [0xc0000098, "STATUS_FILE_INVALID", ERRNO.EIO],
  [0xc000009a, "STATUS_INSUFFICIENT_RESOURCES", ERRNO.EAGAIN],
  [0xc000009b, "STATUS_DFS_EXIT_PATH_FOUND", ERRNO.EIO],
  [0xc000009c, "STATUS_DEVICE_DATA_ERROR", ERRNO.EIO],
  [0xc00000a2, "STATUS_MEDIA_WRITE_PROTECTED", ERRNO.EROFS],
  [0xc00000a3, "STATUS_DEVICE_NOT_READY", ERRNO.EIO],
  [0xc00000a5, "STATUS_BAD_IMPERSONATION_LEVEL", ERRNO.EIO],
  [0xc00000ac, "STATUS_PIPE_NOT_AVAILABLE", ERRNO.EIO],
  [0xc00000ae, "STATUS_PIPE_BUSY", ERRNO.EBUSY],
  [0xc00000b0, "STATUS_PIPE_DISCONNECTED", ERRNO.EPIPE],
  [0xc00000b5, "STATUS_IO_TIMEOUT", ERRNO.EAGAIN],
  [0xc00000b6, "STATUS_FILE_FORCED_CLOSED", ERRNO.EIO],
  [0xc00000ba, "STATUS_FILE_IS_A_DIRECTORY", ERRNO.EISDIR],
  [0xc00000bb, "STATUS_NOT_SUPPORTED", ERRNO.EOPNOTSUPP],
  [0xc00000bc, "STATUS_REMOTE_NOT_LISTENING", ERRNO.EHOSTDOWN],
  [0xc00000bd, "STATUS_DUPLICATE_NAME", ERRNO.ENOTUNIQ],
  [0xc00000be, "STATUS_BAD_NETWORK_PATH", ERRNO.EINVAL],
  [0xc00000bf, "STATUS_NETWORK_BUSY", ERRNO.EBUSY],
  [0xc00000c0, "STATUS_DEVICE_DOES_NOT_EXIST", ERRNO.ENODEV],
  [0xc00000c3, "STATUS_INVALID_NETWORK_RESPONSE", ERRNO.EIO],
  [0xc00000c4, "STATUS_UNEXPECTED_NETWORK_ERROR", ERRNO.EIO],
  [0xc00000c9, "STATUS_NETWORK_NAME_DELETED", ERRNO.EREMCHG],
  [0xc00000ca, "STATUS_NETWORK_ACCESS_DENIED", ERRNO.EACCES],
  [0xc00000cc, "STATUS_BAD_NETWORK_NAME", ERRNO.ENOENT],
  [0xc00000ce, "STATUS_TOO_MANY_SESSIONS", ERRNO.EIO],
  [0xc00000cf, "STATUS_SHARING_PAUSED", ERRNO.EIO],
  [0xc00000d0, "STATUS_REQUEST_NOT_ACCEPTED", ERRNO.EIO],
  [0xc00000d4, "STATUS_NOT_SAME_DEVICE", ERRNO.EXDEV],
  [0xc00000d5, "STATUS_FILE_RENAMED", ERRNO.EIO],
  [0xc00000e2, "STATUS_OPLOCK_NOT_GRANTED", ERRNO.EIO],
  [0xc00000e3, "STATUS_INVALID_OPLOCK_PROTOCOL", ERRNO.EIO],
  [0xc0000101, "STATUS_DIRECTORY_NOT_EMPTY", ERRNO.ENOTEMPTY],
  [0xc0000102, "STATUS_FILE_CORRUPT_ERROR", ERRNO.EIO],
  [0xc0000103, "STATUS_NOT_A_DIRECTORY", ERRNO.ENOTDIR],
  [0xc0000106, "STATUS_NAME_TOO_LONG", ERRNO.ENAMETOOLONG],
  [0xc000011f, "STATUS_TOO_MANY_OPENED_FILES", ERRNO.EMFILE],
  [0xc0000120, "STATUS_CANCELLED", ERRNO.EIO],
  [0xc0000121, "STATUS_CANNOT_DELETE", ERRNO.EACCES],
  [0xc0000123, "STATUS_FILE_DELETED", ERRNO.EIO],
  [0xc0000128, "STATUS_FILE_CLOSED", ERRNO.EBADF],
  [0xc0000133, "STATUS_TIME_DIFFERENCE_AT_DC", ERRNO.EIO],
  [0xc000014b, "STATUS_PIPE_BROKEN", ERRNO.EPIPE],
  [0xc000015b, "STATUS_LOGON_TYPE_NOT_GRANTED", ERRNO.EIO],
  [0xc0000184, "STATUS_INVALID_DEVICE_STATE", ERRNO.EIO],
  [0xc0000185, "STATUS_IO_DEVICE_ERROR", ERRNO.EIO],
  [0xc000018d, "STATUS_TRUSTED_RELATIONSHIP_FAILURE", ERRNO.EIO],
  [0xc0000193, "STATUS_ACCOUNT_EXPIRED", ERRNO.EKEYEXPIRED],
  [0xc0000196, "STATUS_REMOTE_SESSION_LIMIT", ERRNO.EIO],
  [0xc000019c, "STATUS_FS_DRIVER_REQUIRED", ERRNO.EOPNOTSUPP],
  [0xc00001a1, "STATUS_INVALID_LOCK_RANGE", ERRNO.EIO],
  [0xc0000203, "STATUS_USER_SESSION_DELETED", ERRNO.EIO],
  [0xc0000205, "STATUS_INSUFF_SERVER_RESOURCES", ERRNO.EIO],
  [0xc000020c, "STATUS_CONNECTION_DISCONNECTED", ERRNO.ECONNABORTED],
  [0xc000020d, "STATUS_CONNECTION_RESET", ERRNO.ENETRESET],
  [0xc0000223, "STATUS_CLIENT_SERVER_PARAMETERS_INVALID", ERRNO.EIO],
  [0xc0000224, "STATUS_PASSWORD_MUST_CHANGE", ERRNO.EIO],
  [0xc0000225, "STATUS_NOT_FOUND", ERRNO.ENOENT],
  [0xc000022d, "STATUS_RETRY", ERRNO.EAGAIN],
  [0xc0000233, "STATUS_DOMAIN_CONTROLLER_NOT_FOUND", ERRNO.EIO],
  [0xc0000234, "STATUS_ACCOUNT_LOCKED_OUT", ERRNO.EACCES],
  [0xc0000236, "STATUS_CONNECTION_REFUSED", ERRNO.EIO],
  [0xc000023c, "STATUS_NETWORK_UNREACHABLE", ERRNO.ENETUNREACH],
  [0xc000023d, "STATUS_HOST_UNREACHABLE", ERRNO.EHOSTDOWN],
  [0xc0000241, "STATUS_CONNECTION_ABORTED", ERRNO.ECONNABORTED],
  [0xc0000243, "STATUS_USER_MAPPED_FILE", ERRNO.EIO],
  [0xc0000257, "STATUS_PATH_NOT_COVERED", ERRNO.EREMOTE],
  [0xc0000265, "STATUS_TOO_MANY_LINKS", ERRNO.EMLINK],
  [0xc0000267, "STATUS_FILE_IS_OFFLINE", ERRNO.EIO],
  [0xc000026d, "STATUS_DFS_UNAVAILABLE", ERRNO.EIO],
  [0xc000026e, "STATUS_VOLUME_DISMOUNTED", ERRNO.EIO],
  [0xc0000275, "STATUS_NOT_A_REPARSE_POINT", ERRNO.EIO],
  [0xc0000279, "STATUS_IO_REPARSE_TAG_NOT_HANDLED", ERRNO.EOPNOTSUPP],
  [0xc0000293, "STATUS_FILE_ENCRYPTED", ERRNO.EIO],
  [0xc000035c, "STATUS_NETWORK_SESSION_EXPIRED", ERRNO.EIO],
  [0xc0000466, "STATUS_SERVER_UNAVAILABLE", ERRNO.EAGAIN],
  [0xc0000467, "STATUS_FILE_NOT_AVAILABLE", ERRNO.EAGAIN],
  [0xc0000802, "STATUS_DISK_QUOTA_EXCEEDED", ERRNO.EDQUOT],
  [0xc0000906, "STATUS_VIRUS_INFECTED", ERRNO.EIO],
  [0xc000a000, "STATUS_INVALID_SIGNATURE", ERRNO.EIO],
] as const;

export type StatusName = (typeof ROWS)[number][1];

/** Every status that has a name here, by number: those that are no failures, and what a storage engineer meets. */
export const NT_STATUSES: readonly NtStatus[] = ROWS.map(([status, name, errno]) => ({
  status,
  name,
  errno,
}));

/**
 * Statuses that mean trouble by themselves: the share or the session is gone, the server lacks a resource, or its own
 * disk does not answer. One of them trips a rule of type Error, unless the rule says otherwise.
 */
export const TROUBLE: readonly StatusName[] = [
  "STATUS_NETWORK_NAME_DELETED",
  "STATUS_USER_SESSION_DELETED",
  "STATUS_INSUFFICIENT_RESOURCES",
  "STATUS_INSUFF_SERVER_RESOURCES",
  "STATUS_IO_TIMEOUT",
];

/** Statuses that are no failures of these commands, and why. The first matching entry decides. */
export const NO_FAILURES: readonly {
  readonly class: Exclude<StatusClass, "failure">;
  readonly commands: readonly CommandName[] | "every";
  readonly statuses: readonly StatusName[];
}[] = [
  // The second half of every session setup follows: MS-SMB2 3.3.5.5.3.
  { class: "step", commands: ["SMB2_SESSION_SETUP"], statuses: ["STATUS_MORE_PROCESSING_REQUIRED"] },
  // Interim replies, ends of lists and files, data that goes on in a further reply, the detours of symbolic links and
  // DFS (fs/smb/client/smb2inode.c parse_create_response, dfs.c), requests that were cancelled, oplock notices.
  {
    class: "step",
    commands: "every",
    statuses: [
      "STATUS_PENDING",
      "STATUS_OPLOCK_BREAK_IN_PROGRESS",
      "STATUS_NOTIFY_CLEANUP",
      "STATUS_NOTIFY_ENUM_DIR",
      "STATUS_WAIT_FOR_OPLOCK",
      "STATUS_BUFFER_OVERFLOW",
      "STATUS_NO_MORE_FILES",
      "STATUS_NO_MORE_EAS",
      "STATUS_NO_MORE_ENTRIES",
      "STATUS_STOPPED_ON_SYMLINK",
      "STATUS_END_OF_FILE",
      "STATUS_NO_EAS_ON_FILE",
      "STATUS_OPLOCK_NOT_GRANTED",
      "STATUS_INVALID_OPLOCK_PROTOCOL",
      "STATUS_CANCELLED",
      "STATUS_PATH_NOT_COVERED",
      "STATUS_IO_REPARSE_TAG_NOT_HANDLED",
    ],
  },
  // Answers to questions about what the server can do; cifs continues without a message. Referrals, network
  // interfaces, negotiate validation at mount, later copy offload: fs/smb/client/smb2ops.c smb2_get_dfs_refer (ENOENT,
  // EOPNOTSUPP) and SMB3_request_interfaces, smb2pdu.c smb3_validate_negotiate (NetApp) and smb2_reconnect (Azure
  // answers NOT_IMPLEMENTED).
  { class: "step", commands: ["SMB2_IOCTL"], statuses: ["STATUS_NOT_FOUND", "STATUS_FS_DRIVER_REQUIRED"] },
  {
    class: "step",
    commands: ["SMB2_IOCTL", "SMB2_QUERY_INFO", "SMB2_CHANGE_NOTIFY"],
    statuses: ["STATUS_INVALID_DEVICE_REQUEST", "STATUS_NOT_IMPLEMENTED", "STATUS_NOT_SUPPORTED"],
  },
  // Sector sizes at mount (smb2ops.c smb3_qfs_tcon), extended attributes with every `ls -l`.
  {
    class: "step",
    commands: ["SMB2_QUERY_INFO"],
    statuses: ["STATUS_INVALID_INFO_CLASS", "STATUS_EAS_NOT_SUPPORTED"],
  },
  // Acknowledgments that crossed the close of their file: MS-SMB2 3.3.5.22.1 and 3.3.5.22.2.
  {
    class: "step",
    commands: ["SMB2_OPLOCK_BREAK"],
    statuses: ["STATUS_FILE_CLOSED", "STATUS_INVALID_DEVICE_STATE", "STATUS_UNSUCCESSFUL"],
  },
  // A client that closes or leaves an object that is gone already has what it wanted.
  {
    class: "step",
    commands: ["SMB2_LOGOFF", "SMB2_TREE_DISCONNECT"],
    statuses: [
      "STATUS_USER_SESSION_DELETED",
      "STATUS_NETWORK_SESSION_EXPIRED",
      "STATUS_NETWORK_NAME_DELETED",
    ],
  },
  // Names that do not exist, exist already, or are of another kind.
  {
    class: "everyday",
    commands: "every",
    statuses: [
      "STATUS_NO_SUCH_FILE",
      "STATUS_OBJECT_NAME_INVALID",
      "STATUS_OBJECT_NAME_NOT_FOUND",
      "STATUS_OBJECT_NAME_COLLISION",
      "STATUS_OBJECT_PATH_INVALID",
      "STATUS_OBJECT_PATH_NOT_FOUND",
      "STATUS_OBJECT_PATH_SYNTAX_BAD",
      "STATUS_DELETE_PENDING",
      "STATUS_FILE_IS_A_DIRECTORY",
      "STATUS_DIRECTORY_NOT_EMPTY",
      "STATUS_NOT_A_DIRECTORY",
      "STATUS_NOT_FOUND",
    ],
  },
  // Another open holds the lock. Samba answers FILE_LOCK_CONFLICT the second time; for reads and writes that is a
  // failure.
  {
    class: "everyday",
    commands: ["SMB2_LOCK"],
    statuses: ["STATUS_LOCK_NOT_GRANTED", "STATUS_FILE_LOCK_CONFLICT"],
  },
  // Extended attributes that `cp -a` would set; a lease key that belongs to another name of the same file, which cifs
  // tries again without (smb2inode.c smb2_compound_op).
  { class: "everyday", commands: ["SMB2_SET_INFO"], statuses: ["STATUS_EAS_NOT_SUPPORTED"] },
  { class: "everyday", commands: ["SMB2_CREATE"], statuses: ["STATUS_INVALID_PARAMETER"] },
];

const NAMES: ReadonlyMap<number, StatusName> = new Map(ROWS.map(([status, name]) => [status, name]));

/** The class of a reply with this status. `command` as in MS-SMB2 2.2.1.2, `ntStatus` unsigned. */
export function classifyStatus(command: number, ntStatus: number): StatusClass {
  const status = NAMES.get(ntStatus);
  if (status === undefined) return "failure";
  const entry = NO_FAILURES.find(
    ({ commands, statuses }) =>
      statuses.includes(status) &&
      (commands === "every" || commands.some((name) => name === commandName(command))),
  );
  return entry?.class ?? "failure";
}

/** The name of a status; one without a name as 0xC000ABCD. */
export function statusName(ntStatus: number): string {
  const hex = ntStatus.toString(16).toUpperCase().padStart(8, "0");
  return NAMES.get(ntStatus) ?? `0x${hex}`;
}
