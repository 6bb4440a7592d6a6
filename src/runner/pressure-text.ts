// Parses the text of the action `pressure` into the figures that show whether the host itself is short of CPU, memory
// or I/O. Pure. A kernel without pressure stall information lacks these files; missing figures are undefined.

export interface Pressure {
  readonly cpu: PressureStall | undefined;
  readonly io: PressureStall | undefined;
  readonly memory: PressureStall | undefined;
  /** The number of CPUs in /proc/stat. */
  readonly cpus: number | undefined;
  /** Tasks that run or wait for a CPU at this moment, including the reader of the file. */
  readonly runnable: number | undefined;
  readonly loadAverage1: number | undefined;
  readonly memoryTotalKb: number | undefined;
  readonly memoryAvailableKb: number | undefined;
}

/** /proc/pressure, Documentation/accounting/psi.rst: percent of the last 10 s. */
export interface PressureStall {
  /** The time in which some task waited for the resource. */
  readonly someAvg10: number;
  /** The time in which all tasks waited, so that none made progress; undefined if the kernel does not report it. */
  readonly fullAvg10: number | undefined;
}

/**
 * The lines of /proc/stat and /proc/schedstat that are kept: the others grow with interrupts and scheduling domains.
 */
const KEPT = /^(cpu|procs_|ctxt)/;
const LONG_FILES = /^\/proc\/(stat|schedstat)$/;

/** The text of all files without the lines that are not needed. */
export function trimPressure(text: string): string {
  let isLong = false;
  const lines = text.split("\n").filter((line) => {
    const file = fileOf(line);
    if (file !== undefined) isLong = LONG_FILES.test(file);
    return file !== undefined || !isLong || line === "" || KEPT.test(line);
  });
  return lines.join("\n");
}

/** Never throws, whatever the text is. */
export function parsePressure(text: string): Pressure {
  const files = filesOf(text);
  const stat = files.get("/proc/stat") ?? "";
  const meminfo = files.get("/proc/meminfo") ?? "";
  return {
    cpu: stallOf(files.get("/proc/pressure/cpu")),
    io: stallOf(files.get("/proc/pressure/io")),
    memory: stallOf(files.get("/proc/pressure/memory")),
    cpus: stat.match(/^cpu\d+ /gm)?.length,
    runnable: numberIn(stat, /^procs_running (\d{1,9})$/m),
    loadAverage1: numberIn(files.get("/proc/loadavg") ?? "", /^(\d{1,9}\.\d\d) /m),
    memoryTotalKb: numberIn(meminfo, /^MemTotal: +(\d{1,15}) kB$/m),
    memoryAvailableKb: numberIn(meminfo, /^MemAvailable: +(\d{1,15}) kB$/m),
  };
}

// --- internal ---

/** The path in a heading that `tail` prints before each of several files; undefined for any other line. */
function fileOf(line: string): string | undefined {
  return /^==> (\/\S{1,64}) <==$/.exec(line)?.[1];
}

function filesOf(text: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  let file: string | undefined;
  let lines: string[] = [];
  const keep = () => file !== undefined && files.set(file, lines.join("\n"));
  for (const line of text.split("\n")) {
    const next = fileOf(line);
    if (next === undefined) lines.push(line);
    else {
      keep();
      file = next;
      lines = [];
    }
  }
  keep();
  return files;
}

function stallOf(text = ""): PressureStall | undefined {
  const someAvg10 = numberIn(text, /^some avg10=(\d{1,3}\.\d\d) /m);
  if (someAvg10 === undefined) return undefined;
  return { someAvg10, fullAvg10: numberIn(text, /^full avg10=(\d{1,3}\.\d\d) /m) };
}

function numberIn(text: string, pattern: RegExp): number | undefined {
  const digits = pattern.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
