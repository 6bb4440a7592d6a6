// Writes the copyright file of the parts inside: `copyright.ts PARTS.json deb|whole OUT`, in Debian's machine-readable
// format, also for other systems. `deb` refers to texts that every Debian has, `whole` contains all texts.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Part } from "./parts.ts";

const LICENCES = join(import.meta.dir, "../../packaging/licences");
/** Texts in /usr/share/common-licenses, by their SPDX names. */
const ON_DEBIAN: Readonly<Record<string, string>> = {
  "Apache-2.0": "Apache-2.0",
  "GPL-3.0": "GPL-3",
  "LGPL-2.0": "LGPL-2",
  "LGPL-2.1": "LGPL-2.1",
  "LGPL-3.0": "LGPL-3",
};
/** Licences whose text is only referred to. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  blessing: "SQLite's authors have dedicated it to the public domain: https://sqlite.org/copyright.html",
  "LicenseRef-BoringSSL":
    "Several licences: https://boringssl.googlesource.com/boringssl/+/refs/heads/master/LICENSE",
  "LicenseRef-ICU": "The Unicode licence and others: https://github.com/unicode-org/icu/blob/main/LICENSE",
  "LicenseRef-libarchive":
    "Several licences of the BSD kind: https://github.com/libarchive/libarchive/blob/master/COPYING",
  "LicenseRef-libjpeg-turbo":
    "IJG, BSD-3-Clause and zlib: https://github.com/libjpeg-turbo/libjpeg-turbo/blob/main/LICENSE.md. This software is based in part on the work of the Independent JPEG Group.",
};

const ABOUT = [
  "The package is one executable, its unit, its configuration and its",
  "documentation. The executable contains the parts that are listed here, each",
  "as parts/NAME. The comments say where their sources are. libelf, tinycc and",
  "WebKit are used under the LGPL: with the sources of aod and of these parts,",
  "every user can change and build the executable with `make build`.",
];

export function copyrightText(parts: readonly Part[], where: "deb" | "whole"): string {
  const paragraphs = [
    [
      "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/",
      "Upstream-Name: aod",
      "Source: the repository that this was built from",
      `Comment:\n${ABOUT.map((line) => ` ${line}`).join("\n")}`,
    ].join("\n"),
    paragraph("*", ["2026 The aod authors"], "MIT", "aod itself; its BPF programs are under MIT or GPL-2.0"),
    ...parts.map(({ name, within, copyright, licence, version, source }) =>
      paragraph(
        pathOf(name, within),
        copyright,
        inDebianWords(licence),
        [version, source].filter(Boolean).join(", "),
      ),
    ),
    ...licencesOf(parts).map((id) => `License: ${id}\n${indented(licenceText(id, where))}`),
  ];
  return `${paragraphs.join("\n\n")}\n`;
}

/** Every licence and exception in the parts' expressions, by the names of their texts. */
export function licencesOf(parts: readonly Part[]): readonly string[] {
  const ids = ["MIT", ...parts.flatMap(({ licence }) => licence.split(/ (?:AND|OR) /))];
  return [...new Set(ids.map(inDebianWords))].sort();
}

/**
 * The text of a licence and of its exception, as in `GPL-3.0-or-later WITH GCC-exception-3.1`. Throws for a missing
 * one.
 */
export function licenceText(id: string, where: "deb" | "whole"): string {
  const [, licence = id, exception] = /^(.+) with (.+) exception$/.exec(id) ?? [];
  const name = licence.replace(/\+$/, "");
  const texts = [textOf(name, where), ...(exception === undefined ? [] : [textOf(exception, where)])];
  return texts.join("\n\n");
}

function textOf(name: string, where: "deb" | "whole"): string {
  const common = ON_DEBIAN[name];
  if (where === "deb" && common !== undefined)
    return `On Debian systems the full text is in /usr/share/common-licenses/${common}.`;
  const known = ELSEWHERE[name];
  if (known !== undefined) return known;
  const path = [name, `${name}-exception`, name.replace(/-(\d)/, "-exception-$1")]
    .map((stem) => join(LICENCES, `${stem}.txt`))
    .find((file) => existsSync(file));
  if (path === undefined) throw new Error(`no text of the licence ${name} in packaging/licences`);
  return readFileSync(path, "utf8").trimEnd();
}

/** From SPDX to Debian's copyright format: `GPL-3.0+ with GCC-3.1 exception`. */
function inDebianWords(licence: string): string {
  return licence
    .replaceAll("-or-later", "+")
    .replaceAll("-only", "")
    .replaceAll(" AND ", " and ")
    .replaceAll(" OR ", " or ")
    .replaceAll(/ WITH (\w+)-exception(-[\d.]+)?/g, " with $1$2 exception");
}

function pathOf(name: string, within: string): string {
  const word = (text: string) => text.replaceAll(/[^A-Za-z0-9.+@-]+/g, "-");
  return within === "aod" ? `parts/${word(name)}/*` : `parts/${word(within)}/${word(name)}/*`;
}

function paragraph(files: string, copyright: readonly string[], licence: string, comment: string): string {
  return [
    `Files: ${files}`,
    `Copyright: ${copyright.join("\n           ")}`,
    `License: ${licence}`,
    `Comment: ${comment}`,
  ].join("\n");
}

function indented(text: string): string {
  return text
    .replaceAll("\f", "")
    .split("\n")
    .map((line) => (line.trim() === "" ? " ." : ` ${line}`))
    .join("\n");
}

if (import.meta.main) {
  const [partsFile, where, out] = process.argv.slice(2);
  if (partsFile === undefined || out === undefined || (where !== "deb" && where !== "whole"))
    throw new Error("usage: copyright.ts PARTS.json deb|whole OUT");
  writeFileSync(out, copyrightText(JSON.parse(readFileSync(partsFile, "utf8")), where));
}
