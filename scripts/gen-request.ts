// Generates src/model/request.gen.ts from bpf/request.h, by way of the BTF of the built BPF object, so that the output
// is what the compiler made of the header. `gen-request.ts` writes the file; `gen-request.ts --check` writes nothing
// and fails if the file differs. The table SECTIONS defines the form of the output; no layout may be repeated here.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface BtfMember {
  readonly name: string;
  readonly bits_offset: number;
}

interface BtfType {
  readonly kind: string;
  readonly name: string;
  readonly size?: number;
  readonly members?: readonly BtfMember[];
  readonly values?: readonly { readonly name: string; readonly val: number }[];
}

interface Section {
  readonly type: string;
  readonly doc: string;
  readonly render: (type: BtfType, name: string) => string;
  readonly name: string;
}

const ROOT = join(import.meta.dir, "..");
const OBJECT = join(ROOT, "build/bpf/aod.bpf.o");
const OUTPUT = join(ROOT, "src/model/request.gen.ts");

/** The sections in the order of the output. */
const SECTIONS: readonly Section[] = [
  section("aod_request", "REQUEST_BYTES", "Bytes of a record", renderSize),
  section("aod_request", "OFFSET", "Byte offsets of the fields", renderOffsets),
  section("aod_flags", "FLAG", "Bits of a record's flags", renderConstants("AOD_")),
  section("aod_reap", "REAP", "Results of the program reap_request", renderConstants("AOD_REAP_")),
  section("aod_kind", "KIND", "What a record is", renderConstants("AOD_KIND_")),
  section("aod_signal", "SIGNAL", "What a signal's `command` says", renderConstants("AOD_SIGNAL_")),
  section("aod_geometry", "GEOMETRY", "Sizes of the maps", renderConstants("AOD_")),
  section("aod_operation", "OPERATION", "Size and byte offsets of a line of `operations`", renderLayout),
  section("aod_control", "CONTROL", "Size and byte offsets of the value of `control`", renderLayout),
  section("aod_filter", "FILTER", "Size and byte offsets of a value of `filters`", renderLayout),
  section("aod_quiet", "QUIET", "Size and byte offsets of a key of `quiet`", renderLayout),
  section("aod_status", "STATUS", "Size and byte offsets of a key of `statuses`", renderLayout),
  section("aod_tree", "TREE", "Size and byte offsets of a value of `trees`", renderLayout),
  section("aod_histogram", "HISTOGRAM", "Size and byte offsets of a value of `histograms`", renderLayout),
  section("aod_histogram_shape", "HISTOGRAM_SHAPE", "Its buckets", renderConstants("AOD_HISTOGRAM_")),
  section(
    "aod_counter",
    "COUNTERS",
    "Names of the counters, in the order of the map's indices",
    renderNames("AOD_COUNTER_"),
  ),
];

function section(type: string, name: string, doc: string, render: Section["render"]): Section {
  return { type, name, doc, render };
}

function renderSize(type: BtfType, name: string): string {
  return `export const ${name} = ${type.size};\n`;
}

function renderOffsets(type: BtfType, name: string): string {
  return renderObject(name, offsetsOf(type));
}

function renderLayout(type: BtfType, name: string): string {
  return renderObject(name, [["BYTES", type.size ?? 0], ...offsetsOf(type)]);
}

function renderConstants(prefix: string): Section["render"] {
  return (type, name) => renderObject(name, constantsOf(type, prefix));
}

/** An enum that counts from 0, without its last value, which is the number of values. */
function renderNames(prefix: string): Section["render"] {
  return (type, name) => {
    const names = constantsOf(type, prefix);
    names.forEach(([key, value], i) => {
      if (value !== i) throw new Error(`${type.name}: ${key} is ${value}, not ${i}`);
    });
    return `export const ${name} = [\n${names.map(([key]) => `  "${key.toLowerCase()}",\n`).join("")}] as const;\n`;
  };
}

function renderObject(name: string, entries: readonly (readonly [string, number])[]): string {
  return `export const ${name} = {\n${entries.map(([key, value]) => `  ${key}: ${value},\n`).join("")}} as const;\n`;
}

function offsetsOf(type: BtfType): readonly (readonly [string, number])[] {
  return (type.members ?? [])
    .filter(({ name }) => !name.endsWith("padding"))
    .map(({ name, bits_offset }) => [name, bits_offset / 8] as const);
}

/**
 * The values without their prefix. A value whose name lacks it, such as AOD_COUNTERS, counts the others and is left
 * out.
 */
function constantsOf(type: BtfType, prefix: string): readonly (readonly [string, number])[] {
  return (type.values ?? [])
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name, val }) => [name.slice(prefix.length), val] as const);
}

function readTypes(): readonly BtfType[] {
  const { success, stdout, stderr } = Bun.spawnSync(["bpftool", "-j", "btf", "dump", "file", OBJECT]);
  if (!success) throw new Error(`read the BTF of ${OBJECT} (is it built?): ${stderr.toString().trim()}`);
  return (JSON.parse(stdout.toString()) as { readonly types: readonly BtfType[] }).types;
}

function generate(): string {
  const types = new Map(readTypes().map((type) => [type.name, type]));
  const parts = SECTIONS.map(({ type: typeName, name, doc, render }) => {
    const type = types.get(typeName);
    if (type === undefined) throw new Error(`${typeName} is not in the BTF: see pin_types in bpf/aod.bpf.c`);
    const keyword = type.kind === "ENUM" ? "enum" : "struct";
    return `\n/** ${doc}: ${keyword} ${typeName}. */\n${render(type, name)}`;
  });
  return `// Generated from bpf/request.h by \`make gen\`. Do not edit.\n${parts.join("")}`;
}

const generated = generate();
if (!process.argv.includes("--check")) {
  writeFileSync(OUTPUT, generated);
} else if (readFileSync(OUTPUT, "utf8") !== generated) {
  process.stderr.write("src/model/request.gen.ts does not match bpf/request.h: run `make gen`\n");
  process.exitCode = 1;
}
