// What is closed to aod beyond what every root may do, as facts: of the process itself, or of the unit that will run it.
// Plain data; who asks, and what it means for a configuration, is elsewhere.

export interface Permits {
  /** Reading where tasks are in the kernel. */
  readonly stacks: boolean;
  /** Entering the network namespaces of others: containers. */
  readonly namespaces: boolean;
  /** Recording packets. */
  readonly packets: boolean;
  /** Talking to other machines. */
  readonly internet: boolean;
}

/** `private`: what is written there is gone with the service. */
export type FolderAccess = "open" | "read-only" | "hidden" | "private";

export interface Sandbox {
  readonly permits: Permits;
  readonly folder: (path: string) => FolderAccess;
}
