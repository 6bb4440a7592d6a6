import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ACTION_TABLE } from "../../src/runner/actions.ts";
import { HOST } from "../../src/runner/host.ts";
import { parsePressure, trimPressure } from "../../src/runner/pressure-text.ts";
import { runAction } from "../../src/runner/run-action.ts";
import { anActionContext } from "../helpers/action-context.ts";
import { seeded } from "../helpers/random.ts";

/** The output of `tail -n +1` for the files of an idle machine with two CPUs. */
const TEXT = readFileSync(join(import.meta.dir, "fixtures/pressure.txt"), "utf8");

describe("the host's pressure", () => {
  test("is read from the files' texts", () => {
    expect(parsePressure(TEXT)).toEqual({
      cpu: { someAvg10: 0.61, fullAvg10: 0 },
      io: { someAvg10: 0.01, fullAvg10: 0.01 },
      memory: { someAvg10: 0, fullAvg10: 0 },
      cpus: 2,
      runnable: 1,
      loadAverage1: 0.61,
      memoryTotalKb: 24_683_620,
      memoryAvailableKb: 24_241_720,
    });
  });

  test("is undefined if a kernel does not report it: before 5.13 there is no `full` of cpu, with psi=0 nothing", () => {
    const old = TEXT.replace(/(cpu <==\nsome.*\n)full.*\n/, "$1");
    expect(parsePressure(old).cpu).toEqual({ someAvg10: 0.61, fullAvg10: undefined });
    const none = TEXT.slice(TEXT.indexOf("==> /proc/loadavg"));
    expect(parsePressure(none)).toMatchObject({ cpu: undefined, io: undefined, memory: undefined, cpus: 2 });
    expect(Object.values(parsePressure("")).every((value) => value === undefined)).toBe(true);
  });

  test("is kept without the lines that grow with interrupts and scheduling domains", () => {
    const schedstat =
      "\n==> /proc/schedstat <==\nversion 15\ntimestamp 4\ncpu0 0 0 0 0 0 0 1 2 3\ndomain0 3 1 2\n";
    const kept = trimPressure(TEXT + schedstat);
    expect(kept).toContain("cpu0 0 0 0 0 0 0 1 2 3\n");
    expect(kept).not.toMatch(/^(intr|softirq|btime|domain|version)/m);
    expect(kept).toContain("MemTotal:");
    expect(parsePressure(kept)).toEqual(parsePressure(TEXT));
  });

  test("of this machine is read", async () => {
    const { outcome, content } = await runAction(
      "pressure",
      ACTION_TABLE.pressure,
      anActionContext({ host: HOST }),
    );
    expect(outcome.status).toBe("ok");
    const { cpus, runnable, memoryTotalKb } = parsePressure(new TextDecoder().decode(content));
    for (const figure of [cpus, runnable, memoryTotalKb]) expect(figure).toBeGreaterThan(0);
  });

  test("is parsed from any text, and its figures are numbers", () => {
    const { int, chance, pick, seedText } = seeded();
    for (let run = 0; run < 200; run++) {
      let text = "";
      for (let at = 0; at < TEXT.length; at += 40) {
        if (chance(0.9)) text += TEXT.slice(at, at + int(1, 40));
        if (chance(0.2)) text += pick(["\n", "==> /proc/stat <==", "some avg10=9e9", "\0", " kB"]);
      }
      const { cpu, io, memory, ...figures } = parsePressure(trimPressure(text));
      const all = [...Object.values(figures), cpu?.someAvg10, io?.fullAvg10, memory?.someAvg10];
      expect(
        all.every((one) => one === undefined || Number.isFinite(one)),
        seedText,
      ).toBe(true);
    }
  });
});
