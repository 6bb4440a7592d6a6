// `aod captures extract`: unpacks a capture into a new folder. Files have mode 0600 and the folder 0700, where the
// file system keeps modes; a USB stick has others, and is accepted. Nothing that exists is followed or overwritten:
// the folder must be new, it is opened once, and everything below it is created relative to the open folder.

import { closeSync, constants, fstatSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { ArgsDef } from "citty";
import { type Capture, readCapture } from "../capture/reader.ts";
import { escapeControls } from "../model/escape.ts";
import { AodError } from "../model/failure.ts";
import { errnoOf, fileFailure } from "../model/file-failure.ts";
import { CONFIG_ARGUMENT, makeVerb } from "./arguments.ts";
import { CAPTURE_ARGUMENT, chooseCapture } from "./choose-capture.ts";
import { outputDirOf } from "./output-dir.ts";
import { printLines } from "./print.ts";

const ARGUMENTS = {
  id: CAPTURE_ARGUMENT,
  folder: {
    type: "positional",
    required: false,
    valueHint: "FOLDER",
    description: "a new folder (without it: the capture's own name, in the current folder)",
  },
  ...CONFIG_ARGUMENT,
} as const satisfies ArgsDef;

export const extractCommand = makeVerb({
  name: "captures extract",
  description: "unpack a capture, with the checks that tar does not make",
  args: ARGUMENTS,
  examples: [{ command: "aod captures extract latest /tmp/evidence", meaning: "into a new folder" }],
  run: ({ id, folder, config }) => {
    const capture = readCapture(chooseCapture(() => outputDirOf(config), id));
    const target = resolve(folder ?? capture.name);
    extractCapture(capture, target);
    printLines([...capture.files.keys()].map((path) => escapeControls(join(target, path))));
    return 0;
  },
});

/**
 * Writes the files, whose paths `untar` has checked: they lead below the folder only. Throws OUTPUT_UNUSABLE and
 * NOT_PERMITTED; files that were written until then stay.
 * @param target is created. @param make as mkdir(2), with a mode for the owner alone.
 */
export function extractCapture(
  { files }: Pick<Capture, "files">,
  target: string,
  make: (path: string) => void = makeOwn,
): void {
  const fd = writing(target, () => {
    make(target);
    return openSync(target, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  });
  try {
    requireOwn(fd, target);
    // Through the descriptor: the target may be in a folder where other users can rename it.
    writeBelow(`/proc/self/fd/${fd}`, files, target);
  } finally {
    closeSync(fd);
  }
}

// --- internal ---

/** @param folder the open folder. @param shown its name in messages. */
function writeBelow(folder: string, files: Capture["files"], shown: string): void {
  const folders = new Set<string>();
  for (const [path, content] of files) {
    writing(join(shown, path), () => {
      makeFolders(folder, dirname(path), folders);
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const fd = openSync(join(folder, path), flags, 0o600);
      try {
        writeFileSync(fd, content);
      } finally {
        closeSync(fd);
      }
    });
  }
}

function makeFolders(folder: string, path: string, made: Set<string>): void {
  if (path === "." || made.has(path)) return;
  makeFolders(folder, dirname(path), made);
  makeOwn(join(folder, path));
  made.add(path);
}

function makeOwn(path: string): void {
  mkdirSync(path, { mode: 0o700 });
}

/**
 * Throws OUTPUT_UNUSABLE if other users may write to the folder: one of them could have replaced it before it was
 * opened.
 */
function requireOwn(fd: number, target: string): void {
  const { uid, mode } = fstatSync(fd);
  if (uid === process.geteuid?.() && (mode & 0o022) === 0) return;
  const found = `user ${uid}, mode ${(mode & 0o777).toString(8).padStart(4, "0")}`;
  const message = `write ${target}: others may write there (${found}): choose a folder on a file system that keeps owner and mode`;
  throw new AodError("OUTPUT_UNUSABLE", message, { uid });
}

function writing<Value>(path: string, write: () => Value): Value {
  try {
    return write();
  } catch (error) {
    const hints = { EEXIST: "name a new folder" };
    throw fileFailure(`write ${path}`, errnoOf(error), { hints });
  }
}
