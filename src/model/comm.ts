// The name of a task in the kernel's records: a few bytes, NUL-terminated if it is shorter. Pure.

import { GEOMETRY } from "./request.gen.ts";

/** @param at bytes from the start of the view. */
export function writeComm(view: DataView, at: number, comm: string): void {
  for (let i = 0; i < GEOMETRY.COMM_BYTES; i++) view.setUint8(at + i, comm.charCodeAt(i) || 0);
}

export function readComm(bytes: Uint8Array, at: number): string {
  let text = "";
  for (let i = at; i < at + GEOMETRY.COMM_BYTES; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}
