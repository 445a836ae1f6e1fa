/**
 * From the text of `spec` to a declared data source. A spec holds `documents`, as constructs write them, or `files`,
 * whose texts keep their lines for diagnostics. Where it declares several data sources, `dataSource` says which one it is
 * of; the others are there to be referred to, to lead to, and to ask something of it.
 */
import { type Diagnostic, error } from "../core/diagnostic.ts";
import type { Document } from "../core/document.ts";
import { jsonLayout } from "../core/documents/json.ts";
import { type Loaded, loadTexts } from "../core/documents/load.ts";
import { type Ready, readyFrom } from "../core/doors/ready.ts";
import { Refusal } from "../core/errors.ts";
import { hash } from "../core/hash.ts";
import type { Json } from "../core/schema.ts";
import { ENGINES } from "../providers/index.ts";
import { UNKNOWN } from "./plugin/provider.ts";
import type { Settings } from "./settings.ts";
import { replacing } from "./values.ts";

/** Name under which diagnostics know the documents of a spec that do not say where they come from. */
const SPEC = "spec";

export interface Declared {
  readonly ready: Ready;
  /** The documents that are not another data source's. */
  readonly own: readonly Document[];
  /** What did not stand in its way. */
  readonly diagnostics: readonly Diagnostic[];
}

const KNOWN = new Map<string, Promise<Declared | typeof UNKNOWN>>();

/** The declared data source; unknown where a value that it uses is. Refuses what has errors, whoever asks how often. */
export function declaredBy({ spec, values }: Pick<Settings, "spec" | "values">): Promise<Declared | typeof UNKNOWN> {
  const given =
    values === UNKNOWN ? null : [...values].map(([name, value]) => [name, value === UNKNOWN ? null : value]);
  const key = hash([spec, given]);
  let known = KNOWN.get(key);
  if (!known) {
    known = load(spec, values);
    KNOWN.set(key, known);
  }
  return known;
}

/** Equal but for white space between the parts: the order of keys may be that of columns, so it counts. */
export function sameSpec(a: string, b: string): boolean {
  if (a === b) return true;
  try {
    return JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
  } catch {
    return false;
  }
}

/** The same, whatever was declared before. */
export async function load(spec: string, values: Settings["values"]): Promise<Declared | typeof UNKNOWN> {
  const { texts, only } = partsOf(spec);
  const replacement = replacing(values);
  const loaded = await loadTexts(texts, replacement.replace);
  if (replacement.unknown()) return UNKNOWN;
  if (only === undefined) refuseOtherThanOne(loaded);
  const { ready, diagnostics } = await readyFrom(loaded, { engines: ENGINES, only });
  const [one] = ready as readonly [Ready];
  return { ready: one, own: loaded.documents.filter(isOf(one.source.name)), diagnostics };
}

/** Is a document of a data source, as far as it says whose it is? */
function isOf(source: string): (document: Document) => boolean {
  return ({ kind, spec, dataSource = source }) => (kind === "DataSource" ? spec.name : dataSource) === source;
}

interface Parts {
  readonly texts: readonly { readonly file: string; readonly text: string }[];
  /** Name of the data source that is meant; undefined where there is one alone. */
  readonly only: string | undefined;
}

function partsOf(spec: string): Parts {
  let root: Json;
  try {
    root = JSON.parse(spec) as Json;
  } catch {
    const [fault] = jsonLayout(spec).faults;
    const { line, column } = placeIn(spec, fault?.offset ?? 0);
    throw refused("SYNTAX", `\`spec\` is not valid JSON: ${fault?.message ?? "not JSON"}`, {
      origin: { file: SPEC, line, column },
      detail: FORM,
    });
  }
  const { documents, files, dataSource: only, ...rest } = (isFields(root) ? root : {}) as { [key: string]: Json };
  if (only !== undefined && typeof only !== "string")
    throw refused("WRONG_TYPE", "`dataSource` of `spec` must be the name of a DataSource", { detail: NAMED });
  if (Object.keys(rest).length === 0) {
    if (Array.isArray(documents) && files === undefined) return { texts: [{ file: SPEC, text: spec }], only };
    if (isFields(files) && documents === undefined && Object.values(files).every((text) => typeof text === "string"))
      return { texts: Object.entries(files).map(([file, text]) => ({ file, text: text as string })), only };
  }
  throw refused("WRONG_TYPE", "`spec` holds neither `documents` nor `files`", { detail: FORM });
}

const FORM =
  'It is JSON: `jsonencode({ files = { "warehouse.yaml" = file("warehouse.yaml") } })`, or `{"documents": […]}` as constructs write it.';
const NAMED = 'Where several are declared it says which one the resource is: `dataSource = "NAME"` beside `files`.';

function isFields(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function placeIn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** One resource, one data source: what is planned, locked and destroyed together. */
function refuseOtherThanOne({ documents, broken, complete, diagnostics }: Loaded): void {
  const sources = [...documents, ...broken].filter(({ kind }) => kind === "DataSource");
  const names = new Set(sources.map(({ spec }) => spec.name));
  if (names.size === 1 || !complete) return;
  const found =
    names.size === 0
      ? error("NO_DATA_SOURCE", "`spec` declares no DataSource", {
          detail: "Add a document with `kind: DataSource`, which says how to connect.",
        })
      : error("AMBIGUOUS_DATA_SOURCE", `\`spec\` declares ${names.size} data sources, and a resource is one of them`, {
          detail: `Write a \`datumline_declaration\` for each, and say in its \`spec\` which one it is: \`dataSource = "NAME"\` beside \`files\`. Declared are ${[...names].join(", ")}.`,
        });
  throw new Refusal([...diagnostics, found]);
}

function refused(...[code, summary, more]: Parameters<typeof error>): Refusal {
  return new Refusal([error(code, summary, more)]);
}
