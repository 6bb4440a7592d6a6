// The meaning of a refusal: the party that a status or an errno blames, in words, and advice. One table; the verdict,
// the report and the commands read it. Pure.
// Statuses: MS-ERREF 2.3.1; MS-SMB2 3.3.5.5 (SESSION_SETUP), 3.3.5.7 (TREE_CONNECT), 3.3.5.13 (WRITE). Errnos of an
// operation without a request: request_key(2) of cifs.upcall, fs/smb/client/sess.c and connect.c.

import { type CommandName, commandName } from "./command.ts";
import { ERRNO } from "./errno.ts";
import { type StatusName, statusName } from "./nt-status.ts";
import type { Cause } from "./verdict.ts";

export interface StatusMeaning {
  /** Stable: scripts may compare it. */
  readonly id: string;
  /** Undefined if a refusal does not show which party is to blame. */
  readonly cause: Extract<Cause, "server" | "session" | "permission"> | undefined;
  /** Follows "The server refuses: ". */
  readonly words: string;
  /** A full sentence. */
  readonly advice: string;
}

interface MeaningRow extends StatusMeaning {
  /** Undefined: every command. */
  readonly commands?: readonly CommandName[];
  /** "any" beside `commands`: whatever the status is. */
  readonly statuses: readonly StatusName[] | "any";
  /** Errnos of operations that failed without a request. */
  readonly errnos?: readonly number[];
}

/** The first matching row decides. */
export const STATUS_MEANINGS: readonly MeaningRow[] = [
  {
    id: "disk-full",
    cause: "server",
    words: "disk full",
    advice: "Free space on the share’s volume, or enlarge it.",
    statuses: ["STATUS_DISK_FULL"],
  },
  {
    id: "quota",
    cause: "server",
    words: "quota exceeded",
    advice: "Raise the quota of the user or the folder on the server, or delete files there.",
    statuses: ["STATUS_QUOTA_EXCEEDED", "STATUS_DISK_QUOTA_EXCEEDED"],
  },
  {
    id: "share-gone",
    cause: "session",
    words: "the share does not exist any more",
    advice: "Check on the server whether the share was removed, renamed or moved; then mount it again.",
    statuses: [
      "STATUS_BAD_NETWORK_NAME",
      "STATUS_NETWORK_NAME_DELETED",
      "STATUS_BAD_NETWORK_PATH",
      "STATUS_DEVICE_DOES_NOT_EXIST",
      "STATUS_SHARING_PAUSED",
    ],
  },
  {
    id: "session-ended",
    cause: "session",
    words: "the session has ended",
    advice:
      "Check the tickets of the mount (klist) and whether an administrator closed the session on the server.",
    statuses: ["STATUS_USER_SESSION_DELETED", "STATUS_NETWORK_SESSION_EXPIRED"],
  },
  {
    id: "domain",
    cause: "session",
    words: "the server can’t reach its domain",
    advice:
      "Check the server’s domain controllers, its trust with the domain, and the clocks of server and domain.",
    statuses: [
      "STATUS_NO_LOGON_SERVERS",
      "STATUS_DOMAIN_CONTROLLER_NOT_FOUND",
      "STATUS_TIME_DIFFERENCE_AT_DC",
      "STATUS_TRUSTED_RELATIONSHIP_FAILURE",
    ],
  },
  {
    id: "account",
    cause: "session",
    words: "the account can’t log on",
    advice:
      "Check whether the account is locked, disabled or expired, and whether its password has to be changed.",
    statuses: [
      "STATUS_ACCOUNT_RESTRICTION",
      "STATUS_ACCOUNT_DISABLED",
      "STATUS_ACCOUNT_EXPIRED",
      "STATUS_ACCOUNT_LOCKED_OUT",
      "STATUS_PASSWORD_EXPIRED",
      "STATUS_PASSWORD_MUST_CHANGE",
      "STATUS_INVALID_LOGON_HOURS",
      "STATUS_INVALID_WORKSTATION",
      "STATUS_LOGON_TYPE_NOT_GRANTED",
    ],
  },
  {
    id: "logon",
    cause: "session",
    words: "logging on fails",
    advice:
      "Check the user name and the password of the mount’s credentials file, or the storage account’s key.",
    statuses: ["STATUS_LOGON_FAILURE", "STATUS_WRONG_PASSWORD"],
  },
  {
    id: "ticket",
    cause: "session",
    words: "the kernel has no valid key or ticket for the session",
    advice: "Check the Kerberos ticket of the user or the keytab (klist), and that cifs.upcall runs.",
    statuses: [],
    errnos: [ERRNO.ENOKEY, ERRNO.EKEYEXPIRED, ERRNO.EKEYREVOKED, ERRNO.EKEYREJECTED],
  },
  {
    id: "server-resources",
    cause: "server",
    words: "the server is out of resources",
    advice: "Check the server’s memory, its open files and its limits of sessions and requests.",
    statuses: [
      "STATUS_INSUFFICIENT_RESOURCES",
      "STATUS_INSUFF_SERVER_RESOURCES",
      "STATUS_NO_MEMORY",
      "STATUS_TOO_MANY_OPENED_FILES",
      "STATUS_TOO_MANY_SESSIONS",
      "STATUS_REQUEST_NOT_ACCEPTED",
      "STATUS_REMOTE_SESSION_LIMIT",
      "STATUS_NETWORK_BUSY",
    ],
  },
  {
    id: "server-storage",
    cause: "server",
    words: "the server’s storage fails",
    advice: "Check the disks, the file system and the log of the server.",
    statuses: [
      "STATUS_IO_TIMEOUT",
      "STATUS_IO_DEVICE_ERROR",
      "STATUS_DISK_CORRUPT_ERROR",
      "STATUS_DEVICE_DATA_ERROR",
      "STATUS_DEVICE_NOT_READY",
      "STATUS_DATA_ERROR",
      "STATUS_CRC_ERROR",
      "STATUS_FILE_CORRUPT_ERROR",
      "STATUS_VOLUME_DISMOUNTED",
      "STATUS_FILE_IS_OFFLINE",
      "STATUS_FILE_NOT_AVAILABLE",
      "STATUS_NO_SUCH_DEVICE",
      "STATUS_MEDIA_WRITE_PROTECTED",
    ],
  },
  {
    id: "server-failure",
    cause: "server",
    words: "the server fails",
    advice: "Check the log of the server’s file service at that time.",
    statuses: [
      "STATUS_UNSUCCESSFUL",
      "STATUS_UNEXPECTED_NETWORK_ERROR",
      "STATUS_INVALID_NETWORK_RESPONSE",
      "STATUS_SERVER_UNAVAILABLE",
      "STATUS_DFS_UNAVAILABLE",
      "STATUS_CONNECTION_DISCONNECTED",
      "STATUS_CONNECTION_RESET",
      "STATUS_CONNECTION_ABORTED",
      "STATUS_CONNECTION_REFUSED",
      "STATUS_NETWORK_UNREACHABLE",
      "STATUS_HOST_UNREACHABLE",
      "STATUS_REMOTE_NOT_LISTENING",
      "STATUS_RETRY",
      "STATUS_TIMEOUT",
    ],
  },
  {
    id: "share-access",
    cause: "session",
    words: "the session or the share is refused",
    advice:
      "Check the account’s right to log on and to use the share, and the server’s rules for encryption and signing.",
    commands: ["SMB2_NEGOTIATE", "SMB2_SESSION_SETUP", "SMB2_TREE_CONNECT"],
    statuses: "any",
  },
  {
    id: "permission",
    cause: "permission",
    words: "access denied",
    advice:
      "Compare the permissions of the file and the share with the account of the mount, and find the program that asks.",
    statuses: [
      "STATUS_ACCESS_DENIED",
      "STATUS_NETWORK_ACCESS_DENIED",
      "STATUS_PRIVILEGE_NOT_HELD",
      "STATUS_CANNOT_DELETE",
      "STATUS_INVALID_OWNER",
    ],
    errnos: [ERRNO.EACCES, ERRNO.EPERM],
  },
  {
    id: "in-use",
    cause: undefined,
    words: "another program has the file open or locked",
    advice: "Find on the server which client holds the file (smbstatus -L, Get-SmbOpenFile).",
    statuses: [
      "STATUS_SHARING_VIOLATION",
      "STATUS_LOCK_NOT_GRANTED",
      "STATUS_FILE_LOCK_CONFLICT",
      "STATUS_USER_MAPPED_FILE",
      "STATUS_DELETE_PENDING",
      "STATUS_PIPE_BUSY",
    ],
  },
  {
    id: "names",
    cause: undefined,
    words: "the name does not exist, or exists already",
    advice: "Find the program that asks for these names: they are not a fault of the share.",
    statuses: [
      "STATUS_NO_SUCH_FILE",
      "STATUS_OBJECT_NAME_INVALID",
      "STATUS_OBJECT_NAME_NOT_FOUND",
      "STATUS_OBJECT_NAME_COLLISION",
      "STATUS_OBJECT_PATH_INVALID",
      "STATUS_OBJECT_PATH_NOT_FOUND",
      "STATUS_OBJECT_PATH_SYNTAX_BAD",
      "STATUS_NOT_FOUND",
    ],
    errnos: [ERRNO.ENOENT, ERRNO.EEXIST],
  },
];

/** The meaning of a refusal; undefined if the table has none. */
export function meaningOf(
  command: number | undefined,
  ntStatus: number,
  errno: number,
): StatusMeaning | undefined {
  const status = statusName(ntStatus);
  return STATUS_MEANINGS.find(({ commands, statuses, errnos = [] }) => {
    if (command === undefined || ntStatus === 0) return errnos.includes(errno);
    if (commands !== undefined && !commands.some((name) => name === commandName(command))) return false;
    return statuses === "any" || statuses.some((name) => name === status);
  });
}
