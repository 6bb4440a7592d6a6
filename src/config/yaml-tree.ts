// Parses YAML into plain values and keeps the place of every key. It does not know the keys of aod. Nothing throws,
// whatever the text: alias bombs, unbounded nesting and cyclic anchors are reported as faults.

import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  Parser,
  visit,
} from "yaml";
import type { KeyPath } from "./problem.ts";
import { describeError, type Fault, fault, findOddIndentation } from "./yaml-fault.ts";

/** Composing recurses, and takes exponential time on some inputs, so depth is bounded before it begins. */
const DEPTH_MAX = 32;
const ALIASES_MAX = 100;
/** One mistake makes many errors; the first few are enough. */
const SYNTAX_ERRORS_MAX = 10;

export interface YamlTree {
  /** Null for a file without content; undefined if faults make the value useless. */
  readonly value: unknown;
  readonly faults: Iterable<Fault>;
  /** The beginning of the value of a path; the key of the nearest existing parent if the path does not exist. */
  offsetOfValue(path: KeyPath): number;
  offsetOfKey(path: KeyPath): number;
}

/** Reads one document. */
export function readYaml(text: string): YamlTree {
  const tokens = [...new Parser().parse(text)];
  const deep = findDeep(tokens);
  if (deep !== undefined) return faulty(`is nested deeper than ${DEPTH_MAX} levels`, deep);

  // Keys are compared below, where their path is known. yaml must not write to stderr.
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false, logLevel: "silent" });
  // There is always one document, which may be empty. A third is not looked for.
  const documents = composer.compose(tokens, true, text.length);
  const document = documents.next().value as Document.Parsed;
  const second = documents.next().value as Document.Parsed | undefined;
  const syntax = [...document.errors, ...document.warnings]
    .slice(0, SYNTAX_ERRORS_MAX)
    .map((error) => describeError(error, text, document));
  const odd = findOddIndentation(text);
  if (odd !== undefined) syntax.unshift(odd);
  if (second !== undefined) {
    syntax.push(fault(second.range[0], "a second document begins here: a configuration is one document"));
  }
  if (document.directives.yaml.explicit && document.directives.yaml.version !== "1.2") {
    syntax.push(fault(0, "is read as YAML 1.2: remove the %YAML line"));
  }
  syntax.push(...findAliasFaults(document));
  if (syntax.length > 0) return { ...emptyTree, faults: syntax.slice(0, SYNTAX_ERRORS_MAX) };

  const value = toValue(document);
  if (value === undefined) return faulty(`repeats its anchors more than ${ALIASES_MAX} times`, 0);
  return {
    value: value.value,
    faults: findKeyFaults(document.contents, []),
    offsetOfValue: (path) => offsetOf(document, path, "value"),
    offsetOfKey: (path) => offsetOf(document, path, "key"),
  };
}

const emptyTree: YamlTree = { value: undefined, faults: [], offsetOfValue: () => 0, offsetOfKey: () => 0 };

function faulty(message: string, offset: number): YamlTree {
  return { ...emptyTree, faults: [fault(offset, message)] };
}

/** The offset of the first token below more than DEPTH_MAX collections. */
function findDeep(tokens: readonly CST.Token[]): number | undefined {
  const pending = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { token, depth } = next;
    if (depth > DEPTH_MAX) return token.offset;
    if (token.type === "document" && token.value !== undefined) pending.push({ token: token.value, depth });
    if (!("items" in token)) continue;
    for (const { key, value } of token.items as readonly CST.CollectionItem[]) {
      if (key) pending.push({ token: key, depth: depth + 1 });
      if (value) pending.push({ token: value, depth: depth + 1 });
    }
  }
  return undefined;
}

function findAliasFaults(document: Document.Parsed): Fault[] {
  const anchors = new Set<string>();
  const faults: Fault[] = [];
  let aliases = 0;
  visit(document, {
    Node: (_, node) => {
      const { anchor } = node as { anchor?: string };
      if (anchor !== undefined) anchors.add(anchor);
    },
    Alias: (_, alias: Alias) => {
      aliases += 1;
      if (!anchors.has(alias.source))
        faults.push(
          fault(
            startOf(alias),
            'a bare * is a YAML alias, and this one has no anchor before it: quote the text, as in "*files*"',
          ),
        );
      if (aliases > ALIASES_MAX) {
        faults.push(fault(startOf(alias), `has more than ${ALIASES_MAX} aliases`));
        return visit.BREAK;
      }
      return undefined;
    },
  });
  return faults;
}

/**
 * Keys that appear twice in one mapping, and keys that are not names. Aliases are not followed: their target is
 * checked once.
 */
function* findKeyFaults(node: unknown, path: KeyPath): Generator<Fault> {
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) yield* findKeyFaults(item, [...path, index]);
  }
  if (!isMap(node)) return;
  const seen = new Set<string>();
  for (const { key, value } of node.items) {
    if (!isScalar(key)) {
      yield fault(startOf(key) || startOf(node), "a key must be a name", path);
      continue;
    }
    const name = keyName(key.value);
    if (seen.has(name)) yield fault(startOf(key), "appears twice", [...path, name]);
    seen.add(name);
    yield* findKeyFaults(value, [...path, name]);
  }
}

/** The property name that Document.toJS makes from a key. */
function keyName(value: unknown): string {
  return value === null ? "" : String(value);
}

function toValue(document: Document.Parsed): { readonly value: unknown } | undefined {
  try {
    return { value: document.toJS({ maxAliasCount: ALIASES_MAX }) };
  } catch (thrown) {
    // yaml throws this for too many expansions, and for an anchor whose node is not complete yet.
    if (thrown instanceof ReferenceError) return undefined;
    throw thrown;
  }
}

function offsetOf(document: Document.Parsed, path: KeyPath, what: "key" | "value"): number {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const [depth, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const isLast = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.findLast(({ key }) => isScalar(key) && keyName(key.value) === part);
      if (pair === undefined) return offset;
      offset = startOf(pair.key);
      node = pair.value;
    } else if (isSeq(node)) {
      const item = typeof part === "number" ? node.items[part] : undefined;
      if (item === undefined) return offset;
      node = item;
      offset = startOf(item);
    } else {
      return offset;
    }
    if (isLast && what === "value" && node !== null) offset = startOf(node) || offset;
  }
  return offset;
}

function startOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}
