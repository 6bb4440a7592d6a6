// Walks the live request table for complete requests. Nothing is decided here, and nothing is stored.

import { REQUEST_BYTES } from "../model/request.gen.ts";
import { isTrustedReply, type Request, type RequestMemory } from "../model/request.ts";
import { isUsed, lineStartNs, readStarted } from "./line.ts";

/**
 * Requests whose own reply came at or after a time, in the order of their lines.
 * @param sinceNs of CLOCK_MONOTONIC.
 */
export function* completeSince(table: RequestMemory, sinceNs: number): Generator<Request> {
  for (let at = 0; at < table.byteLength; at += REQUEST_BYTES) {
    const latencyNs = table.latencyNs(at);
    const startNs = lineStartNs(table, at);
    if (latencyNs === 0 || !isUsed(startNs) || startNs + latencyNs < sinceNs) continue;
    const request = readStarted(table, at, startNs);
    if (request?.latencyNs === latencyNs && isTrustedReply(request.flags)) yield request;
  }
}
