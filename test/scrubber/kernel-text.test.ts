import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expectUntouched } from "../helpers/hidden.ts";
import { BUILT_IN_RULES } from "../helpers/scrubber.ts";

const FIXTURES = [
  join(import.meta.dir, "../cifs/fixtures"),
  join(import.meta.dir, "../runner/fixtures"),
].flatMap((folder) => [...new Bun.Glob("**/*.txt").scanSync(folder)].map((name) => join(folder, name)));

describe("files of real kernels lose nothing", () => {
  test("there are fixtures", () => expect(FIXTURES.length).toBeGreaterThan(10));

  test.each(FIXTURES.map((file) => [file.slice(file.indexOf("/test/")), file] as const))("%s", (_, file) => {
    const text = readFileSync(file, "utf8");
    const { text: shown, count } = BUILT_IN_RULES.scrub(text);
    expect(shown).toBe(text);
    expect(count).toBe(0);
  });
});

describe("text of the kernel loses nothing", () => {
  test.each([
    "kernel: readdir: cookie: 8123 of //s/x stuck",
    "FS-Cache: O-cookie c=00000003 [p=00000002 fl=222 nc=0 na=1]",
    "FS-Cache: Duplicate cookie detected\nFS-Cache: N-cookie d=00000000e69a1b72{9p.session} n=0000000016e3ca2b\nFS-Cache: N-key=[10] '34323935303034313739'",
    "RAX: 0000000000000000 RBX: ffff9a0c4bd9c000 RCX: 0000000000000027\nRDX: ffff9a0f6fb9c8c8 RSI: 0000000000000001 RDI: ffff9a0f6fb9c8c0\nCode: 48 8b 05 8d 5c 3e 01 48 85 c0 74 0d 55 48 89 e5",
    "Call Trace:\n <TASK>\n smb2_get_enc_key+0x52/0xd0 [cifs]\n crypto_aead_setkey+0x40/0xd0\n generate_smb3signingkey+0x1a3/0x2b0 [cifs]\n key_task_permission+0x0/0xb0\n </TASK>",
    "00000000: fe 53 4d 42 40 00 01 00 00 00 00 00 05 00 01 00  .SMB@...........\n00000010: 30 00 00 00 00 00 00 00 8c 3f 00 00 00 00 00 00  0........?......",
    "CIFS: VFS: \\\\files Send error in SessSetup = -13\nCIFS: Status code returned 0xc000006d NT_STATUS_LOGON_FAILURE",
    "CIFS: VFS: \\\\10.0.0.1 cifs_put_smb_ses: Session Logoff failure rc=-11",
    "CIFS: VFS: BAD_NETWORK_NAME: \\\\files\\data$",
    "Loaded X.509 cert 'Fedora kernel signing key: 9e2f0b1c4d5a6978a0b1c2d3e4f5061728394a5b'",
    "integrity: Loaded X.509 cert 'Debian Secure Boot CA: 6ccece7e4c6c0d1f6149f3dd27dfcc5cbb419ea1'",
    "Key type dns_resolver registered\nKey type cifs.spnego registered\nKey type cifs.idmap registered\nAsymmetric key parser 'x509' registered",
    "module: x: signature verification failed - required key missing - tainting kernel",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  /usr/sbin/mount.cifs",
    "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDPtKzRYBjf7sKCTAA root@host (ED25519)",
    "overlay / overlay rw,relatime,lowerdir=/var/lib/docker/overlay2/l/Z2QKQ4XEDN3SWPXHKTZMFEZTQF:/var/lib/docker/overlay2/l/6Y5IM2XC7TSNIJZZFLJCS6I4I4,upperdir=/var/lib/docker/overlay2/8d3a/diff 0 0",
    "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - cifs //files/data rw,vers=3.1.1,sec=ntlmssp,username=joe,domain=D,uid=0,noforceuid,soft,addr=fe80::1",
    "eth0: link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff",
    "UUID=0fc63daf-8483-4772-8e79-3d69d8477de4 / ext4 defaults 0 1",
    "inet6 2001:db8:85a3:0:0:8a2e:370:7334/64 scope global",
    "ESTAB 0 0 10.0.2.15:51234 10.0.2.2:445 ino:1234 sk:5 cgroup:/ <-> cubic wscale:7,7 rto:204 rtt:0.5/0.25 mss:1448 cwnd:10 bytes_acked:12345",
    "ESTAB 0 0 [fe80::5054:ff:fe12:3456]%eth0:51234 [fe80::1]:445",
    'audit: type=1400 audit(1.2:3): apparmor="DENIED" operation="open" profile="x" name="/etc/passwd" pid=12 comm="cat"',
    "type=SYSCALL msg=audit(1.2:3): arch=c000003e syscall=165 success=yes exit=0 a0=55d0c8a0 a1=7ffe0c1e a2=7f3c1e a3=0 items=1 ppid=1",
    "type=PROCTITLE msg=audit(1.2:3): proctitle=6D6F756E74002D740063696673",
    'type=EXECVE msg=audit(1.2:3): argc=3 a0="ls" a1="-l" a2=2F6D6E742F6120622F63',
    "systemd[1]: Started Forward Password Requests to Wall Directory Watch.\nsystemd[1]: token.service: Main process exited, code=exited",
    "sshd[1]: Accepted password for joe from fe80::1 port 22 ssh2\nsshd[1]: Failed password for invalid user x from 1.1.1.1 port 22 ssh2 [preauth]",
    "cat: /etc/passwd: No such file or directory",
    "unix_chkpwd[12]: password check failed for user (joe)",
    "kernel: process `ksmbd' is using obsolete setsockopt SO_BSDCOMPAT",
    "smb2_reconnect+0x1a/0x2b [cifs] tcon: 0xffff8881 ses->Suid: 0x1234 mid: 4567",
    "Send 12 credits: tokens 5 of 7, keys: 12, hash=0x1234",
    "docker run -p 80:80 -u 1000:1000 nginx@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "net ads info; smbclient failed to connect; mount -p; mysql is up",
    "git@github.com:o/r.git user@1000.service joe@files",
  ])("%s", (text) => {
    expectUntouched(text);
  });
});
