// docs/manifest.schema.json as a check for tests: a manifest in, what is wrong with it out. Beside what the schema says
// to the world, that it describes every field that is there, and that a manifest has every field that it describes.

import Ajv2020 from "ajv/dist/2020.js";
import schema from "../../docs/manifest.schema.json";

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly description?: string;
}

export const SCHEMA_VERSION = schema.properties.schema_version.const;

const isValid = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(closed(schema as Node));

/** What is wrong with a manifest, a line each. */
export function manifestFaults(manifest: unknown): readonly string[] {
  if (isValid(manifest)) return [];
  return (isValid.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath}: ${message} ${JSON.stringify(params)}`,
  );
}

/** What the schema itself lacks: descriptions, and fields that it has and does not require. */
export function schemaFaults(node: Node = schema as Node, path = ""): readonly string[] {
  const { properties = {}, required = [], items, description } = node;
  const optional = Object.keys(properties).filter((name) => !required.includes(name));
  return [
    ...(description === undefined && !path.endsWith("[]") ? [`${path}: has no description`] : []),
    ...optional.map((name) => `${path}/${name}: is not required`),
    ...Object.entries(properties).flatMap(([name, child]) => schemaFaults(child, `${path}/${name}`)),
    ...(items === undefined ? [] : schemaFaults(items, `${path}[]`)),
  ];
}

// --- internal ---

/** The schema lets readers pass over fields that are added later; here one that it does not know is a fault. */
function closed(node: Node): object {
  const { properties, items } = node;
  return {
    ...node,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, child]) => [name, closed(child)]),
      ),
      additionalProperties: false,
    }),
    ...(items && { items: closed(items) }),
  };
}
