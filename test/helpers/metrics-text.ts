// Metrics as text, read by rules of their own: OpenMetrics 1.0 and the Prometheus text format 0.0.4, as strictly as
// their grammars. In: a text; out: families with samples, or a throw. It shares nothing with what writes them.

export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ReadFamily {
  readonly type: string;
  readonly unit: string | undefined;
  readonly help: string;
  readonly samples: readonly ReadSample[];
}

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total"],
  gauge: [""],
  info: ["_info"],
  histogram: ["_bucket", "_sum", "_count"],
};

export function readMetrics(text: string, format: "openmetrics" | "text"): ReadonlyMap<string, ReadFamily> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const lines = text.slice(0, -1).split("\n");
  if (format === "openmetrics" && lines.pop() !== "# EOF") throw new Error("no # EOF");
  const families = new Map<
    string,
    { type: string; unit: string | undefined; help: string; samples: ReadSample[] }
  >();
  const seen = new Set<string>();
  let current = "";
  for (const line of lines) {
    const about = /^# (HELP|TYPE|UNIT) ([a-z_:][a-z0-9_:]*) (.+)$/.exec(line);
    if (about !== null) {
      const [, keyword, name = "", rest = ""] = about;
      if (keyword === "HELP") {
        if (families.has(name)) throw new Error(`${name} is there twice`);
        families.set(name, { type: "", unit: undefined, help: rest, samples: [] });
        current = name;
      }
      const family = families.get(name);
      if (family === undefined || name !== current) throw new Error(`out of order: ${line}`);
      if (keyword === "TYPE") family.type = rest;
      if (keyword === "UNIT") family.unit = rest;
      continue;
    }
    const sample = readSample(line);
    const family = families.get(current);
    const key = line.slice(0, line.lastIndexOf(" "));
    if (seen.has(key)) throw new Error(`twice: ${key}`);
    seen.add(key);
    const suffixes = format === "text" && family?.type === "counter" ? [""] : SUFFIXES[family?.type ?? ""];
    if (suffixes === undefined || !suffixes.some((suffix) => sample.name === `${current}${suffix}`)) {
      throw new Error(`${sample.name} is no sample of ${current}, a ${family?.type}`);
    }
    family?.samples.push(sample);
  }
  return families;
}

function readSample(line: string): ReadSample {
  const [, name = "", , inner = "", value = ""] = /^([a-z_:][a-z0-9_:]*)(\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === "") throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  const pair = /([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;
  while (pair.lastIndex < inner.length) {
    const [whole, label = "", escaped = ""] = pair.exec(inner) ?? [];
    if (whole === undefined || label in labels) throw new Error(`no labels: ${inner}`);
    labels[label] = escaped.replaceAll(/\\(.)/g, (_, character) => (character === "n" ? "\n" : character));
  }
  const number = value === "+Inf" ? Infinity : value === "-Inf" ? -Infinity : Number(value);
  if (Number.isNaN(number) && value !== "NaN") throw new Error(`no number: ${value}`);
  return { name, labels, value: number };
}
