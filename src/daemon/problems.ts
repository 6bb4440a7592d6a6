// Prints the problems of a configuration file on standard error, one line each, for every command that reads one.

import { formatProblem, type Problem } from "../config/problem.ts";
import { printError } from "../log.ts";

export function printProblems(problems: readonly Problem[]): void {
  for (const problem of problems) printError(`${formatProblem(problem)}\n`);
}
