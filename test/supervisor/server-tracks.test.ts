import { describe, expect, test } from "bun:test";
import type { ServerIdentity } from "../../src/model/server-identity.ts";
import { ServerTracks } from "../../src/supervisor/server-tracks.ts";
import { seeded } from "../helpers/random.ts";

interface Track {
  readonly id: number;
  isOpen: boolean;
  held: number;
}

function someTracks(max = 10) {
  let id = 0;
  return new ServerTracks<Track>({
    max,
    make: () => ({ id: ++id, isOpen: false, held: 0 }),
    isOccupied: ({ isOpen }) => isOpen,
    absorb: (into, from) => {
      into.held += from.held;
      from.held = 0;
    },
  });
}

function named(name: string, address?: string): ServerIdentity {
  return { name, address };
}

/** Uses a track and opens it. */
function open(tracks: ServerTracks<Track>, identity: ServerIdentity): Track {
  const { value } = tracks.use(identity, "availability");
  value.isOpen = true;
  return value;
}

describe("ServerTracks", () => {
  test("two names of one address lead to one track, in either order", () => {
    for (const order of [
      [named("files", "10.0.0.1"), named("10.0.0.1")],
      [named("10.0.0.1"), named("files", "10.0.0.1")],
    ]) {
      const tracks = someTracks();
      const ids = order.map((identity) => open(tracks, identity).id);
      expect(ids).toEqual([1, 1]);
    }
  });

  test("families have tracks of their own", () => {
    const tracks = someTracks();
    const one = tracks.use(named("files"), "availability").value;
    expect(tracks.use(named("files"), "refusals").value).not.toBe(one);
    expect(tracks.find(named("files"), "availability")).toBe(one);
  });

  test("a name with an open track keeps it when its address turns out to belong to another track", () => {
    const tracks = someTracks();
    const first = open(tracks, named("files"));
    const second = open(tracks, named("10.0.0.1"));
    expect(open(tracks, named("files", "10.0.0.1"))).toBe(first);
    expect(open(tracks, named("10.0.0.1"))).toBe(second);
  });

  test("an idle track is merged into the open track of its address", () => {
    const tracks = someTracks();
    const idle = tracks.use(named("files"), "availability").value;
    idle.held = 3;
    const opened = open(tracks, named("10.0.0.1"));
    expect(tracks.use(named("files", "10.0.0.1"), "availability").value).toBe(opened);
    expect(opened.held).toBe(3);
    expect(tracks.values()).toEqual([opened]);
    expect(tracks.find(named("files"), "availability")).toBe(opened);
  });

  test("an address that has moved to another server does not join the two", () => {
    const tracks = someTracks();
    const first = open(tracks, named("files1", "10.0.0.1"));
    open(tracks, named("files1", "10.0.0.2"));
    expect(open(tracks, named("files2", "10.0.0.1"))).not.toBe(first);
  });

  test("a name that shared a track leaves it when it has an address of its own and nothing is open", () => {
    const tracks = someTracks();
    const shared = open(tracks, named("10.0.0.1"));
    expect(open(tracks, named("files", "10.0.0.1"))).toBe(shared);
    expect(open(tracks, named("files", "10.0.0.2"))).toBe(shared);
    shared.isOpen = false;
    const own = tracks.use(named("files", "10.0.0.3"), "availability").value;
    expect(own).not.toBe(shared);
    expect(tracks.find(named("10.0.0.1"), "availability")).toBe(shared);
  });

  test("an idle track is evicted before an open one, or else the one with the oldest use", () => {
    const tracks = someTracks(2);
    const first = open(tracks, named("a"));
    const idle = tracks.use(named("b"), "availability").value;
    expect(tracks.use(named("c"), "availability").displaced).toBe(idle);
    open(tracks, named("c"));
    expect(tracks.use(named("d"), "availability").displaced).toBe(first);
    expect(tracks.find(named("a"), "availability")).toBeUndefined();
  });

  test("no name ever leads to an evicted track, however addresses move", () => {
    const { int, chance, pick, seedText } = seeded();
    for (let run = 0; run < 50; run++) {
      const tracks = someTracks(4);
      for (let step = 0; step < 200; step++) {
        const identity = named(`n${int(0, 5)}`, chance(0.7) ? `10.0.0.${int(0, 3)}` : undefined);
        const { value } = tracks.use(identity, "availability");
        value.isOpen = chance(0.5);
        expect(tracks.values().length, seedText).toBeLessThanOrEqual(4);
        expect(tracks.find(identity, "availability"), seedText).toBeDefined();
        const other = tracks.find(named(pick(["n0", "n1", "n2"])), "availability");
        if (other !== undefined) expect(tracks.values(), seedText).toContain(other);
      }
    }
  });
});
