// Reads an attribution back from the history. Pure. Any program may have written the line, so values of an unexpected
// type are left out.

import { type Attribution, dialectNumber, type Process } from "../model/attribution.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Undefined if the value is not an attribution. */
export function decodeAttribution(value: unknown): Attribution | undefined {
  if (!isMapping(value)) return undefined;
  return {
    server: textOf(value.server),
    address: textOf(value.address),
    connectionIds: listOf(value.connection_ids).filter((id) => Number.isSafeInteger(id)) as number[],
    dialect: dialectNumber(textOf(value.dialect) ?? ""),
    encrypted: typeof value.encrypted === "boolean" ? value.encrypted : undefined,
    dfsPaths: textsOf(value.dfs_paths),
    possibleShares: textsOf(value.possible_shares),
    mountPoints: textsOf(value.mount_points),
    processes: listOf(value.processes).filter(isMapping).flatMap(decodeProcess),
  };
}

function decodeProcess({ pid, name, unit, container, requests }: Fields): readonly Process[] {
  if (!Number.isSafeInteger(pid) || !Number.isSafeInteger(requests) || typeof name !== "string") return [];
  return [
    {
      pid: Number(pid),
      name,
      unit: textOf(unit),
      container: textOf(container),
      requests: Number(requests),
    },
  ];
}

function isMapping(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((text) => typeof text === "string");
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
