import { describe, expect, test } from "bun:test";
import { readPermits } from "../../src/system/permits.ts";

const STATUS = (bits: readonly bigint[]) =>
  `Name:\taod\nCapEff:\t${bits
    .reduce((sum, bit) => sum | (1n << bit), 0n)
    .toString(16)
    .padStart(16, "0")}\n`;

describe("a process", () => {
  test("without capabilities reads no stacks, enters no namespaces and records no packets", () => {
    expect(readPermits(STATUS([]))).toMatchObject({ stacks: false, namespaces: false, packets: false });
  });

  test("with CAP_SYS_ADMIN reads stacks; whether it enters namespaces is the filter's to say", () => {
    expect(readPermits(STATUS([21n]))).toMatchObject({ stacks: true, packets: false });
  });

  test("may open Internet sockets where nothing forbids it", () => {
    expect(readPermits().internet).toBe(true);
  });
});
