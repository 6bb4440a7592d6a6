import { describe, expect, test } from "bun:test";
import type { Action } from "../../src/runner/actions.ts";
import { ACTION_TABLE, findAction } from "../../src/runner/actions.ts";
import { Children } from "../../src/runner/child.ts";
import { runAction } from "../../src/runner/run-action.ts";
import { aHost } from "../helpers/host.ts";
import { anOrder } from "../helpers/order.ts";

const HOST = aHost();

/** An action whose program does what the script says. */
function aScript(script: string, parts: Partial<Action> = {}): Action {
  const bounds = { stage: 1, timeoutMs: 10_000, maxBytes: 1000, keep: "head" } as const;
  return { ...bounds, program: "sh", plan: () => ({ args: ["-c", script] }), ...parts };
}

async function run(action: Action | undefined, stop = new AbortController().signal) {
  const { outcome, content, scrubbed } = await runAction("it", action, {
    order: anOrder(),
    host: HOST,
    children: new Children(),
    stop,
  });
  return { outcome, scrubbed, text: new TextDecoder().decode(content) };
}

describe("an action", () => {
  test("that went well has its file, its size and its checksum", async () => {
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

  test("that printed nothing has an empty file", async () => {
    expect((await run(aScript("true"))).outcome).toMatchObject({
      status: "ok",
      file: "actions/it.log",
      bytes: 0,
    });
  });

  test("that failed keeps what it printed, and the first line of its complaint", async () => {
    const { outcome, text } = await run(
      aScript("echo part; echo 'no such thing' >&2; echo more >&2; exit 7"),
    );
    expect(outcome).toMatchObject({ status: "failed", exitCode: 7, reason: "no such thing", bytes: 5 });
    expect(text).toBe("part\n");
    expect((await run(aScript("exit 7"))).outcome.reason).toBe("exit code 7");
  });

  test("that took too long keeps what it printed", async () => {
    const { outcome, text } = await run(aScript("echo begun; sleep 60", { timeoutMs: 200 }));
    expect(outcome).toMatchObject({
      status: "timed_out",
      reason: "killed after 200 ms",
      exitCode: undefined,
    });
    expect(text).toBe("begun\n");
  });

  test("that printed too much is cut, and says which end was kept", async () => {
    expect((await run(aScript("yes"))).outcome).toMatchObject({
      status: "truncated",
      bytes: 1000,
      reason: "the first 1000 bytes",
    });
    const tail = await run(aScript("seq 1 100000", { keep: "tail", maxBytes: 10 }));
    expect(tail.outcome).toMatchObject({ status: "truncated", exitCode: 0, reason: "the last 10 bytes" });
    expect(tail.text).toBe("100000\n");
  });

  test("that the end of aod cuts short says so", async () => {
    const stop = new AbortController();
    const running = run(aScript("sleep 60"), stop.signal);
    setTimeout(() => stop.abort(), 100);
    expect((await running).outcome).toMatchObject({ status: "timed_out", reason: "aod is stopping" });
  });

  test("shows what its row makes of the output, and counts that", async () => {
    const { outcome, text } = await run(aScript("printf abc", { show: (output) => `${output}!` }));
    expect(text).toBe("abc!");
    expect(outcome.bytes).toBe(4);
  });

  test("holds no secret, also where its row would show one, and counts those that it hid", async () => {
    const action = aScript("echo password=hunter2", { show: (output) => `${output}token: hunter3\n` });
    const { outcome, text, scrubbed } = await run(action);
    expect(text).toBe("password=[scrubbed]\ntoken: [scrubbed]\n");
    expect(scrubbed).toBe(2);
    expect(outcome.bytes).toBe(text.length);
    expect(outcome.sha256).toBe(new Bun.CryptoHasher("sha256").update(text).digest("hex"));
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

  test("of several runs has them all, each below its heading, and fails as the first that did", async () => {
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

  test("of several runs has one deadline for all", async () => {
    const sleep = { program: "sh", heading: "it", args: ["-c", "echo begun; sleep 60"], afterMs: 0 };
    const { outcome, text } = await run(
      aScript("", { timeoutMs: 200, plan: () => ({ runs: [sleep, sleep] }) }),
    );
    expect(outcome).toMatchObject({ status: "timed_out", reason: "killed after 200 ms" });
    expect(text).toBe("==> it <==\nbegun\n");
  });

  test("mounts gives both files, each with its name", async () => {
    const { outcome, text } = await run(ACTION_TABLE.mounts);
    expect(outcome.status).toBe("ok");
    expect(text).toContain("==> /proc/mounts <==\n");
    expect(text).toContain("==> /proc/self/mountinfo <==\n");
  });
});
