// The daemon that runs, as its lock and its answer show it. Facts in, a finding out; pure.

import { TROUBLE_TEXT, type TroubleSubject } from "../model/trouble.ts";
import { type Finding, note, ok, warn } from "./finding.ts";

/** As the daemon's status has it. */
export interface DaemonTrouble {
  readonly subject: TroubleSubject;
  readonly text: string;
  readonly isOver: boolean;
}

export interface DaemonFacts {
  /** Of the output folder's lock, by its pid. */
  readonly holder: number | "none" | "unknown";
  /** What it said of itself; undefined where it did not. */
  readonly answer:
    | {
        readonly version: string;
        readonly pid: number;
        readonly state: string;
        readonly outputDir: string;
        readonly troubles: readonly DaemonTrouble[];
      }
    | undefined;
  /** Why it did not, in words. */
  readonly silence: string | undefined;
}

/** @param version of this executable. @param outputDir of the configuration that doctor looks at. */
export function daemonFinding(
  { holder, answer, silence }: DaemonFacts,
  version: string,
  outputDir: string,
): Finding {
  if (answer !== undefined) return answeringFinding(answer, version, outputDir);
  if (holder === "none") return warn("daemon", "not running", "systemctl enable --now aod");
  const why = silence ?? "no reason";
  if (holder === "unknown")
    return note("daemon", `whether it runs can't be told, and it does not answer: ${why}`);
  const found = `running, pid ${holder}, and it does not answer: ${why}`;
  return warn("daemon", found, "journalctl -u aod -n 50 says what it is at; else systemctl restart aod");
}

const TODO: Readonly<Record<TroubleSubject, string>> = {
  captures: "journalctl -u aod has the reason of each; aod snapshot shows whether captures are made again",
  output_folder:
    "put the folder back as it was, or make it with: install -d -m 0700 FOLDER; aod goes on by itself",
  history: "make the folder writable, or make room on its disk; aod goes on by itself",
  clock: "switch on systemd-timesyncd or chrony; aod goes on by itself",
  control_socket: "systemctl restart aod",
  resources: "systemctl edit aod, with LimitNOFILE= or TasksMax= as the text says; aod goes on by itself",
  configuration: "aod check shows every problem of the file; mend it, then: systemctl reload aod",
  metrics: "journalctl -u aod says what is in the way; aod goes on by itself",
};

/** The running daemon's troubles, those of the last hour included. */
export function troubleFindings({ answer }: Pick<DaemonFacts, "answer">): readonly Finding[] {
  return (answer?.troubles ?? []).map(({ subject, text, isOver }) =>
    isOver
      ? note("daemon", `${TROUBLE_TEXT[subject]}, well again: ${text}`)
      : warn("daemon", `${TROUBLE_TEXT[subject]}: ${text}`, TODO[subject]),
  );
}

function answeringFinding(
  answer: NonNullable<DaemonFacts["answer"]>,
  version: string,
  outputDir: string,
): Finding {
  const runs = `running, pid ${answer.pid}, version ${answer.version}, ${answer.state}`;
  if (answer.version !== version) {
    return warn("daemon", `${runs}; this is version ${version}`, "systemctl restart aod");
  }
  const isElsewhere = answer.outputDir !== outputDir;
  return isElsewhere ? note("daemon", `${runs}; its captures go to ${answer.outputDir}`) : ok("daemon", runs);
}
