/** What several intents need on their way to native objects. */
import { address } from "../../core/address.ts";
import type { Column } from "../../core/columns.ts";
import { type Diagnostic, error } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { LowerContext, Lowered, Lowering } from "../../core/engine.ts";
import { hash } from "../../core/hash.ts";
import type { Spec } from "../../core/kind.ts";
import { formatName, nameParts, nearest } from "../../core/names.ts";
import type { Table } from "../../core/specs.ts";
import { sparse } from "./snapshot.ts";

export type NativeObject = Lowered["objects"][number];

/** Longest name that PostgreSQL keeps, in bytes; it cuts longer ones off. */
const NAME_BYTES = 63;

interface Carried {
  readonly owner?: string;
  readonly comment?: string;
  readonly protect?: boolean;
  readonly ignore?: readonly string[];
  readonly renamedFrom?: string;
}

/** What an intent says of itself holds for the object that it becomes. */
export function carried({ owner, comment, protect, ignore, renamedFrom }: Carried): Carried {
  return sparse<Carried>({ owner, comment, protect, ignore, renamedFrom });
}

/** `customer_dim_region_idx`; a long one is cut, with a hash that keeps it apart from others cut at the same place. */
export function derivedName(parts: readonly string[], suffix: string): string {
  const name = [...parts, suffix].join("_");
  if (Buffer.byteLength(name) <= NAME_BYTES) return name;
  const end = `_${hash(parts)
    .replace(/[^0-9A-Za-z]/g, "")
    .slice(0, 8)
    .toLowerCase()}_${suffix}`;
  let kept = "";
  for (const letter of parts.join("_")) {
    if (Buffer.byteLength(kept + letter + end) > NAME_BYTES) break;
    kept += letter;
  }
  return kept + end;
}

/** Declared columns that have the name of one that the intent adds; `mend` says what to do about the one named. */
export function clashes(
  table: string,
  declared: readonly Column[],
  added: ReadonlyMap<string, string>,
): readonly Diagnostic[] {
  return declared.flatMap(({ name }) => {
    const mend = added.get(name);
    if (mend === undefined) return [];
    return [
      error("DUPLICATE", `The column ${quoted(name)} of ${quoted(table)} is declared, and added as well`, {
        detail: `Take it out of \`columns\`, or ${mend}.`,
      }),
    ];
  });
}

/** The same words as those of the offline check, so that nobody reads of it twice. */
export function unknownColumns(table: string, names: readonly string[], columns: readonly Column[]): Diagnostic[] {
  const known = columns.map(({ name }) => name);
  return [...new Set(names)]
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = nearest(name, known);
      return error("UNKNOWN_COLUMN", `The table ${quoted(table)} has no column ${quoted(name)}`, {
        detail:
          near === undefined ? `Its columns are ${known.map(quoted).join(", ")}.` : `Did you mean ${quoted(near)}?`,
      });
    });
}

/** A table as it is declared, whichever kind declares it, or else as it is there; undefined where nothing tells. */
export function tableOf(
  reference: string,
  context: LowerContext,
  intents: Readonly<Record<string, Lowering>>,
): Table | undefined {
  const name = nameParts(reference);
  const at = address("Table", name);
  const declared = context.declared.get(at);
  if (declared) return declared.spec as unknown as Table;
  for (const [kind, intent] of Object.entries(intents)) {
    const object = context.declared.get(address(kind, name));
    const made = object && intent.lower(object.spec, context).objects.find((each) => each.kind === "Table");
    if (made) return made.spec as unknown as Table;
  }
  return context.live.get(at)?.spec as unknown as Table | undefined;
}

export function primaryKeyOf(table: Table): readonly string[] | undefined {
  const key = table.primaryKey;
  return key === undefined || "length" in key ? key : key.columns;
}

export function nameOf(spec: { readonly schema: string; readonly name: string }): string {
  return formatName([spec.schema, spec.name]);
}

/** Lowers each spec once, for what depends on nothing else: every fact asks its dimensions for their keys. */
export function once<S extends object>(lower: (spec: S) => Lowered): (spec: S) => Lowered {
  const known = new WeakMap<S, Lowered>();
  return (spec) => {
    const made = known.get(spec) ?? lower(spec);
    known.set(spec, made);
    return made;
  };
}

/** An object in document form. */
export function native<S>(kind: string, spec: S): NativeObject {
  return { kind, spec: spec as unknown as Spec };
}
