// Checks the running daemon, by the lock of its output folder and by its answer. Pure.

import { TROUBLE_TEXT, type TroubleSubject } from "../model/trouble.ts";
import { type Finding, note, ok, warn } from "./finding.ts";

/** A problem as the daemon's status reports it. */
export interface DaemonTrouble {
  readonly subject: TroubleSubject;
  readonly text: string;
  readonly isOver: boolean;
}

export interface DaemonFacts {
  /** Pid of the holder of the output folder's lock. */
  readonly holder: number | "none" | "unknown";
  /** The daemon's answer; undefined if it did not answer. */
  readonly answer:
    | {
        readonly version: string;
        readonly pid: number;
        readonly state: string;
        readonly outputDir: string;
        readonly troubles: readonly DaemonTrouble[];
      }
    | undefined;
  /** Why it did not answer, in words. */
  readonly silence: string | undefined;
}

/** The first fact for a user: an installed aod that does not run catches nothing. */
export const NOT_RUNNING = "not running: nothing on this host is watched";
export const START = "systemctl enable --now aod";

/** @param version of this executable. @param outputDir of the configuration that doctor checks. */
export function daemonFinding(
  { holder, answer, silence }: DaemonFacts,
  version: string,
  outputDir: string,
): Finding {
  if (answer !== undefined) return answeringFinding(answer, version, outputDir);
  if (holder === "none") return warn("daemon", NOT_RUNNING, START);
  const why = silence ?? "no reason";
  if (holder === "unknown")
    return note("daemon", `it is not known whether it runs, and it does not answer: ${why}`);
  const found = `running, pid ${holder}, and it does not answer: ${why}`;
  return warn("daemon", found, "see journalctl -u aod -n 50; if that does not help, systemctl restart aod");
}

const TROUBLE_ADVICE: Readonly<Record<TroubleSubject, string>> = {
  captures: "see the reasons in journalctl -u aod; aod snapshot tests whether captures work again",
  output_folder: "restore the folder, or create it with: install -d -m 0700 FOLDER; aod recovers by itself",
  history: "make the folder writable, or free space on its disk; aod recovers by itself",
  clock: "enable systemd-timesyncd or chrony; aod recovers by itself",
  control_socket: "systemctl restart aod",
  resources:
    "systemctl edit aod, and raise LimitNOFILE= or TasksMax= as the text says; aod recovers by itself",
  configuration: "aod check shows every problem of the file; correct it, then: systemctl reload aod",
  metrics: "see the reason in journalctl -u aod; aod recovers by itself",
};

/** Problems that the running daemon reports, including those that ended in the last hour. */
export function troubleFindings({ answer }: Pick<DaemonFacts, "answer">): readonly Finding[] {
  return (answer?.troubles ?? []).map(({ subject, text, isOver }) =>
    isOver
      ? note("daemon", `${TROUBLE_TEXT[subject]}, resolved: ${text}`)
      : warn("daemon", `${TROUBLE_TEXT[subject]}: ${text}`, TROUBLE_ADVICE[subject]),
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
