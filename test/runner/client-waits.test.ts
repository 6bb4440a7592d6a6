import { describe, expect, test } from "bun:test";
import { ERRNO } from "../../src/model/errno.ts";
import { KIND } from "../../src/model/request.gen.ts";
import { findClientWaits } from "../../src/runner/client-waits.ts";
import { aRequest } from "../helpers/request.ts";

const operation = (taskId: number, errno = 0) =>
  aRequest({ kind: KIND.OPERATION, latencyMs: 0, taskId, errno });

describe("waits inside the client", () => {
  test.each([
    ["open_cached_dir", ["open_cached_dir"]],
    ["cifs_mark_open_files_invalid", ["cifs_mark_open_files_invalid"]],
    ["folio_wait_bit_common", ["folio_wait_bit_common"]],
    ["wait_for_response", []],
    ["wait_for_free_credits.constprop.0", []],
    ["cifs_wait_for_server_reconnect", []],
    ["0", []],
    ["(D)", []],
    [undefined, []],
  ] as const)("a task in %s: %p", (wchan, expected) => {
    expect(findClientWaits([operation(7)], () => wchan)).toEqual([...expected]);
  });

  test("are read for operations that have not ended, each task once", () => {
    const asked: number[] = [];
    const evidence = [operation(7), operation(7), operation(8), operation(9, ERRNO.EIO), aRequest({})];
    const waits = findClientWaits(evidence, (taskId) => {
      asked.push(taskId);
      return "cifs_reopen_file";
    });
    expect(waits).toEqual(["cifs_reopen_file"]);
    expect(asked).toEqual([7, 8]);
  });
});
