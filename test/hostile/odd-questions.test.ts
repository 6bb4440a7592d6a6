// Abuse of the control socket and of the configuration by root: malformed questions, a thousand connections, and files
// with every kind of mistake, read at SIGHUP. None of them may cost the daemon its work or its answers.

import { expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { seeded } from "../helpers/random.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import { recordFault } from "./fault-log.ts";
import { describeHostile, HostileDaemon } from "./hostile-daemon.ts";

const CONNECTIONS = 1000;

const ODD_QUESTIONS: readonly string[] = [
  "",
  "\n",
  "null\n",
  "[]\n",
  "{}\n",
  "1e999\n",
  '"status"\n',
  "\0\n",
  "\ufeff{}\n",
  "GET / HTTP/1.1\r\n\r\n",
  '{"ask":"status"}\n',
  '{"version":1}\n',
  '{"version":99,"ask":"status"}\n',
  '{"version":-0,"ask":"status"}\n',
  '{"version":"1","ask":"status"}\n',
  '{"version":1,"version":2,"ask":"status"}\n',
  '{"version":1,"ask":""}\n',
  '{"version":1,"ask":"STATUS"}\n',
  '{"version":1,"ask":["status"]}\n',
  '{"version":1,"ask":"__proto__"}\n',
  '{"version":1,"ask":"constructor"}\n',
  '{"version":1,"ask":"capture","name":"../../../etc/passwd"}\n',
  '{"version":1,"ask":"live","every_ms":-1}\n',
  '{"version":1,"ask":"live","every_ms":1e300}\n',
  '{"version":1,"ask":"live","every_ms":"100"}\n',
  '{"version":1,"ask":"snapshot","reason":7}\n',
  '{"version":1,"ask":"snapshot","reason":null}\n',
  `{"version":1,"ask":"snapshot","reason":"${"x".repeat(5000)}"}\n`,
  `{"version":1,"ask":"status","more":${"[".repeat(3000)}${"]".repeat(3000)}}\n`,
  "x".repeat(1 << 20),
  '{"version":1,"ask":"status"}',
  '{"version":1,"ask":"status"}\r\n\r\n',
  '{"version":1,"ask":"status"}\n{"version":1,"ask":"reload"}\n'.repeat(50),
];

/** Each text replaces the rules, or follows them. */
const HOSTILE_FILES: readonly string[] = [
  "",
  "\0",
  "---\n---\n",
  "- a\n",
  "guardian: [\n",
  "guardian: !!js/function 'x'\n",
  "\ufeff\ufffe",
  "a: &a [*a]\n",
  `a: &a [x, x, x, x, x, x, x, x]\n${"bcdefghi".replaceAll(/./g, (name) => `${name}: &${name} [${`*${String.fromCharCode(name.charCodeAt(0) - 1)}, `.repeat(8)}]\n`)}`,
  `${"[".repeat(20_000)}\n`,
  `guardian: { anomalies: { ${"x".repeat(100_000)}: { type: Latency } } }\n`,
  "guardian: { anomalies: { __proto__: { type: Latency, acceptable_count: 1 } } }\n",
  "guardian: { anomalies: { a: { type: Latency, acceptable_count: 1e309 } } }\n",
  "guardian: { anomalies: { a: { type: Latency, acceptable_count: .nan } } }\n",
  "guardian: { anomalies: { '../../etc': { type: Latency, acceptable_count: 1 } } }\n",
  "guardian: { anomalies: { a: { type: Latency, acceptable_count: 1, actions: ['../x'] } } }\n",
  "aod_output_dir: /proc/self/root/proc\nguardian: { anomalies: { a: { type: Latency, acceptable_count: 1 } } }\n",
  "metrics: { listen: '256.0.0.1:99999' }\n",
  `guardian:\n  anomalies:\n${Array.from({ length: 20_000 }, (_, i) => `    r${i}: { type: Nothing }\n`).join("")}`,
];

describeHostile("a control socket and a configuration file in hostile hands", () => {
  const aod = new HostileDaemon();
  const peers: Socket[] = [];

  function connect(text: string): Socket {
    const socket = createConnection(aod.socket);
    socket.on("error", () => undefined);
    socket.resume();
    if (text !== "") socket.write(text);
    peers.push(socket);
    return socket;
  }

  test("cost neither captures nor answers", async () => {
    const random = seeded();
    await aod.start().says("ready");
    const before = readdirSync(`/proc/${aod.pid}/fd`).length;
    for (const question of ODD_QUESTIONS) {
      const socket = connect(question);
      if (random.chance(0.5)) socket.end();
      await Bun.sleep(5);
    }
    for (let i = 0; i < CONNECTIONS; i++)
      connect(random.chance(0.3) ? random.pick(["{", '{"version":1,', "x"]) : "");
    await waitUntil(
      () => peers.filter(({ destroyed, closed }) => destroyed || closed).length > CONNECTIONS / 2,
    );
    expect(readdirSync(`/proc/${aod.pid}/fd`).length - before).toBeLessThan(64);
    for (const peer of peers) peer.destroy();
    const { refused } = await aod.status();
    expect(refused.control_connections).toBeGreaterThan(CONNECTIONS / 2);

    for (const text of HOSTILE_FILES) {
      aod.log = "";
      writeFileSync(aod.config, text);
      aod.signal("SIGHUP");
      // Some of the strange values are valid: aod only has to continue.
      await waitUntil(() => /the running configuration stays in force|configuration applied/.test(aod.log));
    }
    aod.configure("");
    aod.signal("SIGHUP");
    const { tookMs } = await aod.detect();
    expect(aod.isRunning).toBe(true);
    expect(aod.log).not.toContain("is started again");
    recordFault({
      fault: `${ODD_QUESTIONS.length} odd questions, 1,000 connections to the control socket, ${HOSTILE_FILES.length} hostile configuration files`,
      reaction: "refuses them with a reason, keeps 32 connections and its configuration",
      lost: { "connections closed": refused.control_connections ?? 0 },
      normalAfterMs: tookMs,
    });
  });
});
