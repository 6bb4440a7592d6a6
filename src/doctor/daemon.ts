// The daemon that runs, as its lock and its answer show it. Facts in, a finding out; pure.

import { type Finding, note, ok, warn } from "./finding.ts";

export interface DaemonFacts {
  /** Whoever holds the lock of the output folder; undefined where nobody does, null where the pid is not to be read. */
  readonly holderPid: number | null | undefined;
  /** What it said of itself; undefined where it did not. */
  readonly answer:
    | { readonly version: string; readonly pid: number; readonly state: string; readonly outputDir: string }
    | undefined;
  /** Why it did not, in words. */
  readonly silence: string | undefined;
}

/** @param version of this executable. @param outputDir of the configuration that doctor looks at. */
export function daemonFinding(
  { holderPid, answer, silence }: DaemonFacts,
  version: string,
  outputDir: string,
): Finding {
  if (answer !== undefined) return answeringFinding(answer, version, outputDir);
  if (holderPid !== undefined) {
    const found = `running, pid ${holderPid ?? "unknown"}, and it does not answer: ${silence ?? "no reason"}`;
    return warn("daemon", found, "journalctl -u aod -n 50 says what it is at; else systemctl restart aod");
  }
  return note("daemon", "not running");
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
