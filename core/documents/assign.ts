/** Which data source each document belongs to, and what is left of documents once overrides have been merged in. */
import { dirname } from "node:path";
import { type Address, readable } from "../address.ts";
import { type Diagnostic, error, type Origin, place } from "../diagnostic.ts";
import type { Document } from "../document.ts";
import type { Spec } from "../kind.ts";
import { KINDS } from "../kinds/index.ts";
import { nearest } from "../names.ts";
import type { Json, Schema } from "../schema.ts";
import { didYouMean, quoted } from "./words.ts";

/**
 * Documents by the name of their data source. Those that name none belong to the only one there is, or the only one of their
 * folder, policies to all of them; where it is not to be told, that is said once.
 */
export function assign(
  documents: readonly Document[],
  sources: ReadonlyMap<string, { readonly origin?: Origin }>,
  diagnostics: Diagnostic[] | undefined,
): Map<string, Document[]> {
  const names = [...sources.keys()];
  const byName = new Map<string, Document[]>(names.map((name) => [name, []]));
  for (const document of documents) {
    if (document.dataSource === undefined && KINDS.get(document.kind)?.judges) {
      for (const all of byName.values()) all.push(document);
      continue;
    }
    const near =
      names.length === 1 ? names : names.filter((name) => isBeside(sources.get(name)?.origin, document.origin));
    const name = document.dataSource ?? (near.length === 1 ? near[0] : undefined);
    const assigned = name === undefined ? undefined : byName.get(name);
    if (assigned) assigned.push(document);
    else if (names.length > 0) diagnostics?.push(unassigned(document, names));
  }
  return byName;
}

/** Do both stand in files of one folder? */
function isBeside(a: Origin | undefined, b: Origin | undefined): boolean {
  return a?.file !== undefined && b?.file !== undefined && dirname(a.file) === dirname(b.file);
}

function unassigned(document: Document, names: readonly string[]): Diagnostic {
  const { dataSource, kind, origin } = document;
  if (dataSource !== undefined) return unknownDataSource(dataSource, names, { origin });
  return error("AMBIGUOUS_DATA_SOURCE", `This ${kind} does not say which data source it belongs to`, {
    origin,
    detail: `Add \`dataSource: NAME\`; declared are ${names.map(quoted).join(", ")}.`,
  });
}

export function unknownDataSource(
  name: string,
  names: readonly string[],
  more: Pick<Diagnostic, "origin"> = {},
): Diagnostic {
  const near = nearest(name, names);
  const declared = names.length === 0 ? "No DataSource is declared." : `Declared are ${names.map(quoted).join(", ")}.`;
  return error("UNKNOWN_DATA_SOURCE", `There is no data source ${quoted(name)}`, {
    detail: declared,
    ...didYouMean(near),
    ...more,
  });
}

/** Overrides merged into the earlier documents that they name. */
export function override(
  documents: readonly Document[],
  known: (of: Address) => boolean,
  diagnostics: Diagnostic[],
): Document[] {
  if (!documents.some((document) => document.override)) return [...documents];
  const result: Document[] = [];
  const places = new Map<Address, number>();
  const overridden = new Map<number, Document>();
  for (const document of documents) {
    const kind = KINDS.get(document.kind);
    if (!kind) continue;
    const address = kind.address(document.spec);
    const earlier = places.get(address);
    if (!document.override) {
      places.set(address, result.push(document) - 1);
    } else if (earlier !== undefined) {
      const base = result[earlier] as Document;
      result[earlier] = { ...base, spec: merged(kind.schema, base.spec, document.spec) };
      overridden.set(earlier, document);
    } else if (!known(address)) {
      diagnostics.push(
        error(
          "NOTHING_TO_OVERRIDE",
          `${readable(address)} is not declared before this document, which says \`override: true\``,
          {
            address,
            origin: document.origin,
            detail: "Name the file that declares it first, or leave `override` out.",
          },
        ),
      );
    }
  }
  for (const [place, { kind, origin }] of overridden) {
    const { spec } = result[place] as Document;
    for (const summary of KINDS.get(kind)?.check?.(spec) ?? [])
      diagnostics.push(error("WRONG_TYPE", summary, { ...(origin && { origin }), detail: MERGED }));
  }
  return result;
}

const MERGED = "So it reads once this document is merged into the earlier one that it overrides.";

/** Field by field, also within groups of fields such as `connection`; lists, maps and secrets are replaced as a whole. */
function merged(schema: Schema, base: Spec, over: Spec): Spec {
  const result: { [field: string]: Json | undefined } = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const field = schema.properties?.[name];
    const before = base[name];
    result[name] =
      field?.properties && !field.secret && isFields(before) && isFields(value)
        ? (merged(field, before, value) as Json)
        : value;
  }
  return result;
}

function isFields(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Two documents for one object, told with both places. */
export function duplicate(
  address: Address,
  what: string,
  earlier: Origin | undefined,
  later: Origin | undefined,
): Diagnostic {
  const first = place(earlier);
  return error("DUPLICATE", what, {
    address,
    ...(later && { origin: later }),
    detail: `It is declared ${first === undefined ? "elsewhere" : `at ${first}`} already. Keep one, or let the later say \`override: true\`.`,
  });
}
