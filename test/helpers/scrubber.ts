// A scrubber without an operator's words and patterns, for tests of its users.

import type { Redaction } from "../../src/model/redaction.ts";
import { makeScrubber } from "../../src/scrubber/scrubber.ts";

export const NO_REDACTION: Redaction = { words: [], patterns: [] };

export const BUILT_IN_RULES = makeScrubber(NO_REDACTION);
