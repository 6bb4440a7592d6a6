// `aod captures extract`: the files of a capture, into a folder of their own. In: which one, stored or anybody's file; out: files of
// mode 0600 in a new folder of mode 0700. What is there already is neither followed nor overwritten: the folder must not
// be, and everything below it is made by us.

import { closeSync, constants, mkdirSync, openSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { ArgsDef } from "citty";
import { type Capture, readCapture } from "../capture/reader.ts";
import { escapeControls } from "../config/problem.ts";
import { errnoOf, fileFailure } from "../model/file-failure.ts";
import { CONFIG_ARGUMENT, makeVerb } from "./arguments.ts";
import { CAPTURE_ARGUMENT } from "./captures-show.ts";
import { chooseCapture } from "./choose-capture.ts";
import { outputDirOf } from "./output-dir.ts";
import { printLines } from "./print.ts";

const ARGUMENTS = {
  ...CAPTURE_ARGUMENT,
  folder: {
    type: "positional",
    required: false,
    valueHint: "FOLDER",
    description: "is made, and must not be there (without it: the capture's own name, in the current folder)",
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
 * Writes what `untar` has checked: paths that go nowhere but down. Throws OUTPUT_UNUSABLE, NOT_PERMITTED; what was written
 * until then stays.
 * @param target is made.
 */
export function extractCapture({ files }: Pick<Capture, "files">, target: string): void {
  writing(target, () => mkdirSync(target, { mode: 0o700 }));
  const folders = new Set<string>();
  for (const [path, content] of files) {
    writing(join(target, path), () => {
      makeFolders(target, dirname(path), folders);
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const fd = openSync(join(target, path), flags, 0o600);
      try {
        writeFileSync(fd, content);
      } finally {
        closeSync(fd);
      }
    });
  }
}

function makeFolders(target: string, path: string, made: Set<string>): void {
  if (path === "." || made.has(path)) return;
  makeFolders(target, dirname(path), made);
  mkdirSync(join(target, path), { mode: 0o700 });
  made.add(path);
}

function writing(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const hints = { EEXIST: "it is there already: name a folder that is not" };
    throw fileFailure(`write ${path}`, errnoOf(error), { hints });
  }
}
