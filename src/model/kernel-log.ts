// Lines of the kernel log about SMB mounts, as plain data; cifs/kernel-log.ts finds them.

export interface KernelLogSignal {
  /** The number in a signal's record (signal.ts). */
  readonly number: number;
  /** `//server` if the line names one. */
  readonly server: string | undefined;
  /** The line, bounded, control characters escaped. */
  readonly text: string;
}
