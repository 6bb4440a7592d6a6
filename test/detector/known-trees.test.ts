import { describe, expect, test } from "bun:test";
import { KnownTrees } from "../../src/detector/known-trees.ts";
import type { UsedTree } from "../../src/detector/used-trees.ts";
import { UNKNOWN_SHARE } from "../../src/model/anomaly.ts";
import { LAST_SLOT } from "../../src/model/share.ts";
import { type Random, seeded } from "../helpers/random.ts";

const listed = (share: string, treeId?: number) => ({
  ...{
    sessionId: 1n,
    treeId,
    share,
    connectionId: 1,
    instance: 1,
    dialect: 0x210,
    encrypted: false,
    dfsPaths: [],
  },
});
const used = (treeId: number, parts: Partial<UsedTree> = {}): UsedTree => ({
  sessionId: 1n,
  treeId,
  endedNs: -Infinity,
  filesNs: 1,
  connectedNs: -Infinity,
  ...parts,
});
const IPC = listed("//files/IPC$");
const DATA = listed("//files/data");
const HOME = listed("//files/home");

describe("KnownTrees", () => {
  test("shares that are mounted one after the other are distinguished by their ids", () => {
    const trees = new KnownTrees([]);
    trees.takeReading([IPC, DATA], 9);
    trees.bind([used(7)], 10);
    trees.takeReading([IPC, HOME, DATA], 19);
    trees.bind([used(7), used(8)], 20);
    expect([trees.index.nameOf(1n, 7), trees.index.nameOf(1n, 8)]).toEqual(["//files/data", "//files/home"]);
    expect(trees.takeChanged()?.filter(({ treeId }) => treeId !== undefined)).toMatchObject([
      { treeId: 7, share: "//files/data", slot: 0 },
      { treeId: 8, share: "//files/home", slot: 1 },
    ]);
    expect(trees.takeChanged()).toBeUndefined();
  });

  test("requests of shares that were mounted before aod started belong to the server", () => {
    const trees = new KnownTrees([]);
    trees.takeReading([IPC, HOME, DATA], 19);
    trees.bind([used(7), used(8)], 10);
    expect([trees.index.nameOf(1n, 7), trees.index.nameOf(1n, 8)]).toEqual(["//files", "//files"]);
  });

  test("shares that are mounted in quick succession are distinguished by their order: the newest is listed first", () => {
    const trees = new KnownTrees([]);
    trees.takeReading([IPC, listed("//files/new"), HOME, DATA], 49);
    trees.bind(
      [
        used(8, { connectedNs: 25, filesNs: 30 }),
        used(9, { connectedNs: 35, filesNs: 40 }),
        used(7, { connectedNs: 15, filesNs: 20 }),
      ],
      50,
    );
    expect([7, 8, 9].map((treeId) => trees.index.nameOf(1n, treeId))).toEqual([
      ...["//files/data", "//files/home", "//files/new"],
    ]);
  });

  test.each([
    ["the connects were not seen", [used(7, { filesNs: 20 }), used(8, { filesNs: 30 })]],
    [
      "the second was connected before the first was used",
      [used(7, { connectedNs: 15, filesNs: 20 }), used(8, { connectedNs: 15, filesNs: 30 })],
    ],
    ["one has not been used yet", [used(7, { connectedNs: 15, filesNs: 20 })]],
  ])("the order is not used if %s", (_, inUse) => {
    const trees = new KnownTrees([]);
    trees.takeReading([IPC, HOME, DATA], 49);
    trees.bind(inUse, 50);
    expect(trees.index.nameOf(1n, 7)).toBe("//files");
  });

  test("the order is not used after a reconnect, which keeps the list but not the order", () => {
    const trees = new KnownTrees([]);
    trees.takeReading([IPC, HOME, DATA], 5);
    trees.takeReading(
      [HOME, DATA].map((tree) => ({ ...tree, sessionId: 2n, instance: 2 })),
      49,
    );
    const inUse = [
      used(7, { sessionId: 2n, connectedNs: 15, filesNs: 20 }),
      used(8, { sessionId: 2n, connectedNs: 25, filesNs: 30 }),
    ];
    trees.bind(inUse, 50);
    expect(trees.index.nameOf(2n, 7)).toBe("//files");
  });

  test("the order is not used for a share that was listed before the others were connected", () => {
    const trees = new KnownTrees([]);
    trees.takeReading([IPC, DATA], 5);
    trees.takeReading([IPC, HOME, DATA], 49);
    // A share that was idle until now is used after an attempt to mount a share that does not exist.
    const inUse = [used(8, { connectedNs: 15, filesNs: 20 }), used(7, { connectedNs: 25, filesNs: 30 })];
    trees.bind(inUse, 50);
    expect([7, 8].map((treeId) => trees.index.nameOf(1n, treeId))).toEqual(["//files", "//files"]);
  });

  test("an id that was connected after the only unbound share was listed may belong to a bound one", () => {
    const trees = new KnownTrees([]);
    trees.takeReading([IPC, DATA], 9);
    trees.bind([used(7)], 10);
    trees.takeReading([IPC, HOME, DATA], 19);
    trees.bind([used(7)], 20);
    // The server has deleted a share and created it again: cifs connects it without a disconnect.
    const again = used(9, { connectedNs: 25, filesNs: 26 });
    trees.takeReading([IPC, HOME, DATA], 29);
    trees.bind([used(7), again], 30);
    expect([7, 9].map((treeId) => trees.index.nameOf(1n, treeId))).toEqual(["//files/data", "//files"]);
    trees.bind([used(7), again, used(8, { connectedNs: 15, filesNs: 16 })], 31);
    expect([8, 9].map((treeId) => trees.index.nameOf(1n, treeId))).toEqual(["//files/home", "//files"]);
  });

  test("two ids for one unbound share are both in doubt", () => {
    const trees = new KnownTrees([]);
    trees.takeReading([IPC, DATA], 9);
    trees.bind([used(7)], 10);
    trees.takeReading([IPC, HOME, DATA], 19);
    trees.bind([used(7), used(8), used(9)], 20);
    expect([8, 9].map((treeId) => trees.index.nameOf(1n, treeId))).toEqual(["//files", "//files"]);
  });

  test("the only share of a session keeps its name, whichever id it has", () => {
    const trees = new KnownTrees([]);
    trees.takeReading([IPC, DATA], 9);
    trees.bind([used(7)], 10);
    trees.takeReading([IPC, DATA], 29);
    trees.bind([used(7), used(9, { connectedNs: 25, filesNs: 26 })], 30);
    expect(trees.index.nameOf(1n, 9)).toBe("//files/data");
  });

  test("a reconnect ends the bindings, even if the server gives the session the same id", () => {
    const trees = new KnownTrees([]);
    const both = (instance: number) => [IPC, HOME, DATA].map((tree) => ({ ...tree, instance }));
    trees.takeReading(both(1), 49);
    const inUse = [used(7, { connectedNs: 15, filesNs: 20 }), used(8, { connectedNs: 25, filesNs: 30 })];
    trees.bind(inUse, 50);
    const named = () => [7, 8].map((treeId) => trees.index.nameOf(1n, treeId));
    expect(named()).toEqual(["//files/data", "//files/home"]);
    trees.takeReading(both(2), 59);
    trees.bind(inUse, 60);
    expect(named()).toEqual(["//files", "//files"]);
    const second = new KnownTrees(trees.takeChanged() ?? []);
    second.takeReading(both(2), 69);
    second.bind(inUse, 70);
    expect(second.index.nameOf(1n, 7)).toBe("//files");
  });

  test("an id that was used only for referrals is not bound", () => {
    const trees = new KnownTrees([]);
    trees.takeReading([IPC, DATA], 19);
    trees.bind([used(1, { filesNs: Infinity })], 10);
    expect(trees.index.isKnown(1n, 1)).toBe(false);
  });

  test("a share that is mounted again is bound to its new id", () => {
    const trees = new KnownTrees([]);
    trees.takeReading([IPC, DATA], 9);
    trees.bind([used(7)], 10);
    trees.takeReading([IPC, HOME, DATA], 19);
    trees.bind([used(7), used(8)], 20);
    trees.takeReading([IPC, DATA, HOME], 29);
    trees.bind([used(7, { endedNs: 25, filesNs: Infinity }), used(8), used(9)], 30);
    expect([8, 9].map((treeId) => trees.index.nameOf(1n, treeId))).toEqual(["//files/home", "//files/data"]);
  });

  test("an id that a server reuses belongs to the new share, also at later readings", () => {
    const trees = new KnownTrees([]);
    trees.takeReading([IPC, DATA], 19);
    trees.bind([used(5)], 10);
    for (const nowNs of [30, 40, 50]) {
      trees.takeReading([IPC, HOME], nowNs - 1);
      trees.bind([used(5, { endedNs: 20 })], nowNs);
      expect(trees.index.nameOf(1n, 5)).toBe("//files/home");
    }
  });

  test("a share without an id that is no longer listed is not a candidate", () => {
    const trees = new KnownTrees([]);
    trees.takeReading([IPC, HOME, DATA], 10);
    trees.takeReading([IPC, DATA], 20);
    expect(trees.index.nameOf(1n, 7)).toBe("//files/data");
    trees.takeReading([], 30);
    expect(trees.index.nameOf(1n, 7)).toBe(UNKNOWN_SHARE);
  });

  test("the bindings of an earlier detector are kept", () => {
    const first = new KnownTrees([]);
    first.takeReading([IPC, DATA], 9);
    first.bind([used(7)], 10);
    const second = new KnownTrees(first.takeChanged() ?? []);
    second.takeReading([IPC, HOME, DATA], 19);
    second.bind([used(7, { endedNs: 5 }), used(8)], 20);
    expect([7, 8].map((treeId) => second.index.nameOf(1n, treeId))).toEqual(["//files/data", "//files/home"]);
  });

  test("IPC$ takes no slot of the kernel's histograms, whether or not its id is printed", () => {
    const trees = new KnownTrees([]);
    trees.takeReading([IPC, { ...IPC, sessionId: 2n, treeId: 1 }, DATA], 9);
    expect([trees.slotOf(IPC.share), trees.slotOf(DATA.share)]).toEqual([LAST_SLOT, 0]);
  });

  test("ids that the kernel prints need no binding", () => {
    const trees = new KnownTrees([]);
    trees.takeReading([listed("//files/data", 5), listed("//files/home", 6)], 10);
    expect(trees.unnumberedSessions.size).toBe(0);
    expect([trees.index.nameOf(1n, 5), trees.index.nameOf(1n, 7)]).toEqual(["//files/data", UNKNOWN_SHARE]);
  });
});

/** A session of SMB 2.1, with its requests in the table. */
class FakeSession {
  sessionId = 1n;
  instance = 1;
  nowNs = 0;
  /** Newest first, as the kernel lists them. */
  mounted: { readonly share: string; treeId: number; isUsed: boolean }[] = [];
  #connects: number[] = [];
  #uses: { readonly treeId: number; readonly startNs: number; readonly isEnd: boolean }[] = [];
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
    this.#connectIpc();
  }

  mount(): void {
    const free = ["//files/a", "//files/b", "//files/c"].filter((name) =>
      this.mounted.every(({ share }) => share !== name),
    );
    const share = free[this.#random.int(0, 2)];
    if (share === undefined) return;
    const tree = { share, treeId: this.#connect(), isUsed: false };
    this.mounted.unshift(tree);
    // cifs opens the root of each mount (smb2_qfs_tcon, cifs_root_iget).
    this.use(tree);
  }

  failToMount(): void {
    this.#connects.push(++this.nowNs);
  }

  unmount(): void {
    const [gone] = this.mounted.splice(this.#random.int(0, 2), 1);
    if (gone !== undefined) this.#uses.push({ treeId: gone.treeId, startNs: ++this.nowNs, isEnd: true });
  }

  use(tree = this.mounted[this.#random.int(0, 2)]): void {
    if (tree === undefined) return;
    tree.isUsed = true;
    this.#uses.push({ treeId: tree.treeId, startNs: ++this.nowNs, isEnd: false });
  }

  /** Reconnects: the server may give the session the same id again, and its trees get theirs in another order. */
  reconnect(): void {
    this.instance += 1;
    if (this.#random.chance(0.5)) {
      this.sessionId += 1n;
      this.#connects = [];
      this.#uses = [];
    }
    for (const tree of this.mounted) tree.treeId = 0;
    this.#connectIpc();
    for (const tree of this.mounted.toSorted(() => this.#random.int(-1, 1))) {
      tree.treeId = this.#connect();
      tree.isUsed = false;
      if (this.#random.chance(0.7)) this.use(tree);
    }
  }

  readBy(trees: KnownTrees): void {
    const { sessionId, instance } = this;
    const shares = [...this.mounted.map(({ share }) => share), "//files/IPC$"];
    trees.takeReading(
      shares.map((share) => ({ ...listed(share), sessionId, instance })),
      ++this.nowNs,
    );
    trees.bind(this.#used(), this.nowNs);
  }

  #connectIpc(): void {
    this.#connects.push(++this.nowNs);
  }

  #connect(): number {
    const free = [1, 2, 3, 4, 5].filter((id) => this.mounted.every(({ treeId }) => treeId !== id));
    this.#connects.push(++this.nowNs);
    return free[this.#random.int(0, free.length - 1)] ?? 0;
  }

  #used(): readonly UsedTree[] {
    return [...Map.groupBy(this.#uses, ({ treeId }) => treeId)].map(([treeId, its]) => {
      const endedNs = Math.max(-Infinity, ...its.filter(({ isEnd }) => isEnd).map(({ startNs }) => startNs));
      const since = its.map(({ startNs }) => startNs).filter((startNs) => startNs > endedNs);
      const filesNs = Math.min(Infinity, ...since);
      const connectedNs = Math.max(-Infinity, ...this.#connects.filter((startNs) => startNs < filesNs));
      return { sessionId: this.sessionId, treeId, endedNs, filesNs, connectedNs };
    });
  }
}

const ACTS = [
  ...(["mount", "mount", "mount", "use", "use"] as const),
  ...(["unmount", "failToMount", "reconnect"] as const),
] as const;

test("no reading ever binds a tree to a share that is not its own", () => {
  const random = seeded();
  let named = 0;
  for (let run = 0; run < 2000; run++) {
    const session = new FakeSession(random);
    const trees = new KnownTrees([]);
    const story: string[] = [];
    for (let step = 0; step < 12; step++) {
      const act = random.pick(ACTS);
      // aod reads at each mount, so it has seen a share before its connection is lost.
      if (act === "reconnect") session.readBy(trees);
      session[act]();
      story.push(`${act} ${session.mounted.map(({ share, treeId }) => `${share.at(-1)}${treeId}`)}`);
      if (random.chance(0.5)) continue;
      session.readBy(trees);
      story.push("read");
      for (const { share, treeId, isUsed } of session.mounted) {
        if (!isUsed) continue;
        const name = trees.index.nameOf(session.sessionId, treeId);
        if (name === share) named += 1;
        else expect(name, `${share} ${treeId}: ${story.join("; ")}; ${random.seedText}`).toBe("//files");
      }
    }
  }
  expect(named).toBeGreaterThan(1000);
});
