/** Ways around a mask, as far as catalogs tell: a reader who may read the table as well sees what is masked. */
import { type Diagnostic, error, note, warning } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { NativeContext } from "../../core/engine.ts";
import type { MaskedView, Table } from "../../core/specs.ts";
import { nameOf, primaryKeyOf } from "./lowering.ts";
import type { Mask } from "./masks.ts";
import { grantsOn, sameName, wayTo, who } from "./ways.ts";

/** Says of each reader how it can read the masked columns of the table itself. */
export function bypasses(spec: MaskedView, masked: readonly string[], native: NativeContext): Diagnostic[] {
  const shown = spec.columns ? new Set(spec.columns) : undefined;
  const columns = masked.filter((name) => shown?.has(name) ?? true);
  if (columns.length === 0) return [];
  return (spec.to ?? []).flatMap((reader) => {
    const way = wayTo(reader, { table: sameName(spec.from), columns, word: "masked" }, native);
    if (!way) return [];
    const summary = `The masks of ${quoted(nameOf(spec))} hide nothing from ${who(reader, way)} ${way.says}`;
    if (way.live)
      return [warning("MASK_BYPASSED", summary, { detail: `Where this plan does not take it away: ${way.mend}.` })];
    return [error("MASK_BYPASSED", summary, { detail: `${way.mend}, or take ${quoted(reader)} out of \`to\`.` })];
  });
}

/** Digests are the same for everybody who computes one: where there are few values, all of them can be tried. */
export function guessable(
  spec: MaskedView,
  masks: Readonly<Record<string, Mask>>,
  table: Table | undefined,
): Diagnostic[] {
  const view = quoted(nameOf(spec));
  const types = new Map(table?.columns.map(({ name, type }) => [name, type]));
  const hashed = Object.keys(masks).filter((name) => masks[name] === "hash" && (spec.columns?.includes(name) ?? true));
  const few = hashed.filter((name) => !MANY_VALUES.test(types.get(name) ?? "text"));
  const many = hashed.filter((name) => !few.includes(name));
  const names = (columns: readonly string[]): string => columns.map(quoted).join(", ");
  return [
    ...(few.length === 0
      ? []
      : [
          warning("MASK_GUESSABLE", `${view} shows hashes of ${names(few)}, of which all values can be tried out`, {
            detail:
              "Their types have so few that somebody who hashes all of them reads the column. Take `nullify` or `redact`.",
          }),
        ]),
    ...(many.length === 0
      ? []
      : [
          note("MASK_GUESSABLE", `${view} shows hashes of ${names(many)}, by which who knows a value finds its rows`, {
            detail:
              "Equal values stay equal, which joins and counts need, and a list of addresses or numbers can be tried out. Where nobody counts by it, take `redact`.",
          }),
        ]),
  ];
}

const MANY_VALUES = /^(pg_catalog\.)?(text|varchar|character varying|citext|bytea|json|jsonb|uuid|xml)\b/i;

/** What is masked but by `hash` tells no rows apart: nobody joins or counts by it. */
export function maskedKeys(
  spec: MaskedView,
  masks: Readonly<Record<string, Mask>>,
  table: Table | undefined,
): Diagnostic[] {
  const hidden = Object.keys(masks).filter((name) => masks[name] !== "hash" && (spec.columns?.includes(name) ?? true));
  const found = hidden.flatMap((name) => keysWith(name, table).slice(0, 1));
  if (found.length === 0) return [];
  return [
    note("MASK_ON_KEY", `${quoted(nameOf(spec))} masks keys of ${quoted(spec.from)}: ${found.join(", ")}`, {
      detail:
        "Rows of the view cannot be told apart or joined by them. Where they must be, `hash` keeps equal values equal, or leave the key as it is: a number that is made up tells nothing of a person.",
    }),
  ];
}

/** Keys that a column is part of, in words. */
function keysWith(column: string, table: Table | undefined): string[] {
  const { unique = [], foreignKeys = [] } = table ?? {};
  const keys = unique.map((key) => ("columns" in key ? key.columns : key));
  return [
    ...((table && primaryKeyOf(table))?.includes(column) ? [`${quoted(column)} (primary key)`] : []),
    ...(keys.some((key) => key.includes(column)) ? [`${quoted(column)} (unique)`] : []),
    ...foreignKeys
      .filter(({ columns }) => columns.includes(column))
      .map(({ references }) => `${quoted(column)} (refers to ${quoted(references.table)})`),
  ];
}

/** `SELECT` is all that a masked view is for. */
export function writers(spec: MaskedView, { desired }: NativeContext): Diagnostic[] {
  const view = nameOf(spec);
  return grantsOn(view, desired)
    .filter(({ grant }) => grant.privileges.some(writes))
    .map(({ address: at, object: { origin }, grant: { to } }) =>
      warning(
        "WRITES_THROUGH_MASK",
        `${to} would write to ${spec.from} through ${quoted(view)}, with its owner's rights`,
        {
          address: at,
          ...(origin && { origin }),
          detail: "Grant only `select` on the view, and what may be written on the table itself.",
        },
      ),
    );
}

function writes(privilege: string): boolean {
  return /^(all|all privileges|insert|update|delete)$/.test(privilege);
}
