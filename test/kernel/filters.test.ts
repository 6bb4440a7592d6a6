// In test/kernel for its place; it needs no kernel.

import { describe, expect, test } from "bun:test";
import { factsOfReply } from "../../src/detector/facts.ts";
import { judgeReply } from "../../src/detector/judge.ts";
import { type KernelFilters, planFilters } from "../../src/kernel/filters.ts";
import { COMMAND, COMMANDS } from "../../src/model/command.ts";
import { ERRNO } from "../../src/model/errno.ts";
import { NT_STATUSES } from "../../src/model/nt-status.ts";
import { countsOperation } from "../../src/model/operation-failure.ts";
import { FLAG, GEOMETRY } from "../../src/model/request.gen.ts";
import type { Request } from "../../src/model/request.ts";
import { seeded } from "../helpers/random.ts";
import { aRequest } from "../helpers/request.ts";
import { aLatencyRule, anErrorRule, aStuckRule } from "../helpers/rule.ts";

/** What the BPF programs do with the filters: bpf/ring.h. */
function goesOnRing({ commands, quiet }: KernelFilters, request: Request): boolean {
  const filter = commands[request.command];
  if (filter === undefined) return false;
  if (request.latencyNs >= filter.slowNs) return true;
  const counted = ((filter.errnoMask[request.errno >> 6] ?? 0n) >> BigInt(request.errno & 63)) & 1n;
  const isQuiet = quiet.some(
    (pair) => pair.ntStatus === request.ntStatus && pair.command === request.command,
  );
  return request.errno !== 0 && counted === 1n && !isQuiet;
}

describe("the kernel's filters", () => {
  test("without rules nothing goes on the ring", () => {
    const { commands, quiet } = planFilters([]);
    expect(quiet).toEqual([]);
    expect(commands).toHaveLength(COMMANDS.length);
    for (const { slowNs, errnoMask } of commands) {
      expect(slowNs).toBe(Infinity);
      expect(errnoMask).toEqual(new Array(GEOMETRY.ERRNO_WORDS).fill(0n));
    }
  });

  test("each command has the lowest threshold of all rules, the emergency one included", () => {
    const slowNs = COMMANDS.map((_, command) => (command === COMMAND.SMB2_READ ? Infinity : 50e6));
    const rules = [
      aLatencyRule({ slowNs, emergencyMs: 900 }),
      aLatencyRule({ slowMs: 70, emergencyMs: 800 }),
    ];
    const { commands } = planFilters(rules);
    expect(commands[COMMAND.SMB2_WRITE]?.slowNs).toBe(50e6);
    expect(commands[COMMAND.SMB2_READ]?.slowNs).toBe(70e6);
    const onlyEmergency = planFilters([aLatencyRule({ slowNs, emergencyMs: 900 })]);
    expect(onlyEmergency.commands[COMMAND.SMB2_READ]?.slowNs).toBe(900e6);
  });

  test("a failed operation goes on the ring exactly where some rule may count its errno", () => {
    const isOnRing = (rules: Parameters<typeof planFilters>[0], errno: number) =>
      (((planFilters(rules).operationMask[errno >> 6] ?? 0n) >> BigInt(errno & 63)) & 1n) === 1n;
    const rules = [anErrorRule({ namedErrnos: [ERRNO.ENOENT] }), aLatencyRule(), aStuckRule()];
    for (let errno = 0; errno < 256; errno++) {
      const expected = rules.some((rule) => rule.type === "error" && countsOperation(rule, errno, 1e9));
      expect(isOnRing(rules, errno), String(errno)).toBe(errno > 0 && expected);
    }
    expect(isOnRing(rules, ERRNO.EHOSTDOWN)).toBe(true);
    expect(isOnRing(rules, ERRNO.ENOTTY)).toBe(false);
    expect(isOnRing([aLatencyRule(), aStuckRule()], ERRNO.EHOSTDOWN)).toBe(false);
  });

  test("an everyday status stays off the ring until some rule names its errno", () => {
    const notFound = { command: COMMAND.SMB2_CREATE, ntStatus: 0xc0000034 };
    expect(planFilters([anErrorRule()]).quiet).toContainEqual(notFound);
    expect(planFilters([anErrorRule({ namedErrnos: [ERRNO.ENOENT] })]).quiet).not.toContainEqual(notFound);
  });

  test("a status that every rule excludes stays off the ring, one that some rule names does not", () => {
    const denied = 0xc0000022;
    const pair = { command: COMMAND.SMB2_CREATE, ntStatus: denied };
    const excluding = anErrorRule({ statuses: { [denied]: false } });
    expect(planFilters([excluding]).quiet).toContainEqual(pair);
    const naming = anErrorRule({ errnos: [], statuses: { [denied]: true } });
    const { quiet, commands } = planFilters([excluding, naming]);
    expect(quiet).not.toContainEqual(pair);
    expect((commands[0]?.errnoMask[0] ?? 0n) & (1n << BigInt(ERRNO.EACCES))).not.toBe(0n);
  });

  test("the end of a stuck request is reported at once", () => {
    expect(planFilters([aStuckRule({ stuckMs: 5000 })]).commands[COMMAND.SMB2_READ]?.slowNs).toBe(5e9);
  });

  test("the quiet pairs have room in their map", () => {
    expect(planFilters([anErrorRule()]).quiet.length).toBeLessThanOrEqual(GEOMETRY.STATUS_MAX);
  });

  test("whatever a rule counts goes on the ring", () => {
    const random = seeded();
    const errnos = NT_STATUSES.map(({ errno }) => errno ?? ERRNO.EIO);
    for (let round = 0; round < 300; round++) {
      const rules = [
        aLatencyRule({
          slowNs: COMMANDS.map(() => random.int(0, 100) * 1e6),
          emergencyMs: random.int(1, 500),
        }),
        anErrorRule({
          errnos: errnos.filter(() => random.chance(0.3)),
          namedErrnos: errnos.filter(() => random.chance(0.1)),
          commands: COMMANDS.map(() => random.chance(0.8)),
          statuses: Object.fromEntries(
            NT_STATUSES.filter(() => random.chance(0.05)).map(({ status }) => [status, random.chance(0.5)]),
          ),
        }),
      ];
      const filters = planFilters(rules);
      for (let i = 0; i < 50; i++) {
        const status = NT_STATUSES[random.int(0, NT_STATUSES.length - 1)];
        const failed = random.chance(0.7) ? status : undefined;
        const request = aRequest({
          command: random.int(0, COMMANDS.length - 1),
          latencyNs: random.int(1, 200) * 1e6,
          ntStatus: failed?.status ?? 0,
          errno: failed === undefined ? 0 : (failed.errno ?? ERRNO.EIO),
          flags: failed === undefined ? FLAG.REPLIED : FLAG.REPLIED | FLAG.ERRORED,
        });
        const isCounted = rules.some((rule) => judgeReply(rule, factsOfReply(request, false)) !== "passes");
        if (isCounted) expect(goesOnRing(filters, request), random.seedText).toBe(true);
      }
    }
  });
});
