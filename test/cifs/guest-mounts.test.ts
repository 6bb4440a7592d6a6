// Attribution for every kind of mount that the guest makes, from the texts that its kernel printed.

import { describe, expect, test } from "bun:test";
import { makeAttribute } from "../../src/cifs/attribution.ts";
import { parseDebugData } from "../../src/cifs/debug-data.ts";
import { parseOpenFiles } from "../../src/cifs/open-files.ts";
import { dialectName } from "../../src/model/attribution.ts";
import { treesOf } from "../../src/model/cifs.ts";
import { isCifsMount, withDfsPathsOfMounts } from "../../src/model/mounted-share.ts";
import { parseMountInfo } from "../../src/model/mountinfo.ts";
import { ShareIndex } from "../../src/model/share.ts";
import { guestMounts } from "../helpers/guest-mounts.ts";

describe.each(guestMounts().map((one) => [one.name, one] as const))("%s", (_, { facts, read }) => {
  const mounts = parseMountInfo(read("mountinfo")).filter(isCifsMount);
  const trees = withDfsPathsOfMounts(treesOf(parseDebugData(read("debugdata"))), mounts).map((tree) => ({
    ...tree,
    slot: 0,
  }));
  const proc = {
    readProcessName: () => undefined,
    readCgroup: () => undefined,
    isKernelThread: () => false,
    readMountinfo: () => read("mountinfo"),
  };

  test.each(facts)("$share is attributed to $mountPoint, with the options of its mount", (fact) => {
    const { mountPoints, dialect, ...others } = makeAttribute(trees, proc)(fact.share, []);
    const ofShare = facts.filter(({ share }) => share === fact.share).map(({ mountPoint }) => mountPoint);
    expect(mountPoints).toEqual(ofShare);
    expect({ ...others, dialect: dialectName(dialect ?? 0) }).toMatchObject({
      dialect: fact.dialect,
      encrypted: fact.encrypted,
      address: fact.address,
      possibleShares: [],
    });
  });

  test("each open file belongs to a mounted share", () => {
    const index = new ShareIndex(trees);
    const files = parseOpenFiles(read("open_files"));
    expect(files.length).toBeGreaterThan(0);
    for (const { sessionId, treeId } of files) {
      // 5.10 prints no session.
      const share = sessionId === undefined ? index.findAlone(treeId) : index.nameOf(sessionId, treeId);
      expect(facts.map((fact) => fact.share)).toContain(share ?? "unknown");
    }
  });
});
