import { describe, expect, test } from "bun:test";
import { judgeName } from "../../src/scrubber/names.ts";

describe("a name of a secret", () => {
  test.each(
    "password PASSWORD smbPassword SMB_PASSWORD_1 db-password passwd passphrase passcode pass userpass SMBPASS dbpwd dbPwd pwd2 client_secret SECRET_KEY_BASE secretString token authToken access-token ENCRYPTION_KEY api_key apikey X-Api-Key AccountKey privateKey SigningKey sessionkey HostKey ssh_private_key psk wpa_passphrase creds credentials nt_hash SharedAccessSignature X-Amz-Signature ansible_ssh_pass MYSQL_PWD RESTIC_PASSWORD password_hash vault_secret_id Kennwort requirepass passwords".split(
      " ",
    ),
  )("%s", (name) => {
    expect(judgeName(name)).toBeDefined();
  });
});

describe("a name of something else", () => {
  test.each(
    "compass bypass passes passed passenger passive keyboard keyring public_key key keys hash password_file PASSWORD_FILE token_type tokenEndpoint PasswordAuthentication secretName access_key_id password_expires passwordless login user cookie session path keytab token_ttl secrets_path signature".split(
      " ",
    ),
  )("%s", (name) => {
    expect(judgeName(name)).toBeUndefined();
  });
});
