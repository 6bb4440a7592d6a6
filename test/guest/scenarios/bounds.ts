// Limits of an always-on tool: it must not fill the host's disk, and must not record the data that users send.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { makeDisk } from "../disk.ts";
import { mountPoint } from "../mount.ts";
import { FILESERVER1, withDelay } from "../network.ts";
import { Provoker, run, waitFor } from "../process.ts";
import { linesWith, reload, rules, statusesOf } from "../rules.ts";
import type { Scenario } from "../scenario.ts";
import { makeTrace } from "../trace.ts";

/** Bytes of a packet: src/runner/packets.ts, and the row of the action. */
const SNAP_BYTES = 128;
const PCAP_MAX_BYTES = 4 << 20;

/** Reads a block while the wire is slow: a request of more than a second. */
async function readSlowly(): Promise<void> {
  const provoker = await Provoker.start("direct-read", `${mountPoint("plain")}/data`);
  await withDelay(600, async () => {
    provoker.go();
    await provoker.done();
  });
}

export const boundsScenarios: readonly Scenario[] = [
  {
    name: "safety: a disk with 5 MB left gets no capture nor a part of one, the log says why, and space brings captures back",
    mounts: ["plain"],
    async run(daemons) {
      const disk = await makeDisk("128M");
      const output = `${disk.folder}/aod`;
      const trace = makeTrace("-e", "trace=%file,write,pwrite64,writev,fallocate,ftruncate,fsync");
      let captured: readonly string[] = [];
      try {
        await disk.leave(5);
        const aod = daemons.start(rules({ actions: ["debugdata"] }), {
          outputDir: output,
          prefix: trace.prefix,
        });
        await aod.attached();
        const dropped = () => linesWith("capture dropped", aod);
        await readSlowly();
        await waitFor("one to be dropped", () => dropped().length > 0);
        const floor =
          /rule=slow_io incident=\S+ reason="[^"]* has \d+ bytes free; the capture needs 0, and 67108864 must stay free \(capture\.min_free_mb\)/;
        assert.match(dropped()[0] ?? "", floor);
        // More than is free above the lowest possible floor.
        const custom = { noise: "timeout_sec: 60, max_mb: 16, command: [/usr/bin/seq, '1', '700000']" };
        await reload(aod, rules({ actions: ["noise"], custom, more: "capture: {min_free_mb: 1}" }));
        await readSlowly();
        const tooBig = /has \d+ bytes free; the capture needs [4-9]\d{6}, and 1048576 must stay free/;
        await waitFor(
          "one to be dropped for its size",
          () => dropped().some((line) => tooBig.test(line)),
          180_000,
        );
        // The read may have tripped the rule twice: a second capture in progress is dropped like the first.
        await waitFor(
          "nothing to be left of them",
          () => readdirSync(`${output}/batches`).length === 0,
          180_000,
        );
        disk.free();
        await readSlowly();
        const { manifest } = await aod.capture();
        assert.ok(manifest.suppressed >= dropped().length, "those that were dropped are counted");
        await aod.stop();
        captured = aod.captures;
        assert.deepEqual(readdirSync(`${output}/batches`).toSorted(), captured);
        assert.deepEqual(readdirSync(output).toSorted(), ["aod.lock", "batches", "incidents.jsonl"]);
      } finally {
        await disk.remove();
      }
      const onDisk = trace
        .calls()
        .filter(({ described }) => described.some((path) => path.startsWith(output)));
      const written = onDisk.filter(({ name }) => name === "write").flatMap(({ described }) => described);
      assert.ok(written.includes(`${output}/incidents.jsonl`), "writes are in the trace");
      const begun = new Set(written.filter((path) => path.endsWith(".partial")));
      assert.equal(begun.size, captured.length, "of those that were dropped no byte was written");
      assert.deepEqual(
        onDisk.filter(({ line }) => / = -1 (ENOSPC|EDQUOT)/.test(line)),
        [],
      );
    },
  },
  {
    name: "safety: the packets of a slow mount are headers that tcpdump can read, and not many",
    mounts: ["plain"],
    config: rules({ actions: ["pcap"] }),
    async run({ aod }) {
      const provoker = await Provoker.start("direct-io", `${mountPoint("plain")}/data`, 2, 4);
      await withDelay(600, async () => {
        provoker.go();
        await provoker.done();
      });
      const { manifest, path } = await aod.capture();
      assert.equal(statusesOf(manifest.actions).pcap, "ok");
      const file = path("actions/pcap.pcap");
      const lines = (await run("tcpdump", "-nn", "-r", file)).trimEnd().split("\n");
      const packets = packetsOf(readFileSync(file));
      const isOfServer = new RegExp(
        `\\b${FILESERVER1.address.replaceAll(".", "\\.")}\\.445\\b.* length \\d+$`,
      );
      assert.ok(lines.length > 0 && lines.every((line) => isOfServer.test(line)), lines.join("\n"));
      assert.equal(packets.length, lines.length);
      assert.ok(
        packets.some(({ sentBytes }) => sentBytes > 4096),
        "a block went over the wire",
      );
      assert.ok(
        packets.every(({ keptBytes }) => keptBytes <= SNAP_BYTES),
        "and was not recorded",
      );
      assert.ok(readFileSync(file).length <= PCAP_MAX_BYTES);
    },
  },
];

/** The records of a pcap file (pcap-savefile(5)), in this machine's byte order. */
function packetsOf(bytes: Buffer): readonly { readonly keptBytes: number; readonly sentBytes: number }[] {
  assert.equal(bytes.readUInt32LE(0), 0xa1b2c3d4);
  assert.equal(bytes.readUInt32LE(16), SNAP_BYTES);
  const packets = [];
  for (let at = 24; at < bytes.length; ) {
    const keptBytes = bytes.readUInt32LE(at + 8);
    packets.push({ keptBytes, sentBytes: bytes.readUInt32LE(at + 12) });
    at += 16 + keptBytes;
  }
  return packets;
}
