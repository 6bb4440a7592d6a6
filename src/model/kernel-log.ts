// What the kernel log says of SMB mounts. Plain data; cifs/kernel-log.ts finds it.

export interface KernelLogSignal {
  /** As in a signal's record (signal.ts). */
  readonly number: number;
  /** `//server` where the line names one. */
  readonly server: string | undefined;
  /** The line, bounded, control characters escaped. */
  readonly text: string;
}
