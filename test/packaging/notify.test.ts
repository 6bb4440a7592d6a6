// The example programs for `notify`, run as aod runs them: without a shell, with nothing in the environment but its
// variables. A program that stands in for curl or scp notes its arguments and its input.

import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseConfig } from "../../src/config/config.ts";
import { ROOT, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const FOLDER = join(ROOT, "packaging/notify");
const CAPTURE = "/var/log/aod/batches/aod_20261123T012345.678Z_slow.tar.zst";
const CAPTURED = {
  AOD_EVENT: "captured",
  AOD_INCIDENT_ID: "20261123T012345.600Z",
  AOD_SERVER: "files",
  AOD_FAMILY: "availability",
  AOD_RULE: "slow",
  AOD_SHARE: "//files/projects",
  AOD_CAPTURE: CAPTURE,
  AOD_VERDICT: "server",
  AOD_STATUS: "STATUS_DISK_FULL 12 ×",
};
/** A server may call a share like this. */
const HOSTILE_SHARE = '//files/a"b\\c\nBcc: <everybody@example.net> <!channel> & $(touch ran) `touch ran`';
const SHORTEST = readFileSync(join(ROOT, "config/examples/minimal.yaml"), "utf8");
const stand = tempDir();

beforeAll(() => {
  for (const name of ["curl", "scp"]) {
    const script = `#!/bin/sh\nprintf '%s\\n' "$@" >arguments\ncat >input\nexit "\${STAND_IN_EXIT:-0}"\n`;
    writeFileSync(join(stand, name), script, { mode: 0o755 });
  }
});

async function notify(
  program: string,
  argv: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<{ exitCode: number; stderr: string; argv: readonly string[]; input: string }> {
  const folder = tempDir();
  const env = { PATH: `${stand}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: "C", ...variables };
  const { exitCode, stderr } = await run([join(FOLDER, program), ...argv], folder, env);
  expect(existsSync(join(folder, "ran"))).toBe(false);
  const read = (name: string) =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "";
  return { exitCode, stderr, argv: read("arguments").trimEnd().split("\n"), input: read("input") };
}

describe("webhook", () => {
  const post = async (variables: Readonly<Record<string, string>>) => {
    const ended = await notify("webhook", ["/etc/aod-webhook.conf"], variables);
    expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
    return { ...ended, text: JSON.parse(ended.input).text as string };
  };

  test("posts host, event, share, verdict and what to type", async () => {
    const { text, argv } = await post(CAPTURED);
    expect(text).toContain("capture complete: //files/projects (rule slow), verdict: server");
    expect(text).toContain("STATUS_DISK_FULL 12 ×");
    expect(text).toContain(`\naod incidents ${CAPTURED.AOD_INCIDENT_ID}\naod report ${CAPTURE}`);
    expect(argv.slice(0, 2)).toEqual(["--config", "/etc/aod-webhook.conf"]);
  });

  test("leaves out what is not known yet when an incident opens", async () => {
    const { text } = await post({
      ...CAPTURED,
      AOD_EVENT: "opened",
      AOD_CAPTURE: "",
      AOD_VERDICT: "",
      AOD_STATUS: "",
    });
    expect(text).toEndWith(
      `incident opened: //files/projects (rule slow)\naod incidents ${CAPTURED.AOD_INCIDENT_ID}`,
    );
  });

  test("lets no share's name end the text, mention a channel or run anything", async () => {
    const { text } = await post({ ...CAPTURED, AOD_SHARE: HOSTILE_SHARE });
    expect(text).toContain(
      '//files/a"b\\cBcc: &lt;everybody@example.net&gt; &lt;!channel&gt; &amp; $(touch ran) `touch ran`',
    );
  });
});

describe("mail", () => {
  const MAIL = ["smtp://mail.example.net", "aod@app-03.example.net", "on-call@example.net"];

  test("hands the relay a message with all that the notice holds", async () => {
    const { exitCode, stderr, argv, input } = await notify("mail", MAIL, CAPTURED);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(argv.join(" ")).toContain(`--url ${MAIL[0]} --mail-from ${MAIL[1]} --mail-rcpt ${MAIL[2]}`);
    const [head = "", body = ""] = input.split("\n\n");
    expect(head).toMatch(/^Subject: \[aod\] \S+: captured, rule slow, verdict server$/m);
    expect(head).toMatch(/^Date: \w{3}, \d/m);
    for (const value of Object.values(CAPTURED)) {
      if (value !== CAPTURED.AOD_FAMILY) expect(body).toContain(value);
    }
  });

  test("keeps the name of a share on one line of the body", async () => {
    const { input } = await notify("mail", MAIL, { ...CAPTURED, AOD_SHARE: HOSTILE_SHARE });
    expect(input).not.toMatch(/^Bcc:/m);
    expect(input).toContain('share     //files/a"b\\cBcc: <everybody@example.net>');
  });
});

describe("copy-capture", () => {
  test("copies the capture, and nothing where there is none", async () => {
    const target = "aod@archive.example.net:captures/";
    const { argv } = await notify("copy-capture", [target], CAPTURED);
    expect(argv.slice(-3)).toEqual(["--", CAPTURE, target]);
    const none = await notify("copy-capture", [target], { ...CAPTURED, AOD_CAPTURE: "" });
    expect(none).toMatchObject({ exitCode: 0, argv: [""] });
  });
});

describe.each(["webhook", "mail", "copy-capture"])("%s", (program) => {
  const text = readFileSync(join(FOLDER, program), "utf8");

  test("has lines for aod.yaml in its head that are right", () => {
    const lines = [...text.matchAll(/^# {3}( *(?:notify|command|on|timeout_sec):.*)$/gm)].map(
      ([, line]) => line,
    );
    const { config, problems } = parseConfig(`${SHORTEST}${lines.join("\n")}\n`);
    expect(problems).toEqual([]);
    expect(config?.notify?.command[0]).toStartWith("/usr/local/bin/aod-");
  });
});

test.each(["webhook", "mail"])("%s fails when curl fails, so that aod logs it", async (program) => {
  const argv = ["smtp://a", "b", "c"];
  expect((await notify(program, argv, { ...CAPTURED, STAND_IN_EXIT: "7" })).exitCode).toBe(7);
});
