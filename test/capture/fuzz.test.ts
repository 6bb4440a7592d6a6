// Random damage to a capture: the reader returns a whole capture, or refuses it as damaged.

import { expect, test } from "bun:test";
import { parseCapture, READ_LIMITS } from "../../src/capture/reader.ts";
import { AodError } from "../../src/model/failure.ts";
import { tarChunks } from "../../src/packer/tar.ts";
import { type Random, seeded } from "../helpers/random.ts";

const ROUNDS = 3000;
const LIMITS = { ...READ_LIMITS, maxContentBytes: 1 << 20, maxEntries: 64 };
const NAME = "aod_20261123T012345.678Z_slow";

function anArchive(random: Random): Buffer {
  const text = (length: number) => Buffer.alloc(length, random.pick(["a", "0", "\n", "\xff"]));
  const entries = ["requests.csv", "actions/dmesg.log", "actions/stats.log"].map((path) => ({
    path,
    chunks: [text(random.int(0, 2000))],
  }));
  const manifest = { path: "manifest.json", chunks: [Buffer.from('{"schema_version":1}')] };
  return Buffer.concat([...tarChunks({ name: NAME, epochMs: 0, entries: [manifest, ...entries] })]);
}

/** Changes, removes, inserts or repeats some bytes. */
function damage(whole: Uint8Array, random: Random): Buffer {
  let bytes = Buffer.from(whole);
  for (let times = random.int(1, 4); times > 0; times--) {
    const at = random.int(0, Math.max(0, bytes.length - 1));
    const end = Math.min(bytes.length, at + random.pick([1, 4, 100, 512]));
    switch (random.int(0, 4)) {
      case 0:
        bytes[at] = random.int(0, 255);
        break;
      case 1:
        bytes = bytes.subarray(0, at);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
        break;
      default:
        bytes.fill(random.pick([0, 0x20, 0x37, 0xff]), at, end);
    }
  }
  return bytes;
}

/** Corrects the checksums, so that the reader gets to the contents that they protect. */
function withChecksums(archive: Buffer): Buffer {
  for (let at = 0; at + 512 <= archive.length; at += 512) {
    const block = archive.subarray(at, at + 512);
    if (block.toString("latin1", 257, 262) !== "ustar") continue;
    block.write("        ", 148, "latin1");
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, 8, "latin1");
  }
  return archive;
}

const WAYS: readonly (readonly [string, (archive: Buffer, random: Random) => Uint8Array])[] = [
  ["the compressed file", (archive, random) => damage(Bun.zstdCompressSync(archive), random)],
  ["the archive in it", (archive, random) => Bun.zstdCompressSync(damage(archive, random))],
  [
    "entries with right checksums",
    (archive, random) => Bun.zstdCompressSync(withChecksums(damage(archive, random))),
  ],
];

test.each(WAYS)("damage to %s is refused or is harmless", (_, make) => {
  const random = seeded();
  let refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const file = make(anArchive(random), random);
    try {
      const { files } = parseCapture(file, LIMITS);
      expect(files.size, random.seedText).toBeLessThanOrEqual(LIMITS.maxEntries);
      const total = [...files.values()].reduce((sum, { length }) => sum + length, 0);
      expect(total, random.seedText).toBeLessThanOrEqual(LIMITS.maxContentBytes);
      for (const path of files.keys()) expect(path.split("/"), random.seedText).not.toContain("..");
    } catch (error) {
      if (!(error instanceof AodError))
        throw new Error(`${random.seedText}, round ${round}`, { cause: error });
      expect(error.code, random.seedText).toBe("CAPTURE_DAMAGED");
      refused += 1;
    }
  }
  // At least seven in eight are damaged; 3,000 rounds can't come near a quarter by chance.
  expect(refused, random.seedText).toBeGreaterThan(ROUNDS / 4);
});
