// The restrictions on aod beyond those of every root, as facts: of the process itself, or of the unit that will run it.
// Plain data; other rooms collect the facts and judge what they mean for a configuration.

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

/** `private`: files that are written there vanish with the service. */
export type FolderAccess = "open" | "read-only" | "hidden" | "private";

export interface Sandbox {
  readonly permits: Permits;
  readonly folder: (path: string) => FolderAccess;
}
