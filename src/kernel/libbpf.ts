// libbpf, bound by Bun's FFI and loaded from memory; where a host forbids that, its own. In: numbers and buffers; out: what
// the call returned, checked: nobody in this room sees a naked return code. Loaded at the first use, so that verbs without
// BPF pay nothing.

import { dlopen, type FFIFunction, type Pointer } from "bun:ffi";
import { errnoName } from "../model/errno.ts";
import { AodError, type FailureCode } from "../model/failure.ts";
import { firstThatWorks } from "../system/fallback.ts";
import { libraryFile } from "../system/memory-file.ts";
import { LIBRARIES, readAsset } from "./assets.ts";

const DECLARATIONS = {
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

/** Where a library comes from: aod's own copy in memory, or what the host has installed. */
export type LibraryOrigin = "memory" | "host";

/** The library's functions; throws LIBRARY_REFUSED where there is none that the host lets aod load. */
export function libbpf(): Libbpf {
  loaded ??= load();
  return loaded;
}

/** The functions of one of the two; throws whatever the loader says. */
export function openLibbpf(origin: LibraryOrigin): Libbpf {
  // The loader finds what a library needs by the soname of what is loaded already. Bun's dlopen wants a function of each.
  openLibrary("libz.so.1", origin, { zlibVersion: { args: [], returns: "ptr" } });
  openLibrary("libelf.so.1", origin, { elf_version: { args: ["u32"], returns: "u32" } });
  const symbols = openLibrary("libbpf.so.1", origin, DECLARATIONS);
  // libbpf would print to stderr; what matters comes as errno and verifier log.
  symbols.libbpf_set_print(null);
  return symbols;
}

function load(): Libbpf {
  try {
    return firstThatWorks({
      "aod's own, from memory": () => openLibbpf("memory"),
      "the host's own": () => openLibbpf("host"),
    });
  } catch (cause) {
    const message = "load libbpf (is it forbidden by SELinux, fapolicyd or IMA?)";
    throw new AodError("LIBRARY_REFUSED", message, {}, cause);
  }
}

function openLibrary<Declarations extends Record<string, FFIFunction>>(
  soname: keyof typeof LIBRARIES,
  origin: LibraryOrigin,
  declarations: Declarations,
) {
  const path = origin === "host" ? soname : libraryFile(soname, readAsset(LIBRARIES[soname]));
  return dlopen(path, declarations).symbols;
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
