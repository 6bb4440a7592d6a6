// Captures for tests, packed as the runner packs them.

import { tarChunks } from "../../src/packer/tar.ts";
import { zstd } from "../../src/packer/zstd.ts";
import { encodeManifest, makeManifest } from "../../src/runner/manifest.ts";
import { anOrder } from "./order.ts";
import { NO_REPORT } from "./report.ts";
import { BUILT_IN_RULES } from "./scrubber.ts";

export const PACKED_NAME = "aod_20261123T012345.678Z_slow";

/** The bytes of a capture that has these files, by path. */
export function packCapture(files: Readonly<Record<string, string>>, name = PACKED_NAME): Uint8Array {
  const entries = Object.entries(files).map(([path, text]) => ({
    path,
    chunks: [new TextEncoder().encode(text)],
  }));
  const archive = Buffer.concat([...tarChunks({ name, epochMs: 0, entries })]);
  return Buffer.concat(
    Array.from(zstd().compress([archive], archive.length), (piece) => Uint8Array.from(piece)),
  );
}

/** A manifest as the runner writes it, except for the parts that the test gives. */
export function aManifestText(fields: Readonly<Record<string, unknown>> = {}): string {
  const facts = { aodVersion: "1.0.0", host: "client", bootId: "b", kernel: "6.12.0" };
  const verdict = {
    cause: "network",
    confidence: 0.81,
    because: ["3 of 4 segments were sent again"],
  } as const;
  const recorder = { offsets: new Uint32Array(0), oldestNs: 90e9, completeSinceNs: 95e9 };
  const manifest = makeManifest(anOrder(), facts, recorder, [], verdict, {
    scrubber: BUILT_IN_RULES,
    scrubbed: 0,
  });
  const text = encodeManifest(manifest, NO_REPORT);
  return JSON.stringify({ ...JSON.parse(text), ...fields }, null, 2);
}
