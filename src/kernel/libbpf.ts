// libbpf, bound by Bun's FFI and loaded from memory, or from the host's own file where the host forbids that. Every
// call is checked: no other file of this room sees an unchecked return code. It is loaded at the first use, so that
// commands without BPF do not pay for it.

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

/** The origin of a library: aod's own copy in memory, or the one that the host has installed. */
export type LibraryOrigin = "memory" | "host";

/** The library's functions; throws LIBRARY_REFUSED if the host lets aod load neither. */
export function libbpf(): Libbpf {
  loaded ??= load();
  return loaded;
}

/** The functions of the library of one origin; throws what the loader throws. */
export function openLibbpf(origin: LibraryOrigin): Libbpf {
  // The loader finds a library's dependencies by the sonames of loaded libraries. Bun's dlopen needs one function of
  // each.
  openLibrary("libz.so.1", origin, { zlibVersion: { args: [], returns: "ptr" } });
  openLibrary("libelf.so.1", origin, { elf_version: { args: ["u32"], returns: "u32" } });
  const symbols = openLibrary("libbpf.so.1", origin, DECLARATIONS);
  // libbpf would print to stderr; its errno and the verifier's log are enough.
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

/** Returns a non-negative value as it is; throws a negative one, which is -errno. */
export function check(returned: number, doing: string, code: FailureCode = "BPF_LOAD"): number {
  if (returned >= 0) return returned;
  throw new AodError(code, `${doing}: ${errnoName(-returned)}`, { errno: -returned });
}

/** A pointer as Bun returns it. */
export type Handle = Pointer | bigint;

/** Throws BUG if a pointer is null: the object file of this build lacks something that it must have. */
export function present(pointer: Handle | null, what: string): Handle {
  if (pointer === null) throw new AodError("BUG", `the BPF object has no ${what}`);
  return pointer;
}

/** Bytes of a C string; the caller keeps it referenced during the call. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
