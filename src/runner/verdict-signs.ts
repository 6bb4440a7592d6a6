// The table of causes and their signs, with symptoms, weights and words. Pure. verdict-limits.ts has the limits, and
// docs/verdict.md the reasons.

import { durationText } from "../model/figure.ts";
import { CLIENT_LISTS_TEXT } from "../model/readability.ts";
import type { Symptom } from "../model/symptom.ts";
import type { Cause } from "../model/verdict.ts";
import type { SocketFacts } from "./socket-facts.ts";
import type { VerdictFacts } from "./verdict-facts.ts";
import {
  areOthersHealthy,
  areOthersLate,
  hasReplyArrived,
  hasUntakenReplies,
  isAckedPromptly,
  isAwaitingNothing,
  isClosedByServer,
  isCpuScarce,
  isDisordered,
  isLossy,
  isRoundTripLong,
  isServerSlow,
  isStalled,
  isStarved,
} from "./verdict-limits.ts";
import {
  connectErrorText,
  cpuText,
  memoryText,
  othersText,
  percentText,
  refusalText,
  serverTimeText,
  signalText,
  silenceText,
  undrainedText,
} from "./verdict-texts.ts";

export interface Sign {
  /** The strength of the sign alone, 0 to 1. */
  readonly weight: number;
  /** The symptoms to which it applies. Every sign applies to evidence without a symptom. */
  readonly of: readonly Symptom[];
  /** The words with their figures; undefined if the facts do not show the sign. */
  readonly see: (facts: VerdictFacts) => string | undefined;
}

export interface CauseRow {
  readonly cause: Exclude<Cause, "unknown">;
  /** Whether late or missing evidence can have this cause at all, whatever its signs are. */
  readonly isPossible: (facts: VerdictFacts) => boolean;
  readonly signs: readonly Sign[];
}

const SLOW: readonly Symptom[] = ["late", "missing"];
const MISSING: readonly Symptom[] = ["missing"];
const ANY: readonly Symptom[] = ["late", "refused", "missing"];

const CREDIT_SIGNALS = ["credit_timeout", "insufficient_credits", "reconnect_with_invalid_credits"];
const LINK_SIGNALS = ["reconnect", "partial_send_reconnect", "connect_err", "server_not_responding"];
const SESSION_SIGNALS = ["ses_expired", "key_expired", "tcon", "session_setup_failed"];

export const CAUSE_TABLE: readonly CauseRow[] = [
  {
    cause: "network",
    isPossible: ({ sockets }) => sockets !== undefined,
    signs: [
      socketSign(
        0.6,
        (s) =>
          isStalled(s) &&
          `${s.unackedSegments} segments sent and not acknowledged for ${durationText(s.unackedForMs)}`,
      ),
      socketSign(
        0.5,
        (s) =>
          (s.retransNow > 0 || s.retransGrown > 0) &&
          `segments are being retransmitted: ${s.retransNow} under way, ${s.retransGrown} more between two samples`,
      ),
      {
        weight: 0.7,
        of: SLOW,
        see: ({ sockets, fastestMs }) =>
          sockets !== undefined && isRoundTripLong(sockets, fastestMs)
            ? `round trip ${durationText(sockets.rttMs)}, at its shortest ${durationText(sockets.minRttMs)}`
            : undefined,
      },
      socketSign(0.3, (s) => s.backoff > 0 && `the retransmission timer has doubled ${s.backoff} times`),
      socketSign(
        0.3,
        (s) =>
          isLossy(s) &&
          !s.isShareRecent &&
          `${percentText(s.retransShare)} of all bytes ever were retransmitted`,
      ),
      socketSign(
        0.6,
        (s) =>
          isLossy(s) &&
          s.isShareRecent &&
          `${percentText(s.retransShare)} of all bytes were retransmitted since the baseline`,
      ),
      socketSign(
        0.4,
        (s) =>
          isDisordered(s) &&
          `${percentText(s.outOfOrderShare)} of all segments with data came before an earlier one since the baseline`,
      ),
      socketSign(0.25, (s) => s.unmade > 0 && `${s.unmade} connections to the server get no answer`),
      { weight: 0.7, of: SLOW, see: ({ signals }) => signalText(signals, ["link_down"]) },
      { weight: 0.3, of: MISSING, see: (facts) => connectErrorText(facts, "unreachable") },
      { weight: 0.2, of: MISSING, see: ({ signals }) => signalText(signals, LINK_SIGNALS) },
    ],
  },
  {
    cause: "server",
    // Replies that have arrived and wait for a task of this machine are not the server's fault.
    isPossible: (facts) =>
      facts.sockets !== undefined &&
      (isClosedByServer(facts) || isAckedPromptly(facts.sockets)) &&
      !(isLossy(facts.sockets) && facts.sockets.isShareRecent) &&
      !isDisordered(facts.sockets) &&
      facts.sockets.undrainedBytes === 0 &&
      !(isStarved(facts) && hasReplyArrived(facts)),
    signs: [
      { weight: 0.6, of: SLOW, see: serverTimeText },
      {
        weight: 0.4,
        of: SLOW,
        // No reply can arrive within the round trip.
        see: ({ inFlight, lateMs, sockets, fastestMs }) =>
          (inFlight?.awaited ?? 0) > 0 &&
          (sockets === undefined || lateMs === undefined || isServerSlow(sockets, lateMs, fastestMs))
            ? `${inFlight?.awaited} requests were sent and have no reply yet`
            : undefined,
      },
      socketSign(
        0.6,
        (s) =>
          s.refusedBytes > 0 &&
          `the server takes no more: ${s.refusedBytes} bytes wait for its window to open`,
      ),
      { weight: 0.2, of: SLOW, see: silenceText },
      {
        weight: 0.2,
        of: SLOW,
        see: (facts) => (areOthersHealthy(facts) ? othersText(facts) : undefined),
      },
      { weight: 0.7, of: MISSING, see: (facts) => connectErrorText(facts, "refused") },
      {
        weight: 0.55,
        of: MISSING,
        see: (facts) =>
          isClosedByServer(facts)
            ? "the server closed the connection, and there is no new one: its machine answers, its SMB service does not"
            : undefined,
      },
      refusalSign("server"),
    ],
  },
  {
    cause: "credits",
    // A silent server uses up the credits as well: they are a consequence then.
    isPossible: (facts) =>
      facts.sockets !== undefined && isAckedPromptly(facts.sockets) && silenceText(facts) === undefined,
    signs: [
      {
        weight: 0.6,
        of: SLOW,
        see: ({ credits }) =>
          credits !== undefined && credits.waiting > 0
            ? `${credits.waiting} tasks wait for credits`
            : undefined,
      },
      {
        weight: 0.3,
        of: SLOW,
        see: ({ credits }) => (credits?.left === 0 ? "a connection has 0 credits left" : undefined),
      },
      { weight: 0.4, of: SLOW, see: ({ signals }) => signalText(signals, CREDIT_SIGNALS) },
      {
        weight: 0.1,
        of: SLOW,
        see: ({ waiting }) =>
          waiting > 0 ? `${waiting} operations wait before they can be sent` : undefined,
      },
    ],
  },
  {
    cause: "host",
    // Replies that have not arrived are late for another reason, however busy this machine is.
    isPossible: (facts) =>
      facts.sockets !== undefined &&
      isStarved(facts) &&
      !areOthersHealthy(facts) &&
      (silenceText(facts) === undefined || hasReplyArrived(facts)),
    signs: [
      { weight: 0.55, of: SLOW, see: (facts) => (isCpuScarce(facts) ? cpuText(facts) : undefined) },
      { weight: 0.35, of: SLOW, see: (facts) => (isCpuScarce(facts) ? undefined : cpuText(facts)) },
      { weight: 0.5, of: SLOW, see: memoryText },
      { weight: 0.3, of: SLOW, see: ({ signals }) => signalText(signals, ["out_of_memory"]) },
      {
        weight: 0.2,
        of: SLOW,
        see: ({ pressure }) =>
          pressure?.runnable !== undefined && pressure.runnable > 2 * (pressure.cpus ?? 1)
            ? `${pressure.runnable} tasks run or wait for a CPU, of which there are ${pressure.cpus}`
            : undefined,
      },
      socketSign(0.6, undrainedText),
      {
        weight: 0.5,
        of: SLOW,
        see: (facts) =>
          hasReplyArrived(facts) && hasUntakenReplies(facts)
            ? `${facts.inFlight?.answered} requests have their reply, and their task gets no CPU to take it`
            : undefined,
      },
      {
        weight: 0.25,
        of: ["late"],
        see: (facts) =>
          isAwaitingNothing(facts)
            ? `replies took ${durationText(facts.lateMs ?? 0)}, and a moment later the kernel waited for none (0 awaited)`
            : undefined,
      },
      { weight: 0.2, of: SLOW, see: (facts) => (areOthersLate(facts) ? othersText(facts) : undefined) },
    ],
  },
  {
    cause: "client",
    isPossible: (facts) => !(isStarved(facts) && (facts.sockets?.undrainedBytes ?? 0) > 0),
    signs: [
      socketSign(0.8, undrainedText),
      {
        weight: 0.8,
        of: MISSING,
        // If replies are awaited, the lock's owner may wait for one, and the lock is a consequence. The same applies to
        // the hung task below.
        see: ({ clientWaits, inFlight }) =>
          clientWaits.length > 0 && (inFlight?.awaited ?? 0) === 0
            ? `tasks wait inside the SMB client, in ${clientWaits.slice(0, 3).join(", ")}, and the kernel waits for 0 replies`
            : undefined,
      },
      { weight: 0.8, of: SLOW, see: ({ signals }) => signalText(signals, ["soft_lockup"]) },
      {
        weight: 0.6,
        of: MISSING,
        see: ({ signals, inFlight }) =>
          (inFlight?.awaited ?? 0) === 0 ? signalText(signals, ["hung_task"]) : undefined,
      },
      { weight: 0.3, of: SLOW, see: ({ signals }) => signalText(signals, ["no_task_to_wake"]) },
      {
        weight: 0.6,
        of: MISSING,
        see: ({ clientLists }) => (clientLists === "stuck" ? CLIENT_LISTS_TEXT.stuck : undefined),
      },
    ],
  },
  {
    cause: "session",
    isPossible: () => true,
    signs: [
      { weight: 0.7, of: ANY, see: ({ signals }) => signalText(signals, SESSION_SIGNALS) },
      refusalSign("session"),
    ],
  },
  { cause: "permission", isPossible: () => true, signs: [refusalSign("permission")] },
];

/** Whether a sign applies to the symptom of the evidence. */
export function appliesTo({ of }: Sign, { symptom }: VerdictFacts): boolean {
  return symptom === undefined || of.includes(symptom);
}

// --- internal ---

function socketSign(
  weight: number,
  see: (sockets: SocketFacts, facts: VerdictFacts) => string | false,
): Sign {
  return {
    weight,
    of: SLOW,
    see: (facts) => (facts.sockets && see(facts.sockets, facts)) || undefined,
  };
}

/** The server itself names the cause, by the status of most refusals. */
function refusalSign(cause: "server" | "session" | "permission"): Sign {
  return { weight: 0.9, of: ["refused"], see: (facts) => refusalText(facts, cause) };
}
