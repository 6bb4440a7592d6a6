// The 20 commands of MS-SMB2 2.2.1.2, by number and by the name that configuration and captures use, and which of them
// may block indefinitely. One table: code that asks whether a command may be slow asks here.

/** Names by command number. */
export const COMMANDS = [
  "SMB2_NEGOTIATE",
  "SMB2_SESSION_SETUP",
  "SMB2_LOGOFF",
  "SMB2_TREE_CONNECT",
  "SMB2_TREE_DISCONNECT",
  "SMB2_CREATE",
  "SMB2_CLOSE",
  "SMB2_FLUSH",
  "SMB2_READ",
  "SMB2_WRITE",
  "SMB2_LOCK",
  "SMB2_IOCTL",
  "SMB2_CANCEL",
  "SMB2_ECHO",
  "SMB2_QUERY_DIRECTORY",
  "SMB2_CHANGE_NOTIFY",
  "SMB2_QUERY_INFO",
  "SMB2_SET_INFO",
  "SMB2_OPLOCK_BREAK",
  "SMB2_SERVER_TO_CLIENT_NOTIFICATION",
] as const;

export type CommandName = (typeof COMMANDS)[number];

/** The number of a command, by its exact name. */
export const COMMAND = Object.fromEntries(COMMANDS.map((name, number) => [name, number])) as Readonly<
  Record<CommandName, number>
>;

/**
 * Whether a reply is paired with its request by session and message id. cifsd reports the replies of READs and WRITEs,
 * whichever task sent them; the task that sent any other command reports its reply. The BPF programs do the same
 * (bpf/message.h).
 */
export function pairsBySession(command: number): boolean {
  return command === COMMAND.SMB2_READ || command === COMMAND.SMB2_WRITE;
}

/** The name of a command; a number outside the table is shown as it is. */
export function commandName(command: number): string {
  return COMMANDS[command] ?? `SMB2_${command}`;
}

/**
 * Requests that may block for hours by design: never slow and never hung, unless a rule tracks the command by name. A
 * blocking LOCK waits, and the hook can't see which locks block; an IOCTL on a pipe of an IPC$ share waits, too.
 * Source: MS-SMB2 3.3.5.14 (LOCK), 3.3.5.15.1 (FSCTL_PIPE_WAIT and _TRANSCEIVE), 3.3.5.19 (CHANGE_NOTIFY).
 */
export const MAY_BLOCK: readonly { readonly command: number; readonly onlyOnIpc: boolean }[] = [
  { command: COMMAND.SMB2_CHANGE_NOTIFY, onlyOnIpc: false },
  { command: COMMAND.SMB2_LOCK, onlyOnIpc: false },
  { command: COMMAND.SMB2_IOCTL, onlyOnIpc: true },
];

const BLOCKS_ANYWHERE = commandsWhere(false);
const BLOCKS_ON_IPC = commandsWhere(true);

/**
 * Whether a request may block indefinitely by design.
 * @param isOnIpc whether its share is a server's IPC$; matters only where `mayBlockOnIpc` is true.
 */
export function mayBlock(command: number, isOnIpc = false): boolean {
  return BLOCKS_ANYWHERE.has(command) || (isOnIpc && BLOCKS_ON_IPC.has(command));
}

/** Whether the share decides if a command may block; for other commands the caller need not look up the share. */
export function mayBlockOnIpc(command: number): boolean {
  return BLOCKS_ON_IPC.has(command);
}

function commandsWhere(onlyOnIpc: boolean): ReadonlySet<number> {
  return new Set(MAY_BLOCK.filter((row) => row.onlyOnIpc === onlyOnIpc).map(({ command }) => command));
}
