// Where the control socket is. In: the environment; out: a path. AOD_SOCKET is for a second daemon on one host, and for tests:
// whoever starts the daemon with it, asks with it.

import { SOCKET_PATH } from "../api/protocol.ts";
import { AodError } from "../model/failure.ts";

/** sun_path with its NUL: unix(7). */
const PATH_BYTES_MAX = 107;

/** Throws USAGE for one that can't be. */
export function findSocketPath(environment: Readonly<Record<string, string | undefined>>): string {
  const path = environment.AOD_SOCKET ?? SOCKET_PATH;
  if (!path.startsWith("/") || Buffer.byteLength(path) > PATH_BYTES_MAX)
    throw new AodError("USAGE", `AOD_SOCKET is an absolute path of up to ${PATH_BYTES_MAX} bytes: ${path}`);
  return path;
}
