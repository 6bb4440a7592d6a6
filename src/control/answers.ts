// How each question of the control protocol is answered: one row for each. It knows no socket.

import { type Answer, PROTOCOL_VERSION, type Question } from "../api/protocol.ts";
import type { Status } from "../api/status.ts";
import { toFailure } from "../model/failure.ts";
import type { LiveFeed } from "./live-feed.ts";
import { errorAnswer } from "./question.ts";

/** An answer without the fields that every answer has. */
export type AnswerBody<Type extends Answer["type"]> = Omit<
  Extract<Answer, { type: Type }>,
  "version" | "type"
>;

/** The part of the daemon that answers questions. */
export interface DaemonApi {
  readonly status: () => Promise<Status>;
  readonly incidents: () => Status["open_incidents"];
  /** Resolves when the capture is complete, or with the reason why there is none. */
  readonly snapshot: (
    reason: string | undefined,
    progress: (step: AnswerBody<"progress">) => void,
  ) => Promise<AnswerBody<"captured"> | { readonly refusal: string }>;
  readonly reload: () => AnswerBody<"reloaded"> | { readonly refusal: string };
  readonly live: LiveFeed;
}

/** The way back to the client of one connection. */
export interface Responder {
  /** Sends an answer; it is delivered unless the client disconnects. */
  readonly send: (answer: Answer) => void;
  /** Whether the client has read all earlier answers. */
  readonly isReady: () => boolean;
  /** Sends an answer if the client is ready, and drops it otherwise. */
  readonly offer: (answer: Answer) => void;
  /** Ends the connection: no answer follows. */
  readonly end: () => void;
  /** Registers a call for when the client has disconnected. */
  readonly onClose: (closed: () => void) => void;
}

/** Sends all answers to a question. Never throws: a failure is an answer. */
export async function answer(question: Question, api: DaemonApi, responder: Responder): Promise<void> {
  try {
    await TABLE[question.ask](question as never, api, responder);
  } catch (thrown) {
    fail(responder, thrown);
  }
}

type Row<Ask extends Question["ask"]> = (
  question: Extract<Question, { ask: Ask }>,
  api: DaemonApi,
  responder: Responder,
) => void | Promise<void>;

const version = PROTOCOL_VERSION;

const TABLE: { readonly [Ask in Question["ask"]]: Row<Ask> } = {
  async status(_, api, responder) {
    responder.send({ version, type: "status", status: await api.status() });
    responder.end();
  },
  live({ every_ms }, { live }, responder) {
    responder.onClose(
      live.listen(every_ms, {
        isReady: responder.isReady,
        send: (document) => responder.offer({ version, type: "live", live: document }),
        failed: (thrown) => fail(responder, thrown),
      }),
    );
  },
  incidents(_, api, responder) {
    responder.send({ version, type: "incidents", incidents: api.incidents() });
    responder.end();
  },
  async snapshot({ reason }, api, responder) {
    const ended = await api.snapshot(reason, (step) =>
      responder.offer({ version, type: "progress", ...step }),
    );
    if ("refusal" in ended) responder.send(errorAnswer("CAPTURE_FAILED", ended.refusal));
    else responder.send({ version, type: "captured", ...ended });
    responder.end();
  },
  reload(_, api, responder) {
    const outcome = api.reload();
    if ("refusal" in outcome) responder.send(errorAnswer("CONFIG_INVALID", outcome.refusal));
    else responder.send({ version, type: "reloaded", ...outcome });
    responder.end();
  },
};

// --- internal ---

function fail(responder: Responder, thrown: unknown): void {
  const { code, message } = toFailure(thrown);
  responder.send(errorAnswer("BUG", `${code}: ${message}`));
  responder.end();
}
