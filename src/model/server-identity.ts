// Which server a share belongs to, although one server may have several names: the first component of the share's name,
// and its address as far as the client's list of trees has it. Pure; resolves no name.

import { canonicalAddress } from "./address.ts";
import { type KnownTree, serverOfShare } from "./share.ts";

/** A server by its name and, if it is known and differs from the name, by its address; both in their canonical form. */
export interface ServerIdentity {
  /** `files` of `//FILES/db`; an address if the share is mounted by one; UNKNOWN_SHARE if the share is not known. */
  readonly name: string;
  readonly address: string | undefined;
}

/** The server's name of `//server/share` and of `//server`, in lower case; UNKNOWN_SHARE is its own server. */
export function serverNameOf(share: string): string {
  return canonicalAddress(serverOfShare(share).replace(/^\/+/, "")) || share;
}

/**
 * Addresses by the names of servers. Made once for each list of trees, because the look-up for each anomaly must cost
 * little.
 */
export class ServerIndex {
  readonly #addresses = new Map<string, string>();

  /** @param trees the first one decides for a name with several addresses. */
  constructor(trees: readonly Pick<KnownTree, "share" | "address">[] = []) {
    for (const { share, address } of trees) {
      const name = serverNameOf(share);
      if (address !== undefined && !this.#addresses.has(name))
        this.#addresses.set(name, canonicalAddress(address));
    }
  }

  /** The server of a share. For a DFS path it is the server of the target. */
  identify(share: string): ServerIdentity {
    const name = serverNameOf(share);
    const address = this.#addresses.get(name);
    return { name, address: address === name ? undefined : address };
  }
}
