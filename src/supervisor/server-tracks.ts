// Finds the one track of a server and a family by any of the server's names. A name leads to its own track, or to that
// of its address if only that one is occupied: so a server with two names has one incident. Pure and bounded.
//
//   //files/db        -> files, 10.9.1.2    -> track 1
//   //10.9.1.2/home   -> 10.9.1.2           -> track 1
//   //other/x         -> other              -> track 2

import type { Family } from "../model/family.ts";
import type { ServerIdentity } from "../model/server-identity.ts";

/** A track with its names. */
interface Named<Value> {
  readonly value: Value;
  readonly family: Family;
  /** Its names, with the address of each if it is known. */
  readonly names: Map<string, string | undefined>;
}

export interface ServerTracksOptions<Value> {
  readonly max: number;
  readonly make: () => Value;
  /** Whether the track has something to lose: it takes precedence over an idle one, and is evicted after it. */
  readonly isOccupied: (value: Value) => boolean;
  /** Merges an idle track into another one, to which a name of the idle track leads from now on. */
  readonly absorb: (into: Value, from: Value) => void;
}

export class ServerTracks<Value> {
  readonly #options: ServerTracksOptions<Value>;
  /** In the order of their last use, oldest first. */
  readonly #tracks = new Set<Named<Value>>();
  readonly #byKey = new Map<string, Named<Value>>();

  constructor(options: ServerTracksOptions<Value>) {
    this.#options = options;
  }

  values(): readonly Value[] {
    return [...this.#tracks].map(({ value }) => value);
  }

  find(identity: ServerIdentity, family: Family): Value | undefined {
    return this.#find(identity, family)?.value;
  }

  /** Finds or makes the track. `displaced`: the track that was evicted to make room for it. */
  use(
    identity: ServerIdentity,
    family: Family,
  ): { readonly value: Value; readonly displaced: Value | undefined } {
    const known = this.#find(identity, family);
    const displaced = known === undefined ? this.#makeRoom() : undefined;
    const track = known ?? { value: this.#options.make(), family, names: new Map() };
    this.#tracks.delete(track);
    this.#tracks.add(track);
    this.#name(track, identity);
    return { value: track.value, displaced };
  }

  // --- internal ---

  #find({ name, address }: ServerIdentity, family: Family): Named<Value> | undefined {
    const byName = this.#byKey.get(keyOf(family, name));
    const byAddress = address === undefined ? undefined : this.#byKey.get(keyOf(family, address));
    const found = [byName, byAddress].filter((track) => track !== undefined);
    const occupied = found.find(({ value }) => this.#options.isOccupied(value));
    if (occupied !== undefined) return occupied;
    return byName !== undefined && hasLeft(byName, name, address) ? byAddress : found[0];
  }

  #name(track: Named<Value>, { name, address = track.names.get(name) }: ServerIdentity): void {
    const before = track.names.get(name);
    this.#lead(track, name);
    track.names.set(name, address);
    if (address !== undefined) this.#lead(track, address);
    this.#dropAddress(track, before);
  }

  /** Makes a name lead to a track. Two occupied tracks keep their names: each of their incidents ends by itself. */
  #lead(track: Named<Value>, alias: string): void {
    const key = keyOf(track.family, alias);
    const other = this.#byKey.get(key);
    if (other === track || (other !== undefined && this.#options.isOccupied(other.value))) return;
    this.#byKey.set(key, track);
    if (!other?.names.has(alias)) return;
    this.#options.absorb(track.value, other.value);
    const address = other.names.get(alias);
    other.names.delete(alias);
    this.#dropAddress(other, address);
    if (other.names.size === 0) this.#forget(other);
  }

  /** Removes an address that no name of the track has any more: it may belong to another server by now. */
  #dropAddress(track: Named<Value>, address: string | undefined): void {
    if (address !== undefined && !namesOf(track).includes(address)) this.#unlead(track, address);
  }

  #unlead(track: Named<Value>, alias: string): void {
    const key = keyOf(track.family, alias);
    if (this.#byKey.get(key) === track) this.#byKey.delete(key);
  }

  #makeRoom(): Value | undefined {
    if (this.#tracks.size < this.#options.max) return undefined;
    const [quietest] = this.#tracks;
    const idle = this.#tracks.values().find(({ value }) => !this.#options.isOccupied(value));
    const chosen = idle ?? quietest;
    if (chosen !== undefined) this.#forget(chosen);
    return chosen?.value;
  }

  #forget(track: Named<Value>): void {
    this.#tracks.delete(track);
    for (const alias of namesOf(track)) this.#unlead(track, alias);
  }
}

/** Whether a server has left this track: its address has changed, and the track has other names as well. */
function hasLeft({ names }: Named<unknown>, name: string, address: string | undefined): boolean {
  const before = names.get(name);
  return before !== undefined && address !== undefined && before !== address && names.size > 1;
}

function namesOf({ names }: Named<unknown>): readonly string[] {
  return [...names].flatMap(([name, address]) => (address === undefined ? [name] : [name, address]));
}

function keyOf(family: Family, alias: string): string {
  return `${family}\0${alias}`;
}
