// Lists the parts inside the executable: `parts.ts OUT.json`. It reads the inputs of the bundler, which are those of
// `bun build --compile`, and writes a row for each part, except aod itself, with version, licence, copyright and
// source. A part that the tables do not know ends the build, so that nothing is shipped without its licence.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  ASSET_PACKAGES,
  ASSET_PARTS,
  BUN,
  COPIED_PARTS,
  INSIDE_BUN,
  type KnownPart,
  NO_PARTS_OF_BUN,
} from "./part-table.ts";

export interface Part extends KnownPart {
  /** Empty if no file states it. */
  readonly version: string;
  /** The part that contains it; `aod` for the executable itself. */
  readonly within: string;
  /** Whether it is in npm's registry. */
  readonly isPackage: boolean;
}

const ROOT = join(import.meta.dir, "../..");
/** aod's own licence. */
const OWN = /^(src\/|config\/aod\.yaml$|build\/(bpf|report)\/)/;

/** Every file that becomes part of the executable, by its path below the checkout. */
export async function findInputs(): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "aod-parts-"));
  try {
    const metafile = join(folder, "meta.json");
    const workers = [...new Bun.Glob("src/*/worker.ts").scanSync(ROOT)].sort();
    const argv = ["build", "--target=bun", `--outdir=${folder}/out`, `--metafile=${metafile}`];
    const child = Bun.spawn([process.execPath, ...argv, "src/main.ts", ...workers], {
      cwd: ROOT,
      stdout: "ignore",
      stderr: "pipe",
    });
    const said = await new Response(child.stderr).text();
    if ((await child.exited) !== 0) throw new Error(`bundle what is inside: ${said}`);
    return Object.keys(JSON.parse(readFileSync(metafile, "utf8")).inputs).sort();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Throws for an input that is in no table. */
export function partsOf(inputs: readonly string[]): readonly Part[] {
  const packages = new Set<string>();
  const found: Part[] = [];
  for (const input of inputs) {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    const known = ASSET_PARTS[input];
    if (name !== undefined) packages.add(name);
    else if (known !== undefined) {
      const inside = ASSET_PACKAGES[input] ?? [];
      for (const one of inside) packages.add(one);
      found.push(
        ...known.map((part) => ({
          ...part,
          version: versionOf(part.name, input),
          within: inside[0] ?? "aod",
          isPackage: false,
        })),
      );
    } else if (!OWN.test(input)) throw new Error(`${input} becomes part of aod, but is in no table of parts`);
  }
  for (const name of packages) found.push(readPackage(name), ...copiedInto(name, inputs));
  return [...found, ...partsOfBun()].sort((a, b) => compare(a.within, b.within) || compare(a.name, b.name));
}

/** For `aod --version`: the parts that users ask for first. */
export function headline(parts: readonly Part[]): Readonly<Record<string, string>> {
  const names = ["bun", "libbpf", "libelf", "zlib", "zstd"];
  return Object.fromEntries(
    names.map((name) => [
      name,
      parts.find((part) => part.name === name && part.within !== "bun")?.version ?? "unknown",
    ]),
  );
}

/**
 * Every licence once, aod's own first, for tools that need one expression; names without a text are only in copyright.
 */
export function licenceExpression(parts: readonly Part[]): string {
  const all = parts.flatMap(({ licence }) => licence.split(" AND "));
  return ["MIT", ...new Set(all.filter((licence) => licence !== "MIT").sort())].join(" AND ");
}

function partsOfBun(): readonly Part[] {
  const versions: Readonly<Record<string, string | undefined>> = process.versions;
  const unknown = Object.keys(versions).filter(
    (key) => !(key in INSIDE_BUN) && !NO_PARTS_OF_BUN.includes(key),
  );
  if (unknown.length > 0)
    throw new Error(`bun has ${unknown.join(", ")} inside, which is in no table of parts`);
  const inside = Object.entries(INSIDE_BUN).map(([key, part]) => ({
    ...part,
    version: versions[key] ?? "",
    within: "bun",
    isPackage: false,
  }));
  return [{ ...BUN, version: Bun.version, within: "aod", isPackage: false }, ...inside];
}

function readPackage(name: string): Part {
  const folder = join(ROOT, "node_modules", name);
  const { version, license, repository, homepage } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  );
  const url = String(repository?.url ?? repository ?? homepage ?? "")
    .replace(/^git\+/, "")
    .replace(/\.git$/, "");
  const source = /^(github:)?[\w.-]+\/[\w.-]+$/.test(url)
    ? `https://github.com/${url.replace("github:", "")}`
    : url.replace(/^(git|ssh):\/\/(git@)?/, "https://");
  const copyright = licenceFiles(folder)
    .flatMap((file) => readFileSync(file, "utf8").split("\n"))
    .flatMap((line) => /^\W*Copyright\s+(?:\(c\)|©)?\s*(\S.*)$/i.exec(line)?.[1] ?? [])
    // The licence's own text, with the unused form at its end.
    .filter((holder) => !/^(owner|license|notice|statement|\[)/i.test(holder))
    .map((holder) => holder.replace(/\]\(/, " (").replace(/^(\S+ )?\[/, "$1"));
  return {
    name,
    version,
    licence: license,
    copyright: copyright.length > 0 ? [...new Set(copyright)] : [`the authors of ${name}`],
    source,
    within: "aod",
    isPackage: true,
  };
}

export function licenceFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .map((file) => join(folder, file));
}

/** Bundlers of npm's packages leave a line with the origin of each piece. */
function copiedInto(name: string, inputs: readonly string[]): readonly Part[] {
  const own = inputs.filter((input) => input.startsWith(`node_modules/${name}/`));
  const texts = own.map((input) => readFileSync(join(ROOT, input), "utf8")).join("\n");
  const copies = new Map(
    [...texts.matchAll(/node_modules\/\.pnpm\/(@?[^@\s]+)@([^/_(\s]+)/g)].map(
      ([, copy = "", version = ""]) => [copy, version],
    ),
  );
  return [...copies].map(([copy, version]) => {
    const part = COPIED_PARTS[copy.replace("+", "/")];
    if (part === undefined) throw new Error(`${name} has ${copy} inside, which is in no table of parts`);
    return { ...part, version, within: name, isPackage: true };
  });
}

/** Versions of what the build compiles and copies, from its sources and from the names of the original files. */
function versionOf(part: string, asset: string): string {
  if (part === "zstd") {
    const header = readFileSync(join(ROOT, "node_modules/zstd-napi/deps/zstd/lib/zstd.h"), "utf8");
    return ["MAJOR", "MINOR", "RELEASE"]
      .map((name) => new RegExp(`#define ZSTD_VERSION_${name}\\s+(\\d+)`).exec(header)?.[1])
      .join(".");
  }
  const origin = join(ROOT, `${asset}.from`);
  const from = existsSync(origin) ? readFileSync(origin, "utf8") : "";
  // libz.so.1.2.13, libelf-0.188.so, libstdc++ 12
  return (
    new RegExp(`${RegExp.escape(part)} ([\\d.]+)`).exec(from)?.[1] ??
    /[-.](\d+(?:\.\d+)+)/.exec(from)?.[1] ??
    ""
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

if (import.meta.main) {
  const [out] = process.argv.slice(2);
  if (out === undefined) throw new Error("usage: parts.ts OUT.json");
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${JSON.stringify(partsOf(await findInputs()), null, 2)}\n`);
}
