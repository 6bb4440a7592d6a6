import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDebugData } from "../../src/cifs/debug-data.ts";
import { summarizeSmb } from "../../src/runner/smb-summary.ts";

function summaryOf(kernel: string): string {
  const path = join(import.meta.dir, `../cifs/fixtures/debugdata-${kernel}.txt`);
  return summarizeSmb(parseDebugData(readFileSync(path, "utf8")));
}

describe("the summary of SMB connections", () => {
  test("names connections, sessions, channels, shares and requests on the wire", () => {
    expect(summaryOf("6.12").split("\n").slice(0, 8)).toEqual([
      "server 127.0.0.1: connection 0x1, dialect 0x311, status good, reconnects 0, credits 970, in flight 9, waiting for credits 10",
      "  session 0xffffffff949ce6a8 to 127.0.0.1",
      "    channel: connection 0x3, dialect 0x311, status good, reconnects 0, credits 509, in flight 0, waiting for credits 0",
      "    share \\\\127.0.0.1\\IPC$, tree 0xfe4d13e",
      "    share \\\\127.0.0.1\\share1, tree 0x75c61ba9, encrypted, DFS path \\\\corp.example\\dfs\\link",
      "    share \\\\127.0.0.1\\share2, tree 0x75c61baa",
      "  on the wire: SMB2_CREATE mid 23, tid 218, submitted, connection 0x1",
      "  on the wire: SMB2_TREE_CONNECT mid 24, tid 219, submitted, connection 0x1",
    ]);
  });

  test.each(["5.10", "5.15", "6.1", "6.12"])("of Linux %s has every session and request", (kernel) => {
    const data = parseDebugData(
      readFileSync(join(import.meta.dir, `../cifs/fixtures/debugdata-${kernel}.txt`), "utf8"),
    );
    const count = (pattern: RegExp) => summaryOf(kernel).match(pattern)?.length ?? 0;
    expect(count(/^server /gm)).toBe(data.servers.length);
    expect(count(/^ {2}session 0x/gm)).toBe(data.servers.flatMap(({ sessions }) => sessions).length);
    expect(count(/^ {2}on the wire: /gm)).toBe(data.servers.flatMap(({ mids }) => mids).length);
    expect(summaryOf(kernel)).not.toContain("undefined");
  });

  test("reports that there are none, and that DebugData was cut", () => {
    expect(summarizeSmb(parseDebugData(""))).toBe("no SMB connections\n");
    expect(summarizeSmb({ ...parseDebugData(""), complete: false })).toContain("there is more");
  });
});
