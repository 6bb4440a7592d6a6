import { describe, test } from "bun:test";
import { expectHidden, expectShown, expectUntouched, SECRET } from "../helpers/hidden.ts";
import { type Random, seeded } from "../helpers/random.ts";

describe("a name and its value", () => {
  test.each([
    ["SMBPASS=hunter2", "SMBPASS=[scrubbed]"],
    ["dbpwd=hunter2 x", "dbpwd=[scrubbed]"],
    ["app: dbpwd=hunter2 x", "app: dbpwd=[scrubbed] x"],
    ["pass: hunter2", "pass: [scrubbed]"],
    ["SECRET_KEY_BASE=hunter2", "SECRET_KEY_BASE=[scrubbed]"],
    ["password=hun\\,ter2,vers=3.0", "password=[scrubbed],vers=3.0"],
    ["password='it''s hunter2'", "password='[scrubbed]'"],
    ["password => 'hunter2',", "password => '[scrubbed]',"],
    ["PASS=hun,ter2", "PASS=[scrubbed]"],
    ["$config['db_password'] = 'hunter2';", "$config['db_password'] = '[scrubbed]';"],
    [':password=>"hunter2", :user=>"u"', ':password=>"[scrubbed]", :user=>"u"'],
    ["{User:joe Password:hunter2 Domain:D}", "{User:joe Password:[scrubbed] Domain:D}"],
    ["{'user': 'joe', 'password': 'hunter2'}", "{'user': 'joe', 'password': '[scrubbed]'}"],
    ["Config(user='joe', password='hunter2')", "Config(user='joe', password='[scrubbed]')"],
    ['Config { password: Some("hun hunter2") }', "Config { password: [scrubbed]) }"],
    ['{"token":123,"user":"joe"}', '{"token":[scrubbed],"user":"joe"}'],
    ['{"password": ["hunter2", "x"], "a": 1}', '{"password": [scrubbed], "a": 1}'],
    ['("password", "hunter2")', '("password", "[scrubbed]")'],
    ['mount -o "user=u,password=hun ter2,rw" //s/x', 'mount -o "user=u,password=[scrubbed],rw" //s/x'],
    ["username=joe\npassword=hun,ter2 x\ndomain=D", "username=joe\npassword=[scrubbed]\ndomain=D"],
    ["password -> hunter2", "password -> [scrubbed]"],
    ["passwd[joe]=hunter2", "passwd[joe]=[scrubbed]"],
    ["password | hunter2", "password | [scrubbed]"],
    ["%PASSWORD%=hunter2", "%PASSWORD%=[scrubbed]"],
    ["UID=u;PWD=/hunter2;Database=x", "UID=u;PWD=[scrubbed];Database=x"],
    ["# password: |\n#   hunter2\n# user: x", "# password: |\n#   [scrubbed]\n# user: x"],
    ["# password:\n#   hunter2\n# user: x", "# password:\n#   [scrubbed]\n# user: x"],
    [
      "12:00:00 host app[12]: password: |\n12:00:01 host app[12]:   hunter2\n12:00:01 host app[12]: user: x",
      "12:00:00 host app[12]: password: |\n12:00:01 host app[12]:   [scrubbed]\n12:00:01 host app[12]: user: x",
    ],
    ["**Password:** hunter2", "**Password:** [scrubbed]"],
    ["PIN: 4711", "PIN: [scrubbed]"],
    ["ldap admin dn passwd = hunter2", "ldap admin dn passwd = [scrubbed]"],
    ["AWS_SECRET_ACCESS_KEY=/hunter2+x", "AWS_SECRET_ACCESS_KEY=[scrubbed]"],
    ["SMB_USER=joe%hunter2", "SMB_USER=joe%[scrubbed]"],
    ["[db]\npassword = hun hunter2\nuser = joe", "[db]\npassword = [scrubbed]\nuser = joe"],
    ["username=joe\npassword=hun hunter2\n", "username=joe\npassword=[scrubbed]\n"],
    [
      'key = """\nx"""\npassword = """\nhunter2\n"""\nuser = 1',
      'key = """\nx"""\npassword = """[scrubbed]"""\nuser = 1',
    ],
    ["password: |\n  hunter2\n  more\nuser: x", "password: |\n  [scrubbed]\nuser: x"],
    ["  - password: >-\n      hunter2\n    user: x", "  - password: >-\n      [scrubbed]\n    user: x"],
    ["password:\n  hunter2\nuser: x", "password:\n  [scrubbed]\nuser: x"],
    ["passwords:\n  - hunter2\n  - hunter2b\nuser: x", "passwords:\n  [scrubbed]\nuser: x"],
    ['"password":\n  "hunter2"', '"password":\n  "[scrubbed]"'],
    ['"{\\n \\"password\\":\\n \\"hunter2\\"}"', '"{\\n \\"password\\":\\n \\"[scrubbed]\\"}"'],
    ['{\\\\\\"password\\\\\\":\\\\\\"hunter2\\\\\\"}', '{\\\\\\"password\\\\\\":\\\\\\"[scrubbed]\\\\\\"}'],
    ["&quot;password&quot;:&quot;hunter2&quot;", "&quot;password&quot;:&quot;[scrubbed]&quot;"],
    ["a=1&password%3Dhunter2", "a=1&password%3D[scrubbed]"],
    ["https://h/p?access_token=hunter2&x=1", "https://h/p?access_token=[scrubbed]&x=1"],
    ["jdbc:sqlserver://h;user=u;password=hunter2;x=y", "jdbc:sqlserver://h;user=u;password=[scrubbed];x=y"],
    ["<password>hunter2</password>", "<password>[scrubbed]</password>"],
    ['<wsse:Password Type="x">hunter2</wsse:Password>', '<wsse:Password Type="x">[scrubbed]</wsse:Password>'],
    ["<password><![CDATA[hunter2]]></password>", "<password><![CDATA[[scrubbed]]]></password>"],
    ['<db password="hunter2"/>', '<db password="[scrubbed]"/>'],
  ])("%j", (text, expected) => {
    expectShown(text, expected);
  });
});

describe("a name and a separate value", () => {
  test.each([
    ['key:"password" value:"hunter2"', 'key:"password" value:"[scrubbed]"'],
    ['{"name":"SMB_PASSWORD","value":"hunter2"}', '{"name":"SMB_PASSWORD","value":"[scrubbed]"}'],
    [
      '{\n  "Name": "SMB_PASSWORD",\n  "Value": "hunter2"\n}',
      '{\n  "Name": "SMB_PASSWORD",\n  "Value": "[scrubbed]"\n}',
    ],
    ['{"value":"hunter2","name":"SMB_PASSWORD"}', '{"value":"[scrubbed]","name":"SMB_PASSWORD"}'],
    [
      '"{\\"name\\":\\"TOKEN\\",\\"value\\":\\"hunter2\\"}"',
      '"{\\"name\\":\\"TOKEN\\",\\"value\\":\\"[scrubbed]\\"}"',
    ],
    [
      '{"key":"password","value":{"stringValue":"hunter2"}}',
      '{"key":"password","value":{"stringValue":"[scrubbed]"}}',
    ],
    [
      "- name: SMB_PASSWORD\n  value: hunter2\n- name: X\n  value: y",
      "- name: SMB_PASSWORD\n  value: [scrubbed]\n- name: X\n  value: y",
    ],
    ["{Name:SMB_PASSWORD Value:hunter2}", "{Name:SMB_PASSWORD Value:[scrubbed]}"],
    ["<key>Password</key>\n\t<string>hunter2</string>", "<key>Password</key>\n\t<string>[scrubbed]</string>"],
    ["<name>DB_PASS</name><value>hunter2</value>", "<name>DB_PASS</name><value>[scrubbed]</value>"],
    ['<add key="Password" value="hunter2"/>', '<add key="Password" value="[scrubbed]"/>'],
    ['<entry key="password">hunter2</entry>', '<entry key="password">[scrubbed]</entry>'],
  ])("%j", (text, expected) => {
    expectShown(text, expected);
  });
});

const NAMES = [
  "password",
  "DB_PASSWORD",
  "smbpass",
  "clientSecret",
  "api-key",
  "ENCRYPTION_KEY",
  "auth_token",
  "dbpwd",
  "passphrase",
] as const;
const FORMS = [
  (name: string, value: string) => `${name}=${value}`,
  (name: string, value: string) => `${name}='${value}'`,
  (name: string, value: string) => `${name}="a ${value} b"`,
  (name: string, value: string) => `${name} = ${value}`,
  (name: string, value: string) => `${name}: ${value}`,
  (name: string, value: string) => `"${name}": "${value}"`,
  (name: string, value: string) => `"${name}":"a, ${value}; b"`,
  (name: string, value: string) => `"${name}" => "${value}"`,
  (name: string, value: string) => `'${name}': '${value}'`,
  (name: string, value: string) => `\\"${name}\\": \\"x ${value}\\"`,
  (name: string, value: string) => `<${name}>${value}</${name}>`,
  (name: string, value: string) => `${name}: "${value}"`,
  (name: string, value: string) => `{"name":"${name}","value":"${value}"}`,
  (name: string, value: string) => `key:"${name}" value:"${value}"`,
  (name: string, value: string) => `{"Value": "${value}", "Key": "${name}"}`,
  (name: string, value: string) => `- name: ${name}\n  value: ${value}`,
  (name: string, value: string) => `<param name="${name}" value="${value}"/>`,
  (name: string, value: string) => `${name}: |\n    ${value}\n    ${value}`,
  (name: string, value: string) => `--${name} ${value}`,
  (name: string, value: string) => `--${name}=${value}`,
  (name: string, value: string) => `--${name} '${value} x'`,
  (name: string, value: string) => `--${name}\0${value}`,
  (name: string, value: string) => `"--${name}","${value}"`,
  (name: string, value: string) => `?a=b&${name}=${value}&c=d`,
  (name: string, value: string) => `Server=s;${name}=${value};Uid=u`,
  (name: string, value: string) => `("${name}", "${value}")`,
] as const;
const SURROUNDINGS = [
  (text: string) => text,
  (text: string) => `kernel: nothing\n${text}\nkernel: nothing`,
  (text: string) => `Nov 30 12:00:00 host app[12]: ${text}`,
  (text: string) => `${text} user=joe`,
  (text: string) => `\t${text}`,
  (text: string) => `sh -c '${text.replaceAll("'", "")}'`,
] as const;

function aValue(random: Random): string {
  const edge = () => random.pick(["", "x", "7", "A!", "#", "^", "%", "*", "~", "é", "@", "+", "_"]);
  return edge() + SECRET + edge();
}

test("the value is hidden, whatever its name, separator, quotes and surroundings are", () => {
  const random = seeded();
  for (let round = 0; round < 2000; round++) {
    const text = random.pick(FORMS)(random.pick(NAMES), aValue(random));
    expectHidden(random.pick(SURROUNDINGS)(text), random.seedText);
  }
});

describe("a text without a secret value stays", () => {
  test.each([
    "password: no",
    "time to pass: then",
    "every secret: x",
    "gpgkey=https://h/RPM-GPG-KEY",
    "gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY",
    "AOD_SIGNING_KEY=/etc/aod/key.pem",
    "pinctrl: pin: 12",
    "PCI INT A: pin A",
    "char password[64];",
    "| user | password | host |",
    "passwd[4711]: pam_unix(passwd:chauthtok): password changed for joe",
    "password=null",
    "tokens: 5",
    "pass: 12 fail: 0",
    "credentials=/etc/cifs.cred",
    "PWD=/home/joe",
    "PASSWORD=\0HOME=/root",
    "PASSWORD_FILE=/run/secrets/x",
    '"password": {',
    "password == x",
    "cat /etc/passwd: x",
    '{"name":"color","value":"red"}',
    "<password/>",
    "auth=ntlm",
  ])("%j", (text) => {
    expectUntouched(text);
  });
});
