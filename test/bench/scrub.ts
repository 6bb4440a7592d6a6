// Measures the search for secrets: milliseconds of CPU time for 1 MiB of text, for typical texts of captures and for
// texts that keep the search as busy as possible, and how much longer twice the text takes. The row has the worst
// hostile text.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeScrubber } from "../../src/scrubber/scrubber.ts";
import { printRow, sized } from "./row.ts";

const LENGTH = sized(1 << 20, 1 << 14);
const ROUNDS = sized(5, 1);
const MS_PER_US = 1e-3;

const fixture = (path: string) => readFileSync(join(import.meta.dir, "..", path), "utf8");
const fill = (text: string) => text.repeat(Math.ceil(LENGTH / text.length)).slice(0, LENGTH);

const ORDINARY: Readonly<Record<string, string>> = {
  DebugData: fixture("cifs/fixtures/debugdata-6.12.txt"),
  "lines of a journal":
    "Nov 30 12:00:00 host kernel: CIFS: VFS: \\\\files has not responded in 180 seconds. Reconnecting...\nNov 30 12:00:01 host sshd[123]: Failed password for root from 10.0.0.1 port 22 ssh2\n",
  "mounts, each with a password":
    "//files/data /mnt/data cifs rw,vers=3.1.1,username=joe,password=hunter2,uid=0,soft 0 0\n",
};

/** These pieces are repeated to fill a text. */
const HOSTILE = [
  ...[
    "password=,",
    "pwd=,",
    'password="',
    "password='a ",
    "key=",
    "//a:b@",
    "Bearer abc ",
    "curl -u a:b ",
    "value=",
    "<password>",
  ],
  ...[
    '"name":"password"',
    "proctitle=4142 ",
    'a1="x" ',
    "password for a b ",
    "mysql ",
    "-----BEGIN PRIVATE KEY-----",
    "sqlplus a/b\n",
    "token ",
    "secret ",
    "pw ",
    "otp ",
    "--pass ",
    "key-word a1[0]=bearer",
    "\nkpasswd &\\",
    // A random search over combinations of what the rules wait for found these.
    "mysqlcheck otp ktpass chpasswdlookupsid:unzip a1[0]=bearer ConvertTo-SecureString smbmap owf //",
    "\\",
    "-",
    " ",
  ],
];

const { scrub } = makeScrubber({ words: [], patterns: [] });

/** The lowest of some rounds, because other load can only add time. */
function measureMs(text: string): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const begun = process.cpuUsage();
    scrub(text);
    const { user, system } = process.cpuUsage(begun);
    return (user + system) * MS_PER_US;
  });
  return Math.min(...rounds);
}

function measure(text: string): { readonly ms: number; readonly ratio: number } {
  const whole = fill(text);
  const halfMs = measureMs(whole.slice(0, LENGTH / 2));
  const ms = measureMs(whole);
  return { ms, ratio: ms / Math.max(halfMs, 1e-3) };
}

for (const [name, text] of Object.entries(ORDINARY))
  printRow({ what: `scrubber, 1 MiB of ${name}`, measured: measure(text).ms, unit: "ms", goal: "≤ 100 ms" });

const hostile = HOSTILE.map((text) => ({ text, ...measure(text) }));
const worst = hostile.reduce((a, b) => (b.ms > a.ms ? b : a));
printRow({
  what: `scrubber, 1 MiB of the worst of ${hostile.length} hostile texts (${JSON.stringify(worst.text)} repeated)`,
  measured: worst.ms,
  unit: "ms",
  goal: "≤ 100 ms",
});
const blanks = `session key${" ".repeat(LENGTH)}x`;
printRow({
  what: "scrubber, 1 MiB of blanks behind a name",
  measured: measure(blanks).ms,
  unit: "ms",
  goal: "≤ 100 ms",
});
printRow({
  what: "scrubber, twice the text, the worst of the hostile texts",
  measured: Math.max(...hostile.map(({ ratio }) => ratio)),
  unit: "times the time",
  goal: "≤ 2.5 times the time",
});
