// The schema of `aod captures scrub --json`, shared by the command and docs/api.md. Names are the public contract: do
// not rename any, and add them with care.

import * as v from "valibot";
import { count, field, flag, string } from "./fields.ts";

const fileSchema = v.object({
  path: string("path inside the capture"),
  secrets: count("secrets found in it"),
});

const scrubbedCaptureSchema = v.object({
  id: string("the argument of `aod captures show` and the like"),
  name: string("file name below `batches`"),
  path: string("path of the file"),
  secrets: count("secrets found in all files"),
  changed: flag("whether the capture was replaced; false with --dry-run, or if nothing was found"),
  files: field(v.array(fileSchema), "files with secrets; report.html is made again from the others"),
  not_searched: field(v.array(v.string()), "files that are not text, such as pcap.pcap"),
});

export const scrubbedSchema = v.array(scrubbedCaptureSchema);

export type ScrubbedOfApi = v.InferOutput<typeof scrubbedCaptureSchema>;
