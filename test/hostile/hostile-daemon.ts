// dist/aod under attack: a daemon with real BPF programs that can prove that it still detects and captures. smb-traffic
// runs requests through the daemon's own programs; the proof is the capture, and the answer of `aod status`.

import { describe } from "bun:test";
import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";
import { type Status, statusSchema } from "../../src/api/status.ts";
import { bpfRefusal, testProgram } from "../helpers/bpf.ts";
import { Daemon } from "../helpers/daemon.ts";
import { EXECUTABLE, run } from "../helpers/program.ts";

/** Three writes of 20 ms trip the rule. No limit suppresses a capture, so every call of `detect` gets one. */
const HOSTILE_RULES = `guardian:
  capture_cooldown_sec: 0
  resolve_after_sec: 0.2
  max_captures_per_hour: 1000
  anomalies:
    slow: { type: Latency, acceptable_count: 3, default_threshold_ms: 10 }
`;
const SLOW_REQUESTS = 4;
const SLOW_US = 20_000;
/** Requests during a restart of the detector trip nothing, so others are sent. */
const SEND_AGAIN_MS = 2000;
/** A daemon that takes this long hangs. */
const GIVE_UP_MS = 60_000;

const refusal = process.getuid?.() === 0 ? bpfRefusal : "takes root";

/** A `describe` for tests that need root and BPF; skipped elsewhere, with the reason in the title. */
export function describeHostile(title: string, body: () => void): void {
  if (refusal === undefined || process.env.AOD_REQUIRE_BPF === "1") describe(title, body);
  else describe.skip(`${title} (${refusal})`, body);
}

export class HostileDaemon extends Daemon {
  /** @param extra YAML behind the rules: other sections. */
  constructor(extra = "", folder?: string) {
    super(folder);
    this.configure(extra);
  }

  /** Writes the configuration, which the start or SIGHUP applies. @param rules in place of HOSTILE_RULES. */
  configure(extra: string, rules = HOSTILE_RULES): void {
    writeFileSync(this.config, `aod_output_dir: ${this.folder}\n${rules}${extra}`);
  }

  /**
   * Sends slow requests until aod has captured them.
   * @returns the capture's file name, and how long it took, ms.
   */
  async detect(): Promise<{ readonly name: string; readonly tookMs: number }> {
    const before = new Set(this.captures());
    const begunMs = performance.now();
    const made = () =>
      this.captures().find((name) => /_slow(-\d+)?\.tar\.zst$/.test(name) && !before.has(name));
    for (;;) {
      await sendRequests(this.pid, SLOW_REQUESTS, SLOW_US);
      const askedMs = performance.now();
      while (performance.now() - askedMs < SEND_AGAIN_MS) {
        const name = made();
        if (name !== undefined) return { name, tookMs: performance.now() - begunMs };
        if (!this.isRunning) throw new Error(`the daemon has ended:\n${this.log}`);
        await Bun.sleep(20);
      }
      if (performance.now() - begunMs > GIVE_UP_MS) throw new Error(`no capture was made:\n${this.log}`);
    }
  }

  /** The answer of `aod status --json`. Throws with its error message if there is none. */
  async status(): Promise<Status> {
    const { exitCode, stdout, stderr } = await this.ask("status", "--json");
    if (exitCode !== 0) throw new Error(`aod status: exit ${exitCode}: ${stderr}`);
    return v.parse(statusSchema, JSON.parse(stdout));
  }

  /** Any command of dist/aod that asks this daemon. */
  ask(...argv: readonly string[]) {
    return run([EXECUTABLE, ...argv], dirname(this.config), { AOD_SOCKET: this.socket });
  }
}

/**
 * Runs write requests through the BPF programs of a daemon, one after the other.
 * @param error the error in their replies; without it they succeed.
 */
export async function sendRequests(
  pid: number,
  count: number,
  latencyUs: number,
  error?: { readonly ntStatus: number; readonly errno: number },
): Promise<void> {
  const answer = error === undefined ? [] : [`${error.ntStatus}`, `${error.errno}`];
  const argv = [testProgram("smb-traffic"), `${pid}`, `${count}`, `${latencyUs}`, ...answer];
  const { exitCode, stderr } = await run(argv, "/");
  if (exitCode !== 0) throw new Error(`smb-traffic: ${stderr}`);
}
