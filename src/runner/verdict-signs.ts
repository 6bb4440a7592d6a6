// The signs of each cause, as a table: what is looked at, how much it says, and in which words. Pure. The limits are
// here and nowhere else; docs/verdict.md gives the reason of each.

import type { Cause } from "../model/verdict.ts";
import type { SocketFacts } from "./socket-facts.ts";
import type { Facts } from "./verdict-facts.ts";

export interface Sign {
  /** How much it says by itself, 0 to 1. */
  readonly weight: number;
  /** The words with their figures; undefined where it is not seen. */
  readonly see: (facts: Facts) => string | undefined;
}

export interface CauseRow {
  readonly cause: Exclude<Cause, "unknown">;
  /** Whether it can be this at all: what has to be so beside its signs. */
  readonly isPossible: (facts: Facts) => boolean;
  readonly signs: readonly Sign[];
}

export const LIMITS = {
  /** A delayed acknowledgement takes 40 ms on Linux, up to 50 on Windows, and is no fault of the network. */
  rttExcessMs: 60,
  rttTimesMin: 4,
  unackedMs: 200,
  retransShare: 0.02,
  outOfOrderShare: 0.02,
  outOfOrderTimesMin: 4,
  /** A reply that takes so many round trips has been thought about. */
  lateRoundTrips: 4,
  lateMs: 10,
  silentMs: 1000,
  cpuSomePercent: 20,
  cpuScarcePercent: 60,
  memorySomePercent: 10,
  memoryFullPercent: 5,
  runnablePerCpu: 2,
  othersLateShare: 0.5,
  othersHealthyShare: 0.25,
} as const;

const CREDIT_SIGNALS = ["credit_timeout", "insufficient_credits", "reconnect_with_invalid_credits"];
const LINK_SIGNALS = ["reconnect", "partial_send_reconnect", "connect_err"];
const SESSION_SIGNALS = ["ses_expired", "ses_not_found", "key_expired", "tcon"];
const SESSION_STATUSES =
  /^STATUS_(LOGON_|WRONG_PASSWORD|PASSWORD_|ACCOUNT_|USER_SESSION_DELETED|NETWORK_SESSION_EXPIRED|NETWORK_NAME_DELETED)/;

export const CAUSE_TABLE: readonly CauseRow[] = [
  {
    cause: "network",
    isPossible: ({ sockets }) => sockets !== undefined,
    signs: [
      socketSign(
        0.6,
        (s) =>
          isStalled(s) && `${s.unackedSegments} segments sent and not acknowledged for ${ms(s.unackedForMs)}`,
      ),
      socketSign(
        0.5,
        (s) =>
          (s.retransNow > 0 || s.retransGrown > 0) &&
          `segments are being sent again: ${s.retransNow} under way, ${s.retransGrown} more between two looks`,
      ),
      socketSign(0.7, (s) => isFar(s) && `round trip ${ms(s.rttMs)}, at its shortest ${ms(s.minRttMs)}`),
      socketSign(0.3, (s) => s.backoff > 0 && `the retransmission timer has doubled ${s.backoff} times`),
      socketSign(
        0.3,
        (s) =>
          isLossy(s) && !s.isShareRecent && `${percent(s.retransShare)} of all bytes ever were sent again`,
      ),
      socketSign(
        0.6,
        (s) =>
          isLossy(s) &&
          s.isShareRecent &&
          `${percent(s.retransShare)} of all bytes were sent again since all was well`,
      ),
      socketSign(
        0.4,
        (s) =>
          isDisordered(s) &&
          `${percent(s.outOfOrderShare)} of all segments with data came before an earlier one since all was well`,
      ),
      socketSign(0.25, (s) => s.unmade > 0 && `${s.unmade} connections to the server get no answer`),
      { weight: 0.2, see: ({ signals }) => signalText(signals, LINK_SIGNALS) },
    ],
  },
  {
    cause: "server",
    // Replies that are there and wait for a CPU are not the server's.
    isPossible: (facts) =>
      facts.sockets !== undefined &&
      isAckedAtOnce(facts.sockets) &&
      !(isLossy(facts.sockets) && facts.sockets.isShareRecent) &&
      !isDisordered(facts.sockets) &&
      !(isStarved(facts) && isReplyThere(facts)),
    signs: [
      {
        weight: 0.6,
        see: ({ sockets, lateMs }) =>
          sockets !== undefined && lateMs !== undefined && isThoughtAbout(sockets, lateMs)
            ? `everything is acknowledged (unacked ${sockets.unackedSegments}, round trip ${ms(sockets.rttMs)}), replies take ${ms(lateMs)}`
            : undefined,
      },
      {
        weight: 0.4,
        // As long as the way takes, replies can't be there.
        see: ({ inFlight, lateMs, sockets }) =>
          (inFlight?.awaited ?? 0) > 0 &&
          (sockets === undefined || lateMs === undefined || isThoughtAbout(sockets, lateMs))
            ? `${inFlight?.awaited} requests were sent and have no reply yet`
            : undefined,
      },
      socketSign(
        0.6,
        (s) =>
          s.refusedBytes > 0 &&
          `the server takes no more: ${s.refusedBytes} bytes wait for its window to open`,
      ),
      { weight: 0.2, see: (facts) => silenceText(facts) },
      { weight: 0.2, see: (facts) => (isOthersHealthy(facts) ? othersText(facts) : undefined) },
    ],
  },
  {
    cause: "credits",
    // A server that says nothing at all uses up the credits as well: then they are a consequence.
    isPossible: (facts) =>
      facts.sockets !== undefined && isAckedAtOnce(facts.sockets) && silenceText(facts) === undefined,
    signs: [
      {
        weight: 0.6,
        see: ({ credits }) =>
          credits !== undefined && credits.waiting > 0
            ? `${credits.waiting} tasks wait for credits`
            : undefined,
      },
      {
        weight: 0.3,
        see: ({ credits }) => (credits?.left === 0 ? "a connection has 0 credits left" : undefined),
      },
      { weight: 0.4, see: ({ signals }) => signalText(signals, CREDIT_SIGNALS) },
      {
        weight: 0.1,
        see: ({ waiting }) =>
          waiting > 0 ? `${waiting} operations wait before they can be sent` : undefined,
      },
    ],
  },
  {
    cause: "host",
    // Replies that have not come are late for another reason, however busy this machine is.
    isPossible: (facts) =>
      facts.sockets !== undefined &&
      isStarved(facts) &&
      !isOthersHealthy(facts) &&
      (silenceText(facts) === undefined || isReplyThere(facts)),
    signs: [
      { weight: 0.55, see: (facts) => (isScarce(facts) ? cpuText(facts) : undefined) },
      { weight: 0.35, see: (facts) => (isScarce(facts) ? undefined : cpuText(facts)) },
      { weight: 0.5, see: memoryText },
      {
        weight: 0.2,
        see: ({ pressure }) =>
          pressure?.runnable !== undefined && pressure.runnable > LIMITS.runnablePerCpu * (pressure.cpus ?? 1)
            ? `${pressure.runnable} tasks run or wait for a CPU, of which there are ${pressure.cpus}`
            : undefined,
      },
      socketSign(
        0.6,
        (s) => s.undrainedBytes > 0 && `${s.undrainedBytes} bytes were received and nobody reads them`,
      ),
      {
        weight: 0.5,
        see: (facts) =>
          isReplyThere(facts) && isUntaken(facts)
            ? `${facts.inFlight?.answered} requests have their reply, and their task gets no CPU to take it`
            : undefined,
      },
      {
        weight: 0.25,
        // A server that is slow owes something whenever somebody looks; nobody does where a CPU is what is waited for.
        see: ({ inFlight, lateMs }) =>
          inFlight?.awaited === 0 && inFlight.answered === 0 && lateMs !== undefined
            ? `replies took ${ms(lateMs)}, and a moment later the kernel waited for none (0 awaited)`
            : undefined,
      },
      { weight: 0.2, see: (facts) => (isOthersLate(facts) ? othersText(facts) : undefined) },
    ],
  },
  {
    cause: "session",
    isPossible: () => true,
    signs: [
      { weight: 0.7, see: ({ signals }) => signalText(signals, SESSION_SIGNALS) },
      {
        weight: 0.8,
        see: ({ statuses }) => {
          const its = statuses.filter((status) => SESSION_STATUSES.test(status));
          return its.length === 0 ? undefined : `the server answers ${its.join(", ")}`;
        },
      },
    ],
  },
];

// --- internal ---

function socketSign(weight: number, see: (sockets: SocketFacts) => string | false): Sign {
  return { weight, see: ({ sockets }) => (sockets && see(sockets)) || undefined };
}

function isStalled({ unackedForMs, rttMs }: SocketFacts): boolean {
  return unackedForMs >= Math.max(LIMITS.unackedMs, LIMITS.rttTimesMin * rttMs);
}

function isFar({ rttMs, minRttMs }: SocketFacts): boolean {
  return rttMs - minRttMs >= LIMITS.rttExcessMs && rttMs >= LIMITS.rttTimesMin * minRttMs;
}

function isAckedAtOnce(sockets: SocketFacts): boolean {
  return (
    sockets.connections > 0 && !isStalled(sockets) && sockets.retransNow === 0 && sockets.retransGrown === 0
  );
}

/** What a closed window makes the client probe again was not lost. */
function isLossy({ retransShare, refusedBytes }: SocketFacts): boolean {
  return retransShare >= LIMITS.retransShare && refusedBytes === 0;
}

/** What was lost on the way here is seen only where something else has come after it. */
function isDisordered({ outOfOrderShare, outOfOrderShareBefore, isShareRecent }: SocketFacts): boolean {
  const least = Math.max(LIMITS.outOfOrderShare, LIMITS.outOfOrderTimesMin * outOfOrderShareBefore);
  return isShareRecent && outOfOrderShare >= least;
}

function isThoughtAbout({ rttMs }: SocketFacts, lateMs: number): boolean {
  return lateMs >= Math.max(LIMITS.lateMs, LIMITS.lateRoundTrips * rttMs);
}

/** Nothing at all comes from a server that owes replies. */
function silenceText({ sockets, inFlight }: Facts): string | undefined {
  const isSilent = (sockets?.lastReceiveMs ?? 0) >= LIMITS.silentMs && (inFlight?.awaited ?? 0) > 0;
  return isSilent ? `nothing has come from the server for ${ms(sockets?.lastReceiveMs ?? 0)}` : undefined;
}

function isReplyThere(facts: Facts): boolean {
  const isEvery = isUntaken(facts) && facts.inFlight?.awaited === 0;
  return isEvery || (facts.sockets?.undrainedBytes ?? 0) > 0;
}

function isUntaken({ inFlight }: Facts): boolean {
  return (inFlight?.answered ?? 0) > 0;
}

/** The pressure of the last 10 s does not tell yet of what began a moment ago; a task that was seen waiting does. */
function isStarved(facts: Facts): boolean {
  return isUntaken(facts) || (cpuText(facts) ?? memoryText(facts)) !== undefined;
}

function isScarce({ pressure }: Facts): boolean {
  return (pressure?.cpu?.someAvg10 ?? 0) >= LIMITS.cpuScarcePercent;
}

function cpuText({ pressure }: Facts): string | undefined {
  const some = pressure?.cpu?.someAvg10 ?? 0;
  return some >= LIMITS.cpuSomePercent ? `tasks waited for a CPU in ${some} % of the last 10 s` : undefined;
}

function memoryText({ pressure }: Facts): string | undefined {
  const { someAvg10 = 0, fullAvg10 = 0 } = pressure?.memory ?? {};
  const isShort = someAvg10 >= LIMITS.memorySomePercent || fullAvg10 >= LIMITS.memoryFullPercent;
  return isShort ? `tasks waited for memory in ${someAvg10} % of the last 10 s` : undefined;
}

function isOthersHealthy({ others, lateMs }: Facts): boolean {
  return others !== undefined && lateMs !== undefined && others.medianMs < LIMITS.othersHealthyShare * lateMs;
}

function isOthersLate({ others, lateMs }: Facts): boolean {
  return others !== undefined && lateMs !== undefined && others.medianMs >= LIMITS.othersLateShare * lateMs;
}

function othersText({ others }: Facts): string {
  return `other servers answered ${others?.replies} requests meanwhile, in ${ms(others?.medianMs ?? 0)} at the median`;
}

function signalText(signals: readonly string[], wanted: readonly string[]): string | undefined {
  const its = signals.filter((signal) => wanted.includes(signal));
  return its.length === 0 ? undefined : `the kernel's client said ${its.join(", ")}`;
}

function ms(value: number): string {
  return `${value < 10 ? Math.round(value * 1000) / 1000 : Math.round(value)} ms`;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
