// A capture's file, opened and read with the care that a name from anywhere needs. In: a path; out: an open file and its bytes,
// or NOT_FOUND, NOT_PERMITTED, CAPTURE_DAMAGED: no error of a system call leaves this file as it is.

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { errnoOf, fileFailure } from "../model/file-failure.ts";
import { damaged } from "./damage.ts";

export interface OpenCapture {
  /** The caller closes it. */
  readonly fd: number;
  /** What it was opened by; it may mean another file by now. */
  readonly path: string;
  readonly bytes: number;
}

export function openCapture(path: string): OpenCapture {
  const { O_RDONLY, O_NONBLOCK } = constants;
  // A pipe of that name would wait for a writer.
  const fd = trying(`open ${path}`, () => openSync(path, O_RDONLY | O_NONBLOCK));
  const stat = fstatSync(fd);
  if (stat.isFile()) return { fd, path, bytes: stat.size };
  closeSync(fd);
  throw damaged("it is no file");
}

/** Fills a part of `into` with what stands in the file at a place, as read(2) does. @returns bytes; 0 at the end. */
export function readAt({ fd, path }: Omit<OpenCapture, "bytes">, into: Uint8Array, at: number): number {
  return trying(`read ${path}`, () => readSync(fd, into, 0, into.length, at));
}

function trying(doing: string, act: () => number): number {
  try {
    return act();
  } catch (error) {
    throw fileFailure(doing, errnoOf(error), { code: "NOT_FOUND" });
  }
}
