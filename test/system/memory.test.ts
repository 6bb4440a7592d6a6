import { ptr } from "bun:ffi";
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { presentMemory } from "../../src/system/memory.ts";

const BYTES = 4 * 2 ** 20;

/** How much of these addresses is in memory: the field Rss of proc_pid_smaps(5), where a mapping begins inside. */
function residentBytes(address: number, bytes: number): number {
  let isInside = false;
  let resident = 0;
  for (const line of readFileSync("/proc/self/smaps", "utf8").split("\n")) {
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line) ?? [];
    if (from !== undefined && to !== undefined) {
      isInside = Number.parseInt(from, 16) < address + bytes && Number.parseInt(to, 16) > address;
    }
    const [, kib] = /^Rss: +(\d+) kB/.exec(line) ?? [];
    if (isInside && kib !== undefined) resident += Number(kib) * 1024;
  }
  return resident;
}

/** Transferred as to another thread, which is what moves the memory, and forgotten. */
function transferAndForget(): number {
  const memory = presentMemory(BYTES);
  const address = ptr(memory);
  const received = structuredClone(memory, { transfer: [memory] });
  if (ptr(received) !== address) throw new Error("it was copied");
  return address;
}

describe("memory that is there at once", () => {
  test("exists before it is written, and is zeroed", () => {
    const memory = presentMemory(BYTES);
    expect(residentBytes(ptr(memory), BYTES)).toBeGreaterThanOrEqual(BYTES);
    expect(new Uint8Array(memory).every((byte) => byte === 0)).toBe(true);
  });

  test("has the requested size, even if it is no multiple of a page", () => {
    const memory = presentMemory(5000);
    new Uint8Array(memory).fill(1);
    expect(memory.byteLength).toBe(5000);
  });

  test("returns to the kernel when its last owner has dropped it", async () => {
    const many = 20;
    const before = process.memoryUsage.rss();
    for (let i = 0; i < many; i++) transferAndForget();
    await Bun.sleep(1);
    Bun.gc(true);
    // What an old value on the stack still points to may stay.
    expect(process.memoryUsage.rss() - before).toBeLessThan((many * BYTES) / 4);
  });
});
