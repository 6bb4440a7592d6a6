import { describe, expect, test } from "bun:test";
import { readManifestFacts } from "../../src/report/manifest-facts.ts";
import { readRequests } from "../../src/report/read-requests.ts";
import { summarize } from "../../src/report/summary.ts";
import { ticketText } from "../../src/report/ticket.ts";
import { aStory } from "../helpers/story.ts";

function ticketOf(manifest: Readonly<Record<string, unknown>>, csv: Uint8Array = new Uint8Array(0)): string {
  const facts = readManifestFacts(manifest);
  const table = readRequests(csv);
  return ticketText("aod_x", table.count, facts, summarize(table, facts));
}

describe("the report as text for a ticket", () => {
  test("has the headline, the reasons, the advice, the requests and the figures", () => {
    const story = aStory(2000);
    const manifest = JSON.parse(new TextDecoder().decode(story.files.get("manifest.json")));
    const text = ticketOf(manifest, story.files.get("requests.csv"));
    expect(text).toStartWith(
      "The server is to blame. (very likely, 86 %)\nNo reply on //files.example.net/projects, seen by app-03, 25 Nov 2026, 09:12:12 UTC\nCapture: aod_x\n\nWhy:\n- ",
    );
    expect(text).toContain("\n\nWhat to do next:\nLook at the server’s disks");
    expect(text).toMatch(
      /\n\nRequests that tripped the rule:\n- WRITE, ≥ 11\.8 s, no reply yet, sent 09:12:02\.682 UTC, by postgres \(4100\), to \/\/files\.example\.net\/projects\n/,
    );
    expect(text).toContain("- 2 more requests in the capture\n");
    expect(text).toMatch(/\n\nFigures:\n- longest wait: 11\.8 s \(of all requests to this share\)\n/);
    expect(text).not.toContain("\u00a0");
  });

  test("names a refusal by its status", () => {
    const evidence = [
      {
        state: "error",
        command: "SMB2_WRITE",
        nt_status: "0xc000007f",
        errno: "ENOSPC",
        latency_ns: 2_851_000,
      },
    ];
    expect(ticketOf({ evidence })).toContain("\n- WRITE, 2.85 ms, STATUS_DISK_FULL\n");
  });

  test("claims no verdict for a manifest without one", () => {
    expect(ticketOf({})).toStartWith("The cause is not known yet.\n");
    expect(ticketOf({})).not.toMatch(/NaN|undefined|\[object|Why:/);
  });
});
