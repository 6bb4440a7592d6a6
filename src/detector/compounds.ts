// Finds the requests that are parts of one compound: one task sends them together, they are answered together, and for
// the program that waits they are one operation. The parts share their marks, so each rule counts the first and passes
// the others. Pure and bounded.
//
// The hooks do not report compounds, but a task that sends synchronously waits for the reply before it sends again. So
// two requests of one task that overlap in time and have neighbouring message ids were sent as one: compound_send_recv
// in fs/smb/client/transport.c. READs and WRITEs of one task overlap without that, and are never treated as parts.

import { pairsBySession } from "../model/command.ts";
import { GEOMETRY } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";

/** Tasks that are remembered; beyond it the one whose compound is oldest is dropped. */
const TASKS_MAX = 4096;

interface Compound {
  readonly sessionId: bigint;
  /** The message id of the part that was seen first. */
  readonly messageId: bigint;
  /** When the last part was answered, ns; Infinity while none has been. */
  endNs: number;
  marks: Uint8Array;
}

export class Compounds {
  readonly #byTask = new Map<number, Compound>();

  /** The marks of the request's compound; new ones for the first part. @param rules the number of rules. */
  marksOf(request: Request, rules: number): Uint8Array {
    if (pairsBySession(request.command)) return new Uint8Array(rules);
    const known = this.#byTask.get(request.taskId);
    const compound = known !== undefined && isPart(known, request) ? known : aCompound(request, rules);
    if (request.latencyNs > 0) compound.endNs = endOf(compound, Number(request.startNs) + request.latencyNs);
    if (compound !== known) this.#remember(request.taskId, compound);
    return compound.marks;
  }

  /** Converts the marks to the indices of other rules. */
  remap(remapped: (marks: Uint8Array) => Uint8Array): void {
    for (const compound of this.#byTask.values()) compound.marks = remapped(compound.marks);
  }

  #remember(taskId: number, compound: Compound): void {
    this.#byTask.delete(taskId);
    this.#byTask.set(taskId, compound);
    if (this.#byTask.size <= TASKS_MAX) return;
    for (const oldest of this.#byTask.keys()) {
      this.#byTask.delete(oldest);
      break;
    }
  }
}

function aCompound({ sessionId, messageId }: Request, rules: number): Compound {
  return { sessionId, messageId, endNs: Infinity, marks: new Uint8Array(rules) };
}

function isPart(compound: Compound, { sessionId, messageId, startNs }: Request): boolean {
  // The distance is 0 if it is the same request: first in flight, then complete.
  const distance = messageId - compound.messageId;
  const isNear = distance > -GEOMETRY.COMPOUND_PARTS && distance < GEOMETRY.COMPOUND_PARTS;
  return sessionId === compound.sessionId && isNear && Number(startNs) < compound.endNs;
}

/** Parts are answered one after the other; the last reply ends the compound. */
function endOf({ endNs }: Compound, partEndNs: number): number {
  return endNs === Infinity ? partEndNs : Math.max(endNs, partEndNs);
}
