// Logs what the configuration needs and the sandbox of the service forbids, at start and at reload. doctor/sandbox.ts
// decides what each restriction means.

import { findForbidden } from "../doctor/sandbox.ts";
import { log } from "../log.ts";
import type { Config } from "../model/config.ts";
import type { Sandbox } from "../model/sandbox.ts";
import { folderAccess } from "../system/folder-access.ts";
import { readPermits } from "../system/permits.ts";

/** The sandbox of this process. */
export function ownSandbox(): Sandbox {
  return { permits: readPermits(), folder: (path) => folderAccess(path) };
}

/** Logs all findings except notes, which only `aod doctor` shows: no key of the configuration names them. */
export function logForbidden(config: Config, sandbox: Sandbox = ownSandbox()): void {
  for (const { severity, found, dropIn, todo } of findForbidden(config, sandbox)) {
    if (severity === "note") continue;
    const values = { first: dropIn && todo, add: dropIn?.file, with: dropIn?.lines.join("\n") };
    log[severity === "bad" ? "error" : "warn"](`the sandbox: ${found}`, dropIn ? values : { to_do: todo });
  }
}
