import { expect, test } from "bun:test";
import { attachHooks, HOOKS, type Hook } from "../../src/kernel/hooks.ts";
import { KernelSource } from "../../src/kernel/kernel-source.ts";
import { OPERATIONS_BYTES } from "../../src/kernel/mapping.ts";
import { BpfObject, type ProgramName } from "../../src/kernel/object.ts";
import { ReplyTally } from "../../src/kernel/reply-tally.ts";
import { countRunTime, readRunStats } from "../../src/kernel/run-stats.ts";
import { freezeMemory, freezeTable } from "../../src/kernel/table.ts";
import { COMMAND, COMMANDS } from "../../src/model/command.ts";
import { type KnownTree, LAST_SLOT } from "../../src/model/share.ts";
import { describeBpf } from "../helpers/bpf.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import { describeSource } from "./source.contract.ts";

describeBpf("the kernel's programs as a source", () => {
  describeSource(() => KernelSource.load());

  test("count their own time only on request", async () => {
    const source = KernelSource.load();
    const enterFd = source.object.programFd("on_cmd_enter");
    let messageId = 0n;
    const enter = () =>
      source.traffic.enter({ treeId: 1, sessionId: 2n, command: 5, messageId: ++messageId });
    const stop = countRunTime();
    enter();
    stop?.();
    const counted = readRunStats(enterFd);
    expect(counted).toMatchObject({ runs: 1, missed: 0 });
    expect(counted.timeNs).toBeGreaterThan(0);
    // The kernel counts for all or for none, and another program of this machine may ask as well.
    await waitUntil(() => {
      const before = readRunStats(enterFd).runs;
      enter();
      return readRunStats(enterFd).runs === before;
    });
    source.close();
    source.close();
  });

  test("count operations that fail without a request by errno, whatever the rules are", () => {
    const source = KernelSource.load();
    expect(source.operationErrors()).toEqual([]);
    const exitFd = source.object.programFd("on_exit_err");
    for (const [xid, errno] of [112, 112, 25, 512].entries()) {
      source.traffic.begin(xid);
      source.object.run(exitFd, [BigInt(xid), 0n, BigInt.asUintN(32, BigInt(-errno))]);
    }
    expect(source.operationErrors()).toEqual([
      { errno: 25, count: 1 },
      { errno: 112, count: 2 },
      { errno: 255, count: 1 },
    ]);
    expect(source.counters()).toMatchObject({ operations_failed: 4, operations_ended: 4 });
    source.close();
  });

  test("count the replies of each share's slot and command, as another thread may read them", () => {
    const source = KernelSource.load();
    const tally = new ReplyTally(source.memory);
    const tree = (treeId: number, slot: number): KnownTree => ({
      sessionId: 2n,
      treeId,
      slot,
      share: `//s/${treeId}`,
      connectionId: 1,
      dialect: 0x311,
      encrypted: false,
    });
    source.placeTrees([tree(1, 0), tree(2, 1), tree(3, LAST_SLOT)]);
    const { SMB2_CREATE, SMB2_CLOSE, SMB2_FLUSH } = COMMAND;
    let messageId = 0n;
    const exchange = (treeId: number, command: number, times: number) => {
      for (let i = 0; i < times; i++) {
        const call = { treeId, sessionId: 2n, command, messageId: ++messageId };
        source.traffic.enter(call);
        if (i % 2 === 0) source.traffic.done(call);
        else source.traffic.fail(call, 0xc0000022, 13);
      }
    };
    exchange(1, SMB2_CREATE, 7);
    exchange(1, SMB2_FLUSH, 5);
    exchange(2, SMB2_CREATE, 3);
    exchange(3, SMB2_CREATE, 2);
    exchange(4, SMB2_CLOSE, 1);
    const of = (...numbers: number[]) => COMMANDS.map((_, command) => numbers.includes(command));
    expect(tally.repliesTo(0, of(SMB2_CREATE))).toBe(7);
    expect(tally.repliesTo(0, of(SMB2_CREATE, SMB2_FLUSH, SMB2_CLOSE))).toBe(12);
    expect(tally.repliesTo(1, of(SMB2_CREATE))).toBe(3);
    expect(
      tally.repliesTo(
        LAST_SLOT,
        COMMANDS.map(() => true),
      ),
    ).toBe(3);
    expect(new ReplyTally({ histogramsFd: -1, possibleCpus: 0 }).repliesTo(0, of(SMB2_CREATE))).toBe(0);
    source.close();
  });

  test("freeze into a copy of their own", () => {
    const source = KernelSource.load();
    const frozen = freezeTable(source.memory);
    const call = { treeId: 1, sessionId: 2n, command: 5, messageId: 3n };
    source.traffic.enter(call);
    expect(new Uint8Array(frozen).some((byte) => byte !== 0)).toBe(false);
    expect(new Uint8Array(freezeTable(source.memory)).some((byte) => byte !== 0)).toBe(true);
    source.traffic.begin(7);
    const { operations } = freezeMemory(source.memory);
    expect(operations.byteLength).toBe(OPERATIONS_BYTES);
    expect(new Uint8Array(operations).some((byte) => byte !== 0)).toBe(true);
    source.close();
  });
});

describeBpf("the BPF object", () => {
  test.each(["atomic", "plain"] as const)("loads in its %s build", (build) => {
    const object = BpfObject.loadBuild(build);
    expect(object.build).toBe(build);
    for (const { program } of HOOKS) expect(object.programFd(program)).toBeGreaterThan(0);
    object.close();
  });

  test("waits where cifs is not loaded, and lets go of everything it had attached to", async () => {
    const loaded = await Bun.file("/sys/module/cifs/refcnt").exists();
    const object = BpfObject.load();
    const attachment = attachHooks(object);
    expect(attachment !== undefined).toBe(loaded);
    attachment?.detach();
    attachment?.detach();
    object.close();
  });

  test("takes the form of a hook that the kernel has, and says once what it lacks, and why", () => {
    const object = BpfObject.load();
    // Two arguments, on every kernel, and rare; fs/exec.c.
    const rename = (program: ProgramName): Hook => ({ tracepoint: "task_rename", program, level: "signal" });
    const attach = (...hooks: readonly Hook[]) => {
      const attachment = attachHooks(object, hooks);
      attachment?.detach();
      return { links: attachment?.links, missing: attachment?.missing };
    };
    const forms = [rename("on_reconnect"), rename("on_reconnect_unnamed")] as const;
    const absent = forms.map((hook) => ({ ...hook, tracepoint: "smb3_no_such" }));

    expect(attach(...forms, ...absent)).toEqual({
      links: 1,
      missing: [{ tracepoint: "smb3_no_such", reason: "ENOENT" }],
    });
    expect(attach(forms[1], forms[0])).toEqual({ links: 1, missing: [] });
    expect(attach(rename("on_credit_timeout"))).toEqual({
      links: 0,
      missing: [{ tracepoint: "task_rename", reason: "EINVAL" }],
    });
    object.close();
  });
});
