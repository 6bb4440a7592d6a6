// Which server a share is of, where one server may have several names: the first component of the share's name, and the
// address behind it as far as the client's list of trees has it. Pure; resolves no name.

import { canonicalAddress } from "./address.ts";
import { type KnownTree, serverOfShare } from "./share.ts";

/** A server by its name and, where it is known and differs from the name, by its address; both in their canonical form. */
export interface ServerIdentity {
  /** `files` of `//FILES/db`; an address where the share is mounted by one; UNKNOWN_SHARE where the share is not known. */
  readonly name: string;
  readonly address: string | undefined;
}

/** The server's name of `//server/share` and of `//server`, in lower case; UNKNOWN_SHARE is its own server. */
export function serverNameOf(share: string): string {
  return canonicalAddress(serverOfShare(share).replace(/^\/+/, "")) || share;
}

/** Addresses by the names of servers. Made once for each list of trees: one look-up for each anomaly must cost little. */
export class ServerIndex {
  readonly #addresses = new Map<string, string>();

  /** @param trees of a name with several addresses the first decides. */
  constructor(trees: readonly Pick<KnownTree, "share" | "address">[] = []) {
    for (const { share, address } of trees) {
      const name = serverNameOf(share);
      if (address !== undefined && !this.#addresses.has(name))
        this.#addresses.set(name, canonicalAddress(address));
    }
  }

  /** Whose share it is. A DFS path's share is that of its target: its server is the target's. */
  identify(share: string): ServerIdentity {
    const name = serverNameOf(share);
    const address = this.#addresses.get(name);
    return { name, address: address === name ? undefined : address };
  }
}
