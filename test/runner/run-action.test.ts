import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import type { Action, ProgramAction } from "../../src/runner/actions.ts";
import { ACTION_TABLE, findAction } from "../../src/runner/actions.ts";
import { type ActionContext, runAction } from "../../src/runner/run-action.ts";
import { makeScrubber } from "../../src/scrubber/scrubber.ts";
import { anActionContext } from "../helpers/action-context.ts";
import { aHost } from "../helpers/host.ts";
import { anOrder } from "../helpers/order.ts";

const HOST = aHost({ exists: existsSync });

/** An action whose program runs the script. */
function aScript(script: string, parts: Partial<ProgramAction> = {}): ProgramAction {
  const bounds = { stage: 1, timeoutMs: 10_000, maxBytes: 1000, keep: "head" } as const;
  return { ...bounds, program: "sh", plan: () => ({ args: ["-c", script] }), ...parts };
}

async function runRaw(
  action: Action | undefined,
  stop = new AbortController().signal,
  before: ActionContext["baselines"]["before"] = () => undefined,
) {
  const baselines = { before, failedBefore: () => undefined };
  return runAction("it", action, anActionContext({ host: HOST, stop, baselines }));
}

async function run(...of: Parameters<typeof runRaw>) {
  const { outcome, content, scrubbed } = await runRaw(...of);
  return { outcome, scrubbed, text: new TextDecoder().decode(content) };
}

describe("an action", () => {
  test("that succeeds has its file, its size and its checksum", async () => {
    const { outcome, text } = await run(aScript("printf abc"));
    expect(text).toBe("abc");
    expect(outcome).toEqual({
      name: "it",
      file: "actions/it.log",
      status: "ok",
      exitCode: 0,
      durationMs: expect.any(Number),
      bytes: 3,
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      reason: undefined,
    });
  });

  test("that prints nothing has an empty file", async () => {
    expect((await run(aScript("true"))).outcome).toMatchObject({
      status: "ok",
      file: "actions/it.log",
      bytes: 0,
    });
  });

  test("that fails has its output, and the first line of its error", async () => {
    const { outcome, text } = await run(
      aScript("echo part; echo 'no such thing' >&2; echo more >&2; exit 7"),
    );
    expect(outcome).toMatchObject({ status: "failed", exitCode: 7, reason: "no such thing", bytes: 5 });
    expect(text).toBe("part\n");
    expect((await run(aScript("exit 7"))).outcome.reason).toBe("exit code 7");
  });

  test("that times out has its output so far", async () => {
    const { outcome, text } = await run(aScript("echo begun; sleep 60", { timeoutMs: 200 }));
    expect(outcome).toMatchObject({
      status: "timed_out",
      reason: "killed after 200 ms",
      exitCode: undefined,
    });
    expect(text).toBe("begun\n");
  });

  test("that prints too much is cut, and its reason says which end was kept", async () => {
    expect((await run(aScript("yes"))).outcome).toMatchObject({
      status: "truncated",
      bytes: 1000,
      reason: "the first 1000 bytes",
    });
    const tail = await run(aScript("seq 1 100000", { keep: "tail", maxBytes: 10 }));
    expect(tail.outcome).toMatchObject({ status: "truncated", exitCode: 0, reason: "the last 10 bytes" });
    expect(tail.text).toBe("100000\n");
  });

  test("that is ended because aod stops has that reason", async () => {
    const stop = new AbortController();
    const running = run(aScript("sleep 60"), stop.signal);
    setTimeout(() => stop.abort(), 100);
    expect((await running).outcome).toMatchObject({ status: "timed_out", reason: "aod is stopping" });
  });

  test("has the text that its row makes of the output, and its size", async () => {
    const { outcome, text } = await run(aScript("printf abc", { show: (output) => `${output}!` }));
    expect(text).toBe("abc!");
    expect(outcome.bytes).toBe(4);
  });

  test("has no secret, even if its row would show one, and counts those that were removed", async () => {
    const action = aScript("echo password=hunter2", { show: (output) => `${output}token: hunter3\n` });
    const { outcome, text, scrubbed } = await run(action);
    expect(text).toBe("password=[scrubbed]\ntoken: [scrubbed]\n");
    expect(scrubbed).toBe(2);
    expect(outcome.bytes).toBe(text.length);
    expect(outcome.sha256).toBe(new Bun.CryptoHasher("sha256").update(text).digest("hex"));
  });

  test("has the text before scrubbing beside its file, for the verdict", async () => {
    const { rawText, content } = await runRaw(aScript("echo password=hunter2"));
    expect(rawText).toBe("password=hunter2\n");
    expect(new TextDecoder().decode(content)).toBe("password=[scrubbed]\n");
    expect((await runRaw(aScript("echo password=hunter2", { suffix: ".pcap" }))).rawText).toBe("");
  });

  test("loses the words and patterns of the configuration", async () => {
    const scrubber = makeScrubber({ words: ["Nightjar"], patterns: ["EMP-\\d+"] });
    const context = anActionContext({ host: HOST, scrubber });
    const { content, scrubbed } = await runAction("it", aScript("echo Nightjar of EMP-17"), context);
    expect(new TextDecoder().decode(content)).toBe("[scrubbed] of [scrubbed]\n");
    expect(scrubbed).toBe(2);
  });

  test("has no file if aod stops before its long text was searched", async () => {
    const stop = new AbortController();
    function* inSlices(): Generator<undefined, never, void> {
      for (;;) {
        stop.abort();
        Bun.sleepSync(10);
        yield;
      }
    }
    const scrubber = { inSlices, scrub: () => expect.unreachable() };
    const context = anActionContext({ host: HOST, scrubber, stop: stop.signal });
    const script = aScript("echo password=hunter2; head -c 300000 /dev/zero | tr '\\0' x", {
      maxBytes: 1 << 20,
    });
    const { outcome, content } = await runAction("it", script, context);
    expect(outcome).toMatchObject({ status: "timed_out", file: undefined, bytes: 0 });
    expect(outcome.reason).toContain("has not been searched for secrets");
    expect(content.length).toBe(0);
  });

  test("shows no part of a secret if it was killed or cut, or if its error is too long", async () => {
    const hashes = "0123456789abcdef0123456789abcdef:0123456789abcdef";
    const killed = await run(
      aScript(`printf 'hash %s' ${hashes.slice(0, 20)}; sleep 60`, { timeoutMs: 300 }),
    );
    expect(killed).toMatchObject({ text: "hash ", outcome: { status: "timed_out" } });
    const cut = await run(aScript(`printf 'hash %s' ${hashes}`, { maxBytes: 25 }));
    expect(cut).toMatchObject({ text: "hash ", outcome: { status: "truncated" } });
    const long = "x".repeat(4081);
    const failed = await run(aScript(`printf '%s hash %s' ${long} ${hashes} >&2; exit 1`));
    expect(failed.outcome.reason).toBe(`${long} hash`);
  });

  test("shows no secret that was printed in pieces", async () => {
    const { text } = await run(aScript("printf 'pass'; sleep 0.1; printf 'word=hun'; sleep 0.1; echo ter2"));
    expect(text).toBe("password=[scrubbed]\n");
  });

  test("is UTF-8, whatever was printed", async () => {
    expect((await run(aScript("printf '\\377a'"))).text).toBe("\ufffda");
  });

  test("of the configuration is run with its environment", async () => {
    const command = ["/bin/sh", "-c", 'printf "%s %s" "$AOD_RULE" "$AOD_SHARE"'] as const;
    const bounds = { timeoutMs: 10_000, maxBytes: 1000, stage: 3 } as const;
    const { outcome, text } = await run(findAction("mine", [{ ...bounds, name: "mine", command }]));
    expect({ status: outcome.status, text }).toEqual({ status: "ok", text: "slow //files/data" });
  });

  test.each([
    ["there is no such action", undefined],
    ["nothing to read", aScript("true", { plan: () => ({ missing: "nothing to read" }) })],
    ["frobnicate is not installed", aScript("true", { program: "frobnicate" })],
    ["/opt/frobnicate is not installed", aScript("true", { program: "/opt/frobnicate" })],
  ])("is missing, without a file: %s", async (reason, action) => {
    const { outcome, text } = await run(action);
    expect(outcome).toMatchObject({
      status: "missing",
      reason,
      file: undefined,
      sha256: undefined,
      bytes: 0,
    });
    expect(text).toBe("");
  });

  test("of several runs has the output of all, each below its heading, and the end of the first that failed", async () => {
    const run1 = { program: "sh", afterMs: 0 };
    const runs = [
      { ...run1, heading: "one", args: ["-c", "echo 1"] },
      { ...run1, heading: "two", args: ["-c", "echo 2; echo no >&2; exit 3"] },
      { ...run1, heading: "three", args: [], program: "frobnicate" },
      { ...run1, heading: "four", args: ["-c", "echo 4"], afterMs: 1 },
    ];
    const { outcome, text } = await run(aScript("", { plan: () => ({ runs }) }));
    expect(text).toBe("==> one <==\n1\n==> two <==\n2\n==> four <==\n4\n");
    expect(outcome).toMatchObject({ status: "failed", reason: "no", exitCode: 3, file: "actions/it.log" });
  });

  test("of several runs has the parts that are left out as its reason, unless a run failed", async () => {
    const aRun = (script: string) => ({ heading: "a", program: "sh", args: ["-c", script], afterMs: 0 });
    const reasonOf = async (script: string) => {
      const plan = () => ({ runs: [aRun(script)], without: "without the others" });
      return (await run(aScript("", { plan }))).outcome;
    };
    expect(await reasonOf("true")).toMatchObject({ status: "ok", reason: "without the others" });
    expect(await reasonOf("echo no >&2; exit 1")).toMatchObject({ status: "failed", reason: "no" });
  });

  test("of several runs has one deadline for all", async () => {
    const sleep = { program: "sh", heading: "it", args: ["-c", "echo begun; sleep 60"], afterMs: 0 };
    const { outcome, text } = await run(
      aScript("", { timeoutMs: 200, plan: () => ({ runs: [sleep, sleep] }) }),
    );
    expect(outcome).toMatchObject({ status: "timed_out", reason: "killed after 200 ms" });
    expect(text).toBe("==> it <==\nbegun\n");
  });

  test("mounts has both files, each with its name", async () => {
    const { outcome, text } = await run(ACTION_TABLE.mounts);
    expect(outcome.status).toBe("ok");
    expect(text).toContain("==> /proc/1/mounts <==\n");
    expect(text).toContain("==> /proc/1/mountinfo <==\n");
  });

  test("shows invalid UTF-8 as U+FFFD", async () => {
    const { outcome, text } = await run(aScript("printf 'ol\\351\\n'"));
    expect(text).toBe("ol\ufffd\n");
    expect(outcome).toMatchObject({ status: "ok", bytes: 6 });
  });
});

describe("the versions", () => {
  test("are those of this host, each behind its file's name", async () => {
    const { outcome, text } = await run(ACTION_TABLE.versions);
    expect(outcome.status).toBe("ok");
    expect(text).toContain(`/proc/version:${readFileSync("/proc/version", "utf8")}`);
    expect(text).toMatch(/^\/proc\/sys\/kernel\/tainted:\d+$/m);
  });
});

describe("an action that runs to its deadline", () => {
  const toDeadline = { runsToDeadline: true, suffix: ".pcap", timeoutMs: 300 } as const;

  test("succeeds there, with the bytes as they were printed", async () => {
    const { outcome, content } = await runRaw(aScript("printf '\\324\\303'; sleep 60", toDeadline));
    expect(outcome).toMatchObject({ status: "ok", file: "actions/it.pcap", bytes: 2, reason: undefined });
    expect([...content]).toEqual([0xd4, 0xc3]);
  });

  test("that ends before has its last error line as the reason", async () => {
    const { outcome } = await run(aScript("echo listening >&2; echo refused >&2; exit 1", toDeadline));
    expect(outcome).toMatchObject({ status: "failed", exitCode: 1, reason: "refused" });
  });
});

describe("an action that compares", () => {
  test("gets the last sample before the trigger", async () => {
    const asked: unknown[] = [];
    const action = aScript("printf 2", { show: (now, _, baseline) => `${baseline?.text} -> ${now}` });
    const { text } = await run(action, undefined, (...of) => {
      asked.push(of);
      return { text: "1", takenNs: 1, reason: "attached" };
    });
    expect(text).toBe("1 -> 2");
    expect(asked).toEqual([["it", anOrder().triggeredNs]]);
  });
});

describe("an action whose last sample failed", () => {
  const failed = { takenNs: 40e9, reason: "resolved", why: "killed after 3000 ms" } as const;
  const before = () => ({ text: "1", takenNs: 1, reason: "attached" }) as const;
  const action = aScript("printf 2", { show: (now, _, baseline) => `${baseline?.text} -> ${now}` });

  test("has that, and why, above its comparison with an older one", async () => {
    const asked: unknown[] = [];
    const failedBefore = (...of: unknown[]) => {
      asked.push(of);
      return failed;
    };
    const context = anActionContext({ host: HOST, baselines: { before, failedBefore } });
    const { content } = await runAction("it", action, context);
    expect(new TextDecoder().decode(content)).toBe(
      "the sample of 2026-11-23T01:22:45.678000Z, when the last incident was resolved, was not taken: killed after 3000 ms\n1 -> 2",
    );
    expect(asked).toEqual([["it", anOrder().triggeredNs]]);
  });
});

describe("an action that renders the frozen memory", () => {
  const rendering = (render: () => string): Action => ({ stage: 1, maxBytes: 10, render });

  test("has its text, and no exit code", async () => {
    const { outcome, text } = await run(rendering(() => "seen"));
    expect(text).toBe("seen");
    expect(outcome).toMatchObject({ status: "ok", file: "actions/it.log", bytes: 4, exitCode: undefined });
  });

  test("is cut at its cap, without the word that was cut", async () => {
    const { outcome, text } = await run(rendering(() => "1234 6789é"));
    expect(text).toBe("1234 ");
    expect(outcome).toMatchObject({ status: "truncated", reason: "the first 10 bytes" });
  });

  test("that fails does not stop the capture", async () => {
    const { outcome } = await run(
      rendering(() => {
        throw new Error("EIO: read");
      }),
    );
    expect(outcome).toMatchObject({ status: "failed", reason: "EIO: read", file: undefined });
  });
});
