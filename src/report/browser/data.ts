// Decodes the page's data once, from columns of text to columns of figures. It does not use the document.

import { decodeDeltas, decodeFixed, decodeLatencies, widthFor } from "../columns.ts";
import type { PageData } from "../page-data.ts";
import { hueOf } from "../palette.ts";

export interface Requests {
  readonly head: PageData["head"];
  readonly count: number;
  /** µs after the first request. */
  readonly sentUs: Float64Array;
  /** NaN: not known. */
  readonly latencyNs: Float64Array;
  /** log10 of the latency, for the axis; NaN likewise. */
  readonly level: Float64Array;
  readonly state: Float64Array;
  readonly command: Float64Array;
  readonly status: Float64Array;
  readonly sender: Float64Array;
  readonly share: Float64Array;
  readonly messageId: Float64Array;
  /** Colour of each row, as hueOf numbers it. */
  readonly hue: Uint8Array;
}

export function readData(text: string): Requests {
  const { head, columns } = JSON.parse(text) as PageData;
  const { count } = head;
  const latencyNs = decodeLatencies(columns.latency, count);
  for (const [row, ns] of head.exact) latencyNs[row] = ns;
  const named = (column: string, names: readonly unknown[]) =>
    decodeFixed(column, widthFor(names.length), count);
  const command = named(columns.command, head.commands);
  const hues = head.commands.map(hueOf);
  return {
    head,
    count,
    sentUs: decodeDeltas(columns.sent, count),
    latencyNs,
    level: latencyNs.map((ns) => Math.log10(ns)),
    state: decodeFixed(columns.state, 1, count),
    command,
    status: named(columns.status, head.statuses),
    sender: named(columns.sender, head.senders),
    share: named(columns.share, head.shares),
    messageId: decodeDeltas(columns.messageId, count),
    hue: Uint8Array.from(command, (index) => hues[index] ?? 0),
  };
}
