// Traffic of an SMB client, made up at random, with the truth about it: which request each reply answers. In: random
// numbers; out: operations for the driver, in an order that cifs could have run its hooks in. It knows sessions,
// channels, compounds, retries, lost replies, and reports of one reply twice, as real kernels do; it knows no pairing
// rule.

import type { Random } from "../helpers/random.ts";
import type { Key, Operation } from "./driver.ts";

/** An operation, and for a reply the number of the request that it answers; undefined where it answers none. */
export interface Event {
  readonly operation: Operation;
  readonly answers?: number | undefined;
}

interface Sent {
  readonly number: number;
  readonly key: Key;
  readonly thread: number;
  /** Index of its event. */
  readonly at: number;
}

interface Session {
  id: bigint;
  /** The next message id of each channel. */
  readonly channels: bigint[];
}

const READ = 8;
const WRITE = 9;
const ECHO = 13;
const SESSION_SETUP = 1;
const MORE_PROCESSING = 0xc0000016;

const FIRST_ID = 16_383n;
const USERS = 5;
/** Threads that report replies of READs and WRITEs, one a channel: cifsd. */
const FIRST_CIFSD = 10;
const ECHO_THREAD = 20;

export interface TrafficShape {
  readonly sessions: number;
  readonly channels: number;
  /** Of synchronous requests. */
  readonly commands: readonly [number, ...number[]];
  /** CreditCharge of a request; 16,383 puts all requests of an owner into one set of the table. */
  readonly charges: readonly [number, ...number[]];
  /** Message ids begin anew after so many charges, as after that many reconnects; undefined: never. */
  readonly idsBeginAnewAfter?: number;
  /** Most READs and WRITEs in flight. */
  readonly inFlightMax: number;
  readonly events: number;
}

export function makeTraffic(random: Random, shape: TrafficShape): readonly Event[] {
  return new Client(random, shape).run();
}

class Client {
  readonly #random: Random;
  readonly #shape: TrafficShape;
  readonly #events: Event[] = [];
  readonly #sessions: [Session, ...Session[]];
  /** READs and WRITEs that will be answered. */
  #inFlight: Sent[] = [];
  /** The parts of the compound that each user waits for. */
  readonly #waiting = new Map<number, readonly Sent[]>();
  /** Requests whose waiter is gone, or whose connection is. */
  #dead: Sent[] = [];
  #lastNumber = 0;
  #lastSession = 0x1c40_0000_0000n;

  constructor(random: Random, shape: TrafficShape) {
    this.#random = random;
    this.#shape = shape;
    const [first = this.#newSession(), ...others] = Array.from({ length: shape.sessions }, () =>
      this.#newSession(),
    );
    this.#sessions = [first, ...others];
  }

  run(): readonly Event[] {
    const steps: readonly [number, () => void][] = [
      [30, () => this.#sendAsync()],
      [26, () => this.#answerAsync()],
      [20, () => this.#sendCompound()],
      [20, () => this.#answerCompound()],
      [5, () => this.#giveUp()],
      [3, () => this.#reap()],
      [2, () => this.#echo()],
      [2, () => this.#strayReply()],
      [1, () => this.#setUpSession()],
      [1, () => this.#reconnect()],
    ];
    const total = steps.reduce((sum, [weight]) => sum + weight, 0);
    while (this.#events.length < this.#shape.events) {
      let choice = this.#random.int(0, total - 1);
      for (const [weight, step] of steps) {
        choice -= weight;
        if (choice >= 0) continue;
        step();
        break;
      }
    }
    return this.#events;
  }

  #sendAsync(): void {
    if (this.#inFlight.length >= this.#shape.inFlightMax) return;
    const thread = this.#freeUser();
    if (thread === undefined) return;
    const session = this.#random.pick(this.#sessions);
    const command = this.#random.pick([READ, READ, WRITE]);
    this.#inFlight.push(this.#send(thread, session, this.#anyChannel(session), command));
  }

  /** By cifsd; a synchronous READ by the task that sent it. */
  #answerAsync(): void {
    if (this.#inFlight.length < this.#shape.inFlightMax / 2 && this.#random.chance(0.8)) return;
    const sent = this.#takeFrom(this.#inFlight);
    if (sent === undefined) return;
    const isSynchronous = !this.#waiting.has(sent.thread) && this.#random.chance(0.2);
    this.#reply(isSynchronous ? sent.thread : FIRST_CIFSD + this.#random.int(0, 2), sent);
  }

  #sendCompound(): void {
    const thread = this.#freeUser();
    if (thread === undefined) return;
    const session = this.#random.pick(this.#sessions);
    const channel = this.#anyChannel(session);
    const parts = this.#random.chance(0.6) ? 1 : this.#random.int(2, 4);
    this.#waiting.set(
      thread,
      Array.from({ length: parts }, () =>
        this.#send(thread, session, channel, this.#random.pick(this.#shape.commands), parts > 1),
      ),
    );
  }

  /** All parts at once, up to the first that failed; some kernels report them again. */
  #answerCompound(): void {
    const [thread, parts] = this.#takeWaiting() ?? [];
    if (thread === undefined || parts === undefined) return;
    const reported: Event[] = [];
    for (const part of parts) {
      const failed = this.#reply(thread, part);
      reported.push(...this.#events.slice(-1));
      if (failed) break;
    }
    if (parts.length > 1 && this.#random.chance(0.3)) {
      for (const { operation } of reported) this.#events.push({ operation });
    }
  }

  /** A killed waiter: no reply is reported, and nothing is sent to say so. */
  #giveUp(): void {
    if (this.#random.chance(0.5)) this.#dead.push(...(this.#takeWaiting()?.[1] ?? []));
    else {
      const sent = this.#takeFrom(this.#inFlight);
      if (sent !== undefined) this.#dead.push(sent);
    }
  }

  #reap(): void {
    const sent = this.#takeFrom(this.#dead);
    if (sent === undefined) return;
    const { sessionId, command, messageId } = sent.key;
    const key = { sessionId, command, messageId };
    this.#events.push({
      operation: { verb: "reap", thread: 0, entered: sent.at, sender: sent.thread, ...key },
      answers: sent.number,
    });
  }

  #echo(): void {
    const session = this.#random.pick(this.#sessions);
    const key = this.#nextKey({ id: 0n, channels: session.channels }, 0, ECHO, 1);
    this.#events.push({ operation: { verb: "enter", thread: ECHO_THREAD, ...key } });
  }

  /** To something that was sent before aod was there. */
  #strayReply(): void {
    const key = { treeId: 0, sessionId: this.#random.pick(this.#sessions).id, messageId: 0xffff_0000n };
    this.#events.push({
      operation: { verb: "done", thread: FIRST_CIFSD, ...key, command: this.#random.pick([READ, 5]) },
    });
  }

  /** On a connection of its own; its first answer carries the session id that it asked for. */
  #setUpSession(): void {
    const thread = this.#freeUser();
    if (thread === undefined) return;
    const sent = this.#send(thread, { id: 0n, channels: [1n] }, 0, SESSION_SETUP, true);
    const key = { ...sent.key, sessionId: this.#newSession().id, treeId: 0 };
    const operation = { verb: "err", thread, ...key, ntStatus: MORE_PROCESSING, rc: -5 } as const;
    this.#events.push({ operation, answers: sent.number });
  }

  /** All that is in flight is lost; the session and its message ids begin anew. */
  #reconnect(): void {
    const session = this.#random.pick(this.#sessions);
    const isLost = ({ key }: Sent) => key.sessionId === session.id;
    this.#dead.push(...this.#inFlight.filter(isLost));
    this.#inFlight = this.#inFlight.filter((sent) => !isLost(sent));
    for (const [thread, parts] of this.#waiting) {
      if (!parts.some(isLost)) continue;
      this.#dead.push(...parts);
      this.#waiting.delete(thread);
    }
    Object.assign(session, this.#newSession());
  }

  #newSession(): Session {
    this.#lastSession += 4n;
    return { id: this.#lastSession, channels: Array.from({ length: this.#shape.channels }, () => FIRST_ID) };
  }

  #anyChannel({ channels }: Session): number {
    const channel = this.#random.int(0, channels.length - 1);
    const { idsBeginAnewAfter = Infinity, charges } = this.#shape;
    if (Number((channels[channel] ?? 0n) - FIRST_ID) >= idsBeginAnewAfter * charges[0])
      channels[channel] = FIRST_ID;
    return channel;
  }

  #send(thread: number, session: Session, channel: number, command: number, consecutive = false): Sent {
    const charge = consecutive ? 1 : this.#random.pick(this.#shape.charges);
    const key = this.#nextKey(session, channel, command, charge);
    const sent = { number: key.treeId, key, thread, at: this.#events.length };
    this.#events.push({ operation: { verb: "enter", thread, ...key } });
    return sent;
  }

  #nextKey(session: Pick<Session, "id" | "channels">, channel: number, command: number, charge: number): Key {
    const messageId = session.channels[channel] ?? 0n;
    session.channels[channel] = messageId + BigInt(charge);
    this.#lastNumber += 1;
    return { treeId: this.#lastNumber, sessionId: session.id, command, messageId };
  }

  /** @returns whether it failed. */
  #reply(thread: number, { number, key }: Sent): boolean {
    const failed = this.#random.chance(0.3);
    // Replies of asynchronous requests carry something else where the tree id was.
    const reply = { thread, ...key, treeId: this.#random.pick([0, 77]) };
    const error = { ntStatus: this.#random.pick([0xc0000034, 0xc0000022]), rc: this.#random.pick([-2, -13]) };
    const operation: Operation = failed ? { verb: "err", ...reply, ...error } : { verb: "done", ...reply };
    this.#events.push({ operation, answers: number });
    return failed;
  }

  #freeUser(): number | undefined {
    const free = Array.from({ length: USERS }, (_, i) => i).filter((user) => !this.#waiting.has(user));
    return free[this.#random.int(0, free.length - 1)];
  }

  #takeFrom(list: Sent[]): Sent | undefined {
    return list.splice(this.#random.int(0, list.length - 1), 1)[0];
  }

  #takeWaiting(): readonly [number, readonly Sent[]] | undefined {
    const waiting = [...this.#waiting];
    const taken = waiting[this.#random.int(0, waiting.length - 1)];
    if (taken !== undefined) this.#waiting.delete(taken[0]);
    return taken;
  }
}
