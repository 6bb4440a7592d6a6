// A scenario and how it is played: its mounts are made, aod watches with its configuration, the scenario runs, aod must
// end cleanly, and nothing is left for the next one.

import { Daemon, type StartOptions } from "./daemon.ts";
import { type MountName, mount, unmountAll } from "./mount.ts";
import { endStrays, finish, run } from "./process.ts";

export interface Scenario {
  /** `subject: what must be true`. */
  readonly name: string;
  /** Mounted before aod starts; unmounted after it ended. */
  readonly mounts?: readonly MountName[];
  /** aod's configuration in YAML without its output folder. If undefined, the scenario starts what it needs itself. */
  readonly config?: string;
  run(daemons: Daemons): Promise<void>;
}

/** The daemons of one scenario. */
export class Daemons {
  readonly all: Daemon[] = [];

  /** The one that the scenario's `config` started. */
  get aod(): Daemon {
    const [first] = this.all;
    if (first === undefined) throw new Error("this scenario has no config");
    return first;
  }

  start(config: string, options?: StartOptions): Daemon {
    const daemon = Daemon.start(config, options);
    this.all.push(daemon);
    return daemon;
  }
}

/** The reason of the failure, with facts that help; undefined if the scenario passed. */
export async function play(scenario: Scenario): Promise<string | undefined> {
  const daemons = new Daemons();
  const kernelLines = (await kernelLog()).length;
  try {
    for (const name of scenario.mounts ?? []) await mount(name);
    if (scenario.config !== undefined) {
      await run("modprobe", "cifs"); // or there is nothing to attach to, where this is the first scenario
      await daemons.start(scenario.config).attached();
    }
    await scenario.run(daemons);
    for (const daemon of daemons.all) if (daemon.alive) await daemon.stop();
    return undefined;
  } catch (error) {
    return await diagnose(error, daemons, kernelLines);
  } finally {
    await endStrays();
    for (const daemon of daemons.all) await daemon.kill();
    await unmountAll();
  }
}

async function diagnose(error: unknown, daemons: Daemons, kernelLines: number): Promise<string> {
  const parts = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  for (const daemon of daemons.all) {
    parts.push(
      `-- log of aod ${daemon.pid}, captures: ${daemon.captures.join(" ") || "none"}`,
      ...linesOf(daemon.log).slice(-80),
    );
  }
  parts.push("-- dmesg", ...(await kernelLog()).slice(kernelLines).slice(-60));
  return parts.join("\n");
}

async function kernelLog(): Promise<string[]> {
  return linesOf((await finish(["dmesg"])).stdout);
}

function linesOf(text: string): string[] {
  return text.trimEnd().split("\n");
}
