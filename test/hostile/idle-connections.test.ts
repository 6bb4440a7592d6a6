// An unprivileged user of the host opens 20,000 silent connections to the metrics port, from several addresses. They
// must cost aod neither its descriptors nor an answer to a monitoring system.

import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { freePort } from "../helpers/free-port.ts";
import { readMetrics } from "../helpers/metrics-text.ts";
import { recordFault } from "./fault-log.ts";
import { describeHostile, HostileDaemon } from "./hostile-daemon.ts";

const CONNECTIONS = 20_000;
/** The number of programs that share the connections, so that no limit of file descriptors must be raised. */
const PROGRAMS = 8;
/**
 * Opens its part of the connections, sends nothing on most of them and half a request on some, and holds them until
 * killed.
 */
const FLOOD = `use IO::Socket::INET; my ($port, $count, $from) = @ARGV;
  $SIG{PIPE} = 'IGNORE';
  for my $i (1 .. $count) {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, LocalAddr => $from, Timeout => 60) or next;
    $socket->syswrite('GET /metrics HT') if $i % 3;
    push @held, $socket;
  }
  $| = 1; print "done\\n"; sleep 600;`;

const descriptorsOf = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;

describeHostile("20,000 silent connections to the metrics port", () => {
  const port = freePort();
  const aod = new HostileDaemon(`metrics: { listen: "127.0.0.1:${port}" }\n`);

  async function refusedConnections(): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { keepalive: false });
    expect(response.status).toBe(200);
    const { samples = [] } = readMetrics(await response.text(), "text").get("aod_refused_total") ?? {};
    return samples.find(({ labels }) => labels.cause === "metrics_connections")?.value ?? 0;
  }

  test("take a bounded number of descriptors, and metrics, captures and status continue", async () => {
    await aod.start().says("ready");
    await aod.detect();
    const before = descriptorsOf(aod.pid);

    const count = Math.ceil(CONNECTIONS / PROGRAMS);
    const flood = (i: number) =>
      Bun.spawn(
        [
          "setpriv",
          "--reuid=65534",
          "--regid=65534",
          "--clear-groups",
          "perl",
          "-e",
          FLOOD,
          `${port}`,
        ].concat([`${count}`, `127.0.0.${i + 2}`]),
        { stdin: "ignore", stdout: "pipe", stderr: "ignore" },
      );
    const programs = Array.from({ length: PROGRAMS }, (_, i) => flood(i));
    let most = 0;
    try {
      const done = Promise.all(programs.map(({ stdout }) => stdout.getReader().read()));
      let isDone = false;
      void done.finally(() => {
        isDone = true;
      });
      while (!isDone) {
        most = Math.max(most, descriptorsOf(aod.pid) - before);
        await refusedConnections();
        await Bun.sleep(20);
      }
      const { tookMs } = await aod.detect();
      const refused = await refusedConnections();
      const status = await aod.status();

      // The table's 32, and those that arrive meanwhile.
      expect(most).toBeLessThan(64);
      expect(refused).toBeGreaterThan(CONNECTIONS / 4);
      expect(status.refused.metrics_connections).toBeGreaterThanOrEqual(refused);
      expect(aod.log).not.toContain("is started again");
      recordFault({
        fault: "an unprivileged user opens 20,000 connections to the metrics port and says nothing",
        reaction:
          "keeps 32 of them, closes the longest silent ones and counts them; metrics, status and captures continue",
        lost: { "connections closed": refused },
        normalAfterMs: tookMs,
      });
    } finally {
      for (const program of programs) program.kill("SIGKILL");
    }
  });
});
