// What each question is answered with: one row for each. In: a question, and who knows; out: answers, handed to whoever asked. It
// knows no socket.

import { type Answer, PROTOCOL_VERSION, type Question } from "../api/protocol.ts";
import type { Status } from "../api/status.ts";
import { toFailure } from "../model/failure.ts";
import type { LiveFeed } from "./live-feed.ts";
import { errorAnswer } from "./question.ts";

/** Without what every answer has. */
export type AnswerBody<Type extends Answer["type"]> = Omit<
  Extract<Answer, { type: Type }>,
  "version" | "type"
>;

/** Whom questions are handed to. */
export interface DaemonApi {
  readonly status: () => Promise<Status>;
  readonly incidents: () => Status["open_incidents"];
  /** Resolves when the capture is made, or with why it is not. */
  readonly snapshot: (
    reason: string | undefined,
    progress: (said: AnswerBody<"progress">) => void,
  ) => Promise<AnswerBody<"captured"> | { readonly refusal: string }>;
  readonly reload: () => AnswerBody<"reloaded"> | { readonly refusal: string };
  readonly live: LiveFeed;
}

/** One connection. */
export interface Responder {
  /** Arrives unless the peer goes. */
  readonly say: (answer: Answer) => void;
  /** Whether the peer has taken what it got before. */
  readonly isReady: () => boolean;
  /** Is lost on one that is not ready. */
  readonly offer: (answer: Answer) => void;
  /** No more will be said. */
  readonly done: () => void;
  /** Called once, when the peer has gone. */
  readonly onGone: (gone: () => void) => void;
}

/** Says all that is to be said. Never throws: what fails is an answer. */
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
    responder.say({ version, type: "status", status: await api.status() });
    responder.done();
  },
  live({ every_ms }, { live }, responder) {
    responder.onGone(
      live.listen(every_ms, {
        isReady: responder.isReady,
        hear: (document) => responder.offer({ version, type: "live", live: document }),
        failed: (thrown) => fail(responder, thrown),
      }),
    );
  },
  incidents(_, api, responder) {
    responder.say({ version, type: "incidents", incidents: api.incidents() });
    responder.done();
  },
  async snapshot({ reason }, api, responder) {
    const ended = await api.snapshot(reason, (said) =>
      responder.offer({ version, type: "progress", ...said }),
    );
    if ("refusal" in ended) responder.say(errorAnswer("CAPTURE_FAILED", ended.refusal));
    else responder.say({ version, type: "captured", ...ended });
    responder.done();
  },
  reload(_, api, responder) {
    const outcome = api.reload();
    if ("refusal" in outcome) responder.say(errorAnswer("CONFIG_INVALID", outcome.refusal));
    else responder.say({ version, type: "reloaded", ...outcome });
    responder.done();
  },
};

// --- internal ---

function fail(responder: Responder, thrown: unknown): void {
  const { code, message } = toFailure(thrown);
  responder.say(errorAnswer("BUG", `${code}: ${message}`));
  responder.done();
}
