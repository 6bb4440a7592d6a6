import { describe, expect, test } from "bun:test";
import { ACTION_TABLE } from "../../src/runner/actions.ts";
import { HOST } from "../../src/runner/host.ts";
import { runAction } from "../../src/runner/run-action.ts";
import { planSockets, SAMPLE_GAP_MS } from "../../src/runner/socket-plan.ts";
import { parseSockets } from "../../src/runner/socket-text.ts";
import { anActionContext } from "../helpers/action-context.ts";
import { anAttribution } from "../helpers/attribution.ts";
import { ALL_PERMITTED, aHost, NAMESPACE } from "../helpers/host.ts";
import { anOrder } from "../helpers/order.ts";
import { aRequest } from "../helpers/request.ts";

const OTHER = "net:[4026532777]";
const SS = Bun.which("ss");
const port445 = () => Bun.listen({ hostname: "127.0.0.1", port: 445, socket: { data: () => undefined } });

function runsOf(namespaces: Readonly<Record<string, string | undefined>>, order = anOrder()) {
  const plan = planSockets(order, aHost({ networkNamespace: (pid) => namespaces[pid] }));
  return "runs" in plan ? plan.runs : plan;
}

describe("sockets", () => {
  const containers = anOrder({
    attribution: anAttribution(),
    evidence: [aRequest({ processId: 4200 }), aRequest({ processId: 17 }), aRequest({ processId: 0 })],
  });

  test("are sampled twice, a moment apart, in aod's own namespace", () => {
    expect(runsOf({ self: NAMESPACE, "4200": NAMESPACE }, containers)).toMatchObject([
      { heading: `${NAMESPACE} (aod), sample 1`, program: "ss", afterMs: 0 },
      { heading: `${NAMESPACE} (aod), sample 2`, program: "ss", afterMs: SAMPLE_GAP_MS },
    ]);
  });

  test("are sampled in the namespaces of the affected processes, each once per sample", () => {
    const runs = runsOf({ self: NAMESPACE, "4200": OTHER, "17": OTHER }, containers);
    expect(runs).toMatchObject([
      { heading: `${NAMESPACE} (aod), sample 1` },
      { heading: `${OTHER} (pid 4200), sample 1`, program: "nsenter", afterMs: 0 },
      { heading: `${NAMESPACE} (aod), sample 2`, afterMs: SAMPLE_GAP_MS },
      { heading: `${OTHER} (pid 4200), sample 2`, afterMs: 0 },
    ]);
    expect(runs).toHaveProperty("1.args", expect.arrayContaining(["--net=/proc/4200/ns/net", "ss"]));
  });

  test("are not sampled in namespaces that aod may not enter, and the reason says so", async () => {
    const permits = { ...ALL_PERMITTED, namespaces: false };
    const namespaces: Record<string, string> = { self: NAMESPACE, "4200": OTHER };
    const host = aHost({ networkNamespace: (pid) => namespaces[pid], permits });
    const plan = planSockets(containers, host);
    expect(plan).toHaveProperty("runs.length", 2);
    const without = `without the sockets of ${OTHER} (pid 4200), which may not be entered (CAP_SYS_ADMIN, setns): the service has it with the drop-in kernel-stacks.conf, /usr/share/doc/aod/service.md`;
    expect(plan).toHaveProperty("without", without);
    expect(planSockets(containers, { ...host, networkNamespace: () => NAMESPACE })).not.toHaveProperty(
      "without",
    );
  });

  test("of many namespaces are sampled in a few", () => {
    const evidence = Array.from({ length: 30 }, (_, index) => aRequest({ processId: index + 1 }));
    const plan = planSockets(
      anOrder({ evidence }),
      aHost({ networkNamespace: (pid) => `net:[${pid === "self" ? 0 : pid}]` }),
    );
    expect(plan).toHaveProperty("runs.length", 10);
  });

  test("are missing if /proc does not show aod's own namespace", () => {
    expect(runsOf({})).toEqual({ missing: "/proc/self/ns/net can't be read" });
  });

  test.skipIf(SS === null)("of this machine are read by the real ss (needs iproute2)", async () => {
    const { outcome, content } = await runAction(
      "sockets",
      ACTION_TABLE.sockets,
      anActionContext({ host: HOST }),
    );
    expect(outcome).toMatchObject({ status: "ok", reason: undefined });
    const samples = parseSockets(new TextDecoder().decode(content));
    expect(samples.map(({ number }) => number)).toEqual([1, 2]);
    expect(samples[0]?.namespace).toBe(HOST.networkNamespace("self") ?? "");
  });

  const canListen = SS !== null && process.getuid?.() === 0;
  test.skipIf(!canListen)("show a connection to port 445 (needs iproute2 and root)", async () => {
    const server = port445();
    const client = await Bun.connect({ hostname: "127.0.0.1", port: 445, socket: { data: () => undefined } });
    const { content } = await runAction("sockets", ACTION_TABLE.sockets, anActionContext({ host: HOST }));
    client.end();
    server.stop(true);
    const text = new TextDecoder().decode(content);
    for (const { connections } of parseSockets(text))
      expect(connections, text).toContainEqual(
        expect.objectContaining({
          peer: { address: "127.0.0.1", port: 445 },
          info: expect.objectContaining({ unackedSegments: 0, cwndSegments: expect.any(Number) }),
        }),
      );
  });
});
