// The witness for real traffic. From the kernel's SMB client it learns which share a tree is, and whether a task still
// waits for a request. The readers of DebugData and wchan and the time are handed in; beside them it is pure.
//
// A reading of DebugData takes locks of cifs, so a child process does it, and its result comes later, or never: `take`.
// Until then the witness answers from what it knows, and `isAwaiting` tells which decisions are worth delaying. Several
// suspects share one reading.

import { UNKNOWN_SHARE } from "../model/anomaly.ts";
import type { Source } from "../model/capture.ts";
import { type Block, type DebugData, type TaskWait, treesOf } from "../model/cifs.ts";
import { pathsOfMount, withDfsPathsOfMounts } from "../model/mounted-share.ts";
import type { Operation } from "../model/operation.ts";
import { KIND } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";
import { type KnownTree, serverOfShare } from "../model/share.ts";
import { isOfSession } from "../model/signal.ts";
import { KnownTrees } from "./known-trees.ts";
import { judgeSuspect, type Liveness, type Reading, RequestList, type Suspect } from "./liveness.ts";
import { READ_EVERY_NS, ReadingPace } from "./reading-pace.ts";
import { requestsListed, serverNames, serversByConnection, troubledServers } from "./servers.ts";
import {
  type CifsReader,
  type DebugDataResult,
  type Inheritance,
  TABLE_WITNESS,
  type Tree,
  type Witness,
} from "./witness.ts";

/**
 * DebugData is read at most this often for a tree that may be one of several shares: another reading seldom tells more,
 * unless something was mounted.
 */
const READ_AGAIN_NS = 60e9;
/** Changes of mounts are examined at most this often: container hosts mount other file systems all the time. */
const MOUNTS_EVERY_NS = 1e9;
/** Unknown trees and connections that are remembered; when there are more, all are forgotten. */
const ASKED_MAX = 1024;
/** Connections that are remembered. */
const CONNECTIONS_MAX = 1024;

/** Answers from the lists of the kernel's SMB client. */
export class CifsWitness implements Witness {
  readonly #reader: CifsReader;
  readonly #pace = new ReadingPace();
  #reading: Reading = { readNs: -Infinity, list: undefined, isLate: false };
  #data: DebugData | undefined;
  readonly #trees: KnownTrees;
  /** `//server` names at the last reading: all, and those in trouble. */
  #present: readonly string[] = [];
  #troubled: readonly string[] = [];
  /** `//server` by connection id, which survives a reconnect. */
  readonly #servers = new Map<number, string>();
  /** When a reading was last made because of an unknown tree or connection, ns. */
  readonly #askedNs = new Map<string, number>();
  #searchedNs = -Infinity;
  /** The SMB mounts as of `#mountsNs`. */
  #mounts = "";
  #mountsNs = -Infinity;
  /** Whether mounts changed while no reading was allowed. */
  #hasMissedMounts = false;

  /** @param known the trees that an earlier detector knew. */
  constructor(reader: CifsReader, known: readonly KnownTree[] = []) {
    this.#reader = reader;
    this.#trees = new KnownTrees(known);
  }

  get readableNs(): number {
    return this.#pace.readableNs;
  }

  get readNs(): number {
    return this.#reading.readNs;
  }

  get holdUntilNs(): number {
    return this.#pace.holdUntilNs;
  }

  isAwaiting(record: Request, nowNs: number): boolean {
    if (record.kind === KIND.SIGNAL) this.serverOf(record, nowNs);
    else if (record.treeId === 0 || this.shareOf(record, nowNs) !== UNKNOWN_SHARE) return false;
    return nowNs < this.holdUntilNs;
  }

  shareOf(tree: Tree, nowNs: number): string {
    const { sessionId, treeId } = tree;
    // Requests that belong to no tree: NEGOTIATE, SESSION_SETUP, TREE_CONNECT, LOGOFF.
    if (treeId === 0)
      return this.#trees.serverOfSession(sessionId) ?? this.#likelyServer(nowNs) ?? UNKNOWN_SHARE;
    const known = this.#trees.index.find(sessionId, treeId);
    if (this.#trees.index.isKnown(sessionId, treeId)) return known ?? UNKNOWN_SHARE;
    const hasRead =
      known === undefined
        ? this.#readFor(`${sessionId}/${treeId}`, nowNs)
        : this.#readFor(`session ${sessionId}`, nowNs, this.#hasMissedMounts ? READ_EVERY_NS : READ_AGAIN_NS);
    const share = hasRead ? this.#trees.index.find(sessionId, treeId) : known;
    if (hasRead && this.#trees.index.isKnown(sessionId, treeId))
      this.#askedNs.delete(`${sessionId}/${treeId}`);
    return share ?? UNKNOWN_SHARE;
  }

  serverOf({ command, sessionId }: Pick<Request, "command" | "sessionId">, nowNs: number): string {
    if (sessionId === 0n) return this.#likelyServer(nowNs) ?? UNKNOWN_SHARE;
    const find = (): string | undefined =>
      isOfSession(command) ? this.#trees.serverOfSession(sessionId) : this.#servers.get(Number(sessionId));
    return (
      find() ??
      (this.#readFor(`${isOfSession(command)} ${sessionId}`, nowNs) ? find() : undefined) ??
      UNKNOWN_SHARE
    );
  }

  slotOf(share: string): number {
    return this.#trees.slotOf(share);
  }

  check(suspects: readonly Suspect[], nowNs: number): readonly Liveness[] {
    const judgeAll = (): Liveness[] =>
      suspects.map((suspect) => judgeSuspect(suspect, this.#reading, this.#reader.waitOf));
    const isFresh = suspects.every(({ sinceNs }) => this.#reading.readNs > sinceNs);
    if (!isFresh && nowNs >= this.readableNs) this.read(nowNs);
    return judgeAll();
  }

  waitOf(taskId: number): TaskWait {
    return this.#reader.waitOf(taskId);
  }

  blockOf(taskId: number): Block | undefined {
    return this.#reader.blockOf(taskId);
  }

  awaitedShare(last: Tree | undefined, nowNs: number): string {
    if (nowNs >= Math.max(this.#reading.readNs + READ_EVERY_NS, this.readableNs)) this.read(nowNs);
    const known = last && this.#trees.index.find(last.sessionId, last.treeId);
    const [only, ...others] = this.#troubled;
    if (only === undefined) return known ?? UNKNOWN_SHARE;
    if (known !== undefined && this.#troubled.includes(serverOfShare(known))) return known;
    if (others.length > 0) return UNKNOWN_SHARE;
    const [share, ...more] = this.#trees.sharesOf(only);
    return share !== undefined && more.length === 0 ? share : only;
  }

  inherited(nowNs: number): Inheritance {
    const data = this.#data;
    if (data === undefined) return { requests: [], operations: [] };
    const requests = requestsListed(data, this.#reader.taskOf, BigInt(Math.round(nowNs)));
    const senders = new Set(requests.map(({ taskId }) => taskId));
    const operations = this.#search(nowNs).filter(({ taskId }) => !senders.has(taskId));
    return { requests, operations };
  }

  findWaiting(nowNs: number): readonly Operation[] {
    return nowNs < this.#searchedNs + READ_EVERY_NS ? [] : this.#search(nowNs);
  }

  noteMounts(nowNs: number): void {
    if (this.#pace.isReading || nowNs < Math.max(this.readableNs, this.#mountsNs + MOUNTS_EVERY_NS)) {
      this.#hasMissedMounts = true;
      return;
    }
    this.#mountsNs = nowNs;
    const mounts = this.#reader.readMounts().map((mount) => `${mount.mountId} ${pathsOfMount(mount)}`);
    const changed = mounts.join("\n") !== this.#mounts;
    this.#mounts = mounts.join("\n");
    if (changed) this.read(nowNs);
  }

  dfsPathsOf(share: string): readonly string[] {
    return this.#trees.dfsPathsOf(share);
  }

  takeShares(): readonly KnownTree[] | undefined {
    return this.#trees.takeChanged();
  }

  read(nowNs: number): void {
    if (this.#pace.isReading) return;
    this.#pace.begin(nowNs);
    this.#hasMissedMounts = false;
    const answer = this.#reader.readDebugData(nowNs);
    if (answer !== "pending") this.take(answer, nowNs);
  }

  take(answer: DebugDataResult, nowNs: number): void {
    const isLate = answer === "late";
    const data = isLate ? undefined : answer;
    // A late reading means that nothing can be learned for now.
    const sinceNs = this.#pace.end(nowNs);
    this.#reading = { readNs: isLate ? nowNs : sinceNs, list: data && new RequestList(data), isLate };
    this.#data = data;
    if (data !== undefined) {
      const trees = withDfsPathsOfMounts(treesOf(data), this.#reader.readMounts());
      this.#trees.takeReading(trees, sinceNs, data.complete);
      this.#trees.bind(this.#reader.usedTrees(this.#trees.unnumberedSessions, sinceNs), nowNs);
    }
    for (const [connectionId, server] of data === undefined ? [] : serversByConnection(data)) {
      this.#servers.set(connectionId, server);
      dropOldest(this.#servers, CONNECTIONS_MAX);
    }
    this.#present = data === undefined ? [] : serverNames(data);
    this.#troubled = data === undefined ? [] : troubledServers(data);
  }

  // --- internal ---

  /** Reads DebugData because of something unknown, unless that was done for the same key within `everyNs`. */
  #readFor(key: string, nowNs: number, everyNs = READ_EVERY_NS): boolean {
    const askedNs = this.#askedNs.get(key) ?? -Infinity;
    if (nowNs < this.readableNs || nowNs < askedNs + everyNs) return false;
    this.read(nowNs);
    if (this.#askedNs.size >= ASKED_MAX) this.#askedNs.clear();
    this.#askedNs.set(key, nowNs);
    return true;
  }

  /** Older kernels do not report which connection it was. The answer is the only server, or the only one in trouble. */
  #likelyServer(nowNs: number): string | undefined {
    this.#readFor("no connection", nowNs);
    const [only, ...others] = this.#present.length === 1 ? this.#present : this.#troubled;
    return others.length === 0 ? only : undefined;
  }

  /** No task waits for a healthy server. If the client's lists can't be read, any server may be in trouble. */
  #search(nowNs: number): readonly Operation[] {
    this.#searchedNs = nowNs;
    const isInTrouble = this.#reading.isLate || this.#troubled.length > 0;
    const tasks = isInTrouble ? this.#reader.findWaiting() : [];
    return tasks.map((task) => ({ ...task, startNs: BigInt(Math.round(nowNs)), xid: 0 }));
  }
}

function dropOldest(map: Map<unknown, unknown>, most: number): void {
  const [oldest] = map.keys();
  if (map.size > most) map.delete(oldest);
}

/** Makes the witness for requests of this source. For the kernel it reads DebugData once, to learn the shares. */
export function witnessFor(
  source: Source,
  reader: CifsReader,
  nowNs: number,
  known: readonly KnownTree[] = [],
): Witness {
  if (source === "demo") return TABLE_WITNESS;
  const witness = new CifsWitness(reader, known);
  witness.read(nowNs);
  return witness;
}
