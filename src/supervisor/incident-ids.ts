// The ids of incidents: the time when each opened, with a number if two opened in one millisecond or the clock was set
// back. Pure and bounded.

const IDS_MAX = 8192;

export class IncidentIds {
  readonly #used = new Set<string>();

  /** An id that none of the last IDS_MAX incidents has. */
  make(epochMs: number): string {
    const time = new Date(epochMs).toISOString().replaceAll(/[-:]/g, "");
    let id = time;
    for (let n = 2; this.#used.has(id); n++) id = `${time}-${n}`;
    this.use(id);
    return id;
  }

  /** Notes an id of an earlier run. */
  use(id: string): void {
    this.#used.add(id);
    const [oldest] = this.#used;
    if (this.#used.size > IDS_MAX && oldest !== undefined) this.#used.delete(oldest);
  }
}
