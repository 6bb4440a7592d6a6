// Checks whether this kernel accepts the BPF programs: loads them, runs a request through them and, if cifs is loaded,
// attaches them for a moment. Nothing stays loaded or attached.

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
    "run as root; in a container also grant CAP_BPF and CAP_PERFMON, and allow the system call bpf",
  LIBRARY_REFUSED:
    "install libbpf (package libbpf1 or libbpf), or allow /usr/bin/aod in the security software",
  BPF_UNSUPPORTED: "use a kernel with CONFIG_BPF_SYSCALL",
  OTHER: "kernels from 5.10 on should accept them: report this, with the output of this command",
} as const;

/** @param cifsLoaded whether the tracepoints of cifs exist. */
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

/**
 * Tries both builds. The one with compare-and-exchange is the normal one; the plain build is the fallback for 5.10 and
 * 5.11.
 */
function buildFindings(): readonly Finding[] {
  const atomic = tryBuild("atomic");
  const plain = tryBuild("plain");
  if (atomic === undefined) {
    const both = ok("BPF programs", "loaded and verified");
    return plain === undefined
      ? [both]
      : [
          both,
          note(
            "BPF programs",
            `the kernel rejects the plain build, which it does not need: ${plain.message}`,
          ),
        ];
  }
  if (plain === undefined) {
    const found =
      "only the plain build loads: two CPUs that use one set of the request table at the same time can lose a line";
    return [warn("BPF programs", found, "nothing, or use a kernel from 5.12 on")];
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

/** Sends a request and its reply through the programs and looks for them in the mapped table. */
function requestFinding(source: KernelSource): Finding {
  const call = { treeId: 1, sessionId: 1n, command: COMMAND.SMB2_CREATE, messageId: 1n };
  source.traffic.enter(call);
  source.traffic.done(call);
  const table = openTable(source.memory);
  for (let at = 0; at < table.byteLength; at += REQUEST_BYTES) {
    if (lineStartNs(table, at) === 0) continue;
    const replied = table.read(at).messageId === call.messageId && (table.flags(at) & FLAG.REPLIED) !== 0;
    if (replied) return ok("request table", "a test request passed the programs and is in the table");
  }
  return bad(
    "request table",
    "a test request passed the programs but is not in the table",
    ADVICE.OTHER,
    "BPF_LOAD",
  );
}

function tracepointsFinding(object: BpfObject): Finding {
  try {
    const attachment = attachHooks(object);
    if (attachment === undefined) {
      const todo =
        "use a cifs module that was built with tracepoints: aod cannot see the requests of this one";
      return bad(
        "tracepoints",
        "cifs is loaded but has none of the tracepoints that aod needs",
        todo,
        "BPF_ATTACH",
      );
    }
    attachment.detach();
    const { missing, links } = attachment;
    if (missing.length === 0) return ok("tracepoints", `all ${links} can be attached`);
    const names = missing.map(({ tracepoint, reason }) => `${tracepoint} (${reason})`).join(", ");
    return note("tracepoints", `all required ones can be attached; this kernel lacks ${names}`);
  } catch (thrown) {
    if (!(thrown instanceof AodError)) throw thrown;
    return bad("tracepoints", thrown.message, ADVICE.NOT_PERMITTED, thrown.code);
  }
}
