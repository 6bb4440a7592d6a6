// The feed of `aod top` if no daemon runs: it watches by itself, as root. The BPF programs are loaded and attached by
// this process, and are gone when it ends.

import { parseBuiltIn } from "../config/config.ts";
import { KernelSource } from "../kernel/kernel-source.ts";
import { AodError, toFailure } from "../model/failure.ts";
import type { SpawnTable } from "../supervisor/options.ts";
import { StandaloneMonitor } from "../supervisor/standalone-monitor.ts";
import type { Feed, FeedListener } from "./feed.ts";

const NOTE = "no daemon: attached by aod top; no captures are made";

/** Throws NOT_PERMITTED if BPF programs may not be loaded, with what to do; else the errors of KernelSource.load. */
export function openSelfFeed(spawn: SpawnTable): Feed {
  const source = load();
  const monitor = new StandaloneMonitor({
    config: parseBuiltIn().config,
    origin: { kind: "kernel", source },
    spawn: spawn.detector,
  });
  let listener: FeedListener | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  const report = () => {
    try {
      listener?.live(monitor.live());
    } catch (thrown) {
      listener?.failed(toFailure(thrown));
    }
  };
  const running = monitor.run().then((failure) => {
    clearInterval(timer);
    if (failure !== undefined) listener?.failed(failure);
  });
  return {
    note: NOTE,
    // There are no figures at the beginning: the first ones cover one interval.
    start: (everyMs, to) => {
      listener = to;
      clearInterval(timer);
      timer = setInterval(report, everyMs);
    },
    close: async () => {
      clearInterval(timer);
      listener = undefined;
      monitor.stop();
      await running;
    },
  };
}

function load(): KernelSource {
  try {
    return KernelSource.load();
  } catch (thrown) {
    if (!(thrown instanceof AodError) || thrown.code !== "NOT_PERMITTED") throw thrown;
    const what = "no daemon answers, and only root can watch without one";
    throw new AodError("NOT_PERMITTED", `${what}: sudo aod top`, {}, thrown);
  }
}
