// A capture's file, opened with the care that a name from anywhere needs. In: a path; out: an open file, or NOT_FOUND,
// NOT_PERMITTED, CAPTURE_DAMAGED.

import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { errnoOf, fileFailure } from "../model/file-failure.ts";
import { damaged } from "./damage.ts";

export interface OpenCapture {
  /** The caller closes it. */
  readonly fd: number;
  readonly bytes: number;
}

export function openCapture(path: string): OpenCapture {
  let fd: number;
  try {
    // A pipe of that name would wait for a writer.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw fileFailure(`open ${path}`, errnoOf(error), { code: "NOT_FOUND" });
  }
  const stat = fstatSync(fd);
  if (stat.isFile()) return { fd, bytes: stat.size };
  closeSync(fd);
  throw damaged("it is no file");
}
