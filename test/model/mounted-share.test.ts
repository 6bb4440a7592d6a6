import { describe, expect, test } from "bun:test";
import {
  canonicalPath,
  canonicalShare,
  sharesOfMounts,
  withDfsPathsOfMounts,
} from "../../src/model/mounted-share.ts";
import { parseMountInfo } from "../../src/model/mountinfo.ts";
import { type Random, seeded } from "../helpers/random.ts";

interface Tree {
  readonly share: string;
  readonly address?: string;
  readonly dfsPaths?: readonly string[];
}

/** A line of mountinfo. @param source as the file has it: blanks are \040. */
const line = (source: string, options = "", { root = "/", type = "cifs", point = "/mnt" } = {}) =>
  `33 1 0:33 ${root} ${point} rw,relatime shared:17 - ${type} ${source} rw,vers=3.1.1${options}\n`;

const sharesOf = (text: string, trees: readonly Tree[]) =>
  [...sharesOfMounts(parseMountInfo(text), trees)].map(([{ mountPoint }, shares]) => [mountPoint, ...shares]);

describe("the share of a mount", () => {
  const data: Tree = { share: "//nas/data", address: "192.0.2.7" };
  const others: readonly Tree[] = [
    { share: "//nas/IPC$", address: "192.0.2.7" },
    { share: "//nas/home", address: "192.0.2.7" },
    { share: "//other/data", address: "192.0.2.8" },
  ];

  test.each([
    ["as the kernel prints it", "//nas/data", ",addr=192.0.2.7"],
    ["in another case", "//NAS/Data", ",addr=192.0.2.7"],
    ["with two slashes", "//nas//data", ",addr=192.0.2.7"],
    ["with a slash at its end", "//nas/data/", ",addr=192.0.2.7"],
    ["with backslashes", "\\134\\134nas\\134data", ",addr=192.0.2.7"],
    ["with backslashes that are not escaped", "\\\\nas\\data", ",addr=192.0.2.7"],
    ["of a folder", "//nas/data/some/folder", ",addr=192.0.2.7"],
    ["without an address", "//nas/data", ""],
    ["with a final dot", "//nas./data", ",addr=192.0.2.7"],
    ["in the option unc=", ":/backup", ",unc=\\134\\134nas\\134data,addr=192.0.2.7"],
    ["whose server has moved", "//nas/data", ",addr=192.0.2.99"],
  ])("is found by a source %s", (_, source, options) => {
    expect(sharesOf(line(source, options), [...others, data])).toEqual([["/mnt", "//nas/data"]]);
  });

  test.each([
    ["smb3", { type: "smb3" }],
    ["a bind mount of a folder", { root: "/folder" }],
  ])("is found for %s", (_, parts) => {
    expect(sharesOf(line("//nas/data", "", parts), [data])).toEqual([["/mnt", "//nas/data"]]);
  });

  test("is found by a name with blanks and letters of other alphabets", () => {
    const tree = { share: "//nas.example/Übung für Müller" };
    const text = line("//nas.example/\u00dcbung\\040f\u00fcr\\040M\u00fcller/Ordner");
    expect(sharesOf(text, [tree])).toEqual([["/mnt", tree.share]]);
  });

  test("is the one that it is called by, also where its address is another share's now", () => {
    const trees = [
      { ...data, address: "192.0.2.9" },
      { share: "//other/data", address: "192.0.2.7" },
    ];
    expect(sharesOf(line("//nas/data", ",addr=192.0.2.7"), trees)).toEqual([["/mnt", "//nas/data"]]);
  });

  test("is found by an address in any form", () => {
    const tree = { share: "//2001:db8::5/data", address: "2001:0db8:0000:0000:0000:0000:0000:0005" };
    for (const host of ["2001:db8::5", "[2001:DB8::5]", "2001:0db8::0005"])
      expect(sharesOf(line(`//${host}/data`), [tree])).toEqual([["/mnt", tree.share]]);
    const scoped = { share: "//nas/data", address: "fe80:0000:0000:0000:0000:0000:0000:0001" };
    const text = line(":/x", ",addr=fe80:0000:0000:0000:0000:0000:0000:0001%3");
    expect(sharesOf(text, [scoped])).toEqual([["/mnt", "//nas/data"]]);
  });

  test("is none for another file system, another server, or IPC$", () => {
    expect(sharesOf(line("//nas/data", "", { type: "nfs" }), [data])).toEqual([]);
    expect(sharesOf(line("//nas2/data", ",addr=192.0.2.9"), [data])).toEqual([]);
    expect(sharesOf(line("//nas/IPC$", ",addr=192.0.2.7"), [{ share: "//nas/IPC$" }])).toEqual([]);
  });
});

describe("the share of a DFS mount", () => {
  const leaf = { share: "//leaf1/data", address: "192.0.2.21" };
  const root = { share: "//root1/dfs", address: "192.0.2.20" };
  const mounted = line("//corp.example/dfs/data", ",addr=192.0.2.21");

  test("is the leaf's, by the path that the kernel prints of the share", () => {
    const trees = [root, { ...leaf, dfsPaths: ["//corp.example/dfs/data"] }];
    expect(sharesOf(mounted, trees)).toEqual([["/mnt", "//leaf1/data"]]);
    expect(sharesOf(line("//Corp.Example/DFS/data/folder"), trees)).toEqual([["/mnt", "//leaf1/data"]]);
  });

  test("is the leaf's, by the path that the kernel prints by a server of the domain", () => {
    const trees = [
      root,
      { ...leaf, dfsPaths: ["//root1.corp.example/dfs/data"] },
      { ...leaf, share: "//leaf1/more" },
    ];
    expect(sharesOf(mounted, trees)).toEqual([["/mnt", "//leaf1/data"]]);
  });

  test("is the leaf's, by its address alone, where it is the only share there that no mount is called by", () => {
    expect(sharesOf(mounted, [root, leaf])).toEqual([["/mnt", "//leaf1/data"]]);
    const direct = line("//leaf1/more", ",addr=192.0.2.21", { point: "/mnt/more" });
    expect(sharesOf(direct + mounted, [leaf, { ...leaf, share: "//leaf1/more" }])).toEqual([
      ["/mnt/more", "//leaf1/more"],
      ["/mnt", "//leaf1/data"],
    ]);
  });

  test("is no guess among several", () => {
    expect(sharesOf(mounted, [leaf, { ...leaf, share: "//leaf1/more" }])).toEqual([]);
  });

  test("is the leaf's also where the root's share has the name of the source", () => {
    const text = line("//root1/dfs/data", ",addr=192.0.2.21");
    expect(sharesOf(text, [root, leaf])).toEqual([["/mnt", "//leaf1/data"]]);
  });

  test("gives the leaf its other name; a mount by the share's own name gives it none", () => {
    const mounts = parseMountInfo(mounted + line("//ROOT1/dfs", ",addr=192.0.2.20"));
    expect(withDfsPathsOfMounts<Tree>([root, leaf], mounts)).toEqual([
      root,
      { ...leaf, dfsPaths: ["//corp.example/dfs/data"] },
    ]);
    const named = { ...leaf, dfsPaths: ["//corp.example/dfs/data"] };
    expect(withDfsPathsOfMounts<Tree>([named], mounts)).toEqual([named]);
  });
});

describe("canonicalPath", () => {
  test.each([
    ["//nas/data", "//nas/data"],
    ["\\\\NAS\\Data\\", "//nas/data"],
    ["//nas//data///dir", "//nas/data/dir"],
    ["//[2001:db8::5]/data", "//2001:db8::5/data"],
    ["//nas", "//nas"],
    [":/backup", undefined],
    ["/dev/sda", undefined],
    ["//", undefined],
    ["", undefined],
  ])("%s is %p", (text, canonical) => {
    expect(canonicalPath(text)).toBe(canonical as string);
  });

  test("every way to write a share gives one name", () => {
    const random = seeded();
    for (let round = 0; round < 200; round++) {
      const parts = [random.pick(["nas", "192.0.2.7", "2001:db8::5"]), "data", random.pick(["a b", "ü"])];
      const names = new Set([1, 2, 3, 4].map(() => canonicalPath(someSpelling(parts, random))));
      expect([...names], random.seedText).toHaveLength(1);
      expect(canonicalShare(someSpelling(parts, random)), random.seedText).toBe(`//${parts[0]}/data`);
    }
  });
});

function someSpelling(parts: readonly string[], random: Random): string {
  const separator = () => random.pick(["/", "\\", "//", "/\\"]);
  const spelled = parts.map((part) => (random.chance(0.5) ? part.toUpperCase() : part));
  return `${random.pick(["//", "\\\\", "///"])}${spelled.join(separator())}${random.chance(0.5) ? separator() : ""}`;
}
