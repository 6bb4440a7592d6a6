// One connection to the control socket: its question is read, its answers are written as fast as the peer takes them. In: bytes, and
// how to answer; out: bytes. Beside what the kernel holds it holds what one question has for an answer. Of a stream a peer that
// does not read loses answers: it makes no memory grow, and costs no look.

import { type Answer, QUESTION_MAX_BYTES } from "../api/protocol.ts";
import { answer, type DaemonApi, type Responder } from "./answers.ts";
import { LineBuffer } from "./line-buffer.ts";
import { errorAnswer, readQuestion } from "./question.ts";

/** The part of Bun's socket that is used. */
export interface PeerSocket {
  /** @returns bytes that were taken; the others are for the next time. */
  write(bytes: Uint8Array): number;
  end(): void;
  terminate(): void;
  /** Calls its handler when nothing came or went for so long; 0: never. */
  timeout(seconds: number): void;
}

/** Who connects asks at once, and takes what it asked for. */
const PATIENCE_SEC = 10;

export class ControlConnection {
  readonly #socket: PeerSocket;
  readonly #api: DaemonApi;
  readonly #lines = new LineBuffer(QUESTION_MAX_BYTES);
  readonly #whenGone: (() => void)[] = [];
  #unsent: Uint8Array = new Uint8Array(0);
  #hasAsked = false;
  #isDone = false;

  constructor(socket: PeerSocket, api: DaemonApi) {
    this.#socket = socket;
    this.#api = api;
    socket.timeout(PATIENCE_SEC);
  }

  /** Bytes came. What comes behind the question is not read. */
  take(bytes: Uint8Array): void {
    if (this.#hasAsked || this.#isDone) return;
    const lines = this.#lines.add(bytes);
    if (lines === undefined) {
      this.refuse("USAGE", `a question has ${QUESTION_MAX_BYTES} bytes at most`);
      return;
    }
    const [line] = lines;
    if (line === undefined) return;
    this.#hasAsked = true;
    const asked = readQuestion(line);
    if (asked.question === undefined) {
      this.#say(asked.answer);
      this.#done();
      return;
    }
    // A capture takes as long as it takes.
    this.#socket.timeout(0);
    const isReady = () => this.#unsent.length === 0;
    const responder: Responder = {
      isReady,
      say: (one) => this.#say(one),
      offer: (one) => {
        if (isReady()) this.#say(one);
      },
      done: () => this.#done(),
      onGone: (gone) => void this.#whenGone.push(gone),
    };
    void answer(asked.question, this.#api, responder);
  }

  /** Says why, and ends. */
  refuse(code: Parameters<typeof errorAnswer>[0], message: string): void {
    this.#say(errorAnswer(code, message));
    this.#done();
  }

  /** The peer will say no more, and may still listen. */
  end(): void {
    if (!this.#hasAsked) this.#done();
  }

  /** The peer takes bytes again. */
  drain(): void {
    this.#send(this.#unsent);
    if (this.#isDone && this.#unsent.length === 0) this.#socket.end();
  }

  /** Nothing came or went for too long. */
  expire(): void {
    this.#socket.terminate();
  }

  /** The peer has gone. */
  close(): void {
    this.#isDone = true;
    for (const gone of this.#whenGone.splice(0)) gone();
  }

  #say(said: Answer): void {
    if (this.#isDone) return;
    const bytes = new TextEncoder().encode(`${JSON.stringify(said)}\n`);
    if (this.#unsent.length === 0) this.#send(bytes);
    else this.#unsent = Buffer.concat([this.#unsent, bytes]);
  }

  #send(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#unsent = bytes.subarray(Math.max(0, this.#socket.write(bytes)));
  }

  #done(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#socket.timeout(PATIENCE_SEC);
    if (this.#unsent.length === 0) this.#socket.end();
  }
}
