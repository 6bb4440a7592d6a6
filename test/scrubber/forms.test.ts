import { describe, test } from "bun:test";
import { expectHidden, expectShown, expectUntouched } from "../helpers/hidden.ts";

const KEY = "deadbeefdeadbeefdeadbeefdeadbeef";

describe("URLs", () => {
  test.each([
    ["postgresql://joe:hunter2@h/db", "postgresql://joe:[scrubbed]@h/db"],
    ["dsn: joe:hunter2@tcp(h:3306)/d", "dsn: joe:[scrubbed]@tcp(h:3306)/d"],
    ["//joe:hunter2@s/x", "//joe:[scrubbed]@s/x"],
    ["https://hunter2abcdef0123456789@h/r", "https://[scrubbed]@h/r"],
    ["jdbc:oracle:thin:scott/hunter2@h", "jdbc:oracle:thin:scott/[scrubbed]@h"],
    ["smbclient.py D/joe:hunter2@h", "smbclient.py D/joe:[scrubbed]@h"],
  ])("%s", (text, expected) => expectShown(text, expected));
});

describe("headers", () => {
  test.each([
    ["Authorization: Token hunter2", "Authorization: [scrubbed]"],
    ["Proxy-Authorization: NTLM TlRMhunter2", "Proxy-Authorization: [scrubbed]"],
    ["curl -H 'Authorization: Digest a=\"hunter2\"' h", "curl -H 'Authorization: [scrubbed]' h"],
    ['"authorization": "Basic hunter2", "a": 1', '"authorization": "[scrubbed]", "a": 1'],
    ["x-api-key: hunter2", "x-api-key: [scrubbed]"],
    ["> Set-Cookie: sid=hunter2; path=/", "> Set-Cookie: [scrubbed]"],
    ["sent Bearer hunter2abcdefgh ok", "sent Bearer [scrubbed] ok"],
    ["Basic am9lOmh1bnRlcjI= x", "Basic [scrubbed] x"],
  ])("%s", (text, expected) => expectShown(text, expected));

  test.each(["cookie: 8123 of //s/x", "Basic authentication", "bearer of news"])("%s stays", expectUntouched);
});

describe("phrases", () => {
  test.each([
    ["machine h login u password hunter2", "machine h login u password [scrubbed]"],
    ["machine h\n  login u\n  password hunter2\n", "machine h\n  login u\n  password [scrubbed]\n"],
    ["Password [joe]: hunter2", "Password [joe]: [scrubbed]"],
    ["password for user joe is hunter2", "password for user joe is [scrubbed]"],
    ["user joe / password hunter2", "user joe / password [scrubbed]"],
    ["realm join: password V8ehmnx7Q9", "realm join: password [scrubbed]"],
    ["rootbindpw hunter2", "rootbindpw [scrubbed]"],
    ["Password for joe: hunter2", "Password for joe: [scrubbed]"],
    ["[sudo] password for joe: hun ter2", "[sudo] password for joe: [scrubbed]"],
    ["joe@host's password: hunter2", "joe@host's password: [scrubbed]"],
    [
      "Enter passphrase for key '/root/.ssh/id': hunter2",
      "Enter passphrase for key '/root/.ssh/id': [scrubbed]",
    ],
    ["the password is hunter2", "the password is [scrubbed]"],
    ["CREATE USER 'j' IDENTIFIED BY 'hunter2'", "CREATE USER 'j' IDENTIFIED BY '[scrubbed]'"],
    ["ALTER ROLE j PASSWORD 'hunter2'", "ALTER ROLE j PASSWORD '[scrubbed]'"],
    ["SET PASSWORD = PASSWORD('hunter2')", "SET PASSWORD = [scrubbed])"],
    ["requirepass hunter2", "requirepass [scrubbed]"],
  ])("%j", (text, expected) => expectShown(text, expected));

  test.each([
    "Failed password for root from 10.0.0.1 port 22 ssh2",
    "the password is incorrect",
    "migrate: password v2beta1 replaces the older one",
    "migrate: password v2.1.1 replaces the older one",
    "password required",
    "session key not found",
  ])("%s stays", expectUntouched);
});

describe("keys and hashes", () => {
  test.each([
    ["session key: [de:ad:be:ef:01:02]", "session key: [[scrubbed]]"],
    ["Server Encryption Key: de ad be ef 01 02", "Server Encryption Key: [scrubbed]"],
    [
      `  2 joe@EX (aes256-cts-hmac-sha1-96)  (0x${KEY}${KEY})`,
      "  2 joe@EX (aes256-cts-hmac-sha1-96)  (0x[scrubbed])",
    ],
    [`joe:aes128-cts-hmac-sha1-96:${KEY}`, "joe:aes128-cts-hmac-sha1-96:[scrubbed]"],
    [`joe:1000:${KEY}:${KEY}:::`, "joe:1000:[scrubbed]:::"],
    ["$krb5tgs$23$*joe$EX$cifs/h*$0123456789abcdef0123456789abcdef$00", "$krb5tgs$[scrubbed]"],
    ["joe {SSHA}0123456789abcdefghij", "joe {SSHA}[scrubbed]"],
    ["joe:$apr1$salt$0123456789abcdefghijkl:x", "joe:$apr1$[scrubbed]:x"],
    ["encryption key: hunter2", "encryption key: [scrubbed]"],
  ])("%j", (text, expected) => expectShown(text, expected));
});

describe("tokens of known services", () => {
  test.each([
    "ghp_hunter2abcdefghijklmnopqrstuvwxyz0123456",
    "github_pat_hunter2ABCDEFGHIJKLMNOPQRSTUV_x",
    "glpat-hunter2abcdefghijkl",
    "xoxb-hunter2123456789-abc",
    "sk_live_hunter2abcdef",
    "npm_hunter2abcdefghijklmnopqrstuvwxyz01234",
    "AIzahunter2abcdefghijklmnopqrstuvwxyz01234",
    "hvs.hunter2ABCDEFGHIJKLMNOPQRST",
    "dckr_pat_hunter2ABCDEFGHIJKLMNOPQRST",
    "eyJhunter2iJIUzI1NiJ9.e30.abc",
    "SG.hunter2abcdefghijklmn.opqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUV",
  ])("%s", (token) => {
    expectHidden(`found ${token} here`);
    expectHidden(`"${token}",`);
  });

  test.each([
    "glpat-abcdefghijklmnopqrst",
    "sk_live_abcdefghijklmnopqrstuvwx",
    "ghp_abcdefghijklmnopqrstuvwxyzabcdefghij",
  ])("%s with letters alone is one", (token) => expectShown(`found ${token} here`, "found [scrubbed] here"));

  test.each(["sk_buff_head_init_class", "secret_x", "key-type", "SG_IO ioctl", "npm_config_cache"])(
    "%s stays",
    expectUntouched,
  );
});
