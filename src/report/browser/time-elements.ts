// Shows the reader's local time beside the UTC of the page.

import { localTime } from "./local-time.ts";

/** Adds the local time behind each `time` element of the page. */
export function showLocalTimes(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLTimeElement>("time[datetime]")) {
    const local = localTime(Date.parse(element.dateTime));
    if (local !== "") element.append(` (${local})`);
  }
}
