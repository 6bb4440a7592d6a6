// Opens and reads a capture's file. The path may come from anywhere, so it may lead to something other than a file.
// Errors of system calls become NOT_FOUND, NOT_PERMITTED or CAPTURE_DAMAGED.

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { AodError } from "../model/failure.ts";
import { errnoOf, fileFailure } from "../model/file-failure.ts";
import { damaged } from "./damage.ts";

export interface OpenCapture {
  /** The caller closes it. */
  readonly fd: number;
  /** The path by which it was opened; it may lead to another file by now. */
  readonly path: string;
  readonly bytes: number;
}

export function openCapture(path: string): OpenCapture {
  const { O_RDONLY, O_NONBLOCK } = constants;
  // Without O_NONBLOCK, opening a pipe would wait for a writer.
  const fd = trying(`open ${path}`, path, () => openSync(path, O_RDONLY | O_NONBLOCK));
  const stat = fstatSync(fd);
  if (stat.isFile()) return { fd, path, bytes: stat.size };
  closeSync(fd);
  throw damaged("it is not a regular file");
}

/** Fills `into`, or a part of it, from the file at an offset, as pread(2) does. @returns bytes read; 0 at the end. */
export function readAt({ fd, path }: Omit<OpenCapture, "bytes">, into: Uint8Array, at: number): number {
  return trying(`read ${path}`, path, () => readSync(fd, into, 0, into.length, at));
}

function trying(doing: string, path: string, act: () => number): number {
  try {
    return act();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT") throw new AodError("NOT_FOUND", `${path} does not exist`, { errno });
    throw fileFailure(doing, errno, { code: "NOT_FOUND" });
  }
}
