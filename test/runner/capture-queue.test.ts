import { describe, expect, test } from "bun:test";
import type { CaptureOrder, CaptureSummary } from "../../src/model/capture.ts";
import { AodError } from "../../src/model/failure.ts";
import { CaptureQueue } from "../../src/runner/capture-queue.ts";
import type { FromRunner } from "../../src/thread/messages.ts";
import { anOrder } from "../helpers/order.ts";
import { NO_REPORT } from "../helpers/report.ts";
import { UNKNOWN } from "../helpers/verdict.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const NOTHING = { table: new ArrayBuffer(0), operations: new ArrayBuffer(0) };

/** A queue whose captures end when the test resolves them. */
function aQueue() {
  const reports: FromRunner[] = [];
  const failures: unknown[] = [];
  const atWork = new Map<number, { finish(): void; fail(error: unknown): void }>();
  const queue = new CaptureQueue({
    makeCapture: (order) =>
      new Promise<CaptureSummary>((resolve, reject) => {
        atWork.set(order.orderId, {
          finish: () => resolve({ ...nothing(order), name: `capture-${order.orderId}` }),
          fail: reject,
        });
      }),
    report: (report) => reports.push(report),
    fail: (thrown) => failures.push(thrown),
    retryMs: 1,
  });
  const orders = Array.from({ length: 8 }, () => anOrder());
  const ids = orders.map(({ orderId }) => orderId);
  const settle = () => Bun.sleep(1);
  const submit = (count: number) => {
    for (const order of orders.slice(0, count)) queue.submit(order, NOTHING);
  };
  return { queue, reports, failures, atWork, orders, ids, submit, settle };
}

function nothing({ orderId, incidentId }: CaptureOrder) {
  return { orderId, incidentId, bytes: 0, durationMs: 0, actions: [], verdict: UNKNOWN, report: NO_REPORT };
}

describe("the queue of captures", () => {
  test("works on two at the same time, in the order in which they came", async () => {
    const { queue, atWork, ids, submit, settle } = aQueue();
    submit(4);
    expect([...atWork.keys()]).toEqual(ids.slice(0, 2));
    expect(queue.counts).toEqual({ captured: 0, failed: 0, busy: 4 });
    atWork.get(ids[1] ?? 0)?.finish();
    await settle();
    expect([...atWork.keys()]).toEqual(ids.slice(0, 3));
    expect(queue.counts).toEqual({ captured: 1, failed: 0, busy: 3 });
  });

  test("retries a capture after a shortage, and neither drops it nor fails", async () => {
    const { atWork, reports, failures, ids, submit } = aQueue();
    submit(1);
    const [id = 0] = ids;
    const first = atWork.get(id);
    first?.fail(Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" }));
    await waitUntil(() => atWork.get(id) !== first);
    atWork.get(id)?.finish();
    await waitUntil(() => reports.length > 0);
    expect(reports).toMatchObject([{ type: "collected", capture: { orderId: id } }]);
    expect(failures).toEqual([]);
  });

  test("drops a capture if a shortage persists, and does not fail", async () => {
    const { queue, atWork, reports, failures, ids, submit } = aQueue();
    submit(1);
    const [id = 0] = ids;
    let tries = 0;
    for (let last: unknown; reports.length === 0; await Bun.sleep(1)) {
      const now = atWork.get(id);
      if (now === last) continue;
      last = now;
      tries++;
      now?.fail(new AodError("CAPTURE_WRITE", "write: EMFILE", { errno: 24 }));
    }
    expect(tries).toBe(5);
    expect(reports).toMatchObject([{ type: "dropped", orderId: id, reason: "write: EMFILE" }]);
    expect(failures).toEqual([]);
    expect(queue.counts).toMatchObject({ captured: 0, failed: 1, busy: 0 });
  });

  test("reports each order once", async () => {
    const { atWork, reports, ids, submit, settle } = aQueue();
    submit(2);
    for (const { finish } of atWork.values()) finish();
    await settle();
    expect(reports).toMatchObject(
      ids.slice(0, 2).map((orderId) => ({ type: "collected", capture: { orderId } })),
    );
  });

  test("drops orders beyond its limit with a reason", () => {
    const { queue, reports, ids, submit } = aQueue();
    submit(7);
    expect(reports).toEqual([
      { type: "dropped", orderId: ids[6] ?? 0, reason: "2 captures are being made and 4 wait" },
    ]);
    expect(queue.counts).toEqual({ captured: 0, failed: 1, busy: 6 });
  });

  test("drops a capture if the disk is full, and goes on", async () => {
    const { queue, atWork, reports, failures, ids, submit, settle } = aQueue();
    submit(3);
    atWork.get(ids[0] ?? 0)?.fail(new AodError("DISK_FULL", "write x: ENOSPC"));
    await settle();
    expect(reports).toEqual([{ type: "dropped", orderId: ids[0] ?? 0, reason: "write x: ENOSPC" }]);
    expect(failures).toEqual([]);
    expect(atWork.has(ids[2] ?? 0)).toBe(true);
    expect(queue.counts).toEqual({ captured: 0, failed: 1, busy: 2 });
  });

  test("drops a capture for a fault of aod itself, and reports the fault", async () => {
    const { atWork, reports, failures, ids, submit, settle } = aQueue();
    submit(1);
    const bug = new TypeError("undefined is not a function");
    atWork.get(ids[0] ?? 0)?.fail(bug);
    await settle();
    expect(reports).toMatchObject([{ type: "dropped", orderId: ids[0] ?? 0 }]);
    expect(failures).toEqual([bug]);
  });

  test("stops when the orders at work have ended; waiting and later orders are dropped", async () => {
    const { queue, atWork, reports, orders, ids, submit, settle } = aQueue();
    submit(3);
    let hasStopped = false;
    const stopped = queue.stop().then(() => {
      hasStopped = true;
    });
    queue.submit(orders[3] ?? anOrder(), NOTHING);
    expect(reports).toEqual(
      ids.slice(2, 4).map((orderId) => ({ type: "dropped", orderId, reason: "aod is stopping" })),
    );
    atWork.get(ids[0] ?? 0)?.finish();
    await settle();
    expect(hasStopped).toBe(false);
    atWork.get(ids[1] ?? 0)?.fail(new AodError("CAPTURE_WRITE", "write x: EIO"));
    await stopped;
    expect(reports).toHaveLength(4);
    expect(atWork.size).toBe(2);
  });
});
