// What `aod captures scrub --json` says of each capture. In: nothing; out: the schema that the command and docs/api.md share. Names
// are the public contract: change none, add with care.

import * as v from "valibot";
import { count, field, flag, text } from "./fields.ts";

const fileSchema = v.object({
  path: text("inside the capture"),
  secrets: count("that were found in it"),
});

const scrubbedCaptureSchema = v.object({
  id: text("what `aod captures show` and the others take"),
  name: text("file name below `batches`"),
  path: text("of the file"),
  secrets: count("that were found in all its files"),
  changed: flag("whether the capture was replaced; false with --dry-run, and where nothing was found"),
  files: field(v.array(fileSchema), "those with secrets; report.html is made again of the others"),
  not_searched: field(v.array(v.string()), "files that are no text, as pcap.pcap"),
});

export const scrubbedSchema = v.array(scrubbedCaptureSchema);

export type ScrubbedOfApi = v.InferOutput<typeof scrubbedCaptureSchema>;
