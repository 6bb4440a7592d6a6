// Who may import whom, and which names belong to one file only: the rules of src/, as data, and the search for what
// breaks them. In: sources by path below src/; out: one sentence for each breach. It reads no file.

import { dirname, join, normalize } from "node:path";

interface Room {
  /** Rooms that it may import. */
  readonly rooms: readonly string[];
  /** Modules beside them; `node:*` stands for all of Node's. */
  readonly modules: readonly string[];
  /** Where it is given, only these of its files may import more than PURE. */
  readonly impure?: readonly string[];
}

const CALLED_BY_WORKERS = ["model", "config", "thread", "system", "kernel", "cifs"];

/** What is tested by calling it imports no more than these. */
const PURE = ["model", "config", "table"];

/** Lower rooms first. A file directly in src/ is a room of its own. */
export const ROOMS: Readonly<Record<string, Room>> = {
  model: { rooms: [], modules: [] },
  // Text without its secrets: for what the runner collects, and for a capture that is cleaned again. Below config,
  // which asks it whether a pattern of the operator's can be used.
  scrubber: { rooms: ["model"], modules: ["node:net", "re2js"] },
  config: { rooms: ["model", "scrubber"], modules: ["yaml", "valibot", "node:*"] },
  thread: { rooms: ["model", "config"], modules: [] },
  log: { rooms: ["model", "config"], modules: ["consola"] },
  system: { rooms: ["model", "config"], modules: ["bun:ffi", "node:*"] },
  kernel: { rooms: ["model", "config", "system"], modules: ["bun:ffi", "node:*"] },
  cifs: { rooms: ["model"], modules: ["node:fs"] },
  // What is written of incidents, for the daemon, for `aod incidents`, and for the janitor, who bounds it.
  history: { rooms: ["model"], modules: ["valibot", "node:fs", "node:path"] },
  // Reads captures of any origin; never writes one.
  capture: { rooms: ["model"], modules: ["node:fs", "node:stream", "node:zlib"] },
  // The schemas of documents for other programs: the control socket, `--json`, docs/api.md.
  api: { rooms: ["model"], modules: ["valibot"] },
  // The screen of `aod top`: a state and a size in, lines out. It knows no terminal, no clock and no socket.
  top: { rooms: ["model", "config", "api"], modules: [] },
  // The only reader of the request table and the operations beside it: live, while programs change them, or frozen.
  table: { rooms: ["model"], modules: [] },
  // Figures for people, of memory that is handed to it.
  live: { rooms: ["model", "table", "history", "api"], modules: [] },
  // A capture as a page. What is in browser/ becomes a script of that page and never runs here.
  report: { rooms: ["model"], modules: ["valibot"] },
  // A capture's files as one compressed file, complete or not there at all: for the runner, and for a capture that is
  // cleaned again.
  packer: { rooms: ["model", "system"], modules: ["zstd-napi", "node:*"] },
  // Workers report to the supervisor and never log.
  detector: { rooms: [...CALLED_BY_WORKERS, "table"], modules: ["node:*"], impure: ["worker.ts"] },
  runner: {
    rooms: [...CALLED_BY_WORKERS, "table", "scrubber", "report", "packer"],
    modules: ["node:*"],
  },
  janitor: {
    rooms: [...CALLED_BY_WORKERS, "history"],
    modules: ["node:*"],
    impure: ["worker.ts", "inventory.ts"],
  },
  control: { rooms: ["model", "system", "api"], modules: ["valibot", "node:*"] },
  supervisor: { rooms: [...CALLED_BY_WORKERS, "log", "api", "live"], modules: ["node:*"] },
  // It counts open requests in the table, and the events of the supervisor.
  metrics: {
    rooms: [...CALLED_BY_WORKERS, "live", "log", "table", "supervisor"],
    modules: ["node:*"],
    impure: [
      "event-counts.ts",
      "open-requests.ts",
      "readings.ts",
      "textfile.ts",
      "exporter.ts",
      "metrics.ts",
    ],
  },
  // A stored capture without the secrets that are found in it today.
  cleaner: { rooms: ["model", "scrubber", "capture", "packer", "report"], modules: [] },
  demo: { rooms: [...CALLED_BY_WORKERS, "capture", "supervisor"], modules: ["node:*"] },
  // It asks the runner's table which programs actions need.
  doctor: { rooms: [...CALLED_BY_WORKERS, "table", "runner"], modules: ["node:*"] },
  // The process: supervisor, metrics, control socket, log and service manager, put together.
  daemon: {
    rooms: [...CALLED_BY_WORKERS, "history", "packer", "log", "supervisor", "control", "metrics", "doctor"],
    modules: ["node:*"],
  },
  cli: {
    rooms: [
      ...CALLED_BY_WORKERS,
      ...["api", "history", "scrubber", "capture", "cleaner", "packer", "live", "top", "report", "log"],
      ...["janitor", "supervisor", "control", "doctor", "demo", "daemon"],
    ],
    modules: ["citty", "node:*"],
  },
  main: { rooms: ["supervisor", "cli"], modules: ["node:*"] },
};

interface Door {
  readonly what: string;
  /** Looked for in the code without types and comments. */
  readonly pattern: RegExp;
  /** The only files that may contain it. */
  readonly files: RegExp;
  /** No more files than this. */
  readonly most?: number;
}

export const DOORS: readonly Door[] = [
  { what: "postMessage", pattern: /\bpostMessage\b/, files: /^thread\/port\.ts$/ },
  { what: "new Worker", pattern: /\bnew Worker\b/, files: /^main\.ts$/ },
  { what: "a child process", pattern: /\bBun\.(spawn|\$)|\bchild_process\b/, files: /^runner\//, most: 1 },
  // For threads without an event loop, of one program: what a file of the kernel may keep it from coming back from.
  {
    what: "a disposable child",
    pattern: /\bposix_spawn/,
    files: /^system\/(libc|disposable-child)\.ts$/,
  },
  { what: "a port", pattern: /\bBun\.serve\b|\bcreateServer\b/, files: /^metrics\/server\.ts$/ },
  // The janitor's are captures; the packer's are what has not been finished; the metrics' is the file for
  // node_exporter; the control room's is the socket of a daemon that is dead; the command's the page that it could not
  // finish.
  {
    what: "deleting",
    pattern: /\b(unlink|rm|rmdir)(Sync)?\(/,
    files: /^(janitor\/inventory|packer\/partial-capture|metrics\/textfile|control\/server|cli\/report)\.ts$/,
  },
  // Of the history, when it has grown long: the next file begins with what the old one's readers need. Of metrics, when
  // they are whole.
  { what: "renaming", pattern: /\brename(Sync)?\(/, files: /^(janitor\/inventory|metrics\/textfile)\.ts$/ },
  // Reading these of another process waits for a lock that a task holds which faults on a file of a server that hangs:
  // they are for disposable children, as arguments. Its own memory a program may look at.
  {
    what: "another process's memory",
    pattern: /\/(cmdline|environ|maps|smaps|smaps_rollup|numa_maps|auxv|mem)\b(?!\.ts)/,
    files: /^(runner\/actions|system\/resident)\.ts$/,
  },
  {
    what: "the control socket",
    pattern: /\bBun\.(listen|connect)\b/,
    files: /^control\/(server|client)\.ts$/,
  },
  { what: "sd_notify", pattern: /\bNOTIFY_SOCKET\b/, files: /^daemon\/service-manager\.ts$/ },
  { what: "zstd-napi", pattern: /zstd-napi/, files: /^packer\//, most: 1 },
];

const MAX_LINES = 400;
const VAGUE_NAMES = new Set([
  "index",
  "utils",
  "util",
  "helpers",
  "helper",
  "common",
  "manager",
  "handler",
  "base",
]);

const DEFINITION =
  /^export (?:async )?(?:const|let|function\*?|class|abstract class|interface|type|enum) ([A-Za-z_$][\w$]*)/gm;

/** Sources, and what else lies there, by path below src/. */
export type Sources = ReadonlyMap<string, string>;

export function findBreaches(sources: Sources): string[] {
  const breaches: string[] = [];
  for (const [path, text] of sources) {
    breaches.push(...findFormBreaches(path, text));
    if (!isModule(path)) continue;
    for (const specifier of findImports(text)) {
      const breach = judgeImport(path, specifier, sources);
      if (breach !== undefined) breaches.push(`${path}: ${breach}`);
    }
  }
  return breaches.concat(findDoorBreaches(sources), findNameBreaches(sources));
}

/** Every specifier, types included: `import type` binds a room to another one as well. */
export function findImports(text: string): string[] {
  const found = new Set(new Bun.Transpiler({ loader: "ts" }).scanImports(text).map((entry) => entry.path));
  // The transpiler drops what is only a type.
  for (const match of text.matchAll(/^(?:import|export)\b[^;"]*?from "([^"]+)"/gm))
    found.add(match[1] as string);
  for (const match of text.matchAll(/\bimport\("([^"]+)"\)/g)) found.add(match[1] as string);
  return [...found];
}

function judgeImport(path: string, specifier: string, sources: Sources): string | undefined {
  const from = roomOf(path);
  const room = ROOMS[from];
  if (room === undefined) return `${from} is no room of the table`;
  if (!specifier.startsWith(".")) return judgeModule(from, room, specifier);

  const target = normalize(join(dirname(path), specifier));
  // What was built, and the shipped configuration, become part of the executable.
  if (/^\.\.\/(build|config)\//.test(target)) return undefined;
  if (!sources.has(target)) return `imports ${specifier}, which is no file of src/`;
  const to = roomOf(target);
  if (to === from) return undefined;
  if (!room.rooms.includes(to)) return `${from} must not import ${to} (${specifier})`;
  const isPure = room.impure !== undefined && !room.impure.includes(path.slice(from.length + 1));
  if (isPure && !PURE.includes(to))
    return `is a pure file of ${from} and must not import ${to} (${specifier})`;
  return undefined;
}

function judgeModule(from: string, room: Room, specifier: string): string | undefined {
  const isAllowed = room.modules.some((module) =>
    module === "node:*" ? specifier.startsWith("node:") : `${specifier}/`.startsWith(`${module}/`),
  );
  return isAllowed ? undefined : `${from} must not import ${specifier}`;
}

/** Doors that no file uses: the rule has lost what it was about. */
export function findIdleDoors(sources: Sources): string[] {
  const code = transpile(sources);
  return DOORS.filter(({ pattern }) => !code.some(([, text]) => pattern.test(text))).map(({ what }) => what);
}

function findDoorBreaches(sources: Sources): string[] {
  const code = transpile(sources);
  return DOORS.flatMap(({ what, pattern, files, most = Number.POSITIVE_INFINITY }) => {
    const users = code.filter(([, text]) => pattern.test(text)).map(([path]) => path);
    const strangers = users.filter((path) => !files.test(path));
    if (strangers.length > 0) return strangers.map((path) => `${path}: ${what} is not for this file`);
    return users.length > most ? [`${users.join(", ")}: ${what} is for one file only`] : [];
  });
}

/** An exported name is the address of a thing: it is defined in one file only. */
function findNameBreaches(sources: Sources): string[] {
  const definitions = new Map<string, Set<string>>();
  for (const [path, text] of sources) {
    if (!isModule(path)) continue;
    for (const [, name = ""] of text.matchAll(DEFINITION))
      definitions.set(name, (definitions.get(name) ?? new Set()).add(path));
  }
  return [...definitions]
    .filter(([, paths]) => paths.size > 1)
    .map(([name, paths]) => `${[...paths].join(", ")}: all define ${name}: an exported name is defined once`);
}

/** Path and code, without types and comments. */
function transpile(sources: Sources): (readonly [string, string])[] {
  const transpiler = new Bun.Transpiler({ loader: "ts" });
  return [...sources]
    .filter(([path]) => isModule(path))
    .map(([path, text]) => [path, transpiler.transformSync(text)] as const);
}

function findFormBreaches(path: string, text: string): string[] {
  const breaches: string[] = [];
  const lines = text.trimEnd().split("\n");
  const name = (path.split("/").pop() as string).replace(/(\.d|\.gen)?\.[a-z]+$/, "");

  if (lines.length > MAX_LINES) breaches.push(`${path}: ${lines.length} lines, ${MAX_LINES} is the most`);
  if (!/^(\/\/|#|\/\*) \S/.test(text)) breaches.push(`${path}: does not open by saying what it is for`);
  if (isModule(path) && /^export default\b/m.test(text)) breaches.push(`${path}: has a default export`);
  if (VAGUE_NAMES.has(name)) breaches.push(`${path}: ${name} says nothing about what is in it`);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) breaches.push(`${path}: names are kebab-case`);
  return breaches;
}

function roomOf(path: string): string {
  return (path.split("/")[0] as string).replace(/\.ts$/, "");
}

function isModule(path: string): boolean {
  return path.endsWith(".ts") && !path.endsWith(".d.ts");
}
