// Checks whether the kernel log can be read as it grows: lockups and messages of the SMB client are signals. Pure but
// for the attempt to open the file.

import { closeSync } from "node:fs";
import { KERNEL_LOG, openAtEnd } from "../system/kernel-log-reader.ts";
import { type Finding, ok, warn } from "./finding.ts";

export function kernelLogFinding(path = KERNEL_LOG): Finding {
  const opened = openAtEnd(path);
  if (typeof opened === "number") {
    closeSync(opened);
    return ok("kernel log", `${path} can be read: aod sees lockups and messages of the SMB client`);
  }
  return warn(
    "kernel log",
    `cannot open ${path}: ${opened}; aod does not see lockups and messages of the SMB client`,
    "run as root with CAP_SYSLOG; in a container, add the device /dev/kmsg",
  );
}
