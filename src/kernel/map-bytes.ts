// What the BPF maps take of the kernel's memory. In: the loaded object; out: bytes, as the kernel itself counts them.

import { readFileSync } from "node:fs";
import { type BpfObject, MAPS } from "./object.ts";

/** All maps together, from /proc/self/fdinfo: kernel/bpf/syscall.c, bpf_map_show_fdinfo. They never grow. */
export function readMapBytes(object: BpfObject): number {
  return MAPS.reduce((sum, name) => {
    const info = readFileSync(`/proc/self/fdinfo/${object.mapFd(name)}`, "utf8");
    return sum + Number(/^memlock:\s*(\d+)/m.exec(info)?.[1] ?? 0);
  }, 0);
}
