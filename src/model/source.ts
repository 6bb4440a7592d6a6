// The kernel's memory for threads: file descriptors and addresses as numbers, so that they cross threads. The room that
// made them (kernel/ for the real kernel, kernel/imitation.ts for the one in memory) keeps them alive until the
// detector and the runner have closed.

/** The request table: GEOMETRY.SETS sets. Read-only. */
export interface TableHandles {
  readonly tableAddress: number;
  readonly tableBytes: number;
}

export interface SourceHandles extends TableHandles {
  /** Readable when the ring has records: a ring buffer map, or an eventfd of the imitation. */
  readonly ringFd: number;
  /** The ring's consumer page: consumer position, u64 at 0. Written by the detector only. */
  readonly ringConsumerAddress: number;
  /** The ring's producer page: producer position, u64 at 0; the data follows at `ringDataAddress`, mapped twice. */
  readonly ringProducerAddress: number;
  readonly ringDataAddress: number;
  /** Bytes of the ring's data, a power of two. */
  readonly ringBytes: number;
  /** The per-CPU map `histograms`, or -1 if the source does not count. */
  readonly histogramsFd: number;
  /** The number of CPUs that a per-CPU map has values for. */
  readonly possibleCpus: number;
  /** The operations of all tasks: GEOMETRY.OPERATION_SETS sets. Read-only. */
  readonly operationsAddress: number;
  readonly operationsBytes: number;
  /** struct aod_control, written by both sides. */
  readonly controlAddress: number;
  /** The supervisor writes it after posting a message; the detector's epoll set holds it. */
  readonly wakeFd: number;
  /** The kernel's events of modules (system/uevents.ts), or -1 if they are not wanted. */
  readonly ueventFd: number;
  /** mountinfo of the host, exceptional when mounts change; or -1. */
  readonly mountinfoFd: number;
  /** The kernel log, at its end when aod started; or -1. */
  readonly kernelLogFd: number;
}
