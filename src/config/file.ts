// Finds and reads the configuration file. A failure has the code from which the exit code follows. The path may be a
// symbolic link, as files below /etc often are; the file must be a regular one.

import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from "node:fs";
import type { Config } from "../model/config.ts";
import type { FailureCode } from "../model/failure.ts";
import { fileFailure, ROOT_CAN } from "../model/file-failure.ts";
import { type ParsedConfig, parseBuiltIn, parseConfig } from "./config.ts";
import type { Problem } from "./problem.ts";
import { MAX_BYTES } from "./source-text.ts";

export const DEFAULT_FILE = "/etc/aod.yaml";

export type FoundConfig =
  | (ParsedConfig & { readonly config: Config })
  | {
      readonly config: undefined;
      readonly problems: readonly Problem[];
      readonly code: Extract<FailureCode, "CONFIG_INVALID" | "CONFIG_MISSING" | "NOT_PERMITTED">;
      /** The failure in one sentence; `problems` has the details. */
      readonly summary: string;
    };

/** Reads the named file; without a name the default file if it exists, else the built-in default. */
export function findConfig(path?: string, defaultFile = DEFAULT_FILE): FoundConfig {
  if (path !== undefined) return readConfigFile(path);
  // A dangling link and a folder are mistakes, not the absence of a file.
  const isThere = lstatSync(defaultFile, { throwIfNoEntry: false }) !== undefined;
  return isThere ? readConfigFile(defaultFile) : parseBuiltIn();
}

export function readConfigFile(path: string): FoundConfig {
  const read = readPlainFile(path);
  if ("code" in read) return { config: undefined, problems: [], ...read };
  const { config, problems, ...places } = parseConfig(read.bytes, path);
  if (config !== undefined) {
    const isExposed = read.isExposed && config.redaction.words.length > 0;
    const warnings = isExposed ? [places.warnAt(["redact", "words"], EXPOSED)] : [];
    return { config, problems: [...problems, ...warnings], ...places };
  }
  const errors = problems.filter(({ severity }) => severity === "error").length;
  return {
    config,
    problems,
    code: "CONFIG_INVALID",
    summary: `${path}: ${errors} error${errors === 1 ? "" : "s"}`,
  };
}

const EXPOSED = "users other than the owner can read this file, and these words with it: chmod 600 it";
const GROUP_READS = 0o040;
const OTHERS_READ = 0o004;
const ROOT_GROUP = 0;

interface PlainFile {
  /** At most one byte more than the limit, so that the parser can refuse it. */
  readonly bytes: Uint8Array;
  /** Whether its mode allows other users than the owner to read it. */
  readonly isExposed: boolean;
}

function readPlainFile(path: string): PlainFile | NotRead {
  let fd: number | undefined;
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(fd);
    if (!stats.isFile())
      return {
        code: "CONFIG_MISSING",
        summary: `${path} is ${stats.isDirectory() ? "a folder" : "not a regular file"}`,
      };
    const bytes = new Uint8Array(MAX_BYTES + 1);
    let length = 0;
    for (let got = 1; got > 0 && length < bytes.length; length += got) {
      got = readSync(fd, bytes, length, bytes.length - length, null);
    }
    return { bytes: bytes.subarray(0, length), isExposed: isExposed(stats) };
  } catch (thrown) {
    return explainErrno(path, (thrown as NodeJS.ErrnoException).code ?? String(thrown));
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function isExposed({ mode, gid }: Pick<Stats, "mode" | "gid">): boolean {
  return (mode & OTHERS_READ) !== 0 || ((mode & GROUP_READS) !== 0 && gid !== ROOT_GROUP);
}

export interface NotRead {
  readonly code: "CONFIG_MISSING" | "NOT_PERMITTED";
  readonly summary: string;
}

/** The failure of a system call on the configuration file. */
export function explainErrno(path: string, errno: string): NotRead {
  if (errno === "ENOENT") return { code: "CONFIG_MISSING", summary: `${path} does not exist` };
  const isForbidden = errno === "EACCES" || errno === "EPERM";
  return {
    code: isForbidden ? "NOT_PERMITTED" : "CONFIG_MISSING",
    summary: fileFailure(`read ${path}`, errno, { hints: ROOT_CAN }).message,
  };
}
