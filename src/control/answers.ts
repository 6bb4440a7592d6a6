// What each question is answered with: one row for each. In: a question, and who knows; out: answers, handed to whoever asked. It
// knows no socket.

import { type Answer, PROTOCOL_VERSION, type Question } from "../api/protocol.ts";
import type { Status } from "../api/status.ts";
import { toFailure } from "../model/failure.ts";
import type { Feed } from "./feed.ts";
import { errorAnswer } from "./question.ts";

/** Without what every answer has. */
export type Said<Type extends Answer["type"]> = Omit<Extract<Answer, { type: Type }>, "version" | "type">;

/** Whom questions are handed to. */
export interface Knowing {
  readonly status: () => Promise<Status>;
  readonly incidents: () => Status["open_incidents"];
  /** Resolves when the capture is made, or with why it is not. */
  readonly snapshot: (
    reason: string | undefined,
    progress: (said: Said<"progress">) => void,
  ) => Promise<Said<"captured"> | { readonly refusal: string }>;
  readonly reload: () => Said<"reloaded"> | { readonly refusal: string };
  readonly live: Feed;
}

/** One connection. */
export interface Asker {
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
export async function answer(question: Question, knowing: Knowing, asker: Asker): Promise<void> {
  try {
    await TABLE[question.ask](question as never, knowing, asker);
  } catch (thrown) {
    fail(asker, thrown);
  }
}

type Row<Ask extends Question["ask"]> = (
  question: Extract<Question, { ask: Ask }>,
  knowing: Knowing,
  asker: Asker,
) => void | Promise<void>;

const version = PROTOCOL_VERSION;

const TABLE: { readonly [Ask in Question["ask"]]: Row<Ask> } = {
  async status(_, knowing, asker) {
    asker.say({ version, type: "status", status: await knowing.status() });
    asker.done();
  },
  live({ every_ms }, { live }, asker) {
    asker.onGone(
      live.listen(every_ms, {
        isReady: asker.isReady,
        hear: (document) => asker.offer({ version, type: "live", live: document }),
        failed: (thrown) => fail(asker, thrown),
      }),
    );
  },
  incidents(_, knowing, asker) {
    asker.say({ version, type: "incidents", incidents: knowing.incidents() });
    asker.done();
  },
  async snapshot({ reason }, knowing, asker) {
    const ended = await knowing.snapshot(reason, (said) =>
      asker.offer({ version, type: "progress", ...said }),
    );
    if ("refusal" in ended) asker.say(errorAnswer("CAPTURE_FAILED", ended.refusal));
    else asker.say({ version, type: "captured", ...ended });
    asker.done();
  },
  reload(_, knowing, asker) {
    const outcome = knowing.reload();
    if ("refusal" in outcome) asker.say(errorAnswer("CONFIG_INVALID", outcome.refusal));
    else asker.say({ version, type: "reloaded", ...outcome });
    asker.done();
  },
};

// --- internal ---

function fail(asker: Asker, thrown: unknown): void {
  const { code, message } = toFailure(thrown);
  asker.say(errorAnswer("BUG", `${code}: ${message}`));
  asker.done();
}
