// The files that this room needs inside the executable: the two builds of the BPF object, and libbpf with the two
// libraries that it needs. Nothing is written to disk.

import { readFileSync } from "node:fs";
import atomicObject from "../../build/bpf/aod.bpf.o" with { type: "file" };
import plainObject from "../../build/bpf/aod-plain.bpf.o" with { type: "file" };
import libbpf from "../../build/lib/libbpf.so.1" with { type: "file" };
import libelf from "../../build/lib/libelf.so.1" with { type: "file" };
import libz from "../../build/lib/libz.so.1" with { type: "file" };

/** By soname; libbpf needs the other two loaded before it. */
export const LIBRARIES = { "libz.so.1": libz, "libelf.so.1": libelf, "libbpf.so.1": libbpf } as const;

/** `atomic` claims lines by compare-and-exchange, which kernels 5.10 and 5.11 refuse to load; they take `plain`. */
export type ObjectBuild = "atomic" | "plain";

export const OBJECTS: Readonly<Record<ObjectBuild, string>> = { atomic: atomicObject, plain: plainObject };

export function readAsset(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(path));
}
