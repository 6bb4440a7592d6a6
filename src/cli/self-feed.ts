// `aod top` where no daemon runs: it watches by itself, as root. In: the way to make a detector; out: a feed. The programs are
// loaded and attached here, in this process, and gone when it ends.

import { parseBuiltIn } from "../config/config.ts";
import { KernelSource } from "../kernel/kernel-source.ts";
import { AodError, toFailure } from "../model/failure.ts";
import type { SpawnTable } from "../supervisor/options.ts";
import { StandaloneMonitor } from "../supervisor/standalone-monitor.ts";
import type { Feed, FeedListener } from "./feed.ts";

const NOTE = "no daemon: attached by aod top; no captures are made";

/** Throws NOT_PERMITTED, with what to do, where programs may not be loaded; else as KernelSource.load. */
export function openSelfFeed(spawn: SpawnTable): Feed {
  const source = load();
  const monitor = new StandaloneMonitor({
    config: parseBuiltIn().config,
    origin: { kind: "kernel", source },
    spawn: spawn.detector,
  });
  let listener: FeedListener | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  const tell = () => {
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
    // Nothing is known at the beginning: the first figures are of one interval.
    start: (everyMs, to) => {
      listener = to;
      clearInterval(timer);
      timer = setInterval(tell, everyMs);
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
    const what = "no daemon runs here that you may ask, and only root can watch without one";
    throw new AodError("NOT_PERMITTED", `${what}: sudo aod top`, {}, thrown);
  }
}
