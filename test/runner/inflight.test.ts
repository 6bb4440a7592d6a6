import { describe, expect, test } from "bun:test";
import { COMMAND } from "../../src/model/command.ts";
import { KIND } from "../../src/model/request.gen.ts";
import { describeInflight, type TaskReader } from "../../src/runner/inflight.ts";
import { anOrder } from "../helpers/order.ts";
import { aRequest } from "../helpers/request.ts";
import { aFrozen, BEING_WRITTEN } from "../helpers/request-table.ts";

/** The wchan of tasks by id. */
function reader(waits: Readonly<Record<number, string>>, parts: Partial<TaskReader> = {}): TaskReader {
  return { readWchan: (taskId) => waits[taskId], readStack: () => undefined, ...parts };
}

function anOperation(taskId: number, startMs: number) {
  return { startNs: BigInt(startMs * 1e6), xid: 77, taskId, processId: taskId, comm: "ls" };
}

const rowsOf = (text: string) => text.split("\n\n")[1]?.trimEnd().split("\n") ?? [];
const open = (taskId: number, startMs: number) =>
  aRequest({ startMs, latencyMs: 0, taskId, command: COMMAND.SMB2_CREATE, messageId: 23n });

describe("what is in flight", () => {
  test("has every open request, oldest first, with the function in which its task waits", () => {
    const requests = [
      open(12, 99_000),
      aRequest({ startMs: 1, latencyMs: 5 }),
      { ...open(13, 0), startNs: BEING_WRITTEN },
      open(11, 88_500),
    ];
    const waits = { 11: "wait_for_response\n", 12: "0" };
    const text = describeInflight(anOrder(), aFrozen(requests), reader(waits));
    expect(text).toStartWith("2 requests without a reply, 0 operations that wait to be sent; oldest first\n");
    expect(rowsOf(text).map((row) => row.split(/ {2,}/))).toEqual([
      ["age_s", "command", "pid", "tid", "comm", "share", "session", "tree", "message", "wchan"],
      ["11.500", "SMB2_CREATE", "4200", "11", "postgres", "//files/data"].concat([
        "0x1122334455667788",
        "0x5",
        "23",
        "wait_for_response",
      ]),
      ["1.000", "SMB2_CREATE", "4200", "12", "postgres", "//files/data"].concat([
        "0x1122334455667788",
        "0x5",
        "23",
        "0",
      ]),
    ]);
  });

  test("has an operation only if its task waits in cifs and has no request", () => {
    const operations = [anOperation(21, 95_000), anOperation(22, 90_000), anOperation(11, 80_000)];
    const waits = { 11: "wait_for_response", 21: "wait_for_free_credits", 22: "do_wait" };
    const text = describeInflight(anOrder(), aFrozen([open(11, 99_000)], operations), reader(waits));
    expect(text).toContain("1 requests without a reply, 1 operations");
    expect(text).toContain("1 tasks entered cifs and do not wait in it");
    const [, first, ...more] = rowsOf(text).map((row) => row.split(/ +/));
    expect(first).toEqual([
      "5.000",
      "waiting",
      "21",
      "21",
      "ls",
      "-",
      "-",
      "-",
      "77",
      "wait_for_free_credits",
    ]);
    expect(more.map((row) => row[3])).toEqual(["11"]);
  });

  test("shows a task that has ended as gone", () => {
    const text = describeInflight(anOrder(), aFrozen([open(11, 99_000)]), reader({}));
    expect(rowsOf(text)[1]).toEndWith("  gone");
  });

  test("shows the stacks of the oldest tasks, each once", () => {
    const asked: number[] = [];
    const readStack = (taskId: number) => {
      asked.push(taskId);
      return taskId === 3 ? undefined : "[<0>] wait_for_response+0x7d/0x110 [cifs]\n";
    };
    const requests = Array.from({ length: 100 }, (_, i) => open(Math.floor(i / 2), 50_000 + i));
    const text = describeInflight(anOrder(), aFrozen(requests), reader({}, { readStack }));
    expect(asked).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(text).toContain("\n\nstack of 2\n[<0>] wait_for_response+0x7d/0x110 [cifs]\n\nstack of 4\n");
    const many = Array.from({ length: 100 }, (_, i) => open(i, 50_000 + i));
    asked.length = 0;
    describeInflight(anOrder(), aFrozen(many), reader({}, { readStack }));
    expect(asked).toHaveLength(64);
  });

  test("reports once that stacks may not be read", () => {
    const refused = reader({}, { readStack: () => "refused" });
    const text = describeInflight(anOrder(), aFrozen([open(1, 1), open(2, 2)]), refused);
    expect(text).toEndWith(
      "\n\nkernel stacks: aod may not read them (CAP_SYS_ADMIN): the service has it with the drop-in kernel-stacks.conf, /usr/share/doc/aod/service.md\n",
    );
  });

  test("is bounded, however many wait, and inspects few tasks, each once", () => {
    let asked = 0;
    const requests = Array.from({ length: 60_000 }, (_, i) => open(i % 9000, 50_000));
    const readWchan = () => {
      asked += 1;
      return "wait_for_response";
    };
    const text = describeInflight(anOrder(), aFrozen(requests), reader({}, { readWchan }));
    expect(rowsOf(text)).toHaveLength(1025);
    expect(text).toContain("the 58976 youngest are not shown; requests.csv has every request");
    expect(asked).toBeLessThanOrEqual(1024);
  });

  test("shows the oldest of very many, wherever they are in the table", () => {
    const requests = Array.from({ length: 5000 }, (_, i) => open(i, 10_000 + ((i * 7919) % 5000)));
    const rows = rowsOf(describeInflight(anOrder(), aFrozen(requests), reader({}))).slice(1);
    const ages = rows.map((row) => Number(row.split(/ +/)[0]));
    expect(ages).toEqual(Array.from({ length: 1024 }, (_, i) => 90 - i / 1000));
  });

  test("inspects the oldest of very many operations, and reports how many it did not inspect", () => {
    const operations = Array.from({ length: 3000 }, (_, i) => anOperation(i + 1, 99_000 - i));
    const looked: number[] = [];
    const readWchan = (taskId: number) => {
      looked.push(taskId);
      return taskId % 2 === 0 ? "smb2_reconnect" : "do_wait";
    };
    const text = describeInflight(anOrder(), aFrozen([], operations), reader({}, { readWchan }));
    expect(looked).toHaveLength(1024);
    expect(Math.min(...looked)).toBe(3000 - 1023);
    expect(text).toStartWith(
      "0 requests without a reply, 512 operations that wait to be sent; oldest first\n",
    );
    expect(text).toContain("\n512 tasks entered cifs and do not wait in it, or may not be inspected\n");
    expect(text).toContain("\n1976 more entered later and were not inspected\n");
  });

  test("inspects this host's tasks", () => {
    const operation = { ...anOperation(process.pid, 1), processId: process.pid };
    const request = { ...open(process.pid, 1), kind: KIND.REQUEST };
    const text = describeInflight(anOrder(), aFrozen([request], [operation]));
    expect(text).toContain(` ${process.pid} `);
    expect(text).toContain("1 requests without a reply, 0 operations");
  });
});
