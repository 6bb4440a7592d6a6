// Opens the control socket of the daemon, and connects each question with the part that answers it. The daemon works
// without the socket: a failure is logged only.

import { join } from "node:path";
import { formatProblem } from "../config/problem.ts";
import type { DaemonApi } from "../control/answers.ts";
import { LiveFeed } from "../control/live-feed.ts";
import { openControlServer } from "../control/server.ts";
import { findSocketPath } from "../control/socket-path.ts";
import { log } from "../log.ts";
import { toFailure } from "../model/failure.ts";
import type { Snapshots } from "../supervisor/snapshots.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { BATCHES } from "../system/batches-folder.ts";
import type { Reloaded } from "./reload.ts";

/** Opens the socket. @returns closes it. */
export function openControl(
  supervisor: Supervisor,
  snapshots: Snapshots,
  reload: () => Reloaded,
): () => void {
  try {
    const path = findSocketPath(process.env);
    const server = openControlServer(path, makeDaemonApi(supervisor, snapshots, reload));
    if ("taken" in server) {
      const values = { path, holder_pid: server.holderPid };
      log.warn("no control socket: another aod uses it (set AOD_SOCKET to another path)", values);
      return () => undefined;
    }
    log.debug("control socket is open", { path });
    supervisor.upkeep.watch("control_socket", () => server.check());
    return () => server.close();
  } catch (thrown) {
    log.warn("no control socket: aod status and aod top cannot reach this daemon", {
      reason: toFailure(thrown).message,
    });
    return () => undefined;
  }
}

/** Each question, and which part of the daemon answers it. */
function makeDaemonApi(supervisor: Supervisor, snapshots: Snapshots, reload: () => Reloaded): DaemonApi {
  const { figures } = supervisor;
  return {
    status: () => figures.status(),
    incidents: () => figures.incidents(),
    live: new LiveFeed(() => figures.live()),
    async snapshot(reason, progress) {
      const startedMs = performance.now();
      const outcome = await snapshots.ask(reason, ({ action, status, ended, of }) =>
        progress({ action, status, ended, of }),
      );
      if (outcome.capture === undefined) return { refusal: outcome.refusal };
      const { name, bytes, verdict } = outcome.capture;
      return {
        path: join(supervisor.config.outputDir, BATCHES, name),
        bytes,
        duration_ms: Math.round(performance.now() - startedMs),
        verdict: { ...verdict, because: [...verdict.because] },
      };
    },
    reload() {
      const { problems, refusal } = reload();
      const lines = problems.map(formatProblem);
      return refusal === undefined ? { problems: lines } : { refusal: [refusal, ...lines].join("\n") };
    },
  };
}
