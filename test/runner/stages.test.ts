import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CustomAction, Stage } from "../../src/model/action.ts";
import { Slots } from "../../src/runner/slots.ts";
import { runStages, whyDropped } from "../../src/runner/stages.ts";
import { anActionContext } from "../helpers/action-context.ts";
import { anOrder } from "../helpers/order.ts";
import { aFrozen } from "../helpers/request-table.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const MiB = 2 ** 20;

function aScript(name: string, stage: Stage, script: string): CustomAction {
  return { name, stage, command: ["/bin/sh", "-c", script], timeoutMs: 10_000, maxBytes: MiB };
}

async function run(customActions: readonly CustomAction[], parts: Parameters<typeof anOrder>[0] = {}) {
  const actions = customActions.map(({ name }) => name);
  const collected = await runStages(anOrder({ actions, customActions, ...parts }), aFrozen(), {
    ...anActionContext(),
    slots: new Slots(1),
  });
  return collected.map(({ outcome, content }) => ({ ...outcome, text: new TextDecoder().decode(content) }));
}

describe("stages", () => {
  test("begin when the one before has ended, whatever the order of the list", async () => {
    const log = join(tempDir(), "log");
    const says = (name: string) => `echo ${name} begins >> ${log}; sleep 0.1; echo ${name} ends >> ${log}`;
    const outcomes = await run([
      aScript("long", 3, says("long")),
      aScript("logs", 2, says("logs")),
      aScript("proc", 1, says("proc")),
    ]);
    expect(outcomes.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "long ok",
      "logs ok",
      "proc ok",
    ]);
    const order = ["proc", "logs", "long"].flatMap((name) => [`${name} begins`, `${name} ends`]);
    expect(readFileSync(log, "utf8").trim().split("\n")).toEqual(order);
  });

  test("the first runs all at once, though there is one slot", async () => {
    const folder = tempDir();
    const meets = (own: string, other: string) =>
      `touch ${folder}/${own}; until test -e ${folder}/${other}; do sleep 0.02; done`;
    const outcomes = await run([aScript("a", 1, meets("a", "b")), aScript("b", 1, meets("b", "a"))]);
    expect(outcomes.map(({ status }) => status)).toEqual(["ok", "ok"]);
  });

  test("the others wait for slots", async () => {
    const file = join(tempDir(), "busy");
    const script = `test ! -e ${file} || exit 1; touch ${file}; sleep 0.1; rm ${file}`;
    const outcomes = await run([aScript("a", 2, script), aScript("b", 2, script)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["ok", "ok"]);
  });

  test("what takes long is left out of a repeat, and says so", async () => {
    const file = join(tempDir(), "ran");
    const actions = [aScript("long", 3, `touch ${file}`), aScript("logs", 2, "echo a")];
    expect(await run(actions, { isRepeat: true })).toMatchObject([
      {
        name: "long",
        status: "missing",
        reason: "dropped: the incident has a capture already",
        file: undefined,
      },
      { name: "logs", status: "ok" },
    ]);
    expect(existsSync(file)).toBe(false);
  });

  test("what has not begun when the bytes are spent is left out; what begins gets what is left", async () => {
    const limits = { budgetMs: 60_000, maxBytes: 1000, minFreeBytes: 0 };
    const lines = "yes 1234567 | head -c 800";
    const outcomes = await run(
      [aScript("a", 1, lines), aScript("b", 2, lines), aScript("c", 3, lines), aScript("d", 3, "echo")],
      { limits },
    );
    expect(outcomes).toMatchObject([
      { status: "ok", bytes: 800 },
      { status: "truncated", bytes: 200, reason: "the first 200 bytes" },
      { status: "missing", reason: expect.stringMatching(/^dropped: the .* MiB of the capture are spent$/) },
      { status: "missing" },
    ]);
  });

  test("what has not begun when the time is spent is left out", async () => {
    const limits = { budgetMs: 50, maxBytes: MiB, minFreeBytes: 0 };
    const outcomes = await run([aScript("a", 1, "sleep 0.2"), aScript("b", 2, "echo")], { limits });
    expect(outcomes).toMatchObject([
      { status: "ok" },
      { status: "missing", reason: "dropped: the 0.05 s of the capture are spent" },
    ]);
  });
});

describe("an action is dropped", () => {
  const order = { isRepeat: false, limits: { budgetMs: 30_000, maxBytes: 32 * MiB, minFreeBytes: 0 } };
  const spent = { ms: 0, bytes: 0 };

  test.each([
    ["no", 1, order, spent, undefined],
    ["not before the limit", 3, order, { ms: 29_999, bytes: 32 * MiB - 1 }, undefined],
    ["by time", 1, order, { ms: 30_000, bytes: 0 }, "dropped: the 30 s of the capture are spent"],
    ["by bytes", 2, order, { ms: 0, bytes: 32 * MiB }, "dropped: the 32 MiB of the capture are spent"],
    ["logs stay in a repeat", 2, { ...order, isRepeat: true }, spent, undefined],
    ["as a repeat", 3, { ...order, isRepeat: true }, spent, "dropped: the incident has a capture already"],
  ] as const)("%s", (_, stage, order, spent, reason) => {
    expect(whyDropped(stage, order, spent)).toBe(reason);
  });
});
