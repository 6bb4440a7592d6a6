// Finds what the sandbox of the service forbids and the configuration needs: what is lost, and which drop-in allows it.
// Pure. `aod run` checks its own sandbox at a start and a reload, doctor that of the unit.

import { dirname } from "node:path";
import type { Config } from "../model/config.ts";
import { type DropIn, type DropInName, dropInFor } from "../model/drop-in.ts";
import { formatListen } from "../model/metrics.ts";
import type { FolderAccess, Sandbox } from "../model/sandbox.ts";
import { bad, type Finding, note, ok, warn } from "./finding.ts";

export interface Forbidden {
  readonly found: string;
  /** `bad`: aod does not start; `warn`: captures lack what a rule names; `note`: captures lack what no rule names. */
  readonly severity: "bad" | "warn" | "note";
  /** The drop-in to add to the unit; undefined if none helps. */
  readonly dropIn: DropIn | undefined;
  /** What to do in words, in addition to the drop-in or instead of it. */
  readonly todo: string | undefined;
}

const OUTSIDE = "outside /home, /root, /run/user, /tmp and /var/tmp";

const FOLDER_TEXT: Readonly<Record<Exclude<FolderAccess, "open">, string>> = {
  "read-only": "is read-only for the service",
  hidden: "is hidden from the service",
  private: "is private to the service, and removed when the service ends",
};

/** Empty if the sandbox allows everything that the configuration needs. */
export function findForbidden(config: Config, { permits, folder }: Sandbox): readonly Forbidden[] {
  const { outputDir, rules, defaultActions, customActions, notify, metrics } = config;
  const asked = new Set([...defaultActions, ...rules.flatMap(({ actions }) => actions)]);
  const lost = (name: DropInName, severity: Forbidden["severity"], found: string): Forbidden => {
    return { found, severity, dropIn: dropInFor(name, outputDir), todo: undefined };
  };
  const access = folder(outputDir);
  const all: (Forbidden | false)[] = [
    access !== "open" && lostFolder(outputDir, access),
    asked.has("inflight") &&
      !permits.stacks &&
      lost("kernel-stacks", "warn", "the action inflight shows no kernel stacks"),
    asked.has("pcap") && !permits.packets && lost("pcap", "warn", "the action pcap cannot record packets"),
    !permits.namespaces && lost("kernel-stacks", "note", "captures have no sockets of containers"),
    (notify !== undefined || customActions.length > 0) &&
      !permits.internet &&
      lost("metrics-port", "note", "programs of notify and custom_actions cannot use the network"),
    metrics?.listen !== undefined &&
      !permits.internet &&
      lost("metrics-port", "warn", `metrics cannot be served at ${formatListen(metrics.listen)}`),
    metrics?.textfile !== undefined && lostTextfile(metrics.textfile.path, folder),
  ];
  return all.filter((one) => one !== false);
}

/** Findings on the unit: one line if its sandbox forbids nothing that is needed. */
export function sandboxFindings(forbidden: readonly Forbidden[]): readonly Finding[] {
  if (forbidden.length === 0) return [ok("service", "its sandbox allows all that the configuration needs")];
  return forbidden.map((one) => {
    const todo = todoOf(one);
    if (one.severity === "bad") return bad("service", one.found, todo, "OUTPUT_UNUSABLE");
    return one.severity === "warn"
      ? warn("service", one.found, todo)
      : { ...note("service", one.found), todo };
  });
}

/** What to do, in one or several lines. */
function todoOf({ dropIn, todo }: Forbidden): string {
  if (dropIn === undefined) return todo ?? "";
  return [
    ...(todo === undefined ? [] : [todo]),
    `put into ${dropIn.file}`,
    ...dropIn.lines.map((line) => `  ${line}`),
    "systemctl daemon-reload && systemctl restart aod",
  ].join("\n");
}

function lostFolder(outputDir: string, access: Exclude<FolderAccess, "open">): Forbidden {
  const found = `aod_output_dir ${outputDir} ${FOLDER_TEXT[access]}`;
  if (access === "read-only") {
    const dropIn = dropInFor("output-folder", outputDir);
    return { found, severity: "bad", dropIn, todo: `install -d -m 0700 ${outputDir}` };
  }
  const todo = `choose an aod_output_dir ${OUTSIDE}`;
  return { found, severity: access === "hidden" ? "bad" : "warn", dropIn: undefined, todo };
}

/** Only metrics are lost without the folder, so this is never `bad`. */
function lostTextfile(path: string, folderAccess: Sandbox["folder"]): Forbidden | false {
  const folder = dirname(path);
  const access = folderAccess(folder);
  if (access === "open") return false;
  const found = `metrics.textfile: ${folder} ${FOLDER_TEXT[access]}`;
  return access === "read-only"
    ? { found, severity: "warn", dropIn: dropInFor("metrics-textfile", folder), todo: undefined }
    : { found, severity: "warn", dropIn: undefined, todo: `choose a metrics.textfile ${OUTSIDE}` };
}
