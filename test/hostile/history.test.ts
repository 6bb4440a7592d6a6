// A history into which another program has written, under a daemon that starts with it and continues it.

import { expect, test } from "bun:test";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitUntil } from "../helpers/wait-until.ts";
import { recordFault } from "./fault-log.ts";
import { describeHostile, HostileDaemon } from "./hostile-daemon.ts";

const LINES = [
  '{"time":"2026-11-23T00:00:00.000Z","event":"opened","opened_at":{"toString":1},"id":"x","rule":"slow"}',
  '{"time":"2026-11-23T00:00:00.000Z","event":"opened","__proto__":{"id":"forged"}}',
  `{"time":"t","event":"deleted","x":${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
  `{"time":"t","event":"deleted","x":"${"x".repeat(10 << 20)}"}`,
  "\0\0\0\0",
  "\xff\xfe not UTF-8",
  '{"time":"2026-11-23T00:00:00.000Z","event":"resolved","id":"torn',
];

describeHostile("a history of hostile lines", () => {
  const daemon = new HostileDaemon();
  mkdirSync(daemon.folder, { mode: 0o700 });
  const path = join(daemon.folder, "incidents.jsonl");
  const listed = async () => {
    const { stdout } = await daemon.ask("incidents", "--json", "--config", daemon.config);
    return JSON.parse(stdout) as readonly { readonly id: string; readonly captures: readonly string[] }[];
  };

  test("is read except for its damaged lines: incidents and captures are listed, and the damage is reported", async () => {
    daemon.start();
    await daemon.says("ready");
    await daemon.detect();
    daemon.signal("SIGTERM");
    expect(await daemon.ended()).toBe(0);
    const known = await listed();
    expect(known.length).toBeGreaterThan(0);
    const whole = readFileSync(path, "utf8");
    writeFileSync(path, Buffer.from(`${LINES.join("\n")}\n${whole}${LINES.slice(-2).join("\n")}`, "latin1"));

    const begunMs = performance.now();
    daemon.start();
    await daemon.says("skipped damaged lines of the history");
    expect(daemon.log).toContain("first=incidents.jsonl:1");
    const { name } = await daemon.detect();
    const normalAfterMs = performance.now() - begunMs;
    appendFileSync(path, `${LINES[0]}\n`);
    const incidents = await daemon.ask("incidents", "--json", "--config", daemon.config);
    expect(incidents.exitCode).toBe(0);
    expect(incidents.stderr).toMatch(
      /^aod: skipped \d+ damaged lines of the history, the first at .*incidents\.jsonl(\.1)?:1$/m,
    );
    // A second spike may continue the incident of the first.
    expect((await listed()).filter(({ id }) => known.some((one) => one.id === id))).toHaveLength(
      known.length,
    );
    // The file exists a moment before its line does.
    await waitUntil(() => daemon.log.includes(`captured capture=${name}`));
    expect((await listed()).flatMap(({ captures }) => captures)).toContain(name);
    const captures = await daemon.ask("captures", "--config", daemon.config);
    expect(captures).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d captures, /m) });
    recordFault({
      fault: "nine hostile lines in the history of incidents",
      reaction: "skips them, keeps every whole line, reports how many and where",
      lost: { "whole lines": 0 },
      normalAfterMs,
    });
  });
});
