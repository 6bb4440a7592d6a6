import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDebugData } from "../../src/cifs/debug-data.ts";
import type { CustomAction, Stage } from "../../src/model/action.ts";
import { makeDebugDataParser } from "../../src/runner/debug-data-parser.ts";
import { Precedence, Slots } from "../../src/runner/scheduling.ts";
import { runStages, whyDropped } from "../../src/runner/stages.ts";
import { anActionContext } from "../helpers/action-context.ts";
import { anOrder } from "../helpers/order.ts";
import { aFrozen } from "../helpers/request-table.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const MiB = 2 ** 20;

function aScript(name: string, stage: Stage, script: string): CustomAction {
  return { name, stage, command: ["/bin/sh", "-c", script], timeoutMs: 10_000, maxBytes: MiB };
}

async function run(
  customActions: readonly CustomAction[],
  parts: Parameters<typeof anOrder>[0] = {},
  slots = 1,
) {
  const actions = customActions.map(({ name }) => name);
  const collected = await runStages(anOrder({ actions, customActions, ...parts }), aFrozen(), {
    ...anActionContext(),
    slots: new Slots(slots),
    precedence: new Precedence(),
  });
  return collected.map(({ outcome, content }) => ({ ...outcome, text: new TextDecoder().decode(content) }));
}

describe("stages", () => {
  test("begin when the previous one has ended, whatever the order of the list", async () => {
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

  test("the first runs all actions at the same time, even with one slot", async () => {
    const folder = tempDir();
    const meets = (own: string, other: string) =>
      `touch ${folder}/${own}; until test -e ${folder}/${other}; do sleep 0.02; done`;
    const outcomes = await run([aScript("a", 1, meets("a", "b")), aScript("b", 1, meets("b", "a"))]);
    expect(outcomes.map(({ status }) => status)).toEqual(["ok", "ok"]);
  });

  test("the first takes precedence over writing, the others do not", async () => {
    const log: string[] = [];
    const precedence = new Precedence();
    const ended = (name: string) => log.push(name);
    const actions = [aScript("proc", 1, "sleep 0.1"), aScript("logs", 2, "sleep 0.3")];
    const order = anOrder({ actions: actions.map(({ name }) => name), customActions: actions });
    const context = { ...anActionContext(), slots: new Slots(1), precedence };
    const running = runStages(order, aFrozen(), context, ({ outcome }) => ended(outcome.name));
    await precedence.nextSlice();
    ended("a slice");
    await running;
    expect(log).toEqual(["proc", "a slice", "logs"]);
  });

  test("the others wait for slots", async () => {
    const file = join(tempDir(), "busy");
    const script = `test ! -e ${file} || exit 1; touch ${file}; sleep 0.1; rm ${file}`;
    const outcomes = await run([aScript("a", 2, script), aScript("b", 2, script)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["ok", "ok"]);
  });

  test("actions of the last stage are left out of a repeat, with the reason", async () => {
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

  test("an action that has not begun when the bytes are spent is left out; one that begins gets the rest", async () => {
    const limits = { budgetMs: 60_000, maxBytes: 1000, minFreeBytes: 0, withReport: true };
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

  test("the actions of a stage get no more than the remaining bytes together, and a cut one has the reason", async () => {
    const limits = { budgetMs: 60_000, maxBytes: 1000, minFreeBytes: 0, withReport: true };
    for (const stage of [1, 2, 3] as const) {
      const outcomes = await run(
        [
          aScript("small", stage, "echo short"),
          aScript("big", stage, "yes 1234567 | head -c 800"),
          aScript("endless", stage, "yes abc"),
        ],
        { limits },
        4,
      );
      expect(outcomes.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(1000);
      const spent = "the 0.00095367431640625 MiB of the capture are spent";
      expect(outcomes).toMatchObject([
        { status: "ok", bytes: 6, text: "short\n", reason: undefined },
        { status: "truncated", bytes: 496, reason: `the first 496 bytes: ${spent}` },
        {
          status: "truncated",
          bytes: 496,
          reason: `the first 496 bytes: ${spent}; the first 1000 bytes`,
          text: "abc\n".repeat(124),
        },
      ]);
    }
  });

  test("the size after `show` counts", async () => {
    const limits = { budgetMs: 60_000, maxBytes: 1000, minFreeBytes: 0, withReport: true };
    const outcomes = await run([aScript("odd", 1, "head -c 900 /dev/zero | tr '\\0' '\\377'")], { limits });
    expect(outcomes[0]?.bytes).toBeLessThanOrEqual(1000);
  });

  test("DebugData and Stats are read once for all actions that show them", async () => {
    const asked: string[] = [];
    const children = {
      run: async ([program, ...args]: readonly string[]) => {
        asked.push(args.join(" "));
        const text = `${args.at(-1)} of ${program?.split("/").at(-1)}\n`;
        const output = new TextEncoder().encode(text);
        return { end: "exited", exitCode: 0, output, truncated: false, errorText: "" } as const;
      },
    };
    const actions = ["stats", "smbinfo", "stats-delta", "debugdata"];
    const collected = await runStages(anOrder({ actions }), aFrozen(), {
      ...anActionContext({ children }),
      slots: new Slots(1),
      precedence: new Precedence(),
    });
    expect(asked.sort()).toEqual(["/proc/fs/cifs/DebugData", "/proc/fs/cifs/Stats"]);
    const files = collected.map(({ outcome, content }) => [outcome.file, new TextDecoder().decode(content)]);
    expect(files[0]).toEqual(["actions/stats.log", "/proc/fs/cifs/Stats of cat\n"]);
    expect(files[1]?.[0]).toBe("actions/smbinfo.log");
    expect(files[2]?.[1]).toEndWith(
      "==> /proc/fs/cifs/Stats <==\n/proc/fs/cifs/Stats of cat\n\n" +
        "==> /proc/fs/cifs/DebugData <==\n/proc/fs/cifs/DebugData of cat\n",
    );
    expect(files[3]).toEqual(["actions/debugdata.log", "/proc/fs/cifs/DebugData of cat\n"]);
    expect(collected.map(({ outcome }) => outcome.status)).toEqual(["ok", "ok", "ok", "ok"]);
  });

  test("DebugData is parsed once for the actions of a capture; the baseline has its own", async () => {
    const parsed: string[] = [];
    const parse = (text: string) => {
      parsed.push(text);
      return parseDebugData(text);
    };
    const children = {
      run: async (argv: readonly string[]) => {
        const output = new TextEncoder().encode(`text of ${argv.at(-1)}\n`);
        return { end: "exited", exitCode: 0, output, truncated: false, errorText: "" } as const;
      },
    };
    const text = "==> /proc/fs/cifs/Stats <==\n\n==> /proc/fs/cifs/DebugData <==\nearlier\n";
    const baselines = {
      before: () => ({ text, takenNs: 1, reason: "attached" }) as const,
      failedBefore: () => undefined,
    };
    await runStages(anOrder({ actions: ["smbinfo", "stats-delta"] }), aFrozen(), {
      ...anActionContext({ children, baselines, parseDebugData: makeDebugDataParser(parse) }),
      slots: new Slots(1),
      precedence: new Precedence(),
    });
    expect(parsed).toEqual(["text of /proc/fs/cifs/DebugData\n"]);
  });

  test("an action that has not begun when the time is spent is left out", async () => {
    const limits = { budgetMs: 50, maxBytes: MiB, minFreeBytes: 0, withReport: true };
    const outcomes = await run([aScript("a", 1, "sleep 0.2"), aScript("b", 2, "echo")], { limits });
    expect(outcomes).toMatchObject([
      { status: "ok" },
      { status: "missing", reason: "dropped: the 0.05 s of the capture are spent" },
    ]);
  });
});

describe("an action", () => {
  const order = {
    isRepeat: false,
    limits: { budgetMs: 30_000, maxBytes: 32 * MiB, minFreeBytes: 0, withReport: true },
  };
  const spent = { ms: 0, bytes: 0 };

  test.each([
    ["is not dropped", 1, order, spent, undefined],
    ["is not dropped before the limit", 3, order, { ms: 29_999, bytes: 32 * MiB - 1 }, undefined],
    [
      "is dropped when the time is spent",
      1,
      order,
      { ms: 30_000, bytes: 0 },
      "dropped: the 30 s of the capture are spent",
    ],
    [
      "is dropped when the bytes are spent",
      2,
      order,
      { ms: 0, bytes: 32 * MiB },
      "dropped: the 32 MiB of the capture are spent",
    ],
    ["of the logs is not dropped in a repeat", 2, { ...order, isRepeat: true }, spent, undefined],
    [
      "of the last stage is dropped in a repeat",
      3,
      { ...order, isRepeat: true },
      spent,
      "dropped: the incident has a capture already",
    ],
  ] as const)("%s", (_, stage, order, spent, reason) => {
    expect(whyDropped(stage, order, spent)).toBe(reason);
  });
});
