// Whether the kernel log can be read as it grows: lockups and what the SMB client prints are signals. A finding; pure but for the
// attempt to open the file.

import { closeSync } from "node:fs";
import { KERNEL_LOG, openAtEnd } from "../system/kernel-log-reader.ts";
import { type Finding, ok, warn } from "./finding.ts";

export function kernelLogFinding(path = KERNEL_LOG): Finding {
  const opened = openAtEnd(path);
  if (typeof opened === "number") {
    closeSync(opened);
    return ok("kernel log", `${path} can be read: lockups and reports of the SMB client are seen`);
  }
  return warn(
    "kernel log",
    `${path} can't be opened: ${opened}; lockups and reports of the SMB client are not seen`,
    "run as root with CAP_SYSLOG; in a container, hand in the device /dev/kmsg",
  );
}
