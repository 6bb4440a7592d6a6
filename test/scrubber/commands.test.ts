import { describe, test } from "bun:test";
import { expectHidden, expectShown, expectUntouched, SECRET } from "../helpers/hidden.ts";
import { seeded } from "../helpers/random.ts";

describe("a secret on a command line", () => {
  test.each([
    ["az login --client-secret hunter2 -u x", "az login --client-secret [scrubbed] -u x"],
    ["docker-volume-netshare cifs -u u -p hunter2", "docker-volume-netshare cifs -u u -p [scrubbed]"],
    ["wbinfo -a D\\\\u%hunter2", "wbinfo -a D\\\\u%[scrubbed]"],
    ["ldapsearch -w hunter2 -b x", "ldapsearch -w [scrubbed] -b x"],
    ["ldapsearch -xw hunter2 -b x", "ldapsearch -xw [scrubbed] -b x"],
    ["smbclient -U 'D\\u%hun,ter2' //s/x", "smbclient -U 'D\\u%[scrubbed]' //s/x"],
    ["-U 'joe%hun ter2' //s/x", "-U 'joe%[scrubbed]' //s/x"],
    ["curl --user joe:'hun ter2' h", "curl --user joe:'[scrubbed]' h"],
    ["curl -sSu joe:hunter2 h", "curl -sSu joe:[scrubbed] h"],
    ['["curl","-u","joe:hunter2","h"]', '["curl","-u","joe:[scrubbed]","h"]'],
    ["- curl\n- -u\n- joe:hunter2\n- h", "- curl\n- -u\n- joe:[scrubbed]\n- h"],
    ["curl\0-u\0joe:hunter2\0h", "curl\0-u\0joe:[scrubbed]\0h"],
    ["docker login -u u -p hunter2 r", "docker login -u u -p [scrubbed] r"],
    ["smbclient //s/x hunter2 -U joe", "smbclient //s/x [scrubbed] -U joe"],
    ["/usr/bin/mysql -uroot -phunter2 db", "/usr/bin/mysql -uroot -p[scrubbed] db"],
    ["sshpass -phunter2 ssh h", "sshpass -p[scrubbed] ssh h"],
    ["openssl enc -k hunter2 -in x", "openssl enc -k [scrubbed] -in x"],
    ["htpasswd -b f joe hunter2", "htpasswd -b f joe [scrubbed]"],
    ["htpasswd -nb joe hunter2", "htpasswd -nb joe [scrubbed]"],
    ["net user add joe hunter2 -U a", "net user add joe [scrubbed] -U a"],
    ["net rpc password joe hunter2", "net rpc password joe [scrubbed]"],
    ["samba-tool user create joe hunter2", "samba-tool user create joe [scrubbed]"],
    ["mysqladmin -u root password hunter2", "mysqladmin -u root password [scrubbed]"],
    ["aws configure set aws_secret_access_key hunter2", "aws configure set aws_secret_access_key [scrubbed]"],
    ["rclone config create x smb pass hunter2", "rclone config create x smb pass [scrubbed]"],
    ["rclone obscure hunter2", "rclone obscure [scrubbed]"],
    ["vault login hunter2", "vault login [scrubbed]"],
    ["keyctl add logon cifs:a joe:hunter2 @u", "keyctl add logon cifs:a [scrubbed] @u"],
    ["sqlplus scott/hunter2@h", "sqlplus scott/[scrubbed]@h"],
    ["xfreerdp /u:joe /p:hunter2 /v:h", "xfreerdp /u:joe /p:[scrubbed] /v:h"],
    ["echo hunter2 | kinit joe", "echo [scrubbed] | kinit joe"],
    ["echo 'joe:hunter2' | chpasswd", "echo '[scrubbed]' | chpasswd"],
    ["echo hunter2 | sudo -S mount", "echo [scrubbed] | sudo -S mount"],
    ["printf hunter2 | docker login --password-stdin", "printf [scrubbed] | docker login --password-stdin"],
    ["smbpasswd -a -s joe <<< hunter2", "smbpasswd -a -s joe <<< [scrubbed]"],
    ["kinit joe <<EOF\nhunter2\nEOF\nls", "kinit joe <<EOF\n[scrubbed]\nEOF\nls"],
    [
      "(echo hunter2; echo hunter2) | smbpasswd -s joe",
      "(echo [scrubbed]; echo [scrubbed]) | smbpasswd -s joe",
    ],
    ["echo hunter2 | tee x | kinit joe", "echo [scrubbed] | tee x | kinit joe"],
    ["kinit joe <<< hunter2", "kinit joe <<< [scrubbed]"],
    ["mount.cifs //s/x /m -o user=joe%hunter2,rw", "mount.cifs //s/x /m -o user=joe%[scrubbed],rw"],
    ["app --password \\\n  hunter2", "app --password \\\n  [scrubbed]"],
  ])("%j", (text, expected) => {
    expectShown(text, expected);
  });
});

const COMMANDS = [
  "mount -t cifs //s/x /m -o username=u,password=%",
  "mount -t cifs //s/x /m -o user=u@@",
  "smbclient //s/x -U u@@",
  "smbclient //s/x %",
  "rpcclient -U u@@ s",
  "net ads join -U u@@",
  "wbinfo -a u@@",
  "wbinfo --authenticate=u@@",
  "smbpasswd -w %",
  "ldapsearch -x -D cn=a -w %",
  "ldappasswd -s % cn=a",
  "curl -u u:% h",
  "curl --user=u:% h",
  "curl --proxy-user u:% h",
  "wget --http-password=% h",
  "wget --password % h",
  "mysql -u u -p% db",
  "mysqldump --password=% db",
  "psql postgresql://u:%/db",
  "mongosh -u u -p % h",
  "redis-cli -a % ping",
  "sqlcmd -U sa -P % -Q x",
  "az login -u u -p % x",
  "az storage blob list --account-key %",
  "aws configure set aws_session_token %",
  "docker login -u u -p % r",
  "podman login --password % r",
  "skopeo copy --src-creds u:% a b",
  "kadmin -p u -w % -q x",
  "kadmin.local -q addprinc -pw % joe",
  "sshpass -p % ssh h",
  "openssl enc -aes-256-cbc -pass pass:% -in x",
  "openssl rsa -passin pass:%",
  "openssl passwd %",
  "htpasswd -bc f joe %",
  "git clone https://u:%/r.git",
  "restic --password % backup",
  "zip -P % x.zip y",
  "7z x -p% a.7z",
  "ipmitool -H h -U a -P % power on",
  "snmpwalk -v2c -c % h",
  "mosquitto_pub -u u -P % -t t",
  "useradd -p % joe",
  "rabbitmqctl add_user joe %",
  "plink -pw % h",
  "lftp -u joe,% h",
  "app --token % x",
  "app --admin-password % x",
  "PGPASSWORD=% psql",
] as const;

test("no secret of a known program survives, whatever stands between its arguments", () => {
  const random = seeded();
  for (let round = 0; round < 2000; round++) {
    const secret = SECRET + random.pick(["", "x", "7!", "_A"]);
    const plain = random
      .pick(COMMANDS)
      .replace("@@", `%${secret}`)
      .replace("%/", "@@/")
      .replace(/%(?!h)/, secret)
      .replace("@@/", `${secret}@h/`);
    const args = plain.split(" ");
    const text = random.pick([
      (words: readonly string[]) => words.join(" "),
      (words: readonly string[]) => words.join("\0"),
      (words: readonly string[]) => JSON.stringify(words),
      (words: readonly string[]) => JSON.stringify(words, null, 2),
      (words: readonly string[]) => `joe 12 0.0 ? S 12:00 0:00 /usr/bin/${words.join(" ")}`,
      (words: readonly string[]) =>
        `sudo: joe : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/${words.join(" ")}`,
      (words: readonly string[]) => `['${words.join("', '")}']`,
    ])(args);
    expectHidden(text, random.seedText);
  }
});

describe("a command line without a secret stays", () => {
  test.each([
    "docker run -p 80:80 -u 1000:1000 image",
    "ssh -p 22 host",
    "mysql -P 3306 -u root db",
    "curl -u joe h",
    "smbclient -L host -N",
    "net ads info",
    "app --password --host x",
    "app --password-file /run/x --token-type y",
    "smbclient -A /etc/cred //s/x",
    "echo hello | grep x",
    "smbpasswd joe 2>/dev/null",
    "net user info joe",
    "mount -p",
    "openssl x509 -in a -noout",
  ])("%s", (text) => {
    expectUntouched(text);
  });
});
