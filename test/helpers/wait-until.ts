// Waits for what happens elsewhere: another thread, a child, the kernel. Fails with the condition's text, not by
// hanging; no test says how long a thing may take.

const GIVE_UP_MS = 60_000;

export async function waitUntil(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + GIVE_UP_MS; !condition(); await Bun.sleep(5)) {
    if (performance.now() > end) throw new Error(`never came true: ${condition}`);
  }
}
