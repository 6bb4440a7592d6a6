// Plans the action `sockets`: ss runs twice in aod's own network namespace and in those of the affected processes.
// Starts nothing.

import type { CaptureOrder } from "../model/capture.ts";
import { dropInHint } from "../model/drop-in.ts";
import type { Host, Plan, Run } from "./plan.ts";

/**
 * The time between two samples: long enough to show that a stalled connection makes no progress, and short for a
 * capture.
 */
export const SAMPLE_GAP_MS = 100;
/** Each namespace costs two programs. One incident has more only if many containers use the same share. */
const NAMESPACES_MAX = 4;

/**
 * Both ports of SMB. ss prints two lines a connection: the option for one line (-O) fails on iproute2 before 5.3, that
 * of RHEL 8's first releases. `connected` is every state but listening and closed, including connections being
 * established.
 */
export const SS_ARGS = ["-tinoemH", "state", "connected", "( dport = :445 or dport = :139 )"] as const;

export function planSockets(order: Pick<CaptureOrder, "attribution" | "evidence">, host: Host): Plan {
  const own = host.networkNamespace("self");
  if (own === undefined) return { missing: "/proc/self/ns/net can't be read" };
  const others = othersOf(order, own, host);
  const places = [
    { heading: `${own} (aod)`, program: "ss", args: SS_ARGS },
    ...(host.permits.namespaces ? others : []).map(([namespace, pid]) => ({
      heading: `${namespace} (pid ${pid})`,
      program: "nsenter",
      args: [`--net=/proc/${pid}/ns/net`, "ss", ...SS_ARGS],
    })),
  ];
  const runs = [1, 2].flatMap((number) =>
    places.map(
      ({ heading, ...what }, index): Run => ({
        ...what,
        heading: `${heading}, sample ${number}`,
        afterMs: number > 1 && index === 0 ? SAMPLE_GAP_MS : 0,
      }),
    ),
  );
  if (others.length === 0 || host.permits.namespaces) return { runs };
  const names = others.map(([namespace, pid]) => `${namespace} (pid ${pid})`).join(", ");
  const why = `may not be entered (CAP_SYS_ADMIN, setns): ${dropInHint("kernel-stacks")}`;
  return { runs, without: `without the sockets of ${names}, which ${why}` };
}

/** The other namespaces of the affected processes, each with the pid of a process in it. */
function othersOf(
  { attribution, evidence }: Pick<CaptureOrder, "attribution" | "evidence">,
  own: string,
  host: Host,
): readonly (readonly [string, number])[] {
  const pids = [
    ...(attribution?.processes ?? []).map(({ pid }) => pid),
    ...evidence.map(({ processId }) => processId),
  ];
  const found = new Map<string, number>();
  for (const pid of new Set(pids.filter((pid) => pid > 0))) {
    const namespace = host.networkNamespace(pid);
    if (namespace !== undefined && namespace !== own && !found.has(namespace)) found.set(namespace, pid);
  }
  return [...found].slice(0, NAMESPACES_MAX);
}
