// One connection to the control socket: reads its question, and writes the answers as fast as the client reads them.
// Beside the socket's own buffer it buffers the answers to one question. A client that does not read a stream loses
// answers of it: it neither makes memory grow nor costs a snapshot.

import { type Answer, QUESTION_MAX_BYTES } from "../api/protocol.ts";
import { answer, type DaemonApi, type Responder } from "./answers.ts";
import { LineBuffer } from "./line-buffer.ts";
import { errorAnswer, readQuestion } from "./question.ts";

/** The part of Bun's socket that is used. */
export interface PeerSocket {
  /** @returns the number of bytes that were written; the others are written later. */
  write(bytes: Uint8Array): number;
  end(): void;
  terminate(): void;
  /** Calls the timeout handler after so long without traffic; 0: never. */
  timeout(seconds: number): void;
}

/** A client asks right after it has connected, and reads the answer. */
const PATIENCE_SEC = 10;

export class ControlConnection {
  readonly #socket: PeerSocket;
  readonly #api: DaemonApi;
  readonly #lines = new LineBuffer(QUESTION_MAX_BYTES);
  readonly #whenClosed: (() => void)[] = [];
  #unsent: Uint8Array = new Uint8Array(0);
  #hasAsked = false;
  #isDone = false;

  constructor(socket: PeerSocket, api: DaemonApi) {
    this.#socket = socket;
    this.#api = api;
    socket.timeout(PATIENCE_SEC);
  }

  /** Takes received bytes. Bytes behind the question are ignored. */
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
      this.#write(asked.answer);
      this.#finish();
      return;
    }
    // A capture has no time limit here.
    this.#socket.timeout(0);
    const isReady = () => this.#unsent.length === 0;
    const responder: Responder = {
      isReady,
      send: (one) => this.#write(one),
      offer: (one) => {
        if (isReady()) this.#write(one);
      },
      end: () => this.#finish(),
      onClose: (closed) => void this.#whenClosed.push(closed),
    };
    void answer(asked.question, this.#api, responder);
  }

  /** Sends the reason, and ends the connection. */
  refuse(code: Parameters<typeof errorAnswer>[0], message: string): void {
    this.#write(errorAnswer(code, message));
    this.#finish();
  }

  /** The client will send no more, and may still read. */
  end(): void {
    if (!this.#hasAsked) this.#finish();
  }

  /** The client reads again. */
  drain(): void {
    this.#send(this.#unsent);
    if (this.#isDone && this.#unsent.length === 0) this.#socket.end();
  }

  /** There was no traffic for too long. */
  expire(): void {
    this.#socket.terminate();
  }

  /** The client has disconnected. */
  close(): void {
    this.#isDone = true;
    for (const closed of this.#whenClosed.splice(0)) closed();
  }

  #write(answer: Answer): void {
    if (this.#isDone) return;
    const bytes = new TextEncoder().encode(`${JSON.stringify(answer)}\n`);
    if (this.#unsent.length === 0) this.#send(bytes);
    else this.#unsent = Buffer.concat([this.#unsent, bytes]);
  }

  #send(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#unsent = bytes.subarray(Math.max(0, this.#socket.write(bytes)));
  }

  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#socket.timeout(PATIENCE_SEC);
    if (this.#unsent.length === 0) this.#socket.end();
  }
}
