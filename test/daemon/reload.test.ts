import { afterAll, describe, expect, spyOn, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseBuiltIn } from "../../src/config/config.ts";
import { readConfigFile } from "../../src/config/file.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { judgeConfig } from "../../src/daemon/readiness.ts";
import { judgeReload, reload, reloadFinding } from "../../src/daemon/reload.ts";
import { log } from "../../src/log.ts";
import type { Config } from "../../src/model/config.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const RULES = "guardian: {anomalies: {slow: {type: Latency, acceptable_count: 10}}}\n";
const file = join(tempDir(), "aod.yaml");
const printed: string[] = [];
const logged: string[] = [];
const spies = [
  spyOn(process.stderr, "write").mockImplementation((text) => printed.push(String(text)) > 0),
  spyOn(log, "error").mockImplementation((text, values) => void logged.push(`${text} ${values?.reason}`)),
];
afterAll(() => {
  for (const spy of spies) spy.mockRestore();
});

function found(text: string) {
  writeFileSync(file, text);
  return readConfigFile(file);
}

const running = found(RULES).config as Config;

describe("a reload", () => {
  test("applies a valid file, with its warnings", () => {
    const applied: Config[] = [];
    writeFileSync(file, `${RULES}cleanup: {max_total_log_size_mb: 1}\n`);
    const apply = (config: Config) => void applied.push(config);
    expect(reload(file, running, apply).refusal).toBeUndefined();
    expect(applied.map(({ cleanup }) => cleanup.maxTotalBytes)).toEqual([1 << 20]);
    expect(printed.splice(0)).toEqual([expect.stringContaining(`${file}:2:34: cleanup.max_total`)]);
  });

  test("is refused if a resource that it needs is not available", () => {
    writeFileSync(file, RULES);
    const taken = "metrics.listen: the port is taken";
    expect(reload(file, running, () => taken).refusal).toBe(taken);
    expect(logged.splice(0)).toEqual([`reload refused: the running configuration stays in force ${taken}`]);
  });

  test("changes nothing if the file has mistakes, and reports all of them with their lines", () => {
    writeFileSync(file, `a: 1\n${RULES}watch_interval_sec: no\n`);
    const apply = () => expect.unreachable();
    expect(reload(file, running, apply).refusal).toBe(`${file}: 2 errors`);
    expect(printed.splice(0)).toEqual([
      expect.stringContaining(`${file}:1:1: a: `),
      expect.stringContaining(`${file}:3:21: watch_interval_sec: `),
    ]);
    expect(logged.splice(0)).toEqual([
      `reload refused: the running configuration stays in force ${file}: 2 errors`,
    ]);
  });

  test("is refused for an output folder on a share, as a start is", () => {
    const config = found(`${RULES}aod_output_dir: /mnt/logs\n`);
    const onShare = () => ({ type: "cifs", mountPoint: "/mnt", source: "//srv/logs" });
    const judgement = judgeReload(config, running, judgeConfig(config, onShare));
    expect(judgement).toMatchObject({ config: undefined, refusal: `${file}: 1 error` });
    expect(judgement.problems.map(formatProblem)[0]).toStartWith(
      `${file}:2:17: aod_output_dir: /mnt/logs is`,
    );
  });

  test("does not replace the rules of a missing file by the built-in ones", () => {
    expect(judgeReload(parseBuiltIn(), running)).toMatchObject({ refusal: `${file} does not exist` });
    const builtIn = parseBuiltIn();
    expect(judgeReload(builtIn, builtIn.config)).toMatchObject({ config: { file: undefined } });
  });

  test("reports that another output folder takes effect after a restart", () => {
    const judgement = judgeReload(found(`${RULES}aod_output_dir: /srv/aod\n`), running);
    expect(judgement.config?.outputDir).toBe("/srv/aod");
    expect(judgement.problems.map(formatProblem)).toEqual([
      `${file}:2:17: aod_output_dir: warning: takes effect after a restart; until then captures go to ${running.outputDir}`,
    ]);
  });
});

describe("a reload that the kernel refuses", () => {
  test("is a refusal like any other: the client gets an answer", () => {
    writeFileSync(file, RULES);
    const reloaded = reload(file, running, () => {
      throw new Error("write filter 3: EIO");
    });
    expect(reloaded.refusal).toBe("write filter 3: EIO");
    expect(logged.at(-1)).toEndWith("the running configuration stays in force write filter 3: EIO");
  });
});

describe("a refused reload", () => {
  test("is a trouble that names the first problem, until a file is applied", () => {
    writeFileSync(file, "guardian: {anomalies: {slow: {type: Latency, acceptable_count: 0}}}\nnope: 1\n");
    const refused = reload(file, running, () => undefined);
    printed.length = 0;
    logged.length = 0;
    const finding = reloadFinding(refused);
    expect(finding?.text).toStartWith(
      `the last reload was refused, the previous configuration applies: ${file}:`,
    );
    expect(finding?.text).toEndWith("(and 1 more)");
    expect(finding?.isRepaired).toBe(false);
    expect(reloadFinding({ problems: [], refusal: undefined })).toBeUndefined();
  });

  test("without a problem in the file has its reason", () => {
    const finding = reloadFinding({ problems: [], refusal: "/etc/aod.yaml does not exist" });
    expect(finding?.text).toEndWith(": /etc/aod.yaml does not exist");
  });
});
