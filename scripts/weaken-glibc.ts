// Lets a copied library load on hosts whose glibc is older than the one that it was linked to: weaken-glibc.ts FILE. A
// reference to a version after glibc 2.31 becomes a weak one, as in the ELF specification (VER_FLG_WEAK, STB_WEAK): the
// symbol is used if it exists, and its absence is no error. This is only for symbols that aod never reaches; each has
// its reason here.

import { readFileSync, writeFileSync } from "node:fs";

const NEWEST_MINOR = 31;

const UNREACHED: Readonly<Record<string, string>> = {
  // libelf/elf_begin.c reads the size of a file; aod passes bytes instead (bpf_object__open_mem, elf_memory).
  fstat: "libelf opens no file here",
};

// Elf64, elf.h.
const SHT_DYNSYM = 11;
const SHT_GNU_VERNEED = 0x6fff_fffe;
const SHT_GNU_VERSYM = 0x6fff_ffff;
const SYM_BYTES = 24;
const STB_WEAK = 2;
const VER_FLG_WEAK = 2;

interface Section {
  readonly type: number;
  readonly at: number;
  readonly bytes: number;
  readonly link: number;
}

const [file = ""] = process.argv.slice(2);
const bytes = readFileSync(file);
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const sections = readSections();
const newer = weakenVersions();
const weakened = weakenSymbols(newer);
if (weakened.length > 0) writeFileSync(file, bytes);

function readSections(): readonly Section[] {
  const at = Number(view.getBigUint64(0x28, true));
  const each = view.getUint16(0x3a, true);
  return Array.from({ length: view.getUint16(0x3c, true) }, (_, index) => {
    const header = at + index * each;
    return {
      type: view.getUint32(header + 4, true),
      at: Number(view.getBigUint64(header + 24, true)),
      bytes: Number(view.getBigUint64(header + 32, true)),
      link: view.getUint32(header + 40, true),
    };
  });
}

function section(type: number): Section {
  const found = sections.find((one) => one.type === type);
  if (found === undefined) throw new Error(`${file} has no section of type ${type.toString(16)}`);
  return found;
}

function textAt(link: number, offset: number): string {
  const at = (sections[link]?.at ?? 0) + offset;
  return bytes.toString("latin1", at, bytes.indexOf(0, at));
}

/** The indices, as symbols refer to them, of the versions that are newer. */
function weakenVersions(): ReadonlySet<number> {
  const { at: start, link } = section(SHT_GNU_VERNEED);
  const indices = new Set<number>();
  for (let need = start, next = 1; next !== 0; need += next) {
    let aux = need + view.getUint32(need + 8, true);
    for (let left = view.getUint16(need + 2, true); left > 0; left--) {
      const minor = /^GLIBC_2\.(\d+)/.exec(textAt(link, view.getUint32(aux + 8, true)))?.[1];
      if (Number(minor ?? 0) > NEWEST_MINOR) {
        view.setUint16(aux + 4, view.getUint16(aux + 4, true) | VER_FLG_WEAK, true);
        indices.add(view.getUint16(aux + 6, true));
      }
      aux += view.getUint32(aux + 12, true);
    }
    next = view.getUint32(need + 12, true);
  }
  return indices;
}

function weakenSymbols(versions: ReadonlySet<number>): readonly string[] {
  const symbols = section(SHT_DYNSYM);
  const versym = section(SHT_GNU_VERSYM);
  const names: string[] = [];
  for (let index = 0; index < symbols.bytes / SYM_BYTES; index++) {
    if (!versions.has(view.getUint16(versym.at + 2 * index, true))) continue;
    const symbol = symbols.at + SYM_BYTES * index;
    const name = textAt(symbols.link, view.getUint32(symbol, true));
    if (!(name in UNREACHED)) {
      throw new Error(`${file} needs ${name} of a glibc after 2.${NEWEST_MINOR}: is it ever called?`);
    }
    view.setUint8(symbol + 4, (STB_WEAK << 4) | (view.getUint8(symbol + 4) & 0xf));
    names.push(name);
  }
  return names;
}
