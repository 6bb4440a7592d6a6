// The daemon that runs, as its lock and its answer show it. Facts in, a finding out; pure.

import { type Finding, note, ok, warn } from "./finding.ts";

export interface DaemonFacts {
  /** Of the output folder's lock, by its pid. */
  readonly holder: number | "none" | "unknown";
  /** What it said of itself; undefined where it did not. */
  readonly answer:
    | { readonly version: string; readonly pid: number; readonly state: string; readonly outputDir: string }
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
  if (holder === "none") return note("daemon", "not running");
  const why = silence ?? "no reason";
  if (holder === "unknown")
    return note("daemon", `whether it runs can't be told, and it does not answer: ${why}`);
  const found = `running, pid ${holder}, and it does not answer: ${why}`;
  return warn("daemon", found, "journalctl -u aod -n 50 says what it is at; else systemctl restart aod");
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
