// `aod demo`: demonstrates aod on synthetic traffic, with figures that are measured during the run. The exit code is
// 0 only if every expected incident opened and the healthy traffic opened none. Nothing is attached: it runs the real
// BPF programs if the kernel accepts them, and an imitation in memory if not.

import { release, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ArgsDef } from "citty";
import { parseConfig } from "../config/config.ts";
import { EventLog } from "../demo/event-log.ts";
import { demoFolder } from "../demo/folder.ts";
import rulesText from "../demo/rules.yaml" with { type: "text" };
import { Story } from "../demo/story.ts";
import { Imitation } from "../kernel/imitation.ts";
import { KernelSource } from "../kernel/kernel-source.ts";
import type { RequestSource } from "../kernel/source.ts";
import type { Config } from "../model/config.ts";
import { AodError, type FailureCode } from "../model/failure.ts";
import type { SpawnTable } from "../supervisor/options.ts";
import { claimOutputFolder } from "../supervisor/output-folder.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { BATCHES } from "../system/batches-folder.ts";
import { makeVerb, type VerbCommand } from "./arguments.ts";
import {
  caughtLines,
  costLine,
  demoCaptureLines,
  healthyLine,
  hostLines,
  nextLines,
  print,
} from "./demo-lines.ts";

const ARGUMENTS = {
  folder: {
    type: "positional",
    required: false,
    valueHint: "FOLDER",
    description: "the folder for its captures (without it: aod-demo in the folder for temporary files)",
  },
} as const satisfies ArgsDef;

const EX_SOFTWARE = 70;
/** Failures of the kernel side after which the imitation is used. */
const REFUSALS: readonly FailureCode[] = ["NOT_PERMITTED", "LIBRARY_REFUSED", "BPF_UNSUPPORTED", "BPF_LOAD"];

export function makeDemoCommand(spawn: SpawnTable): VerbCommand {
  return makeVerb({
    name: "demo",
    description: "show what aod does, in ten seconds, on synthetic traffic",
    args: ARGUMENTS,
    examples: [{ command: "aod demo", meaning: "needs no share and no configuration" }],
    run: ({ folder }) => show(folder === undefined ? demoFolder(tmpdir()) : resolve(folder), spawn),
  });
}

async function show(folder: string, spawn: SpawnTable): Promise<number> {
  const claimed = claimOutputFolder(folder);
  const { source, kernel, refusal } = openSource();
  print(hostLines(release(), kernel?.object.build, refusal, folder));
  const events = new EventLog();
  const config = demoConfig(folder);
  const supervisor = new Supervisor({
    config,
    origin: { kind: "demo", source },
    folder: claimed,
    spawn,
    listeners: { log: events.tell },
  });
  process.once("SIGINT", () => supervisor.stop());
  const running = supervisor.run();
  const story = tellStory(new Story(source, events), kernel, join(folder, BATCHES));
  // After an interruption or the final failure of a thread, the story would never end.
  const ok = await Promise.race([story, running.then(() => false)]);
  supervisor.stop();
  const failure = await running;
  claimed.release();
  if (failure !== undefined) throw new AodError(failure.code, failure.message);
  return ok ? 0 : EX_SOFTWARE;
}

/** @returns whether the healthy traffic opened no incident. */
async function tellStory(story: Story, kernel: KernelSource | undefined, batches: string): Promise<boolean> {
  await story.begin();
  const healthy = await story.healthy();
  print([healthyLine(healthy)]);
  print([costLine(kernel && story.cost(kernel))]);
  const spike = await story.spike();
  print(caughtLines("spike", spike));
  print(caughtLines("errors", await story.errors()));
  const hang = await story.hang();
  print(caughtLines("hang", hang));
  print(demoCaptureLines(hang, batches));
  print(nextLines(batches, hang.capture.name));
  return healthy.incidents === 0;
}

interface OpenSource {
  readonly source: RequestSource;
  readonly kernel: KernelSource | undefined;
  /** Why the kernel refused; undefined if it did not. */
  readonly refusal: string | undefined;
}

function openSource(): OpenSource {
  try {
    const kernel = KernelSource.load();
    return { source: kernel, kernel, refusal: undefined };
  } catch (thrown) {
    const refused = thrown instanceof AodError && REFUSALS.includes(thrown.code);
    if (!refused || process.env.AOD_REQUIRE_BPF === "1") throw thrown;
    return { source: new Imitation(), kernel: undefined, refusal: thrown.message };
  }
}

function demoConfig(folder: string): Config {
  const { config, problems } = parseConfig(rulesText, "the demo's rules");
  if (config === undefined) throw new AodError("BUG", `the demo's rules: ${problems[0]?.message}`);
  return { ...config, outputDir: folder };
}
