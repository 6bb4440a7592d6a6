import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDebugData } from "../../src/cifs/debug-data.ts";
import { mountFindings } from "../../src/doctor/mounts.ts";

const OPTIONS = "rw,vers=3.1.1,cache=strict,username=u,soft,multichannel,max_channels=4,echo_interval=60";
const line = (source: string, point: string, options = OPTIONS, type = "cifs") =>
  `37 29 0:51 / ${point} rw,relatime shared:1 - ${type} ${source} ${options}`;

describe("doctor on mounts", () => {
  test("lists each mount with the relevant options and without the user name", () => {
    const [finding, ...more] = mountFindings(line("//files/db", "/mnt/db"), undefined);
    expect(more).toEqual([]);
    expect(finding).toEqual({
      subject: "mounts",
      severity: "ok",
      found:
        "//files/db at /mnt/db: vers=3.1.1, cache=strict, max_channels=4, echo_interval=60, multichannel, soft",
    });
  });

  test("shows the present state of the connection, whatever the case of the share's name", () => {
    const text = readFileSync(join(import.meta.dir, "../cifs/fixtures/debugdata-6.12.txt"), "utf8");
    const debugData = parseDebugData(text);
    const tree = debugData.servers.flatMap(({ sessions }) => sessions.flatMap(({ shares }) => shares))[1];
    const source = (tree?.unc ?? "").replaceAll("\\", "/").toUpperCase();
    expect(source).not.toBe("");
    const [finding] = mountFindings(line(`${source}/below`, "/mnt"), debugData);
    expect(finding?.found).toMatch(/(not )?encrypted/);
    expect(mountFindings(line("//other/share", "/mnt"), debugData)[0]?.found).not.toContain("encrypted");
  });

  test("shows the target of a DFS link", () => {
    const text = readFileSync(
      join(import.meta.dir, "../cifs/fixtures/guest/6.12/dfs-link/debugdata.txt"),
      "utf8",
    );
    const [finding] = mountFindings(line("//fileserver1/dfs/direct", "/mnt"), parseDebugData(text));
    expect(finding?.found).toEndWith("soft, leads to //fileserver2/direct, not encrypted");
  });

  test("warns about SMB 1, which aod does not see", () => {
    expect(mountFindings(line("//old/s", "/mnt", "rw,vers=1.0"), undefined)).toMatchObject([
      { severity: "warn", todo: expect.stringContaining("vers=3.1.1") },
    ]);
  });

  test("ignores other file systems, accepts both names of cifs, and is bounded", () => {
    const text = [
      line("/dev/sda1", "/", "rw", "ext4"),
      ...Array.from({ length: 30 }, (_, i) => line("//a/b", `/m${i}`, OPTIONS, i % 2 ? "smb3" : "cifs")),
    ].join("\n");
    const findings = mountFindings(text, undefined);
    expect(findings).toHaveLength(21);
    expect(findings.at(-1)).toMatchObject({ severity: "note", found: "and 10 more" });
    expect(mountFindings(line("/dev/sda1", "/", "rw", "ext4"), undefined)).toMatchObject([
      { severity: "note" },
    ]);
  });
});
