/**
 * A strict reader of Prometheus' text format, which throws where a scrape would fail or lose something.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
 */

export interface Family {
  readonly help: string;
  readonly type: string;
  /** Value by labels, as `{a="b"}`. */
  readonly samples: ReadonlyMap<string, number>;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/y;

export function readExposition(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, { help: string; type: string; samples: Map<string, number> }>();
  let current: string | undefined;
  for (const line of text.split("\n")) {
    const [, what, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (line === "") continue;
    if (what === "HELP") {
      if (families.has(name)) throw new Error(`${name} stands twice`);
      if (!NAME.test(name)) throw new Error(`${name} is no name`);
      if (rest === "") throw new Error(`${name} has no help`);
      families.set(name, { help: rest, type: "", samples: new Map() });
      current = name;
    } else if (what === "TYPE") {
      const family = families.get(name);
      if (name !== current || !family || family.type !== "") throw new Error(`the type of ${name} is out of place`);
      if (rest !== "gauge" && rest !== "counter") throw new Error(`${name} is a ${rest}`);
      if ((rest === "counter") !== name.endsWith("_total")) throw new Error(`${name} is a ${rest} by another name`);
      family.type = rest;
    } else if (line.startsWith("#")) throw new Error(`unexpected: ${line}`);
    else readSample(line, current, families);
  }
  return families;
}

function readSample(
  line: string,
  current: string | undefined,
  families: ReadonlyMap<string, { readonly type: string; readonly samples: Map<string, number> }>,
): void {
  const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
  const family = families.get(name ?? "");
  if (name === undefined || name !== current || !family?.type) throw new Error(`out of place: ${line}`);
  const seen = new Set<string>();
  for (let at = 0; at < labels.length; at = LABEL.lastIndex) {
    LABEL.lastIndex = at;
    const found = LABEL.exec(labels);
    if (!found || seen.has(found[1] as string)) throw new Error(`labels of ${line}`);
    seen.add(found[1] as string);
  }
  const number = Number(value);
  if (!Number.isFinite(number)) throw new Error(`no number: ${line}`);
  if (family.samples.has(labels)) throw new Error(`twice: ${line}`);
  family.samples.set(labels, number);
}
