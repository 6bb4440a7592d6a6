// For tests that need BPF. Whether this kernel lets us is tried, once, by loading the real object; where it does not,
// such tests are left out with the reason in their title, and fail instead where AOD_REQUIRE_BPF=1.

import { describe } from "bun:test";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

/** The two builds of the BPF object, by path: with compare-and-exchange, and for kernels that refuse it. */
export const OBJECTS = {
  atomic: join(ROOT, "build/bpf/aod.bpf.o"),
  plain: join(ROOT, "build/bpf/aod-plain.bpf.o"),
} as const;

/** What the kernel says of loading the programs; undefined: it takes them. */
export const bpfRefusal: string | undefined = probe();

/** A `describe` for tests that need BPF. */
export function describeBpf(title: string, body: () => void): void {
  if (bpfRefusal === undefined || process.env.AOD_REQUIRE_BPF === "1") describe(title, body);
  else describe.skip(`${title} (no BPF: ${bpfRefusal})`, body);
}

/** The path of a host C program of the tests, built if need be. Throws with the compiler's words. */
export function testProgram(
  name: "driver" | "race" | "race-operations" | "smb-traffic" | "write-request",
): string {
  const { success, stderr } = Bun.spawnSync([join(ROOT, "scripts/build-test-programs.sh")]);
  if (!success) throw new Error(`build the tests' programs: ${stderr.toString()}`);
  return join(ROOT, "build/test", name);
}

function probe(): string | undefined {
  const { success, stderr } = Bun.spawnSync([testProgram("driver"), OBJECTS.atomic], { stdin: "ignore" });
  if (success) return undefined;
  const words = stderr.toString().trim().split("\n");
  return words[words.length - 1] || "the driver failed without a word";
}
