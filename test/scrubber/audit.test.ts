import { describe, test } from "bun:test";
import { expectHidden, expectShown, expectUntouched, SECRET } from "../helpers/hidden.ts";
import { seeded } from "../helpers/random.ts";

const hex = (text: string) => Buffer.from(text).toString("hex").toUpperCase();

test("an argument in quotes that continues in the next record is searched as a whole", () => {
  const record = "type=EXECVE msg=audit(1.2:3):";
  expectHidden(
    `${record} argc=3 a0="mount.cifs" a1="-o" a2_len=40 a2[0]="user=u,password=hun"\n${record} a2[1]="ter2,rw"`,
  );
  expectHidden(`${record} argc=3 a0="sshpass" a1="-p"\n${record} a2="hunter2" a3="ssh"`);
});

test("hexadecimal that is longer than any record is hidden as a whole, because searching it would take too long", () => {
  expectShown(`proctitle=${"41".repeat(64 << 10)}`, "proctitle=[scrubbed]");
});

describe("a record of the audit log", () => {
  test.each([
    [
      `proctitle=${hex("mount\0-o\0user=u,password=hunter2")}`,
      `proctitle=${hex("mount\0-o\0user=u,password=[scrubbed]")}`,
    ],
    [
      'type=EXECVE argc=3 a0="smbclient" a1="-U" a2="joe%hunter2"',
      'type=EXECVE argc=3 a0="smbclient" a1="-U" a2="joe%[scrubbed]"',
    ],
    ['a1="-U" a2="joe%hunter2"', 'a1="-U" a2="joe%[scrubbed]"'],
    [`a0="curl" a1="-u" a2=${hex("joe:hunter2 x")}`, `a0="curl" a1="-u" a2=${hex("joe:[scrubbed]")}`],
    [
      `a0="app" a1="--password" a2=${hex("hunter2 x")} a3="-v"`,
      'a0="app" a1="--password" a2=[scrubbed] a3="-v"',
    ],
    [
      `type=TTY tty pid=1 uid=0 comm="bash" data=${hex("hunter2\r")}`,
      'type=TTY tty pid=1 uid=0 comm="bash" data=[scrubbed]',
    ],
    [
      `msg='cwd="/" cmd=${hex("mount -o password=hunter2")} terminal=pts/0'`,
      `msg='cwd="/" cmd=${hex("mount -o password=[scrubbed]")} terminal=pts/0'`,
    ],
  ])("%j", (text, expected) => {
    expectShown(text, expected);
  });

  test("loses a secret that is split over its arguments, quoted or in hexadecimal", () => {
    const random = seeded();
    for (let round = 0; round < 500; round++) {
      const args = random.pick([
        ["mount", "-o", `user=u,password=${SECRET}`],
        ["smbclient", "-U", `joe%${SECRET}`, "//s/x"],
        ["app", "--password", SECRET],
        ["curl", "-u", `joe:${SECRET}`],
        ["sh", "-c", `mount -o password=${SECRET} //s/x /m`],
      ] as [string[], ...string[][]]);
      const fields = args.map((arg, index) => {
        if (random.chance(0.5)) return `a${index}="${arg}"`;
        if (random.chance(0.5)) return `a${index}=${hex(arg)}`;
        const at = random.int(0, arg.length);
        return `a${index}_len=${2 * arg.length} a${index}[0]=${hex(arg.slice(0, at))} a${index}[1]=${hex(arg.slice(at))}`;
      });
      const text = `type=EXECVE msg=audit(1.2:3): argc=${args.length} ${fields.join(" ")}`;
      // The kernel writes no field without characters.
      if (!/\[\d\]= |\[\d\]=$/.test(text)) expectHidden(text, random.seedText);
    }
  });

  test.each([
    `proctitle=${hex("mount\0-t\0cifs")}`,
    "type=SYSCALL arch=c000003e a0=55d0c8a0 a1=7ffe0c1e a2=7f3c1e a3=0 items=1",
    'a0="ls" a1="-l"',
    "sig=11 data=12 key=(null)",
  ])("without a secret stays: %s", (text) => {
    expectUntouched(text);
  });
});
