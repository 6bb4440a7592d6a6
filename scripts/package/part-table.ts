// The parts inside the executable beside aod and npm's packages, with owner, licence and source. npm's packages have
// these facts in themselves; the parts here do not. The build finds their versions.

export interface KnownPart {
  readonly name: string;
  /**
   * An SPDX expression of licences whose texts are in packaging/licences, or LicenseRef-NAME for a licence without a
   * text.
   */
  readonly licence: string;
  readonly copyright: readonly string[];
  readonly source: string;
}

/** The parts of build/lib/FILE; the version of the first is in build/lib/FILE.from, the name of the original file. */
export const ASSET_PARTS: Readonly<Record<string, readonly KnownPart[]>> = {
  "build/lib/libbpf.so.1": [
    {
      name: "libbpf",
      licence: "BSD-2-Clause",
      copyright: [
        "2013-2024 the libbpf authors (Alexei Starovoitov, Wang Nan, Huawei, Meta Platforms and others)",
      ],
      source: "https://github.com/libbpf/libbpf",
    },
  ],
  "build/lib/libelf.so.1": [
    {
      name: "libelf",
      licence: "LGPL-3.0-or-later",
      copyright: ["1996-2024 Red Hat, Inc. and the elfutils authors"],
      source: "https://sourceware.org/elfutils/",
    },
  ],
  "build/lib/libz.so.1": [
    {
      name: "zlib",
      licence: "Zlib",
      copyright: ["1995-2024 Jean-loup Gailly and Mark Adler"],
      source: "https://zlib.net/",
    },
  ],
  "build/lib/zstd-napi.so": [
    {
      name: "zstd",
      licence: "BSD-3-Clause",
      copyright: ["Meta Platforms, Inc. and affiliates"],
      source: "https://github.com/facebook/zstd",
    },
    {
      name: "libstdc++",
      licence: "GPL-3.0-or-later WITH GCC-exception-3.1",
      copyright: ["1997-2024 Free Software Foundation, Inc."],
      source: "https://gcc.gnu.org/",
    },
    {
      name: "libunwind",
      licence: "Apache-2.0 WITH LLVM-exception",
      copyright: ["2003-2024 the LLVM project's contributors"],
      source: "https://github.com/llvm/llvm-project",
    },
  ],
};

/** npm's packages whose code is in an asset, which the bundler does not see. */
export const ASSET_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "build/lib/zstd-napi.so": ["zstd-napi", "node-addon-api", "node-api-headers"],
};

/** Code that npm's packages have copied into themselves. */
export const COPIED_PARTS: Readonly<Record<string, KnownPart>> = {
  scule: {
    name: "scule",
    licence: "MIT",
    copyright: ["Pooya Parsa <pooya@pi0.io>"],
    source: "https://github.com/unjs/scule",
  },
};

export const BUN: KnownPart = {
  name: "bun",
  licence: "MIT",
  copyright: ["the Bun authors"],
  source: "https://github.com/oven-sh/bun",
};

/**
 * Libraries that Bun links statically, by their names in process.versions; libraries without one have a name of their
 * own.
 */
export const INSIDE_BUN: Readonly<Record<string, KnownPart>> = {
  webkit: insideBun(
    "WebKit",
    "LGPL-2.0-or-later AND BSD-2-Clause",
    "Apple Inc. and the WebKit authors",
    "https://github.com/oven-sh/WebKit",
  ),
  boringssl: insideBun(
    "BoringSSL",
    "LicenseRef-BoringSSL",
    "the BoringSSL and OpenSSL authors, Eric Young",
    "https://boringssl.googlesource.com/boringssl/",
  ),
  brotli: insideBun("brotli", "MIT", "the Brotli authors", "https://github.com/google/brotli"),
  libarchive: insideBun(
    "libarchive",
    "LicenseRef-libarchive",
    "Tim Kientzle and the libarchive authors",
    "https://github.com/libarchive/libarchive",
  ),
  lolhtml: insideBun(
    "lol-html",
    "BSD-3-Clause",
    "Cloudflare, Inc.",
    "https://github.com/cloudflare/lol-html",
  ),
  lshpack: insideBun(
    "ls-hpack",
    "MIT",
    "LiteSpeed Technologies Inc",
    "https://github.com/litespeedtech/ls-hpack",
  ),
  lsqpack: insideBun(
    "ls-qpack",
    "MIT",
    "LiteSpeed Technologies Inc",
    "https://github.com/litespeedtech/ls-qpack",
  ),
  lsquic: insideBun(
    "lsquic",
    "MIT AND BSD-3-Clause",
    "LiteSpeed Technologies Inc, the Chromium authors",
    "https://github.com/litespeedtech/lsquic",
  ),
  mimalloc: insideBun(
    "mimalloc",
    "MIT",
    "Microsoft Corporation, Daan Leijen",
    "https://github.com/microsoft/mimalloc",
  ),
  picohttpparser: insideBun(
    "picohttpparser",
    "MIT",
    "Kazuho Oku, Tokuhiro Matsuno, Daisuke Murase, Shigeo Mitsunari",
    "https://github.com/h2o/picohttpparser",
  ),
  zstd: insideBun(
    "zstd",
    "BSD-3-Clause",
    "Meta Platforms, Inc. and affiliates",
    "https://github.com/facebook/zstd",
  ),
  simdutf: insideBun("simdutf", "Apache-2.0", "the simdutf authors", "https://github.com/simdutf/simdutf"),
  tinycc: insideBun(
    "tinycc",
    "LGPL-2.1-or-later",
    "Fabrice Bellard and the tinycc authors",
    "https://github.com/tinycc/tinycc",
  ),
  usockets: insideBun("uSockets", "Apache-2.0", "Alex Hultman", "https://github.com/uNetworking/uSockets"),
  uwebsockets: insideBun(
    "uWebSockets",
    "Apache-2.0",
    "Alex Hultman",
    "https://github.com/uNetworking/uWebSockets",
  ),
  zlib: insideBun(
    "zlib-ng",
    "Zlib",
    "Jean-loup Gailly and Mark Adler, the zlib-ng authors",
    "https://github.com/zlib-ng/zlib-ng",
  ),
  ares: insideBun("c-ares", "MIT", "the c-ares authors", "https://github.com/c-ares/c-ares"),
  icu: insideBun(
    "ICU",
    "LicenseRef-ICU",
    "Unicode, Inc., International Business Machines Corporation and others",
    "https://github.com/unicode-org/icu",
  ),
  libbase64: insideBun(
    "libbase64",
    "BSD-2-Clause",
    "Wojciech Muła, Alfred Klomp, Matthieu Darbois",
    "https://github.com/aklomp/base64",
  ),
  libdeflate: insideBun(
    "libdeflate",
    "MIT",
    "Eric Biggers, Google LLC",
    "https://github.com/ebiggers/libdeflate",
  ),
  libjpegTurbo: insideBun(
    "libjpeg-turbo",
    "LicenseRef-libjpeg-turbo",
    "D. R. Commander, Thomas G. Lane, Guido Vollbeding and others",
    "https://github.com/libjpeg-turbo/libjpeg-turbo",
  ),
  libspng: insideBun("libspng", "BSD-2-Clause", "Randy", "https://github.com/randy408/libspng"),
  libwebp: insideBun("libwebp", "BSD-3-Clause", "Google Inc.", "https://github.com/webmproject/libwebp"),
  highway: insideBun("highway", "Apache-2.0", "Google LLC", "https://github.com/google/highway"),
  uucode: insideBun("uucode", "MIT", "Jacob Sandlund", "https://github.com/jacobsandlund/uucode"),
  libcxxabi: insideBun(
    "libc++abi",
    "Apache-2.0 WITH LLVM-exception",
    "the LLVM project's contributors",
    "https://github.com/llvm/llvm-project",
  ),
  tigerbeetle: insideBun(
    "TigerBeetle's IO",
    "Apache-2.0",
    "TigerBeetle, Inc.",
    "https://github.com/tigerbeetle/tigerbeetle",
  ),
  esbuild: insideBun("esbuild", "MIT", "Evan Wallace", "https://github.com/evanw/esbuild"),
  llhttp: insideBun("llhttp", "MIT", "Fedor Indutny", "https://github.com/nodejs/llhttp"),
  sqlite: insideBun("SQLite", "blessing", "none: it is in the public domain", "https://sqlite.org/"),
  polyfills: insideBun(
    "Node.js polyfills of npm",
    "MIT",
    "the authors of acorn, assert, buffer, events, path-browserify, punycode, url, util and others",
    "https://github.com/oven-sh/bun/blob/main/LICENSE.md",
  ),
};

/** Keys of process.versions that name no third-party code: interfaces, compilers, Bun itself. */
export const NO_PARTS_OF_BUN: readonly string[] = [
  "bun",
  "modules",
  "napi",
  "node",
  "openssl",
  "typescript",
  "unicode",
  "uv",
  "v8",
  "zig",
];

function insideBun(name: string, licence: string, holder: string, source: string): KnownPart {
  return { name, licence, copyright: [holder], source };
}
