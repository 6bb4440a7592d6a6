// libbpf, bound by Bun's FFI and loaded from memory. In: numbers and buffers; out: what the call returned, checked:
// nobody in this room sees a naked return code. Loaded at the first use, so that verbs without BPF pay nothing.

import { dlopen, type FFIFunction, type Pointer } from "bun:ffi";
import { basename } from "node:path";
import { errnoName } from "../model/errno.ts";
import { AodError, type FailureCode } from "../model/failure.ts";
import { libraryFile } from "../system/memory-file.ts";
import { LIBRARIES, readAsset } from "./assets.ts";

const DECLARATIONS = {
  bpf_enable_stats: { args: ["i32"], returns: "i32" },
  bpf_map__fd: { args: ["ptr"], returns: "i32" },
  bpf_map_lookup_elem: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  bpf_map_update_elem: { args: ["i32", "ptr", "ptr", "u64"], returns: "i32" },
  bpf_map_delete_elem: { args: ["i32", "ptr"], returns: "i32" },
  bpf_map_get_next_key: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  bpf_object__close: { args: ["ptr"], returns: "void" },
  bpf_object__find_map_by_name: { args: ["ptr", "ptr"], returns: "ptr" },
  bpf_object__find_program_by_name: { args: ["ptr", "ptr"], returns: "ptr" },
  bpf_object__load: { args: ["ptr"], returns: "i32" },
  bpf_object__open_mem: { args: ["ptr", "u64", "ptr"], returns: "ptr" },
  bpf_prog_test_run_opts: { args: ["i32", "ptr"], returns: "i32" },
  bpf_program__fd: { args: ["ptr"], returns: "i32" },
  bpf_raw_tracepoint_open: { args: ["ptr", "i32"], returns: "i32" },
  libbpf_num_possible_cpus: { args: [], returns: "i32" },
  libbpf_set_print: { args: ["ptr"], returns: "ptr" },
} as const;

type Libbpf = ReturnType<typeof dlopen<typeof DECLARATIONS>>["symbols"];

let loaded: Libbpf | undefined;

/** The library's functions; throws BPF_UNSUPPORTED where the host forbids to load libraries from memory. */
export function libbpf(): Libbpf {
  loaded ??= load();
  return loaded;
}

function load(): Libbpf {
  // Bun's dlopen wants at least one function of each.
  openLibrary(LIBRARIES.libz, { zlibVersion: { args: [], returns: "ptr" } });
  openLibrary(LIBRARIES.libelf, { elf_version: { args: ["u32"], returns: "u32" } });
  const symbols = openLibrary(LIBRARIES.libbpf, DECLARATIONS);
  // libbpf would print to stderr; what matters comes as errno and verifier log.
  symbols.libbpf_set_print(null);
  return symbols;
}

/** The loader finds what a library needs by the soname of what is loaded already. */
function openLibrary<Declarations extends Record<string, FFIFunction>>(
  path: string,
  declarations: Declarations,
) {
  try {
    return dlopen(libraryFile(basename(path), readAsset(path)), declarations).symbols;
  } catch (cause) {
    const message = `load ${basename(path)} from memory (forbidden by SELinux, fapolicyd or IMA?)`;
    throw new AodError("BPF_UNSUPPORTED", message, {}, cause);
  }
}

/** A non-negative return value as it is; a negative one is -errno and is thrown. */
export function check(returned: number, doing: string, code: FailureCode = "BPF_LOAD"): number {
  if (returned >= 0) return returned;
  throw new AodError(code, `${doing}: ${errnoName(-returned)}`, { errno: -returned });
}

/** A pointer as Bun hands it over. */
export type Handle = Pointer | bigint;

/** A pointer that must be there: what the object file does not have is our own mistake. */
export function present(pointer: Handle | null, what: string): Handle {
  if (pointer === null) throw new AodError("BUG", `the BPF object has no ${what}`);
  return pointer;
}

/** Bytes of a C string; the caller keeps it referenced during the call. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
