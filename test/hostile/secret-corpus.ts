// Texts with secrets, as in real programs, files and logs, and texts of the kernel without any, made with random
// numbers for tests of what captures hide. They are written from the programs' own documentation and logs, and not from
// aod's rules.

import type { Random } from "../helpers/random.ts";

/** The place of the secret in a template. */
const PLACE = "§";

interface FormGroup {
  readonly what: string;
  readonly kind: keyof typeof SECRETS;
  /** One form each. */
  readonly templates: readonly string[];
  /** The form in which the program writes the template; if undefined, the template itself. */
  readonly write?: (text: string) => string;
}

/** One secret in one form. */
export interface PlantedSecret {
  /** The template, which names the form. */
  readonly form: string;
  readonly text: string;
  /** Texts none of which may be left. */
  readonly traces: readonly string[];
}

const LOWER = "abcdefghijkmnpqrstuvwxyz";
const ALPHANUMERIC = `${LOWER}ABCDEFGHJKLMNPQRSTUVWXYZ23456789`;
const BASE64 = `${ALPHANUMERIC}+/`;

const chars = ({ int }: Random, from: string, count: number): string =>
  Array.from({ length: count }, () => from[int(0, from.length - 1)]).join("");
const hex = (random: Random, digits: number): string => chars(random, "0123456789abcdef", digits);
/** A secret with letters of both cases and a digit, so that no part of it is a word of the text around it. */
const word = (random: Random): string => `${chars(random, ALPHANUMERIC, random.int(6, 12))}x7Q`;

const SECRETS = {
  word,
  /** Secrets with signs that need no quotes. */
  signs: (random: Random) => `${word(random)}${chars(random, "!#^*+.~_-", 2)}${word(random)}`,
  blank: (random: Random) => `${word(random)} ${word(random)}`,
  comma: (random: Random) => `${word(random)},${word(random)}`,
  digits: (random: Random) => `${random.int(1e9, 9e9)}`,
  key: (random: Random) => hex(random, 32),
  bytes: (random: Random) => (hex(random, 32).match(/../g) ?? []).join(" "),
  /** Not with a slash first, because the shell's own PWD begins with one. */
  base64: (random: Random) => `${chars(random, ALPHANUMERIC, 1)}${chars(random, BASE64, 42)}=`,
  token: (random: Random) => chars(random, ALPHANUMERIC, 40),
  jwt: (random: Random) =>
    `eyJ${chars(random, ALPHANUMERIC, 33)}.eyJ${chars(random, ALPHANUMERIC, 60)}.${chars(random, ALPHANUMERIC, 43)}`,
  pem: (random: Random) => Array.from({ length: 6 }, () => chars(random, BASE64, 64)).join("\n"),
} as const;

const hexOf = (text: string): string => Buffer.from(text).toString("hex").toUpperCase();
const AUDIT = "msg=audit(1764504000.123:4711):";

/** Arguments separated by NUL, as in the audit log and in /proc. */
const asArguments = (text: string): string => text.replaceAll(" ", "\0");

export const FORMS: readonly FormGroup[] = [
  {
    what: "audit record, command line in hexadecimal",
    kind: "word",
    templates: [
      "mount -o user=u,password=§",
      "mysql -u root -p§ db",
      "curl -u joe:§ https://h/",
      "sshpass -p § ssh h",
      "smbclient -U D\\u%§ //s/x",
      "ldapsearch -x -w §",
    ],
    write: (text) => `type=PROCTITLE ${AUDIT} proctitle=${hexOf(asArguments(text))}`,
  },
  {
    what: "audit record, argument in hexadecimal",
    kind: "blank",
    templates: ["username=joe,password=§", "--password=§"],
    write: (text) => `type=EXECVE ${AUDIT} argc=3 a0="mount.cifs" a1="-o" a2=${hexOf(text)}`,
  },
  {
    what: "audit record, argument of Samba in hexadecimal",
    kind: "blank",
    templates: ["joe%§", "D\\joe%§", "--user=joe%§"],
    write: (text) => `type=EXECVE ${AUDIT} argc=4 a0="smbclient" a1="-U" a2=${hexOf(text)} a3="//s/x"`,
  },
  {
    what: "audit record, command line with a blank in an argument",
    kind: "blank",
    templates: ["smbclient|-U|joe%§|//s/x", "mount|-o|user=u,password=§|//s/x", "curl|-u|joe:§|https://h/"],
    write: (text) => `type=PROCTITLE ${AUDIT} proctitle=${hexOf(text.replaceAll("|", "\0"))}`,
  },
  {
    what: "audit record, what was typed",
    kind: "word",
    templates: ["mount -o user=u,password=§ //s/x /mnt\r", "export SMB_PASSWORD=§\r", "§\r"],
    write: (text) =>
      `type=TTY ${AUDIT} tty pid=1 uid=0 auid=0 ses=1 major=136 minor=0 comm="bash" data=${hexOf(text)}`,
  },
  {
    what: "audit record, command of sudo",
    kind: "word",
    templates: ["mount -o password=§ //s/x /mnt", "mysql -p§"],
    write: (text) =>
      `type=USER_CMD ${AUDIT} pid=1 uid=0 msg='cwd="/root" cmd=${hexOf(text)} exe="/usr/bin/sudo" res=success'`,
  },
  {
    what: "audit record, arguments apart",
    kind: "word",
    templates: [
      `type=EXECVE ${AUDIT} argc=4 a0="smbclient" a1="-U" a2="joe%§" a3="//s/x"`,
      `type=EXECVE ${AUDIT} argc=5 a0="docker" a1="login" a2="-u" a3="joe" a4="--password=§"`,
      `type=EXECVE ${AUDIT} argc=3 a0="sshpass" a1="-p" a2="§"`,
      `type=EXECVE ${AUDIT} argc=3 a0="az" a1="--client-secret" a2="§"`,
      `type=EXECVE ${AUDIT} argc=3 a0="mount.cifs" a1="-o" a2="username=u,password=§,vers=3.0"`,
    ],
  },
  {
    what: "name and value apart",
    kind: "word",
    templates: [
      'key:"password" value:"§"',
      'key: "password"\n  value: "§"',
      '{"name":"SMB_PASSWORD","value":"§"}',
      '{"Name": "DB_PASSWORD", "Value": "§"}',
      '{"value":"§","name":"DB_PASSWORD"}',
      '{\n  "name": "SMB_PASSWORD",\n  "value": "§"\n}',
      "- name: SMB_PASSWORD\n  value: §\n",
      '- name: "SMB_PASSWORD"\n  value: "§"\n',
      "<password>§</password>",
      "<Password Type='text'>§</Password>",
      '<add key="Password" value="§" />',
      '<property name="password" value="§"/>',
      '<property name="db.password">§</property>',
      "<entry key='smb.password'>§</entry>",
      "<password>\n    §\n  </password>",
      '"password":\n  "§"',
      "password: |\n  §\nuser: joe\n",
      "password: >-\n  §\nuser: joe\n",
    ],
  },
  {
    what: "setting",
    kind: "signs",
    templates: [
      "password: §",
      "password = §",
      "Password=§",
      "password='§'",
      'password = "§"',
      '"password": "§"',
      "'password': '§'",
      '\\"password\\":\\"§\\"',
      "'password' => '§'",
      '"password" => "§"',
      ':password => "§"',
      "password => '§'",
      'password: "§",',
      "define('DB_PASSWORD', '§');",
      "{User:joe Password:§ Domain:corp}",
      "map[password:§ user:joe]",
      "Credentials[user=joe, password=§]",
      "Credentials(user='joe', password='§')",
      'Credentials { user: "joe", password: "§" }',
      "clientSecret: §",
      "secretKey: §",
      "client_secret=§",
      "wpa_passphrase=§",
      "ldap_default_authtok = §",
      "bindpw: §",
      "userPassword: §",
      "username=u\npassword=§\ndomain=D\n",
    ],
  },
  {
    what: "variable",
    kind: "word",
    templates: [
      "SMBPASS=§",
      "dbpwd=§",
      "pass: §",
      "PASSWD=§",
      "SECRET_KEY_BASE=§",
      "ENCRYPTION_KEY=§",
      "API_KEY=§",
      "PGPASSWORD=§ psql -h db",
      "MYSQL_PWD=§ mysql",
      "export AWS_SECRET_ACCESS_KEY=§",
      "RESTIC_PASSWORD=§",
      "VAULT_TOKEN=§",
      "GITHUB_TOKEN=§",
      'Environment="SMB_PASSWORD=§"',
      "HOME=/root\0SMB_PASSWORD=§\0PATH=/bin\0",
      "set SMB_PASSWORD=§",
      "declare -x CIFS_PASSWORD='§'",
    ],
  },
  {
    what: "option with its value",
    kind: "word",
    templates: [
      "az login --service-principal -u id --client-secret § --tenant t",
      "az storage file list --account-name a --account-key §",
      "docker-volume-netshare cifs -u u -p §",
      "docker login -u u -p § registry.example",
      "ldapsearch -x -D cn=admin,dc=corp -w § -b dc=corp",
      "ldapmodify -D cn=admin -w §",
      "sshpass -p § ssh joe@h",
      "sshpass -p§ ssh joe@h",
      "curl --user joe:§ https://h/",
      "curl -ujoe:§ https://h/",
      "curl --proxy-user joe:§ https://h/",
      "curl -H 'X-Api-Key: §' https://h/",
      "wget --user=joe --password=§ https://h/",
      "wget --http-password § https://h/",
      "mysql -u root -p§ db",
      "mysqldump --password=§ db",
      "mariadb --user=root -p§",
      "redis-cli -h h -a § info",
      "mongo -u joe -p § db",
      "mongodump --username joe --password §",
      "helm upgrade x --set auth.password=§",
      "kubectl create secret generic smb --from-literal=username=u --from-literal=password=§",
      "openssl enc -aes-256-cbc -pass pass:§ -in a",
      "openssl pkcs12 -in a.p12 -passin pass:§ -nodes",
      "htpasswd -b /etc/htpasswd joe §",
      "ipmitool -I lanplus -H h -U admin -P § chassis status",
      "xfreerdp /v:h /u:joe /p:§",
      "sqlcmd -S h -U sa -P §",
      "bcp t out f -S h -U sa -P §",
      "7z x -p§ a.7z",
      "unzip -P § a.zip",
      "lftp -u joe,§ ftp://h",
      "gpg --batch --passphrase § -d a.gpg",
      "ansible-playbook -e ansible_password=§ site.yml",
      "svn checkout --username joe --password § https://h/",
      "vault login -method=userpass username=joe password=§",
      "smbmap -H h -u joe -p §",
      "restic -r x --password-command 'echo' --password=§",
      "echo 'joe:§' | chpasswd",
      "tool --token § --verbose",
      "tool --token=§",
      "tool --api-key § run",
      "tool -password § run",
    ],
  },
  {
    what: "program of Samba, and mount",
    kind: "signs",
    templates: [
      "mount -t cifs -o username=u,password=§,vers=3.0 //s/x /mnt",
      "mount.cifs //s/x /mnt -o user=u,pass=§",
      "mount -t cifs //s/x /mnt -o user=u,password2=§,rw",
      "//s/x /mnt cifs username=u,password=§,_netdev 0 0",
      "mount -t cifs -o user=u%§ //s/x /mnt",
      "smbclient -U D\\u%§ //s/x",
      "smbclient -U 'D\\u%§' //s/x -c ls",
      "smbclient //s/x -U u --password=§",
      "wbinfo -a D\\u%§",
      "wbinfo --authenticate=D\\\\u%§",
      "wbinfo -K 'u%§'",
      "net ads join -U admin%§",
      "net rpc join -U admin --password=§",
      "rpcclient -U u%§ s",
      "smbcacls //s/x f -U u%§",
      "nmblookup --user=u%§ s",
      "winexe -U D/u%§ //h cmd",
      "net use Z: \\\\s\\x § /user:u",
    ],
  },
  {
    what: "quotes, commas and blanks",
    kind: "blank",
    templates: [
      "smbclient -U 'joe%§' //s/x",
      'smbclient -U "joe%§" //s/x',
      "curl --user joe:'§' https://h/",
      "curl -u 'joe:§' https://h/",
      "mount -o username=u,password='§',vers=3.0 //s/x",
      'password="§"',
      '"password": "§",',
      "<password>§</password>",
      "sshpass -p '§' ssh h",
      "mysql -p'§' db",
      "tool --password '§' run",
      'PASSWORD="§" tool',
      '{"name":"SMB_PASSWORD","value":"§"}',
      "'password' => '§',",
      "password='it''s §'",
    ],
  },
  {
    what: "commas",
    kind: "comma",
    templates: [
      "smbclient -U 'D\\u%§' //s/x",
      "password='§',vers=3.0",
      '"password":"§"',
      "PASSWORD=§",
      "Password for joe: §",
    ],
  },
  {
    what: "comma that is escaped",
    kind: "word",
    templates: [
      "-o username=u,password=abc\\,§,vers=3.0",
      "-o username=u,password=abc,,§,vers=3.0",
      "//s/x /mnt cifs username=u,password=abc\\054§ 0 0",
    ],
  },
  {
    what: "a word, a blank, the secret",
    kind: "word",
    templates: [
      "machine h login u password §",
      "machine h\n  login u\n  password §\n",
      "default login u password §",
      "Password for joe: §",
      "Password for [D\\joe]: §",
      "joe@h's password: §",
      "[sudo] password for joe: §",
      "Enter passphrase for key '/root/.ssh/id_rsa': §",
      "Password: §",
      "New password: §",
      "Retype new password: §",
      "Enter password: §",
      "user joe identified by '§'",
      "CREATE USER 'joe'@'%' IDENTIFIED BY '§';",
      "ALTER ROLE joe WITH PASSWORD '§';",
      "authentication with password '§' failed",
      'using password "§"',
    ],
  },
  {
    what: "header",
    kind: "token",
    templates: [
      "Authorization: Bearer §",
      "authorization: Token §",
      "Authorization: Basic §",
      "Proxy-Authorization: Basic §",
      "> Authorization: Bearer §",
      '"Authorization": "Bearer §"',
      "Cookie: session=§; theme=dark",
      "Set-Cookie: sid=§; Path=/; HttpOnly",
      "X-Api-Key: §",
      "X-Auth-Token: §",
      "X-Vault-Token: §",
      "Bearer §",
    ],
  },
  {
    what: "URL",
    kind: "word",
    templates: [
      "https://joe:§@h/path",
      "smb://D;joe:§@s/x",
      "//joe:§@s/x",
      "ftp://joe:§@h",
      "postgresql://joe:§@h:5432/db",
      "mongodb+srv://joe:§@h/db?retryWrites=true",
      "redis://:§@h:6379/0",
      "amqp://joe:§@h/v",
      "joe:§@tcp(127.0.0.1:3306)/db",
      "jdbc:mysql://h/db?user=joe&password=§",
      "https://h/api?access_token=§&page=2",
      "https://h/api?api_key=§",
      "https://h/x#access_token=§&expires=1",
      "git clone https://oauth2:§@git.example/x.git",
    ],
  },
  {
    what: "connection string",
    kind: "base64",
    templates: [
      "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=§;EndpointSuffix=core.windows.net",
      "Endpoint=sb://n.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey=§",
      "https://a.file.core.windows.net/x?sv=2022-11-02&sp=r&sig=§",
      "Server=h;Database=d;User Id=u;Password=§;Encrypt=true",
      "Driver={x};Server=h;UID=u;PWD=§;",
      "host=h user=u password=§ dbname=d",
    ],
  },
  {
    what: "key of SMB",
    kind: "key",
    templates: [
      "Session Key: §",
      "session_key=§",
      "signing key: 0x§",
      "Encryption key §",
      "NT hash: §",
      "ntlm_hash=§",
      "joe:1001:aad3b435b51404eeaad3b435b51404ee:§:::",
      "aad3b435b51404eeaad3b435b51404ee:§",
      "pth-winexe -U D/joe%aad3b435b51404eeaad3b435b51404ee:§ //h cmd",
    ],
  },
  {
    what: "key of SMB, in bytes",
    kind: "bytes",
    templates: ["Session Key: §", "ServerOut Key: §", "session key: [§]"],
    write: (text) => text,
  },
  {
    what: "token by its form",
    kind: "jwt",
    templates: ["token is §", "id_token: §", "got § from the server", "Bearer §", '{"t":"§"}'],
  },
  {
    what: "token of a service",
    kind: "token",
    templates: [
      "ghp_§",
      "glpat-§",
      "sk_live_§",
      "hvs.§",
      "npm_§",
      "dckr_pat_§",
      "xoxb-123456789012-123456789012-§",
    ],
    // The providers' own lengths.
    write: (text) => (/^(ghp|npm)_/.test(text) ? `remote: ${text.slice(0, 40)}` : `remote: ${text}`),
  },
  {
    what: "hash of a password",
    kind: "token",
    templates: [
      "joe:$6$abcdefgh$§§:19000:0:99999:7:::",
      "joe:$y$j9T$abcdefgh$§:19000:0:99999:7:::",
      "joe:$2y$10$§abcdefghijabc",
      "{SSHA}§",
      "userPassword:: §",
    ],
  },
  {
    what: "container and service",
    kind: "word",
    templates: [
      '"Env": ["PATH=/bin", "SMB_PASSWORD=§"],',
      "- {name: SMB_PASSWORD, value: §}",
      '{\\"name\\":\\"SMB_PASSWORD\\",\\"value\\":\\"§\\"}',
      "data:\n  password: §\n",
      "stringData:\n  smb-password: §\n",
      "docker run -e SMB_PASSWORD=§ --rm x",
      "docker run --env MYSQL_ROOT_PASSWORD=§ mysql",
      "docker volume create -d cifs -o share=s/x -o password=§ v",
      "Environment=SMB_PASSWORD=§",
      "data -fstype=cifs,username=u,password=§ ://s/x",
      "mountOptions: [username=u, password=§]",
      "//s/my\\040share /mnt cifs username=u,password=§,rw 0 0",
    ],
  },
  {
    what: "spelling",
    kind: "word",
    templates: [
      "--password  §",
      "--password\t§",
      "--Password=§",
      "PassWord:§",
      "passwd: §",
      "pwd=§;",
      "passphrase=§",
      "smb_pass = §",
      "smb-password: §",
      "smb.password=§",
      "smbPassword=§",
      "password2: §",
      "user=joe password=§ host=h",
      "user=joe, password=§, host=h",
      "?user=joe&password=§&x=1",
      "https://h/login?user=joe&password=§",
    ],
  },
  {
    what: "hash or proof of a login",
    kind: "key",
    templates: [
      "joe::CORP:1122334455667788:§:0101000000000000",
      "joe:1001:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:§:[U          ]:LCT-5F000000:",
      "$krb5tgs$23$*joe$CORP$cifs/h*$§$§§§§",
    ],
  },
  {
    what: "key of a cloud",
    kind: "base64",
    templates: [
      "aws_secret_access_key = §",
      "AZURE_STORAGE_KEY=§",
      "AZURE_STORAGE_CONNECTION_STRING=DefaultEndpointsProtocol=https;AccountName=a;AccountKey=§",
      "accountkey=§",
      "azurestorageaccountkey: §",
      "SharedAccessSignature sr=h&sig=§&se=1",
      "mount -t cifs //a.file.core.windows.net/x /mnt -o username=a,password=§",
    ],
  },
  {
    what: "password between other signs, or behind a command of a server",
    kind: "word",
    templates: [
      "passwd[joe]=§",
      "password[§]",
      "password <§>",
      "password {§}",
      "| password | §9z |",
      "%PASSWORD%=§",
      "**Password**: §",
      "realm join: password §9",
      "ENV SMB_PASSWORD §",
      "fastcgi_param DB_PASSWORD §;",
      "setx SMB_PASSWORD §",
      "snmp-server community § RO",
      "enable secret 5 §9",
      'expect: send "§\\r"',
      "stats auth joe:§",
      "SET PASSWORD FOR 'joe'@'%' = '§'",
      "ldap admin dn passwd = §",
      "Driver={x};UID=u;PWD=/§;Database=d",
      "PIN: §9",
      'fsconfig(3, FSCONFIG_SET_STRING, "password", "§", 0) = 0',
      'add_key("logon", "cifs:a:192.0.2.1", "joe:§", 15, -2) = 5',
      'auth "files" "joe" "§"',
    ],
  },
  {
    what: "argument or standard input of a program",
    kind: "word",
    templates: [
      "smbpasswd -a -s joe <<< §",
      "passwd joe <<EOF\n§\n§\nEOF\n",
      "yes § | passwd joe",
      "wpa_passphrase ssid §",
      "cifscreds add -u joe host §",
      "net user joe § /add",
      "net user /add joe §",
      "schtasks /create /ru joe /rp § /tn x",
      "PsExec64.exe \\\\h -u joe -p § cmd",
      "ConvertTo-SecureString -String '§' -AsPlainText -Force",
    ],
  },
  {
    what: "argument with a blank, between NULs",
    kind: "blank",
    templates: ["mount.cifs|//s/x|/m|-o|user=u,password=§,rw|-v", "app|--env|SMB_PASSWORD=§|x"],
    write: (text) => text.replaceAll("|", "\0"),
  },
  {
    what: "audit record that continues in the next one",
    kind: "word",
    templates: [`type=EXECVE ${AUDIT} argc=4 a0="sshpass" a1="-p"\ntype=EXECVE ${AUDIT} a2="§" a3="ssh"`],
  },
  {
    what: "key of SMB, with a hyphen in its name",
    kind: "bytes",
    templates: ["Server-In Key: §", "Server-Out Key: §"],
  },
  {
    what: "proof of a login to a mail server",
    kind: "base64",
    templates: ["AUTH PLAIN §", "AUTH LOGIN §", "C: AUTHENTICATE PLAIN §"],
  },
  {
    what: "response of NTLM",
    kind: "key",
    templates: ["ntlmv2 response: §", "NT response=§"],
  },
  {
    what: "private key",
    kind: "pem",
    templates: [
      "-----BEGIN OPENSSH PRIVATE KEY-----\n§\n-----END OPENSSH PRIVATE KEY-----\n",
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n§\n-----END RSA PRIVATE KEY-----\n",
      "-----BEGIN PRIVATE KEY-----\n§\n",
      "§\n-----END EC PRIVATE KEY-----\n",
    ],
  },
];

/** Every form with this many secrets of its kind. Lines are as programs print them, or have the prefix of a log. */
export function plantSecrets(random: Random, ofEach: number): readonly PlantedSecret[] {
  return FORMS.flatMap(({ what, kind, templates, write = (text: string) => text }) =>
    templates.flatMap((template) =>
      Array.from({ length: ofEach }, (_, round) => {
        const secret = SECRETS[kind](random);
        const text = write(template.replaceAll(PLACE, () => secret));
        const isOneLine = !/[\n\0]/.test(text) && kind !== "pem";
        return {
          form: `${what}: ${template}`,
          text:
            isOneLine && round % 2 === 1 ? `2026-11-30T12:00:00.123456+00:00 host tool[4711]: ${text}` : text,
          traces: tracesOf(secret, text),
        };
      }),
    ),
  );
}

/** The parts of a secret that must be gone, in plain text and in hexadecimal. */
function tracesOf(secret: string, text: string): readonly string[] {
  const isBytes = /^([0-9a-f]{2} )+[0-9a-f]{2}$/.test(secret);
  const parts = (isBytes ? [secret] : secret.split(/[\s,]/)).filter((part) => part.length >= 6);
  return parts.flatMap((part) => {
    // A provider's token is cut to the provider's length.
    const shown = text.includes(part) ? part : part.slice(0, 30);
    return [shown, hexOf(shown), hexOf(shown).toLowerCase()];
  });
}

/** Lines of the kernel and of its logs, as they were printed; none has a secret, even if it looks like one. */
export const KERNEL_TEXT = `[  112.345678] CIFS: Attempting to mount //nas.example/data
[  112.456789] CIFS: VFS: \\\\nas.example has not responded in 180 seconds. Reconnecting...
[  113.000001] CIFS: VFS: \\\\nas.example Send error in SessSetup = -126
[  113.000002] CIFS: VFS: cifs_mount failed w/return code = -13
[  113.000003] readdir: cookie: 8123 of //nas.example/data stuck
[  113.000004] CIFS: VFS: No task to wake, unknown frame received! NumMids 1
[  113.000005] 00000000: fe 53 4d 42 40 00 01 00 00 00 00 00 05 00 01 00  .SMB@...........
[  113.000006] 00000010: 00 00 00 00 00 00 00 00 2a 00 00 00 00 00 00 00  ........*.......
[  113.000007] ffff888104a3c000: 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b  kkkkkkkkkkkkkkkk
[  113.000008] cifs.upcall: key description: cifs.spnego;0;0;39010000;ver=0x2;host=nas.example;ip4=192.0.2.7;sec=krb5;uid=0x0;creduid=0x3e8;user=joe;pid=0x1a2b
[  114.000001] BUG: unable to handle page fault for address: ffffc90000a1bff8
[  114.000002] #PF: supervisor read access in kernel mode
[  114.000003] Oops: 0000 [#1] PREEMPT SMP NOPTI
[  114.000004] CPU: 3 PID: 4711 Comm: kworker/3:1 Tainted: G           OE      6.1.0-26-amd64 #1  Debian 6.1.112-1
[  114.000005] RIP: 0010:cifs_readv_receive+0x1a3/0x5b0 [cifs]
[  114.000006] Code: 48 8b 45 00 48 89 44 24 08 48 8b 85 d8 00 00 00 48 85 c0 74 0d 48 8b 40 <48> 48 85 c0
[  114.000007] RSP: 0018:ffffb0f3c0a1bd58 EFLAGS: 00010246
[  114.000008] RAX: 0000000000000000 RBX: ffff9c8a41f3a800 RCX: 0000000000000001
[  114.000009] RDX: ffff9c8a41f3a8d8 RSI: 0000000000000246 RDI: ffff9c8a41f3a800
[  114.000010] R10: 000000000000000f R11: fefefefefefefeff R12: ffff9c8a5e0b4c00
[  114.000011] CR2: ffffc90000a1bff8 CR3: 0000000104a3c004 CR4: 00000000003706e0
[  114.000012]  cifs_demultiplex_thread+0x3a1/0xc40 [cifs]
[  114.000013] ---[ end trace 0123456789abcdef ]---
[    1.234567] Loaded X.509 cert 'Build time autogenerated kernel key: 3a5c9e0b7d1f2a4c6e8f0b1d3c5a7e9f0b2d4c6a'
[    1.234568] Key type dns_resolver registered
[    1.234569] FS-Cache: O-cookie c=00000012 [p=00000003 fl=226 nc=0 na=1]
[    1.234570] FS-Cache: N-key=[8] '0a00000000000000'
[    1.234571] Command line: BOOT_IMAGE=/boot/vmlinuz-6.1.0-26-amd64 root=UUID=0f5e3a1c-7b2d-4e6f-8a9b-0c1d2e3f4a5b ro quiet
[    1.234572] TCP: request_sock_TCP: Possible SYN flooding on port 445. Sending cookies.  Check SNMP counters.
[    1.234573] audit: type=1400 audit(1764504000.123:17): apparmor="DENIED" operation="open" profile="smbd" name="/etc/passwd" pid=99 comm="smbd" requested_mask="r"
2026-11-30T12:00:00.123456+00:00 host containerd[99]: pulled docker.io/library/nginx@sha256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31
2026-11-30T12:00:00.123456+00:00 host kubelet[99]: /kubepods/burstable/pod0f5e3a1c-7b2d-4e6f-8a9b-0c1d2e3f4a5b/3f2a9c0e1d4b5a6978c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5
2026-11-30T12:00:00.123456+00:00 host sshd[99]: Accepted publickey for joe from 192.0.2.9 port 52000 ssh2: ED25519 SHA256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b
2026-11-30T12:00:00.123456+00:00 host systemd[1]: Started Dispatch Password Requests to Console Directory Watch.
overlay /var/lib/docker/overlay2/0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31/merged overlay rw,lowerdir=/var/lib/docker/overlay2/l/ABCDEFGHIJKLMNOPQRSTUVWXYZ:/var/lib/docker/overlay2/l/ZYXWVUTSRQPONMLKJIHGFEDCBA,upperdir=/var/lib/docker/overlay2/0d17b565/diff 0 0
//nas.example/data /srv/data cifs rw,relatime,vers=3.1.1,sec=krb5,cruid=0,cache=strict,username=joe,uid=0,forceuid,addr=192.0.2.7,file_mode=0755,soft,nounix,serverino,mapposix,rsize=4194304,wsize=4194304,bsize=1048576,echo_interval=60,actimeo=1 0 0
//nas.example/data /srv/data cifs credentials=/etc/cifs/nas.credentials,_netdev 0 0
Display Internal CIFS Data Structures for Debugging
1) ConnectionId: 0x1 Hostname: nas.example ClientGUID: 0F5E3A1C-7B2D-4E6F-8A9B-0C1D2E3F4A5B
	1) Address: 192.0.2.7 Uses: 1 Capability: 0x300077	Session Status: 1
	Security type: RawNTLMSSP  SessionId: 0x4200000001 encrypted
	1) \\\\nas.example\\data Mounts: 1 DevInfo: 0x20020 Attributes: 0xc706ff
	PathComponentMax: 255 Status: 1 type: DISK Serial Number: 0x9a8b7c6d
	Share Capabilities: None Aligned, Partition Aligned,	Share Flags: 0x0
	tid: 0x5	Optimal sector size: 0x200	Maximal Access: 0x1f01ff
`;
