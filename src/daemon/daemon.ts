// The daemon: claims the output folder, loads the BPF programs, and puts supervisor, metrics, control socket and
// service manager together. It runs until a signal or a failure ends it, and decides nothing about SMB.

import { findConfig } from "../config/file.ts";
import { decodeHistory } from "../history/entry.ts";
import { readHistory } from "../history/file.ts";
import { foldIncidents } from "../history/fold.ts";
import { KernelSource } from "../kernel/kernel-source.ts";
import { log, printError } from "../log.ts";
import { Metrics } from "../metrics/metrics.ts";
import { countExhaustion } from "../model/exhaustion.ts";
import { AodError, toFailure } from "../model/failure.ts";
import type { Incident } from "../model/incident.ts";
import { countRefusal } from "../model/refusals.ts";
import { version } from "../model/version.ts";
import { removeLeftovers } from "../packer/partial-capture.ts";
import { loadThreads } from "../supervisor/early-threads.ts";
import type { SpawnTable } from "../supervisor/options.ts";
import { claimOutputFolder, requireLocal } from "../supervisor/output-folder.ts";
import { exitCodeOf } from "../supervisor/restart.ts";
import { Snapshots } from "../supervisor/snapshots.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { openBatchesToRead } from "../system/batches-folder.ts";
import { findProgramPages } from "../system/resident.ts";
import { openControl } from "./control.ts";
import { failureLines } from "./failure-lines.ts";
import { freeLogFromReader } from "./log-reader.ts";
import { printProblems } from "./problems.ts";
import { type Reloaded, reload, reloadFinding } from "./reload.ts";
import { RepeatedSignal } from "./repeated-signal.ts";
import { logForbidden } from "./sandbox-log.ts";
import { openServiceManager, type ServiceManager } from "./service-manager.ts";
import { pingEveryMs, ServiceNotices } from "./service-notices.ts";
import { onSignals } from "./signals.ts";
import { openHistorySink, openLogSink } from "./sinks.ts";

/** Delay before the first trim: threads have started by then, and the parsed configuration has become garbage. */
const SETTLED_AFTER_MS = 10_000;
/**
 * A sweep of the janitor or an incident leaves as much garbage as the start. A trim takes some 5 ms, and is skipped
 * while an incident is open.
 */
const SHRINK_EVERY_MS = 30_000;
/** A reload reads the file and reports all its mistakes: signals trigger it no more often than this. */
const RELOAD_EVERY_MS = 500;
/** Least time between two log lines about a resource that has run out, which may concern every step. */
const LOG_EVERY_MS = 60_000;

/**
 * Runs the daemon in the foreground.
 * @param file the configuration; undefined for /etc/aod.yaml, or the built-in one.
 * @returns the exit code.
 */
export async function runDaemon(file: string | undefined, spawn: SpawnTable): Promise<number> {
  freeLogFromReader();
  const manager = openServiceManager();
  try {
    return await runWith(manager, file, spawn);
  } catch (thrown) {
    // `systemctl status` still shows it after the process has ended.
    manager.send({ STATUS: toFailure(thrown).message });
    throw thrown;
  } finally {
    manager.close();
  }
}

// --- internal ---

async function runWith(
  manager: ServiceManager,
  file: string | undefined,
  spawn: SpawnTable,
): Promise<number> {
  const found = findConfig(file);
  printProblems(found.problems);
  if (found.config === undefined) throw new AodError(found.code, found.summary);
  const { config } = found;
  log.info("aod", { version, config: config.file ?? "built-in", output_dir: config.outputDir });

  logForbidden(config);
  if (config.metrics?.textfile !== undefined) requireLocal(config.metrics.textfile.path, "metrics.textfile");
  const folder = claimOutputFolder(config.outputDir);
  const threads = loadThreads(spawn);
  const source = KernelSource.load();
  log.info("the kernel has taken the BPF programs", { build: source.object.build });
  const openIncidents = () => supervisor.openIncidents();
  const service = new ServiceNotices({ manager, openIncidents, answers: () => supervisor.answers() });
  const history = openHistorySink(config, {
    folder: folder.path,
    openIncidents,
    repair: () => supervisor.upkeep.check(),
    trouble: (finding) => supervisor.troubles.note("history", finding),
  });
  const metrics = new Metrics(
    { source, facts: () => supervisor.facts(), incidents: openIncidents },
    (finding) => supervisor.troubles.note("metrics", finding),
  );
  const supervisor = new Supervisor({
    config,
    origin: { kind: "kernel", source },
    folder,
    incidents: readIncidents(folder.path),
    spawn: threads,
    listeners: {
      history,
      log: openLogSink(config.outputDir),
      service: (event) => service.take(event),
      snapshots: (event) => snapshots.take(event),
      metrics: (event) => metrics.take(event),
    },
    pingEveryMs: pingEveryMs(manager.watchdogMs),
  });
  const snapshots = new Snapshots((reason) => supervisor.snapshot(reason));
  const reloadNow = () => reloadAll(file, supervisor, metrics, service);
  takeSignals(supervisor, snapshots, reloadNow);
  outliveExhaustion();
  const closeControl = openControl(supervisor, snapshots, reloadNow);
  const endShrinking = shrinkAtRest(() => supervisor.openIncidents().length === 0);
  metrics.begin(config.metrics);
  const failure = await supervisor.run();
  metrics.close();
  endShrinking();
  closeControl();
  removeUnfinished(folder.path);
  folder.release();
  return failure === undefined ? 0 : exitCodeOf(failure.code);
}

/** Reads the file again; metrics and rules are applied together or not at all. */
function reloadAll(
  file: string | undefined,
  supervisor: Supervisor,
  metrics: Metrics,
  service: ServiceNotices,
): Reloaded {
  const finish = service.reloading();
  const reloaded = reload(file, supervisor.config, (next) => {
    const refusal = metrics.configure(next.metrics);
    if (refusal === undefined) supervisor.configure(next);
    return refusal;
  });
  supervisor.troubles.note("configuration", reloadFinding(reloaded));
  metrics.reloaded(reloaded.refusal);
  finish(reloaded.refusal);
  return reloaded;
}

/**
 * A timer or a connection that runs out of a resource skips a step. Any other uncaught error is a defect, and ends aod.
 */
function outliveExhaustion(): void {
  let loggedMs = Number.NEGATIVE_INFINITY;
  const take = (thrown: unknown) => {
    const failure = toFailure(thrown);
    if (failure.exhausted === undefined) {
      printError(failureLines(failure).join("\n").concat("\n"));
      process.exit(exitCodeOf("BUG"));
    }
    countExhaustion(failure.exhausted);
    if (performance.now() - loggedMs < LOG_EVERY_MS) return;
    loggedMs = performance.now();
    log.error("skipped a step: the host has run out of a resource", { reason: failure.message });
  };
  process.on("uncaughtException", take);
  process.on("unhandledRejection", take);
}

/**
 * If a signal arrives again and again, one run is active and one is due; further signals would repeat it, and are
 * counted.
 */
function takeSignals(supervisor: Supervisor, snapshots: Snapshots, reloadNow: () => Reloaded): void {
  const snapshot = new RepeatedSignal({
    act: async () => void (await snapshots.ask(undefined, () => undefined)),
    onSurplus: () => countRefusal("snapshot_signals"),
    onIgnored: (count) =>
      log.info("SIGUSR1 arrived faster than captures are made: ignored the surplus", { count }),
  });
  const reload = new RepeatedSignal({
    async act() {
      reloadNow();
      await Bun.sleep(RELOAD_EVERY_MS);
    },
    onSurplus: () => countRefusal("reload_signals"),
    onIgnored: (count) =>
      log.info("SIGHUP arrived faster than the configuration is read: ignored the surplus", { count }),
  });
  onSignals({ stop: () => supervisor.stop(), snapshot: snapshot.take, reload: reload.take });
}

/** Reads the incidents of earlier runs. If that fails, aod starts without them: it must monitor nevertheless. */
function readIncidents(outputDir: string): readonly Incident[] {
  try {
    const { entries, skipped, firstSkipped } = decodeHistory(readHistory(outputDir));
    if (skipped > 0)
      log.warn("skipped damaged lines of the history", { lines: skipped, first: firstSkipped });
    const incidents = foldIncidents(entries).map(({ incident }) => incident);
    const open = incidents.filter(({ state }) => state === "open").length;
    if (open > 0) log.info("incidents of the last run are still open", { open });
    return incidents;
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    log.error("cannot read the history of incidents: starting a new one", { reason });
    return [];
  }
}

/** Removes the capture that a runner which did not end in time has left unfinished. */
function removeUnfinished(outputDir: string): void {
  try {
    const folder = openBatchesToRead(outputDir);
    if (folder !== undefined) removeLeftovers(folder);
  } catch (error) {
    log.warn("an unfinished capture may be left behind", { reason: (error as NodeJS.ErrnoException).code });
  }
}

/** Trims memory that only the start needed, and later what has become garbage since. @returns ends it. */
function shrinkAtRest(isAtRest: () => boolean): () => void {
  const settle = () => {
    Bun.gc(true);
    shrink(findProgramPages());
  };
  const shrink = (dropPages: () => void) => {
    if (isAtRest()) dropPages();
    timer = setTimeout(shrink, SHRINK_EVERY_MS, dropPages);
  };
  let timer = setTimeout(settle, SETTLED_AFTER_MS);
  return () => clearTimeout(timer);
}
