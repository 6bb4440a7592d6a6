// The exit codes and their meanings, for the manual page and for docs/api.md. src/supervisor/restart.ts decides which
// failure has which code.

/** Most of the numbers are those of sysexits.h. */
export const EXIT_STATUS: readonly (readonly [number, string])[] = [
  [0, "success; also when a signal stopped aod"],
  [64, "the command line is wrong"],
  [65, "a capture is damaged"],
  [66, "no such file, capture or incident"],
  [69, "the kernel can't run aod, another aod is running, or no aod answers the command"],
  [70, "an internal failure"],
  [73, "the output folder can't be used"],
  [77, "not permitted"],
  [78, "the configuration is wrong"],
];
