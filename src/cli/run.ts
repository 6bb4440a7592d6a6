// `aod run`: the daemon in the foreground. In: the configuration file; out: log lines and an exit code. Claims the
// output folder, loads the BPF programs, and lets the supervisor work until a signal or a failure ends it.

import { findConfig } from "../config/file.ts";
import { decodeEntries } from "../history/entry.ts";
import { readHistory } from "../history/file.ts";
import { foldIncidents } from "../history/fold.ts";
import { KernelSource } from "../kernel/kernel-source.ts";
import { log } from "../log.ts";
import { Metrics } from "../metrics/metrics.ts";
import { AodError, toFailure } from "../model/failure.ts";
import type { Incident } from "../model/incident.ts";
import { version } from "../model/version.ts";
import type { SpawnTable } from "../supervisor/options.ts";
import { claimOutputFolder, requireLocal } from "../supervisor/output-folder.ts";
import { exitCodeOf } from "../supervisor/restart.ts";
import { openServiceManager, type ServiceManager } from "../supervisor/service-manager.ts";
import { pingEveryMs, ServiceNotices } from "../supervisor/service-notices.ts";
import { onSignals } from "../supervisor/signals.ts";
import { Snapshots } from "../supervisor/snapshots.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { findProgramPages } from "../system/resident.ts";
import { CONFIG_ARGUMENT, makeVerb, type VerbCommand } from "./arguments.ts";
import { openControl } from "./control.ts";
import { openOutlets } from "./outlets.ts";
import { printProblems } from "./problems.ts";
import { type Reloaded, reload } from "./reload.ts";
import { logForbidden } from "./sandbox-log.ts";

/** By then the threads are up and the configuration's objects are garbage. */
const SETTLED_AFTER_MS = 10_000;
/** A sweep of the janitor or an incident leaves as much behind as the start. Some 5 ms, and never while an incident is open. */
const SHRINK_EVERY_MS = 30_000;

export function makeRunCommand(spawn: SpawnTable): VerbCommand {
  return makeVerb({
    name: "run",
    description: "watch this host's SMB mounts, in the foreground (the default)",
    args: CONFIG_ARGUMENT,
    examples: [
      { command: "systemctl enable --now aod", meaning: "as a service, now and after each boot" },
      { command: "aod run --config aod.yaml", meaning: "in the foreground; Ctrl-C ends it" },
    ],
    run: ({ config }) => watch(config, spawn),
  });
}

async function watch(file: string | undefined, spawn: SpawnTable): Promise<number> {
  const manager = openServiceManager();
  try {
    return await watchWith(manager, file, spawn);
  } catch (thrown) {
    // systemctl status shows it after the end.
    manager.send({ STATUS: toFailure(thrown).message });
    throw thrown;
  } finally {
    manager.close();
  }
}

async function watchWith(
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
  const release = claimOutputFolder(config.outputDir);
  const source = KernelSource.load();
  log.info("the kernel has taken the BPF programs", { build: source.object.build });
  const openIncidents = () => supervisor.openIncidents();
  const service = new ServiceNotices({ manager, openIncidents, answers: () => supervisor.answers() });
  const tell = openOutlets(config, openIncidents);
  const metrics = new Metrics({ source, facts: () => supervisor.facts(), incidents: openIncidents });
  const supervisor = new Supervisor({
    config,
    source,
    watch: source,
    sourceName: "kernel",
    incidents: readIncidents(config.outputDir),
    spawn,
    tell: (event) => {
      tell(event);
      service.take(event);
      snapshots.take(event);
      metrics.take(event);
    },
    pingEveryMs: pingEveryMs(manager.watchdogMs),
  });
  const snapshots = new Snapshots((reason) => supervisor.snapshot(reason));
  const reloadNow = (): Reloaded => {
    const said = service.reloading();
    const reloaded = reload(file, supervisor.config, (next) => {
      const refusal = metrics.configure(next.metrics);
      if (refusal === undefined) supervisor.configure(next);
      return refusal;
    });
    metrics.reloaded(reloaded.refusal);
    said(reloaded.refusal);
    return reloaded;
  };
  onSignals({
    stop: () => supervisor.stop(),
    snapshot: () => void supervisor.snapshot(),
    reload: reloadNow,
  });
  const closeControl = openControl(supervisor, snapshots, reloadNow);
  const endShrinking = shrinkAtRest(() => supervisor.openIncidents().length === 0);
  metrics.begin(config.metrics);
  const failure = await supervisor.run();
  metrics.close();
  endShrinking();
  closeControl();
  release();
  return failure === undefined ? 0 : exitCodeOf(failure.code);
}

/** Those of the earlier runs. Without them aod begins anew: they are no reason not to watch. */
function readIncidents(outputDir: string): readonly Incident[] {
  try {
    const incidents = foldIncidents(decodeEntries(readHistory(outputDir))).map(({ incident }) => incident);
    const open = incidents.filter(({ state }) => state === "open").length;
    if (open > 0) log.info("incidents of the last run go on", { open });
    return incidents;
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    log.error("the history of incidents can't be read: it begins anew", { reason });
    return [];
  }
}

/** What only the start needed goes, and later what was needed since. @returns ends it. */
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
