// Exit codes and what each means: for the manual page and for docs/api.md. Which failure has which is decided in
// src/supervisor/restart.ts.

/** sysexits.h has most of the numbers. */
export const EXIT_STATUS: readonly (readonly [number, string])[] = [
  [0, "all is well; a signal ended it"],
  [64, "the command line is wrong"],
  [65, "a capture is damaged"],
  [66, "no such file, capture or incident"],
  [69, "this kernel can't run it, another aod is running, or none answers where one is asked"],
  [70, "a failure inside aod"],
  [73, "the output folder can't be used"],
  [77, "not permitted"],
  [78, "the configuration is wrong"],
];
