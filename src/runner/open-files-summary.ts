// Summarises /proc/fs/cifs/open_files for people: shares by name in place of numbers, the number of open files on each,
// and the original text below. Pure.

import { parseOpenFiles } from "../cifs/open-files.ts";
import type { CaptureOrder } from "../model/capture.ts";
import { ShareIndex } from "../model/share.ts";
import { escapeName } from "./request-row.ts";

/** Most files that are listed by share; the original text has them all. */
const LISTED_MAX = 4096;

export function summarizeOpenFiles(text: string, { shares }: Pick<CaptureOrder, "shares">): string {
  const known = new ShareIndex(shares);
  const files = parseOpenFiles(text).map((file) => {
    const { sessionId, treeId } = file;
    const share = sessionId === undefined ? known.findAlone(treeId) : known.find(sessionId, treeId);
    return { ...file, share: escapeName(share ?? `tree 0x${treeId.toString(16)}`) };
  });
  const byShare = Map.groupBy(files, ({ share }) => share);
  return [
    `${files.length} open files`,
    ...[...byShare].map(([share, { length }]) => `  ${share}: ${length}`),
    "",
    ...files
      .slice(0, LISTED_MAX)
      .map(
        ({ share, pid, uid, flags, count, fileId, name }) =>
          `${share}  pid ${pid}, uid ${uid}, flags ${flags}, count ${count}, fid ${fileId}  ${escapeName(name)}`,
      ),
    ...(files.length > LISTED_MAX ? [`and ${files.length - LISTED_MAX} more`] : []),
    "",
    text,
  ].join("\n");
}
