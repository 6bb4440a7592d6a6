// What an always-on tool must not do while a server is silent: wait where no signal can end it, or touch the share.

import assert from "node:assert/strict";
import { symlinkSync, unlinkSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { AOD, type Daemon } from "../daemon.ts";
import { mountPoint } from "../mount.ts";
import { finish, Provoker, run, waitFor } from "../process.ts";
import { builtInActions, linesWith, reload, rules, statusesOf } from "../rules.ts";
import type { Scenario } from "../scenario.ts";
import { withStoppedServer } from "../server.ts";
import { hangingPrograms, hangs, watchTasks } from "../tasks.ts";
import { type Call, makeTrace } from "../trace.ts";

/** With this many programs that can't be ended, aod starts no further one: src/runner/child.ts. */
const STUCK_MAX = 8;
/** This many captures are made at once: the ninth program may be running when the eighth is given up. */
const CAPTURES_AT_ONCE = 2;

const SYSLOG = "/var/log/syslog";

/** Files that wait for the lock on a process's memory, or lead to the files that a process has open. */
const OF_OTHERS =
  /^\/proc\/\d+\/(task\/\d+\/)?(cmdline|environ|maps|smaps\w*|numa_maps|mem|auxv|exe|cwd|root|fd|map_files)\b/;

/** Accesses by aod itself, by its programs, and executed programs. */
const SURELY_ASKED = ["/proc/self/mountinfo", "/proc/fs/cifs/DebugData", "/usr/bin/tcpdump", SYSLOG];

const AND_STUCK = `    stuck:
      type: Stuck
      threshold_ms: 2000
`;

/** Whether a program that reads a process's command line still waits for it after a while. It can be killed. */
async function isUnreadable(pid: number): Promise<boolean> {
  const { exitCode } = await finish(["cat", `/proc/${pid}/cmdline`], { timeoutMs: 5_000 });
  return exitCode !== 0;
}

/** Makes captures until an action is no longer started because programs hang. @returns the reason. */
function refusal(aod: Daemon, action: string): Promise<string> {
  const inTime = async () => {
    const { manifest } = await aod.manualCapture();
    const reason = manifest.actions.find(({ name }) => name === action)?.reason ?? "";
    return reason.endsWith(" hang and can't be killed") && reason;
  };
  return waitFor(`${action} not to be started`, inTime, 120_000);
}

function isOkOf(action: string) {
  return ({ name, status }: { readonly name: string; readonly status: string }) =>
    name === action && status === "ok";
}

/** The number of programs that aod left behind, by its log. */
function loggedAsLeft(aod: Daemon): number {
  const counts = linesWith("cause=abandoned_children", aod).map((line) => /count=(\d+)/.exec(line)?.[1]);
  return counts.reduce((sum, count) => sum + Number(count), 0);
}

export const safetyScenarios: readonly Scenario[] = [
  {
    name: "safety: a process whose command line can't be read delays only the programs that ask for it",
    mounts: ["unleased"],
    async run(daemons) {
      const provoker = await Provoker.start("map", `${mountPoint("unleased")}/data`);
      const custom = {
        cmdline: `timeout_sec: 2, command: [/bin/cat, /proc/${provoker.pid}/cmdline]`,
        ps: "timeout_sec: 2, command: [/bin/ps, -ef]",
      };
      const actions = (await builtInActions()).filter((name) => name !== "pcap");
      const aod = daemons.start(rules({ actions: [...actions, "cmdline", "ps"], custom }));
      await aod.attached();
      await withStoppedServer(async () => {
        const endWatch = watchTasks(aod.pid);
        provoker.go();
        await aod.capture();
        // Seen on 6.1 and 6.12: while a page is read from the server, the command line can be read, because the fault
        // releases the lock meanwhile (mm/filemap.c, maybe_unlock_mmap_for_io). A task that maps a file reads its
        // attributes and waits for the server while it holds the lock (fs/smb/client/file.c, cifs_file_mmap).
        provoker.go();
        await waitFor("the process's memory to be locked", () => isUnreadable(provoker.pid));
        const { manifest } = await aod.captureAfter(Date.now());
        const statuses = statusesOf(manifest.actions);
        assert.deepEqual([statuses.cmdline, statuses.ps], ["timed_out", "timed_out"]);
        assert.deepEqual([statuses.debugdata, statuses.inflight], ["ok", "ok"]);
        const { manifest: manual } = await aod.manualCapture();
        assert.equal(manual.trigger, "manual");
        assert.equal(statusesOf(manual.actions).cmdline, "timed_out");
        assert.deepEqual(
          endWatch().stuckThreads,
          [],
          "threads of aod that wait where no signal reaches them",
        );
        await waitFor("the programs that asked to be killed", () => hangingPrograms(aod.pid).length === 0);
        await aod.stop();
        assert.ok(await isUnreadable(provoker.pid), "it was locked all the while");
      });
      await provoker.done();
    },
  },
  {
    name: "safety: with a server that never answers again captures are made, and only counted programs of aod wait",
    mounts: ["plain"],
    async run(daemons) {
      const never = `${mountPoint("plain")}/never-seen`;
      const looker = await Provoker.start("look", never);
      // An operator's own programs, which touch the share. They look up a name that another task is looking up already,
      // and wait for that task where not even SIGKILL reaches them: d_wait_lookup of fs/dcache.c.
      const touching = ["terse", "dereference", "format=%s", "printf=%s"].map(
        (option, number) =>
          [`touch${number}`, `timeout_sec: 1, command: [/usr/bin/stat, --${option}, ${never}]`] as const,
      );
      const custom = Object.fromEntries(touching);
      const configOf = (actions: readonly string[]) => rules({ actions, custom, also: AND_STUCK });
      const aod = daemons.start(configOf([...(await builtInActions()), "touch0"]));
      await aod.attached();
      await withStoppedServer(async () => {
        const endWatch = watchTasks(aod.pid);
        looker.go();
        await aod.capture(2);
        // Captures that aod makes by itself become fewer with time.
        for (const [name] of touching) {
          await reload(aod, configOf(["debugdata", "inflight", name]));
          const why = await refusal(aod, name);
          if (name === "touch0") assert.match(why, /^[23] earlier runs of it /, "others are still started");
        }
        await waitFor("all that hang to be counted", async () => {
          const reason = await refusal(aod, "debugdata");
          return Number.parseInt(reason, 10) === hangingPrograms(aod.pid).length;
        });
        const { manifest: last } = await aod.manualCapture();
        assert.equal(statusesOf(last.actions).inflight, "ok", "what needs no program is there all the same");
        const rulesOf = new Set(
          aod.captures.map((name) => name.replace(/^.*Z(?:-\d+)?_(.*)\.tar\.zst$/, "$1")),
        );
        // Both rules report it, in one incident; chance decides which of them is captured after the cooldown.
        assert.ok(rulesOf.has("manual") && rulesOf.has("slow_io"), `captures of ${[...rulesOf]}`);
        await waitFor("both rules to be in the incident", () =>
          isDeepStrictEqual(aod.incident("slow_io")?.rules?.toSorted(), ["slow_io", "stuck"]),
        );
        const { count, stuckThreads, hangingPrograms: inLooks } = endWatch();
        assert.ok(count > 5, `${count} looks`);
        assert.deepEqual(stuckThreads, [], "threads of aod that wait where no signal reaches them");
        assert.ok(Math.max(...inLooks) < STUCK_MAX + CAPTURES_AT_ONCE, `programs that hang: ${inLooks}`);
        const left = hangingPrograms(aod.pid);
        assert.ok(left.length >= STUCK_MAX, `${left.length} hang`);
        // On a busy host a program that died late is counted as well.
        assert.ok(Number(last.losses.abandoned_children) >= left.length, "the manifest counts them");
        await aod.stop();
        assert.ok(loggedAsLeft(aod) >= left.length, "and the log");
        assert.ok(
          left.every(({ taskId }) => hangs(taskId)),
          "aod ended without them",
        );
      });
      await looker.done();
      await waitFor("the programs to end", () => hangingPrograms(1).length === 0);
    },
  },
  {
    name: "safety: no system call of aod or of its programs has a path of the share, from start to stop",
    mounts: ["plain"],
    async run(daemons) {
      const share = mountPoint("plain");
      const builtIn = await builtInActions();
      // A log, an action and a notify program on the share: traps for aod.
      symlinkSync(`${share}/data`, SYSLOG);
      const custom = { theirs: `command: [${share}/collect]` };
      const actions = [...builtIn, "theirs"];
      const notify = `notify: {command: [${share}/notify]}`;
      const config = rules({ actions, custom, more: notify });
      // So little space that captures must be deleted.
      const swept = rules({ actions, custom, more: `${notify}\ncleanup: {max_total_log_size_mb: 0.01}` });
      const trace = makeTrace("-e", "trace=%file");
      try {
        const aod = daemons.start(config, { prefix: trace.prefix });
        await aod.attached();
        const provoker = await Provoker.start("direct-read", `${share}/data`);
        await withStoppedServer(async () => {
          provoker.go();
          // The second one is ready before the first, which records packets for ten seconds.
          const { capture = "" } = await waitFor("the capture with packets", () =>
            aod.history.find((line) => line.event === "collected" && line.actions?.some(isOkOf("pcap"))),
          );
          const { manifest } = await aod.open(capture);
          const statuses = statusesOf(manifest.actions);
          assert.deepEqual(Object.keys(statuses).toSorted(), actions.toSorted());
          const missing = Object.keys(statuses).filter((name) => statuses[name] === "missing");
          assert.deepEqual(missing.toSorted(), ["journalctl", "syslogs", "theirs"]);
          await aod.manualCapture();
          await reload(aod, swept);
          await waitFor("a sweep", () => linesWith("cleaned up", aod).length > 0);
          await waitFor("a notice", () => linesWith("notification failed", aod).length > 0);
          await aod.stop();
        });
        await provoker.done();
      } finally {
        unlinkSync(SYSLOG);
      }
      const calls = trace.calls();
      const asked = new Set(calls.flatMap((call) => call.asked));
      for (const path of SURELY_ASKED) assert.ok(asked.has(path), `${path} is in the trace`);
      const isOnShare = (path: string) => path === share || path.startsWith(`${share}/`);
      // The target of the link may be read, but not followed.
      const isForbidden = ({ name, asked, described }: Call) =>
        [...asked, ...described].some(isOnShare) ||
        (asked.includes(SYSLOG) && !name.startsWith("readlink")) ||
        asked.some((path) => OF_OTHERS.test(path));
      const forbidden = calls.filter(isForbidden).map(({ line }) => line);
      assert.deepEqual(forbidden, []);
    },
  },
  {
    name: "safety: the clock jumps 40 days ahead and back, and no capture is removed for its age",
    config: rules({ actions: [], more: "cleanup: {cleanup_interval_sec: 1, max_log_age_days: 1}" }),
    mounts: ["plain"],
    async run(daemons) {
      const { aod } = daemons;
      await aod.manualCapture();
      await aod.manualCapture();
      const made = [...aod.captures];
      let isAhead = false;
      const untouched = () =>
        assert.deepEqual(
          made.filter((name) => !aod.captures.includes(name)),
          [],
        );
      try {
        for (const [step, direction] of [
          ["+40 days", "ahead"],
          ["-40 days", "back"],
        ] as const) {
          await run("date", "--set", step);
          isAhead = direction === "ahead";
          const said = await waitFor("status to report the clock", async () => clockTrouble(direction));
          assert.equal(said.over_at, null);
          // The janitor sweeps every second.
          await Bun.sleep(3_000);
          untouched();
          // It still captures, and its last capture is the newest, whatever time its name has.
          await aod.manualCapture();
          untouched();
        }
        const doctor = await finish([AOD, "doctor", "--config", aod.configFile]);
        assert.match(doctor.stdout, /clock: it was set back by/);
      } finally {
        if (isAhead) await run("date", "--set", "-40 days");
      }
    },
  },
];

interface Trouble {
  readonly subject: string;
  readonly text: string;
  readonly over_at: string | null;
}

/** The clock's line in the status, once it names this direction. */
async function clockTrouble(direction: string): Promise<Trouble | undefined> {
  const { stdout } = await finish([AOD, "status", "--json"]);
  const { troubles } = JSON.parse(stdout) as { readonly troubles: readonly Trouble[] };
  return troubles.find(({ subject, text }) => subject === "clock" && text.includes(`set ${direction} by`));
}
