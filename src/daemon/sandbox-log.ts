// What the sandbox that aod runs in forbids and its configuration wants, as log lines: at start and at reload. In: a
// configuration; out: lines on stderr. What it means is doctor/sandbox.ts's.

import { findForbidden } from "../doctor/sandbox.ts";
import { log } from "../log.ts";
import type { Config } from "../model/config.ts";
import type { Sandbox } from "../model/sandbox.ts";
import { folderAccess } from "../system/folder-access.ts";
import { readPermits } from "../system/permits.ts";

/** Of this process. */
export function ownSandbox(): Sandbox {
  return { permits: readPermits(), folder: (path) => folderAccess(path) };
}

/** What nobody asked for by name is left to doctor. */
export function logForbidden(config: Config, sandbox: Sandbox = ownSandbox()): void {
  for (const { severity, found, dropIn, todo } of findForbidden(config, sandbox)) {
    if (severity === "note") continue;
    const values = { first: dropIn && todo, add: dropIn?.file, with: dropIn?.lines.join("\n") };
    log[severity === "bad" ? "error" : "warn"](`the sandbox: ${found}`, dropIn ? values : { to_do: todo });
  }
}
