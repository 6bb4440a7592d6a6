// The table of programs whose options hold secrets under names that do not show it: `-p`, `-u`, `-w`. Data only;
// commands.ts reads command lines. Options with the name of a secret (`--password`) need no row.

interface Rules {
  /** Options whose argument is a secret. */
  readonly secret?: readonly string[];
  /** Options whose argument is a name and a secret, with one of `:%/,` between. */
  readonly login?: readonly string[];
  /** Options whose argument is neither, for programs that have `words`. */
  readonly plain?: string;
  /** Single dashes begin long names, so that nothing is attached to one letter. */
  readonly isLong?: boolean;
  /** The argument is attached, or there is none: `-pSECRET`. */
  readonly attachedOnly?: boolean;
  /** The options count only behind this word: `docker login -p`. */
  readonly behind?: string;
  /**
   * Arguments by position: `user add * !` hides the fourth. `*` is any argument, `~` any but a command of Samba's `net
   * user`, `//` one that begins like a share, `!` the secret, `!:` one with the secret behind a colon, and `-b` an
   * option that must come before.
   */
  readonly words?: readonly string[];
  /** The program reads a secret from standard input with one of these options; with an empty list, always. */
  readonly stdin?: readonly string[];
  /** Its arguments may be `NAME VALUE`: `aws configure set`. */
  readonly hasPairs?: boolean;
}

/** The rules of a program, and a filter that rejects most arguments early. */
export interface Program extends Rules {
  /**
   * Every relevant option begins, behind its dash or slash, or ends with one of these; undefined if all are relevant.
   */
  readonly letters: ReadonlySet<number> | undefined;
  /** The patterns of `words`. */
  readonly patterns: readonly Pattern[];
  /** Some rule needs the arguments that are not options. */
  readonly hasWords: boolean;
}

/** One of `words`, parsed. */
export interface Pattern {
  /** The options that must come before, such as `-b`. */
  readonly options?: string;
  readonly parts: readonly string[];
}

const SAMBA_LOGIN = ["-U", "--user", "--username"];

type Row = readonly [names: string, program: Rules];

const ROWS: readonly Row[] = [
  // Samba.
  [
    "smbclient smbspool smbclient4",
    { login: SAMBA_LOGIN, plain: "UcAWIpmdslnObtTDiLeRMSBE", words: ["// !"] },
  ],
  [
    "smbget rpcclient smbcacls smbcquotas smbtree smbtorture smbtar nmblookup mdsearch winexe pth-winexe smbmap",
    { login: [...SAMBA_LOGIN, "-u"], secret: ["-p"] },
  ],
  [
    "net",
    {
      login: [...SAMBA_LOGIN],
      plain: "UISWnspld",
      words: [
        "user add * !",
        "user /add * !",
        "user ~ !",
        "rpc user add * !",
        "ads user add * !",
        "ads password * !",
        "rpc password * !",
        "password * !",
        "use * \\\\ !",
        "use \\\\ !",
        "sam set * !",
      ],
      stdin: [],
    },
  ],
  ["smbpasswd", { login: SAMBA_LOGIN, secret: ["-w"], plain: "UrDcRw", words: ["* !"], stdin: ["-s"] }],
  ["pdbedit", { secret: ["-p", "--set-nt-hash"], stdin: ["-t"] }],
  [
    "wbinfo",
    {
      login: [
        "-a",
        "-K",
        "--authenticate",
        "--krb5auth",
        "--pam-logon",
        "--set-auth-user",
        "--change-user-password",
      ],
    },
  ],
  [
    "samba-tool",
    {
      login: SAMBA_LOGIN,
      plain: "UHWNsd",
      words: ["user create * !", "user add * !", "user setpassword * !", "computer create * !"],
    },
  ],
  ["ntlm_auth", { secret: ["--challenge", "--lm-response", "--nt-response"] }],
  ["cifscreds", { plain: "ud", words: ["add * !", "update * !"], stdin: [] }],
  ["docker-volume-netshare", { secret: ["-p"] }],
  // Directories and Kerberos.
  [
    "ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldapcompare ldapmodrdn ldapexop ldapvi ldbsearch",
    { secret: ["-w"], stdin: [] },
  ],
  ["ldappasswd", { secret: ["-w", "-s", "-a"] }],
  ["kadmin", { secret: ["-w", "-pw", "-e"], isLong: true, words: ["modprinc -pw !"] }],
  ["kinit kpasswd kdestroy ktutil", { stdin: [] }],
  ["ktpass", { secret: ["-pass", "/pass"], isLong: true }],
  ["realm adcli msktutil", { login: ["-U"], stdin: [] }],
  // The web.
  [
    "curl",
    {
      login: ["-u", "--user", "-U", "--proxy-user", "-E", "--cert", "--proxy-cert"],
      secret: ["--oauth2-bearer", "-b", "--cookie"],
    },
  ],
  ["wget lwp-request", { secret: ["--http-passwd"] }],
  ["http https httpie xh", { login: ["-a", "--auth"] }],
  ["lftp ncftp", { login: ["-u"], secret: ["-p"] }],
  // Databases.
  [
    "mysql mysqldump mysqladmin mysqlcheck mysqlimport mysqlshow mysqlbinlog mysqlsh mariadb mariadb-dump mariadb-admin mariadb-check mariadb-backup xtrabackup",
    { secret: ["-p"], attachedOnly: true, plain: "uhPSD", words: ["password !"] },
  ],
  ["mongo mongosh mongodump mongorestore mongoexport mongoimport cqlsh", { secret: ["-p"] }],
  ["redis-cli valkey-cli", { secret: ["-a"] }],
  ["sqlcmd bcp osql tsql bsqldb freebcp", { secret: ["-P"] }],
  ["isql iusql", { words: ["* * !"], plain: "dqx" }],
  ["sqlplus expdp impdp exp imp rman", { words: ["!/"] }],
  ["influx", { secret: ["-password"], isLong: true }],
  // Clouds and containers.
  ["az", { secret: ["-p", "--value"], plain: "u", stdin: [] }],
  ["aws gcloud heroku npm yarn pnpm git composer bundle rclone nmcli wpa_cli", { hasPairs: true }],
  ["rclone", { hasPairs: true, words: ["obscure !"] }],
  [
    "docker podman nerdctl buildah helm oras crane",
    { secret: ["-p"], login: ["--creds"], behind: "login", stdin: ["--password-stdin"] },
  ],
  [
    "skopeo",
    { login: ["--creds", "--src-creds", "--dest-creds"], secret: ["-p"], stdin: ["--password-stdin"] },
  ],
  ["vault", { words: ["login !"] }],
  ["oc", { secret: ["-p"], behind: "login" }],
  // Logins elsewhere.
  ["sshpass", { secret: ["-p"] }],
  ["plink pscp psftp putty", { secret: ["-pw"], isLong: true }],
  ["xfreerdp xfreerdp3 wlfreerdp", { secret: ["/p", "/gp", "-p"], isLong: true }],
  ["rdesktop evil-winrm enum4linux enum4linux-ng", { secret: ["-p", "-H"] }],
  ["crackmapexec netexec nxc cme hydra medusa patator", { secret: ["-p", "-H"] }],
  ["ipmitool", { secret: ["-P", "-K", "-Y"] }],
  ["snmpget snmpwalk snmpset snmpbulkwalk snmptrap snmpstatus", { secret: ["-A", "-X", "-c"] }],
  ["mosquitto_pub mosquitto_sub", { secret: ["-P"] }],
  [
    "secretsdump psexec psexec64 PsExec PsExec64 wmiexec smbexec atexec getTGT GetUserSPNs lookupsid samrdump",
    { secret: ["-hashes", "-aesKey", "-p"], isLong: true },
  ],
  ["rabbitmqctl", { words: ["add_user * !", "change_password * !", "authenticate_user * !"] }],
  // Keys, hashes, archives.
  [
    "openssl",
    {
      secret: ["-k", "-K", "-pass", "-passin", "-passout", "-hmac", "-macopt", "-psk", "-password"],
      isLong: true,
      words: ["passwd !"],
      stdin: ["-stdin"],
    },
  ],
  ["htpasswd htdigest", { words: ["-b-n * !", "-b * * !"], stdin: ["-i"] }],
  ["keyctl", { words: ["add * * !", "request2 * * !", "update * !"], stdin: [] }],
  ["zip unzip zipcloak", { secret: ["-P"] }],
  ["7z 7za 7zr rar unrar", { secret: ["-p", "-hp"], attachedOnly: true }],
  ["gpg gpg2", { stdin: ["--passphrase-fd"] }],
  ["cryptsetup luksipc", { stdin: [] }],
  ["useradd usermod", { secret: ["-p"] }],
  ["chpasswd passwd su", { stdin: [] }],
  ["sudo", { stdin: ["-S", "--stdin"] }],
  ["hdparm", { words: [], secret: ["--security-unlock", "--security-set-pass", "--security-erase"] }],
  ["virsh", { words: ["secret-set-value * !"] }],
  ["wpa_passphrase", { words: ["* !"], stdin: [] }],
  ["schtasks SCHTASKS", { secret: ["/p", "/rp", "/P", "/RP"], isLong: true }],
  ["x11vnc vncviewer", { secret: ["-passwd"], isLong: true }],
  ["echo printf yes", {}],
];

/** The programs by name. */
export const PROGRAMS: ReadonlyMap<string, Program> = new Map(
  ROWS.flatMap(([names, rules]) => {
    const patterns = (rules.words ?? []).map(parsePattern);
    const hasWords = patterns.length > 0 || rules.hasPairs === true || rules.behind !== undefined;
    const program = { ...rules, letters: lettersOf(rules), patterns, hasWords };
    return names.split(" ").map((name) => [name, program] as const);
  }),
);

// --- internal ---

function parsePattern(pattern: string): Pattern {
  const [first = "", ...others] = pattern.split(" ");
  return first.startsWith("-") ? { options: first, parts: others } : { parts: [first, ...others] };
}

function lettersOf({
  secret = [],
  login = [],
  stdin = [],
  plain = "",
  words = [],
}: Rules): Program["letters"] {
  if (words.some((pattern) => pattern.startsWith("-"))) return undefined;
  const options = [...secret, ...login, ...stdin].map((option) => option[1] ?? "");
  return new Set([...options, ...plain].map((letter) => letter.charCodeAt(0)));
}
