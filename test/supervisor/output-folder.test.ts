import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { AodError } from "../../src/model/failure.ts";
import { claimOutputFolder } from "../../src/supervisor/output-folder.ts";
import { tempDir } from "../helpers/temp-dir.ts";

function refusalOf(outputDir: string): AodError | undefined {
  try {
    claimOutputFolder(outputDir).release();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof AodError) return thrown;
    throw thrown;
  }
}

describe("the output folder", () => {
  test("is created with its missing parents, for its owner only", () => {
    const folder = join(tempDir(), "a", "b");
    expect(refusalOf(folder)).toBeUndefined();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "batches")).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "aod.lock")).mode & 0o777).toBe(0o600);
  });

  test("belongs to one aod at a time, and another one reports the pid of its owner", () => {
    const folder = tempDir();
    const claimed = claimOutputFolder(folder);
    expect(refusalOf(folder)).toMatchObject({
      code: "ALREADY_RUNNING",
      message: expect.stringContaining(`pid ${process.pid}`),
    });
    claimed.release();
    expect(refusalOf(folder)).toBeUndefined();
  });

  test("is refused if the path is a file", () => {
    const path = join(tempDir(), "file");
    writeFileSync(path, "");
    expect(refusalOf(path)?.code).toBe("OUTPUT_UNUSABLE");
  });

  test("does not follow a symbolic link in place of the lock", () => {
    const folder = tempDir();
    const victim = join(tempDir(), "victim");
    writeFileSync(victim, "precious");
    symlinkSync(victim, join(folder, "aod.lock"));
    expect(refusalOf(folder)?.code).toBe("OUTPUT_UNUSABLE");
    expect(Bun.file(victim).size).toBe(8);
  });

  test("does not follow a symbolic link in place of batches/", () => {
    const folder = tempDir();
    const elsewhere = join(folder, "elsewhere");
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(folder, "batches"));
    expect(refusalOf(folder)?.code).toBe("OUTPUT_UNUSABLE");
  });

  test("is resolved once if the configured path is a symbolic link, and refused if the link is of another user", () => {
    const parent = tempDir();
    const folder = join(parent, "real");
    mkdirSync(folder);
    const link = join(parent, "link");
    symlinkSync(folder, link);
    const claimed = claimOutputFolder(link);
    expect(claimed.path).toBe(folder);
    claimed.release();
    if (process.geteuid?.() !== 0) return;
    lchownSync(link, 12345, 12345);
    expect(refusalOf(link)).toMatchObject({
      code: "OUTPUT_UNUSABLE",
      message: expect.stringContaining("symbolic link of user 12345"),
    });
  });
});

describe("the output folder while aod runs", () => {
  function aClaim() {
    const folder = join(tempDir(), "out");
    const claimed = claimOutputFolder(folder);
    return { folder, batches: join(folder, "batches"), claimed };
  }

  test("is no trouble while it is unchanged", () => {
    const { claimed } = aClaim();
    expect([claimed.check(), claimed.check()]).toEqual([undefined, undefined]);
  });

  test.each([
    ["batches/ is removed", ({ batches }: Paths) => rmSync(batches, { recursive: true })],
    ["all in it is removed", ({ folder }: Paths) => Bun.spawnSync(["sh", "-c", `rm -rf ${folder}/*`])],
    ["it is removed itself", ({ folder }: Paths) => rmSync(folder, { recursive: true })],
    ["it is moved away", ({ folder }: Paths) => renameSync(folder, `${folder}.old`)],
    [
      "batches/ is replaced by one that is open to everybody",
      ({ batches }: Paths) => {
        rmSync(batches, { recursive: true });
        mkdirSync(batches);
        chmodSync(batches, 0o777);
      },
    ],
  ])("is created again if %s, for its owner only, and reported once", (_, harm) => {
    const { folder, batches, claimed } = aClaim();
    harm({ folder, batches });
    expect(claimed.check()).toMatchObject({
      isRepaired: true,
      text: expect.stringContaining("created again"),
    });
    expect(claimed.check()).toBeUndefined();
    expect(statSync(batches).mode & 0o777).toBe(0o700);
    // It is locked again: no second aod gets it.
    expect(refusalOf(folder)?.code).toBe("ALREADY_RUNNING");
    claimed.release();
  });

  test("is a trouble while its disk has less free space than capture.min_free_mb", () => {
    const { claimed } = aClaim();
    expect(claimed.check(Number.MAX_SAFE_INTEGER)).toMatchObject({
      isRepaired: false,
      text: expect.stringContaining("capture.min_free_mb"),
    });
    expect(claimed.check(1)).toBeUndefined();
    claimed.release();
  });

  test("is locked again if the lock was removed", () => {
    const { folder, claimed } = aClaim();
    rmSync(join(folder, "aod.lock"));
    expect(claimed.check()).toMatchObject({ isRepaired: true, text: expect.stringContaining("lock") });
    expect(refusalOf(folder)?.code).toBe("ALREADY_RUNNING");
    claimed.release();
  });

  test.each([
    [
      "a link in the place of batches/",
      ({ batches }: Paths, elsewhere: string) => {
        rmSync(batches, { recursive: true });
        symlinkSync(elsewhere, batches);
      },
    ],
    [
      "a link in its own place",
      ({ folder }: Paths, elsewhere: string) => {
        renameSync(folder, `${folder}.old`);
        symlinkSync(elsewhere, folder);
      },
    ],
    [
      "a file in its place",
      ({ folder }: Paths) => {
        renameSync(folder, `${folder}.old`);
        writeFileSync(folder, "");
      },
    ],
    [
      "a folder that every user may write in",
      ({ folder }: Paths) => {
        renameSync(folder, `${folder}.old`);
        mkdirSync(folder);
        chmodSync(folder, 0o777);
      },
    ],
  ])("is not used as %s: a trouble until that is corrected, and nothing is written elsewhere", (_, harm) => {
    const { folder, batches, claimed } = aClaim();
    const elsewhere = tempDir();
    harm({ folder, batches }, elsewhere);
    expect(claimed.check()).toMatchObject({
      isRepaired: false,
      text: expect.stringContaining("no capture can be written"),
    });
    expect(readdirSync(elsewhere)).toEqual([]);
    rmSync(lstatSync(folder).isDirectory() && existsSync(batches) ? batches : folder, { recursive: true });
    expect(claimed.check()).toMatchObject({ isRepaired: true });
    expect(claimed.check()).toBeUndefined();
    claimed.release();
  });

  test.skipIf(process.geteuid?.() !== 0)(
    "is not used where it belongs to another user (a test for root)",
    () => {
      const { folder, claimed } = aClaim();
      lchownSync(folder, 12345, 12345);
      expect(claimed.check()).toMatchObject({
        isRepaired: false,
        text: expect.stringContaining("user 12345"),
      });
      lchownSync(folder, 0, 0);
      expect(claimed.check()).toBeUndefined();
      claimed.release();
    },
  );
});

interface Paths {
  readonly folder: string;
  readonly batches: string;
}
