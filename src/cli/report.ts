// `aod report`: writes a capture as one page of HTML, into a file or to standard output. The capture may come from an
// untrusted host: nothing of it is executed, here or in the page. It overwrites a file only with --force.

import { closeSync, constants, fstatSync, ftruncateSync, openSync, unlinkSync, writeSync } from "node:fs";
import type { ArgsDef } from "citty";
import { readCapture } from "../capture/reader.ts";
import { escapeControls } from "../model/escape.ts";
import { AodError } from "../model/failure.ts";
import { errnoOf, fileFailure } from "../model/file-failure.ts";
import { reportChunks } from "../report/page.ts";
import { readRequests } from "../report/read-requests.ts";
import { CONFIG_ARGUMENT, makeVerb } from "./arguments.ts";
import { CAPTURE_ARGUMENT, chooseCapture, LATEST } from "./choose-capture.ts";
import { outputDirOf } from "./output-dir.ts";

const ARGUMENTS = {
  capture: { ...CAPTURE_ARGUMENT, required: false, default: LATEST },
  output: {
    type: "string",
    alias: "o",
    valueHint: "FILE",
    description:
      "where the page goes (without it: the capture's name with .html, here); - for standard output",
  },
  force: { type: "boolean", description: "overwrite an existing file" },
  ...CONFIG_ARGUMENT,
} as const satisfies ArgsDef;

const STDOUT = "-";

export const reportCommand = makeVerb({
  name: "report",
  description: "a capture as one page: who is to blame, why, and every request",
  args: ARGUMENTS,
  examples: [
    { command: "aod report", meaning: "the newest capture of this host, as a page in this folder" },
    {
      command: "aod report aod_20261123T012345.678Z_slow.tar.zst -o stall.html",
      meaning: "a file from another host",
    },
  ],
  run: async ({ capture, output, force, config }) => {
    const { name, manifest, files } = readCapture(chooseCapture(() => outputDirOf(config), capture));
    const target = output ?? `${name}.html`;
    const requests = readRequests(files.get("requests.csv") ?? new Uint8Array(0));
    await write(target, reportChunks({ name, manifest, requests, files }), force === true);
    if (target !== STDOUT) process.stdout.write(`${escapeControls(target)}\n`);
    return 0;
  },
});

// --- internal ---

async function write(target: string, chunks: Iterable<Uint8Array>, isForced: boolean): Promise<void> {
  if (target === STDOUT) return await print(chunks);
  const fd = open(target, isForced);
  try {
    for (const chunk of chunks) writeAll(fd, chunk, target);
  } catch (thrown) {
    // Half a page looks like a whole one. A file that existed before was overwritten, and stays.
    if (!isForced) unlinkSync(target);
    throw thrown;
  } finally {
    closeSync(fd);
  }
}

/** Waits for each chunk: the process ends after the last one. */
async function print(chunks: Iterable<Uint8Array>): Promise<void> {
  for (const chunk of chunks) await new Promise((resolve) => process.stdout.write(chunk, resolve));
}

function open(target: string, isForced: boolean): number {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  try {
    // The page names programs, servers and shares: its owner decides who gets it.
    const fd = openSync(target, O_WRONLY | O_CREAT | O_NOFOLLOW | (isForced ? 0 : O_EXCL), 0o600);
    if (isForced) emptyOwn(fd, target);
    return fd;
  } catch (error) {
    if (error instanceof AodError) throw error;
    const errno = errnoOf(error);
    if (errno === "EEXIST") throw new AodError("USAGE", `${target} exists already; --force overwrites it`);
    throw fileFailure(`write ${target}`, errno, { hints: { ENOENT: "make its folder first" } });
  }
}

/** Empties a file of this user. Closes it and throws USAGE if it belongs to another user, who could read the page. */
function emptyOwn(fd: number, target: string): void {
  const stats = fstatSync(fd);
  if (!stats.isFile()) return;
  if (stats.uid === process.geteuid?.()) {
    ftruncateSync(fd);
    return;
  }
  closeSync(fd);
  throw new AodError("USAGE", `${target} is not a file of yours: remove it, or choose another name`);
}

function writeAll(fd: number, bytes: Uint8Array, target: string): void {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  } catch (error) {
    throw fileFailure(`write ${target}`, errnoOf(error));
  }
}
