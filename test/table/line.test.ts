import { describe, expect, test } from "bun:test";
import { REQUEST_BYTES } from "../../src/model/request.gen.ts";
import { RequestMemory } from "../../src/model/request.ts";
import { isUsed, type LineMemory, lineStartNs, readStarted, readWhole } from "../../src/table/line.ts";
import { seeded } from "../helpers/random.ts";
import { aRequest } from "../helpers/request.ts";
import { aTable, BEING_WRITTEN } from "../helpers/request-table.ts";

function lineWith(startNs: bigint) {
  return new RequestMemory(aTable([aRequest({ startNs })], REQUEST_BYTES));
}

interface FakeLine {
  readonly startNs: bigint;
  readonly fields: readonly bigint[];
}

const FIELDS = 3;

/** Memory of one line to which a program makes a step before each access of the reader, as random decides. */
class RacingMemory implements LineMemory<FakeLine> {
  #startNs = 1n;
  #fields: readonly bigint[] = Array.from({ length: FIELDS }, () => 1n);
  #next = 2n;
  /** Fields of the next record that have been written; undefined while no program writes. */
  #written: number | undefined;
  readonly #mayStep: () => boolean;

  constructor(mayStep: () => boolean) {
    this.#mayStep = mayStep;
  }

  startLow(): number {
    this.#step();
    return Number(this.#startNs & 0xffff_ffffn);
  }

  startHigh(): number {
    this.#step();
    return Number(this.#startNs >> 32n);
  }

  startNs(): bigint {
    this.#step();
    return this.#startNs;
  }

  read(): FakeLine {
    this.#step();
    const startNs = this.#startNs;
    const fields = this.#fields.map((_, index) => {
      this.#step();
      return this.#fields[index] ?? 0n;
    });
    return { startNs, fields };
  }

  /** As bpf/line.h: ~0, the fields, the new start. */
  #step(): void {
    while (this.#mayStep()) {
      if (this.#written === undefined) {
        this.#startNs = BEING_WRITTEN;
        this.#written = 0;
      } else if (this.#written < FIELDS) {
        this.#fields = this.#fields.with(this.#written, this.#next);
        this.#written += 1;
      } else {
        this.#startNs = this.#next;
        // A time on both halves, so that one half alone does not give a change away.
        this.#next += random.chance(0.5) ? 1n : 1n << 32n;
        this.#written = undefined;
      }
    }
  }
}

const random = seeded();

describe("lineStartNs", () => {
  test.each([
    ["an empty line starts at 0", 0n, 0, false],
    ["a line in use starts at its time", 0x12_3456_789an, 0x12_3456_789a, true],
    ["a line that is being written starts at no time", BEING_WRITTEN, Infinity, false],
  ] as const)("%s", (_, startNs, expected, used) => {
    const found = lineStartNs(lineWith(startNs), 0);
    expect(found).toBe(expected);
    expect(isUsed(found)).toBe(used);
  });
});

describe("readWhole", () => {
  test("reads a line in use", () => {
    expect(readWhole(lineWith(7n), 0)?.startNs).toBe(7n);
  });

  test("reads neither an empty line nor one that is being written", () => {
    expect(readWhole(lineWith(0n), 0)).toBeUndefined();
    expect(readWhole(lineWith(BEING_WRITTEN), 0)).toBeUndefined();
  });

  test("never returns parts of two records, whenever a program writes", () => {
    let whole = 0;
    let refused = 0;
    for (let round = 0; round < 20_000; round++) {
      const memory = new RacingMemory(() => random.chance(0.3));
      const line = readWhole(memory, 0);
      if (line === undefined) refused += 1;
      else {
        whole += 1;
        expect(line.fields, random.seedText).toEqual(line.fields.map(() => line.startNs));
      }
    }
    expect(whole, random.seedText).toBeGreaterThan(100);
    expect(refused, random.seedText).toBeGreaterThan(100);
  });
});

describe("readStarted", () => {
  test("reads the line of the record that was seen there, and of no other", () => {
    expect(readStarted(lineWith(7n), 0, 7)?.startNs).toBe(7n);
    expect(readStarted(lineWith(8n), 0, 7)).toBeUndefined();
  });
});
