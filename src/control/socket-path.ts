// The path of the control socket. AOD_SOCKET is for a second daemon on one host, and for tests: the commands that ask
// such a daemon need the same AOD_SOCKET.

import { SOCKET_PATH } from "../api/protocol.ts";
import { AodError } from "../model/failure.ts";

/** sun_path with its NUL: unix(7). */
const PATH_BYTES_MAX = 107;

/** Throws USAGE for a path that no socket can have. */
export function findSocketPath(environment: Readonly<Record<string, string | undefined>>): string {
  const path = environment.AOD_SOCKET ?? SOCKET_PATH;
  if (!path.startsWith("/") || Buffer.byteLength(path) > PATH_BYTES_MAX)
    throw new AodError("USAGE", `AOD_SOCKET is an absolute path of up to ${PATH_BYTES_MAX} bytes: ${path}`);
  return path;
}
