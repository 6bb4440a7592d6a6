// Whether this kernel takes our BPF programs, found out by loading them, running a request through them and, where
// cifs is there, attaching for a moment. Out: findings. Nothing stays loaded or attached.

import { attachHooks } from "../kernel/hooks.ts";
import { KernelSource } from "../kernel/kernel-source.ts";
import { BpfObject } from "../kernel/object.ts";
import { openTable } from "../kernel/table.ts";
import { COMMAND } from "../model/command.ts";
import { AodError } from "../model/failure.ts";
import { FLAG, REQUEST_BYTES } from "../model/request.gen.ts";
import { lineStartNs } from "../table/line.ts";
import { bad, type Finding, note, ok, warn } from "./finding.ts";

const ADVICE = {
  NOT_PERMITTED:
    "run as root; in a container also give CAP_BPF and CAP_PERFMON and allow the system call bpf",
  LIBRARY_REFUSED: "install libbpf (package libbpf1 or libbpf), or let security software allow /usr/bin/aod",
  BPF_UNSUPPORTED: "a kernel with CONFIG_BPF_SYSCALL is needed",
  OTHER: "kernels from 5.10 on are meant to take them: report this, with the output of this command",
} as const;

/** @param cifsLoaded whether tracepoints are to be expected. */
export function bpfFindings(cifsLoaded: boolean): readonly Finding[] {
  const builds = [...buildFindings()];
  if (builds.some(({ severity }) => severity === "bad")) return builds;
  const source = KernelSource.load();
  try {
    return [...builds, requestFinding(source), ...(cifsLoaded ? [tracepointsFinding(source.object)] : [])];
  } finally {
    source.close();
  }
}

/** The build with compare-and-exchange is what everybody should run; the plain one is the way out for 5.10 and 5.11. */
function buildFindings(): readonly Finding[] {
  const atomic = tryBuild("atomic");
  const plain = tryBuild("plain");
  if (atomic === undefined) {
    const both = ok("BPF programs", "loaded and verified");
    return plain === undefined
      ? [both]
      : [both, note("BPF programs", `the plain build is refused: ${plain.message}`)];
  }
  if (plain === undefined) {
    const found =
      "only the plain build loads: two CPUs that hit one set of the request table at once can lose a line";
    return [warn("BPF programs", found, "nothing, or a kernel from 5.12 on")];
  }
  const todo = atomic.code in ADVICE ? ADVICE[atomic.code as keyof typeof ADVICE] : ADVICE.OTHER;
  const causes = atomic.cause instanceof Error ? `: ${atomic.cause.message}` : "";
  const verifier = typeof atomic.context.verifier === "string" ? atomic.context.verifier : "";
  const last = verifier.trimEnd().split("\n").slice(-3).join("; ");
  return [bad("BPF programs", [atomic.message + causes, last].filter(Boolean).join("; "), todo, atomic.code)];
}

function tryBuild(build: "atomic" | "plain"): AodError | undefined {
  try {
    BpfObject.loadBuild(build).close();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof AodError) return thrown;
    throw thrown;
  }
}

/** A request and its reply, through the programs into the mapped table. */
function requestFinding(source: KernelSource): Finding {
  const call = { treeId: 1, sessionId: 1n, command: COMMAND.SMB2_CREATE, messageId: 1n };
  source.traffic.enter(call);
  source.traffic.done(call);
  const table = openTable(source.memory);
  for (let at = 0; at < table.byteLength; at += REQUEST_BYTES) {
    if (lineStartNs(table, at) === 0) continue;
    const replied = table.read(at).messageId === call.messageId && (table.flags(at) & FLAG.REPLIED) !== 0;
    if (replied) return ok("request table", "a request went through the programs and into it");
  }
  return bad(
    "request table",
    "a request that went through the programs is not in it",
    ADVICE.OTHER,
    "BPF_LOAD",
  );
}

function tracepointsFinding(object: BpfObject): Finding {
  try {
    const attachment = attachHooks(object);
    if (attachment === undefined) {
      const todo = "this module was built without tracepoints: aod can't see its requests";
      return bad("tracepoints", "cifs is loaded and has none of those that aod needs", todo, "BPF_ATTACH");
    }
    attachment.detach();
    const { missing, links } = attachment;
    if (missing.length === 0) return ok("tracepoints", `all ${links} can be attached to`);
    const names = missing.map(({ tracepoint, reason }) => `${tracepoint} (${reason})`).join(", ");
    return note("tracepoints", `those that are needed can be attached to; this kernel lacks ${names}`);
  } catch (thrown) {
    if (!(thrown instanceof AodError)) throw thrown;
    return bad("tracepoints", thrown.message, ADVICE.NOT_PERMITTED, thrown.code);
  }
}
