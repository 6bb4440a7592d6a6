// A real worker of aod under test: commands in, its reports collected in order.

import { afterAll } from "bun:test";

interface Report {
  readonly type: string;
}

export class Thread<In, Out extends Report> {
  readonly reports: Out[] = [];
  readonly #worker: Worker;
  readonly #waiting = new Set<() => void>();

  /** @param path of the worker's file below the checkout; the thread is gone when the test file is done. */
  constructor(path: string) {
    this.#worker = new Worker(new URL(`../../${path}`, import.meta.url).href);
    this.#worker.onmessage = ({ data }: { data: Out }) => {
      this.reports.push(data);
      for (const look of this.#waiting) look();
    };
    afterAll(() => this.#worker.terminate());
  }

  post(message: In, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /**
   * Takes the first report of this type that was not taken yet; a `failed` that the test does not wait for is thrown.
   */
  async take<Type extends Out["type"]>(type: Type): Promise<Extract<Out, { type: Type }>> {
    for (;;) {
      const at = this.reports.findIndex((report) => report.type === type);
      const failed = this.reports.find((report) => report.type === "failed");
      if (at >= 0) return this.reports.splice(at, 1)[0] as Extract<Out, { type: Type }>;
      if (failed !== undefined) throw new Error(`the thread failed: ${JSON.stringify(failed)}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      await promise;
      this.#waiting.delete(resolve);
    }
  }
}
