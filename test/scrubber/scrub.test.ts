import { describe, expect, test } from "bun:test";

import { wholeLines, wholeWords } from "../../src/scrubber/whole-text.ts";
import { type Random, seeded } from "../helpers/random.ts";
import { BUILT_IN_RULES } from "../helpers/scrubber.ts";

const { scrub } = BUILT_IN_RULES;

const HEX16 = "00112233445566778899aabbccddeeff";
const SAS = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6%3D";

describe("a secret is hidden", () => {
  test.each([
    // Mount options.
    ["username=u,password=hunter2,vers=3.0", "username=u,password=[scrubbed],vers=3.0"],
    ["pass=a,,b,sec=ntlm", "pass=[scrubbed],sec=ntlm"],
    ["passwd=x,password2=y,uid=0", "passwd=[scrubbed],password2=[scrubbed],uid=0"],
    ["user=dom/joe%hunter2,rw", "user=dom/joe%[scrubbed],rw"],
    ["cred=joe%hunter2,rw", "cred=[scrubbed],rw"],
    // Command lines, with blanks and with NUL.
    ["app --password hunter2 -v", "app --password [scrubbed] -v"],
    ["app --password=a,b -v", "app --password=[scrubbed] -v"],
    ["app\0--password\0hunter2\0-v", "app\0--password\0[scrubbed]\0-v"],
    ['["app","--password","hunter2"]', '["app","--password","[scrubbed]"]'],
    ["sshpass -p 'a b' ssh host", "sshpass -p '[scrubbed]' ssh host"],
    ["curl -u joe:hunter2 http://host", "curl -u joe:[scrubbed] http://host"],
    ["mysql -phunter2 -P 3306", "mysql -p[scrubbed] -P 3306"],
    ["smbclient -U DOM\\joe%hunter2 //files/data", "smbclient -U DOM\\joe%[scrubbed] //files/data"],
    ["openssl rsa -passin pass:hunter2", "openssl rsa -passin [scrubbed]"],
    // Settings, JSON, JSON within JSON.
    ["MYSQL_PWD=hunter2", "MYSQL_PWD=[scrubbed]"],
    ["client_secret: hunter2", "client_secret: [scrubbed]"],
    ['{"password": "a\\"b c", "user": "u"}', '{"password": "[scrubbed]", "user": "u"}'],
    ['"{\\"token\\": \\"a b\\"}"', '"{\\"token\\": \\"[scrubbed]\\"}"'],
    ["Server=s;Password=a&b;User=u", "Server=s;Password=[scrubbed];User=u"],
    // HTTP and URLs.
    ['Authorization: Digest username="u", response="abc"', "Authorization: [scrubbed]"],
    ["-H 'Cookie: a=b; c=d'", "-H 'Cookie: [scrubbed]'"],
    ["https://joe:hunter2@host/x", "https://joe:[scrubbed]@host/x"],
    ["smb://joe:hun/ter@2@host/x", "smb://joe:[scrubbed]@host/x"],
    ["a://u:p@h,b://u:p@h", "a://u:[scrubbed]@h,b://u:[scrubbed]@h"],
    [`bearer eyJhbGciOiJIUzI1NiJ9.e30.abc`, "bearer [scrubbed]"],
    // Azure.
    ["AccountKey=Zm9v==;EndpointSuffix=x", "AccountKey=[scrubbed];EndpointSuffix=x"],
    [`https://a.file.x/s?sv=1&sig=${SAS}&se=2`, "https://a.file.x/s?sv=1&sig=[scrubbed]&se=2"],
    [`SharedAccessSignature=sv=1&sig=${SAS}`, "SharedAccessSignature=[scrubbed]&sig=[scrubbed]"],
    // Keys, as `smbinfo keys` and the kernel print them.
    ["joe:$y$j9T$0123456789abcdefghij./$ABC:19000:0", "joe:$y$[scrubbed]:19000:0"],
    ["Session Key: 88 c0 bb 01 02 decoded", "Session Key: [scrubbed] decoded"],
    [`Signing Key   ${HEX16}`, "Signing Key   [scrubbed]"],
    ["Server Encryption Key: 88 c0 bb 01", "Server Encryption Key: [scrubbed]"],
    ["ServerIn Key 88:c0:bb:01", "ServerIn Key [scrubbed]"],
    [`SessionKey=0x${HEX16}`, "SessionKey=[scrubbed]"],
    [`NT hash: ${HEX16}`, "NT hash: [scrubbed]"],
    [`joe:1000:${HEX16}:${HEX16}:::`, "joe:1000:[scrubbed]:::"],
    [`joe::DOM:0011223344556677:${HEX16}:0101`, "joe::DOM:[scrubbed]"],
    [
      "-----BEGIN RSA PRIVATE KEY-----\na\nb\n-----END RSA PRIVATE KEY-----",
      "-----BEGIN RSA PRIVATE KEY-----[scrubbed]-----END RSA PRIVATE KEY-----",
    ],
    // Parts of private keys.
    [
      "app: MIIEvQIBADANBgkqhkiG9w0B\napp: ab==\napp: -----END PRIVATE KEY-----\n",
      "app: [scrubbed]-----END PRIVATE KEY-----\n",
    ],
    [
      "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEvQIBADANBgkqhkiG9w0B\nkernel: hello\n",
      "-----BEGIN EC PRIVATE KEY-----[scrubbed]\nkernel: hello\n",
    ],
    ['{"pem": "MIIE\\nab==\\n-----END PRIVATE KEY-----"}', '{"pem": "[scrubbed]-----END PRIVATE KEY-----"}'],
    [
      "-----BEGIN PGP PRIVATE KEY BLOCK-----\na\n-----END PGP PRIVATE KEY BLOCK-----",
      "-----BEGIN PGP PRIVATE KEY BLOCK-----[scrubbed]-----END PGP PRIVATE KEY BLOCK-----",
    ],
  ])("%j", (text, expected) => {
    const { text: shown, count } = scrub(text);
    expect(shown).toBe(expected);
    expect(count).toBe(expected.split("[scrubbed]").length - 1);
    expect(scrub(shown)).toEqual({ text: shown, count: 0 });
  });
});

describe("a text without a secret stays", () => {
  test.each([
    "//files/data /mnt cifs rw,relatime,vers=3.1.1,cache=strict,username=joe,uid=0,soft,addr=10.0.0.1 0 0",
    "credentials=/etc/cifs.cred,username=joe",
    "cred=~/.cred",
    "Session Id:7c 02 00 00 00 0c 00 00",
    "1) Address: 10.0.0.1 Uses: 1 Capability: 0x300067 Session Status: 1 Security type: RawNTLMSSP  SessionId: 0xc4003b5 encrypted",
    "Number of credits: 8190,1,1 Dialect 0x311 signed",
    "CIFS: VFS: \\\\files has not responded in 180 seconds. Reconnecting...",
    "sshd[1]: Failed password for root from 10.0.0.1 port 22 ssh2",
    "sudo: joe : TTY=pts/0 ; PWD=/home/joe ; USER=root ; COMMAND=/usr/bin/mount /mnt",
    'audit: type=1701 comm="a" exe="/a" sig=11 res=1',
    "Forward Password Requests to Wall Directory Watch.",
    "tokens: 5, passes=3, compass=north, bypass=yes",
    "app --password --host x",
    "ssh -p 22 host; docker run -u 1000:1000 image",
    "http://[::1]:80/a@b http://host:8080/x@y //files/data a::b",
    "std::pair<a, b> token::kind",
    "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "session key not found",
    "//fe80::1/data //2001:db8::10/x",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7yJmZ0Fk1gq9mVQx8sZr5H1c2tW3nXe4oYb6uIa7vPd8 joe@host",
    "/mnt/CustomerData2024/QuarterlyFinancialReports/InternalDocuments/Archive/Final",
    "#0 0x1 _ZNSt6vectorINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESaIS5_EE9push_backERKS5_ (a + 0x1)",
    "integrity sha512-Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6UVVYcXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6UVVYcXV4Zm9vYmFyYmF6==",
    "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\nStarted Session",
    "price is $5$ or $6$",
  ])("%s", (text) => {
    expect(scrub(text)).toEqual({ text, count: 0 });
  });
});

const HEX = "0123456789abcdef";
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$^*+_.";

function wordOf(random: Random, letters: string, length = random.int(12, 40)): string {
  return Array.from({ length }, () => letters[random.int(0, letters.length - 1)]).join("");
}

/** All parts of eight characters of a text. */
function grams(text: string): readonly string[] {
  return Array.from({ length: Math.max(0, text.length - 7) }, (_, at) => text.slice(at, at + 8));
}

/** A line with one secret in it, and that secret. */
function aSecret(random: Random): { readonly line: string; readonly secret: string } {
  const word = wordOf(random, WORD);
  const key = wordOf(random, HEX, 32);
  const account = `${wordOf(random, BASE64, 86)}==`;
  const bytes = key.replace(/..(?=.)/g, "$& ");
  return random.pick([
    { line: `//h/s /m cifs rw,username=u,password=${word},uid=0`, secret: word },
    { line: `run --token ${word} -v`, secret: word },
    { line: `{"secret": "${word} ${word}"}`, secret: word },
    { line: `GET https://u:${word}@host/path`, secret: word },
    { line: `curl --user joe:${word} host`, secret: word },
    { line: `mount -o user=joe%${word},rw`, secret: word },
    { line: `Authorization: Basic ${word}`, secret: word },
    { line: `Endpoint=x;AccountKey=${word};Y=z`, secret: word },
    { line: `Session Key: ${bytes}`, secret: bytes },
    { line: `u:1:${key}:${key}:::`, secret: key },
    { line: `${key}:${key}`, secret: key },
    { line: `joe::DOM:${key.slice(16)}:${key}:0101${key}`, secret: key },
    { line: `bearer eyJ${key}.${key}.${key}`, secret: key },
    { line: `joe:$6$salt$${key}/.${key}:19000:0:99999:7:::`, secret: key },
    { line: `the key is ${account} of it`, secret: account },
    { line: `AccountKey=${account};EndpointSuffix=x`, secret: account },
  ]);
}

/** A timeout only for tests that hang. */
const HANGS_MS = 120_000;

describe("properties of scrubbing", () => {
  test(
    "no secret survives, wherever the text is cut",
    () => {
      const random = seeded();
      for (let round = 0; round < 400; round++) {
        const secrets = Array.from({ length: random.int(1, 6) }, () => aSecret(random));
        const filler = () =>
          Array.from({ length: random.int(0, 3) }, () => "kernel: nothing to see\n").join("");
        const first = "the first line\n";
        const text = first + secrets.map(({ line }) => `${filler()}${line}\n`).join("");
        const at = random.int(first.length, text.length);
        const shown = [
          scrub(text).text,
          scrub(wholeLines(text.slice(0, at), "head")).text,
          scrub(wholeLines(text.slice(at), "tail")).text,
        ].join("\n");
        for (const { secret } of secrets) {
          for (let part = 0; part + 8 <= secret.length; part++)
            expect(shown, random.seedText).not.toContain(secret.slice(part, part + 8));
        }
      }
    },
    HANGS_MS,
  );

  test(
    "a single line that is cut shows no part of a secret, wherever the cut is, labelled or not",
    () => {
      const random = seeded();
      for (let round = 0; round < 60; round++) {
        const { line, secret } = aSecret(random);
        for (let at = 0; at <= line.length; at++) {
          for (const { text } of [
            scrub(wholeLines(line.slice(0, at), "head")),
            scrub(wholeWords(line.slice(0, at))),
          ])
            expect(text, `${random.seedText}: ${line} cut at ${at}`).not.toContain(secret.slice(0, 8));
        }
      }
    },
    HANGS_MS,
  );

  test.each([
    ["", false],
    ["2026-11-25T01:02:03.123456+00:00 host app[12]: ", false],
    ["", true],
  ])(
    "a private key that is cut at any byte shows none of its own, behind %j, lines of others between: %p",
    (prefix, isMixed) => {
      const random = seeded();
      for (const [kind, lines] of [
        ["RSA ", 12],
        ["OPENSSH ", 5],
        ["", 2],
        ["EC ", 3],
      ] as const) {
        const width = kind === "OPENSSH " ? 70 : 64;
        const body = [
          ...Array.from({ length: lines }, () => wordOf(random, BASE64, width)),
          `${wordOf(random, BASE64, random.int(1, 40))}==`,
        ];
        const pem = [`-----BEGIN ${kind}PRIVATE KEY-----`, ...body, `-----END ${kind}PRIVATE KEY-----`];
        const between = isMixed ? "\nkernel: nothing to see here, all is well" : "";
        const text = `first of all\n${pem.map((line, i) => prefix + line + (i === 2 ? between : "")).join("\n")}\nlast of all\n`;
        const secrets = new Set(body.slice(0, isMixed ? -1 : undefined).flatMap((line) => grams(line)));
        for (let at = 0; at <= text.length; at++) {
          for (const kept of ["head", "tail"] as const) {
            const cut = wholeLines(kept === "head" ? text.slice(0, at) : text.slice(at), kept);
            const shown = scrub(cut).text;
            const leak = grams(shown).find((gram) => secrets.has(gram));
            expect(leak, `${random.seedText}: ${kept} at ${at} of ${JSON.stringify(cut)}`).toBeUndefined();
            if (kept === "head" && at > 20) expect(shown).toStartWith("first of all\n");
            if (kept === "tail" && at < text.length - 20) expect(shown).toEndWith("last of all\n");
          }
        }
      }
    },
  );

  test(
    "half a key hides no more of a log than lines that look like parts of it",
    () => {
      const log =
        "app: -----BEGIN PRIVATE KEY-----\nkernel: CIFS: has not responded in 180 seconds\nsshd: done\n";
      expect(scrub(log)).toEqual({ text: log, count: 0 });
      const far = `-----BEGIN PRIVATE KEY-----\n${"kernel: nothing to see\n".repeat(2000)}-----END PRIVATE KEY-----\n`;
      expect(scrub(far).text.length).toBeGreaterThan(far.length - 40);
    },
    HANGS_MS,
  );

  test(
    "the text around a secret stays",
    () => {
      const random = seeded();
      for (let round = 0; round < 400; round++) {
        const before = `${wordOf(random, "abc  ")}\n`;
        const { text, count } = scrub(`${before}${aSecret(random).line}\n${before}`);
        expect(count, `${random.seedText}: ${JSON.stringify(text)}`).toBe(1);
        expect(text.startsWith(before) && text.endsWith(`\n${before}`), random.seedText).toBe(true);
      }
    },
    HANGS_MS,
  );

  test(
    "any text is accepted, and each mark is counted",
    () => {
      const random = seeded();
      const pieces = "password= sig= : // @ % eyJ -p curl \" \\ ' , ; 00112233445566778899aabbccddeeff".split(
        " ",
      );
      for (let round = 0; round < 2000; round++) {
        const text = Array.from(
          { length: random.int(0, 12) },
          () => pieces[random.int(0, pieces.length - 1)],
        );
        const { text: shown, count } = scrub(text.join(random.pick(["", " ", "\n"])));
        const marks = shown.split("[scrubbed]").length - 1;
        expect(marks, random.seedText).toBeWithin(Math.min(count, 1), count + 1);
      }
    },
    HANGS_MS,
  );

  // A quadratic pattern takes minutes for these texts, and one that gives up finds nothing.
  test.each([
    ["password=", 1],
    ["user=", 0],
    ["://a:", 0],
    ["eyJ-", 1],
    ["::", 0],
    ["session key ", 0],
    ["session key aa", 0],
    ["-----BEGIN PRIVATE KEY-----", 0],
    ["-----END PRIVATE KEY-----", 0],
    ["-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n", 1],
    ["abc\n-----END PRIVATE KEY-----", 1],
    ["-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\n", 1],
    ["MIIEvQIBADANBgkqhkiG\n", 0],
    ["MIIEv0IBADANBgkqhkiG9w", 1],
    ["$6$", 0],
    ["pass", 0],
    ['\\"', 0],
    ["curl -u ", 0],
    ["/", 0],
  ])(
    "%j over and over",
    (piece, least) => {
      const text = piece.repeat(Math.ceil(2_000_000 / piece.length));
      expect(scrub(text).count).toBeGreaterThanOrEqual(least);
    },
    HANGS_MS,
  );

  test.each([
    ['password="', "\\"],
    ["password=", "x"],
    ["password=", ","],
    ["session key ", "aa "],
    ["authorization: ", "x"],
    ["-----BEGIN PRIVATE KEY-----", "x"],
  ])(
    "a value without end: %j and %j",
    (name, piece) => {
      const { text, count } = scrub(name + piece.repeat(2_000_000));
      expect(count).toBe(1);
      expect(text.length).toBeLessThan(40);
    },
    HANGS_MS,
  );
});

describe("whole lines", () => {
  test.each([
    ["a\nb\nc", "head", "a\nb\n"],
    ["a\nb\n", "head", "a\nb\n"],
    ["abc", "head", ""],
    ["a b,cd", "head", "a b,"],
    ["a b ", "head", "a b "],
    ["a\nb\nc", "tail", "b\nc"],
    ["abc", "tail", ""],
  ] as const)(
    "%j, %s",
    (text, kept, expected) => {
      expect(wholeLines(text, kept)).toBe(expected);
    },
    HANGS_MS,
  );

  test(
    "of a very long word lose no more than the length of a secret",
    () => {
      expect(wholeLines("x".repeat(10_000), "head")).toBe("x".repeat(10_000 - 4096));
    },
    HANGS_MS,
  );
});
