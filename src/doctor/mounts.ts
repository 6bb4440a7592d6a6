// Lists the cifs mounts of this host with the options that matter for slow requests. Pure. No share is touched.

import { type DebugData, shareOf, treesOf } from "../model/cifs.ts";
import { dfsPathsOfMount, isCifsMount, sharesOfMounts } from "../model/mounted-share.ts";
import { type Mount, parseMountInfo } from "../model/mountinfo.ts";
import { type Finding, note, ok, warn } from "./finding.ts";

/** Listed mounts: hosts with hundreds of mounts have few kinds of them. */
const SHOWN_MAX = 20;

/** Options that are shown with their values, in this order; fs/smb/client/cifsfs.c:cifs_show_options. */
const SHOWN_OPTIONS = ["vers", "cache", "max_channels", "echo_interval"];
/** Options without a value that are shown if they are set. */
const SHOWN_FLAGS = ["multichannel", "seal", "soft", "nostrictsync", "resilienthandles", "persistenthandles"];

export function mountFindings(mountinfo: string, debugData: DebugData | undefined): readonly Finding[] {
  const mounts = parseMountInfo(mountinfo).filter(isCifsMount);
  if (mounts.length === 0) return [note("mounts", "no SMB share is mounted: aod has nothing to watch yet")];
  const shares = sharesOfMounts(mounts, debugData === undefined ? [] : treesOf(debugData));
  const shown = mounts.slice(0, SHOWN_MAX).map((mount) => {
    const share = shares.get(mount)?.[0];
    const isDfs = share !== undefined && dfsPathsOfMount(mount, share).length > 0;
    const link = isDfs ? [`leads to ${share}`] : [];
    return mountFinding(mount, [...link, ...liveFacts(share, debugData)]);
  });
  const hidden = mounts.length - shown.length;
  return hidden > 0 ? [...shown, note("mounts", `and ${hidden} more`)] : shown;
}

// --- internal ---

function mountFinding({ source, mountPoint, superOptions }: Mount, facts: readonly string[]): Finding {
  const optionOf = (name: string) =>
    superOptions.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1);
  const values = SHOWN_OPTIONS.flatMap((name) => {
    const value = optionOf(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  const flags = SHOWN_FLAGS.filter((name) => superOptions.includes(name));
  const found = `${source} at ${mountPoint}: ${[...values, ...flags, ...facts].join(", ")}`;
  if (optionOf("vers") === "1.0") {
    return warn(
      "mounts",
      found,
      "mount it with vers=3.1.1: aod sees only SMB 2 and later, and SMB 1 is insecure",
    );
  }
  return ok("mounts", found);
}

/** The present connection, whatever the mount options ask for. @param share undefined if DebugData does not show it. */
function liveFacts(share: string | undefined, debugData: DebugData | undefined): readonly string[] {
  for (const { sessions, tcpStatus } of debugData?.servers ?? []) {
    for (const { shares, channels, encrypted } of sessions) {
      const tree = shares.find(({ unc }) => shareOf(unc) === share);
      if (tree === undefined) continue;
      return [
        encrypted || tree.encrypted ? "encrypted" : "not encrypted",
        ...(channels.length === 0 ? [] : [`${channels.length + 1} channels`]),
        ...(tcpStatus === undefined || tcpStatus === 1 ? [] : ["the connection is down now"]),
      ];
    }
  }
  return [];
}
