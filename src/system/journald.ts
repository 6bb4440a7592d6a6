// Writes to the journal by its native protocol: one datagram for each entry, to a socket file. It never waits: if the
// queue is full, the caller has to report the entry in another way. The protocol: systemd's
// docs/JOURNAL_NATIVE_PROTOCOL.md.

import { openDatagramSocket } from "./unix-datagram.ts";

export const JOURNAL_SOCKET = "/run/systemd/journal/socket";

/** Names are A-Z, 0-9 and _, and begin with a letter. Undefined: the entry lacks this field. */
export type JournalFields = Readonly<Record<string, string | number | undefined>>;

export interface Journal {
  /** False if no journal reads the socket, or its queue is full. */
  send(fields: JournalFields): boolean;
  close(): void;
}

/**
 * The limit of each value. All fields of an entry together stay far below what a socket takes at once
 * (net.core.wmem_default).
 */
const VALUE_MAX_BYTES = 8192;

/** Opens a socket; `close` releases it. */
export function openJournal(path = JOURNAL_SOCKET): Journal {
  const socket = openDatagramSocket(path);
  return { send: (fields) => socket.send(encodeJournalFields(fields)), close: () => socket.close() };
}

/** Values are cut; those with line feeds are sent with their length, so that none can forge a field. */
export function encodeJournalFields(fields: JournalFields): Uint8Array {
  const parts = Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const bytes = cut(new TextEncoder().encode(String(value)));
    if (!bytes.includes(LINE_FEED)) return [new TextEncoder().encode(`${name}=`), bytes, [LINE_FEED]];
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length), true);
    return [new TextEncoder().encode(`${name}\n`), length, bytes, [LINE_FEED]];
  });
  return new Uint8Array(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
}

/**
 * Whether a file is the journal's own stream, so that lines written to it reach the journal anyway.
 * @param journalStream $JOURNAL_STREAM, `device:inode` (systemd.exec(5)).
 */
export function isJournalStream(
  journalStream: string | undefined,
  { dev, ino }: { readonly dev: bigint; readonly ino: bigint },
): boolean {
  return journalStream === `${dev}:${ino}`;
}

const LINE_FEED = 10;

/** At most VALUE_MAX_BYTES, without a partial character. */
function cut(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= VALUE_MAX_BYTES) return bytes;
  let end = VALUE_MAX_BYTES;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
