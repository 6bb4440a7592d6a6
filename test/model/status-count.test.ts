import { describe, expect, test } from "bun:test";
import { ERRNO } from "../../src/model/errno.ts";
import { FLAG, KIND } from "../../src/model/request.gen.ts";
import {
  addStatuses,
  countOfRow,
  STATUSES_MAX,
  type StatusCount,
  statusesText,
  statusOf,
  statusRow,
} from "../../src/model/status-count.ts";
import { aRefusal } from "../helpers/facts.ts";
import { seeded } from "../helpers/random.ts";
import { aRequest } from "../helpers/request.ts";

describe("counts of statuses", () => {
  test("add up, whatever the lists are, the most frequent first", () => {
    const { int, pick, seedText } = seeded();
    for (let run = 0; run < 200; run++) {
      const list = (): StatusCount[] =>
        Array.from({ length: int(0, 6) }, () =>
          aRefusal(pick(["SMB2_READ", "SMB2_WRITE"]), pick([0xc000_007f, 0xc000_0022]), int(1, 9)),
        );
      const [a, b] = [list(), list()];
      const sum = (counts: readonly StatusCount[]) => counts.reduce((total, { count }) => total + count, 0);
      const added = addStatuses(a, b);
      expect(sum(added), seedText).toBe(sum(a) + sum(b));
      expect(added, seedText).toEqual(added.toSorted((x, y) => y.count - x.count));
      expect(addStatuses(added), seedText).toEqual(added);
    }
  });

  test("are of failed requests and operations alone", () => {
    const failed = { flags: FLAG.REPLIED | FLAG.ERRORED, ntStatus: 0xc000_007f, errno: ERRNO.ENOSPC };
    expect(statusOf(aRequest(failed))).toMatchObject({ ntStatus: 0xc000_007f, count: 1 });
    expect(statusOf(aRequest({ kind: KIND.OPERATION, errno: ERRNO.ENOKEY }))).toEqual({
      command: undefined,
      ntStatus: 0,
      errno: ERRNO.ENOKEY,
      count: 1,
    });
    expect(statusOf(aRequest({}))).toBeUndefined();
  });

  test("are bounded, however many statuses a server invents", () => {
    const many = Array.from({ length: 500 }, (_, n) => aRefusal("SMB2_READ", 0xc0de_0000 + n, n + 1));
    expect(addStatuses(many)).toHaveLength(STATUSES_MAX);
    expect(addStatuses(many)[0]?.count).toBe(500);
  });

  test("survive the row that JSON has of them", () => {
    const operation = { command: undefined, ntStatus: 0, errno: ERRNO.EHOSTDOWN, count: 2 };
    for (const one of [aRefusal("SMB2_WRITE", 0xc000_007f), aRefusal("SMB2_READ", 0xc0de_0001), operation])
      expect(countOfRow(JSON.parse(JSON.stringify(statusRow(one))))).toEqual(one);
    expect(countOfRow({ ...statusRow(operation), errno: "EVIL" })).toBeUndefined();
    expect(countOfRow({ ...statusRow(operation), command: "constructor" })).toBeUndefined();
  });

  test("in words add the commands of one status up", () => {
    const counts = [aRefusal("SMB2_WRITE", 0xc000_007f, 7), aRefusal("SMB2_CREATE", 0xc000_007f, 5)];
    expect(statusesText(counts)).toBe("STATUS_DISK_FULL 12 ×");
    expect(statusesText([...counts, aRefusal("SMB2_CREATE", 0xc000_0022, 1)], 1)).toBe(
      "STATUS_DISK_FULL 12 ×, 1 more",
    );
    expect(statusesText([])).toBeUndefined();
  });
});
