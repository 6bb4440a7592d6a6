// Writes the bill of materials of the executable: `sbom.ts PARTS.json EXECUTABLE VERSION EPOCH OUT`, in CycloneDX 1.6.
// It is the same for the same build: its serial number is computed from its contents, its time is the commit's.

import { readFileSync, writeFileSync } from "node:fs";
import type { Part } from "./parts.ts";

interface Component {
  readonly type: "application" | "library" | "framework";
  readonly "bom-ref": string;
  readonly name: string;
  readonly [key: string]: unknown;
}

export function makeSbom(
  parts: readonly Part[],
  executable: { readonly version: string; readonly sha256: string },
  epochSec: number,
): Readonly<Record<string, unknown>> {
  const aod: Component = {
    type: "application",
    "bom-ref": "aod",
    name: "aod",
    version: executable.version,
    licenses: [{ license: { id: "MIT" } }],
    hashes: [{ alg: "SHA-256", content: executable.sha256 }],
  };
  const bom = {
    metadata: { timestamp: new Date(epochSec * 1000).toISOString(), component: aod },
    components: parts.map(componentOf),
    dependencies: ["aod", ...parts.map(refOf)].map((ref) => ({
      ref,
      dependsOn: parts.filter((part) => ownerOf(part, parts) === ref).map(refOf),
    })),
  };
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(bom))}`,
    version: 1,
    ...bom,
  };
}

function componentOf(part: Part): Component {
  const { name, version, licence, copyright, source, isPackage } = part;
  return {
    type: name === "bun" ? "framework" : "library",
    "bom-ref": refOf(part),
    name,
    ...(version === "" ? {} : { version }),
    licenses: [licenceOf(licence)],
    copyright: copyright.join("; "),
    ...(isPackage ? { purl: `pkg:npm/${name.replace("@", "%40")}@${version}` } : {}),
    externalReferences: [{ type: "website", url: source }],
  };
}

/** A licence that SPDX does not list is a name; several licences are an expression. */
function licenceOf(licence: string): unknown {
  if (licence.startsWith("LicenseRef-")) return { license: { name: licence.slice("LicenseRef-".length) } };
  return licence.includes(" ") ? { expression: licence } : { license: { id: licence } };
}

function refOf({ name, within }: Part): string {
  return within === "aod" ? name : `${within}/${name}`;
}

function ownerOf({ within }: Part, parts: readonly Part[]): string {
  const owner = parts.find(({ name }) => name === within);
  return owner === undefined ? "aod" : refOf(owner);
}

/** RFC 9562's version 8, whose digits are free. */
function uuidOf(text: string): string {
  const hex = new Bun.CryptoHasher("sha256").update(text).digest("hex");
  const variant = "89ab"[Number.parseInt(hex.charAt(16), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

if (import.meta.main) {
  const [partsFile, executable, version, epoch, out] = process.argv.slice(2);
  if (partsFile === undefined || executable === undefined || version === undefined || out === undefined)
    throw new Error("usage: sbom.ts PARTS.json EXECUTABLE VERSION EPOCH OUT");
  const sha256 = new Bun.CryptoHasher("sha256").update(readFileSync(executable)).digest("hex");
  const sbom = makeSbom(JSON.parse(readFileSync(partsFile, "utf8")), { version, sha256 }, Number(epoch));
  writeFileSync(out, `${JSON.stringify(sbom, null, 2)}\n`);
}
