/**
 * A view that shows a table with some columns masked. It runs with its owner's rights, since its readers must not read
 * the table, and as a barrier: else a function in a reader's condition would see the rows that it hides.
 * https://www.postgresql.org/docs/current/rules-privileges.html
 */
import { address } from "../../core/address.ts";
import { type Diagnostic, error, warning } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { LowerContext, Lowering, NativeContext } from "../../core/engine.ts";
import { nameParts } from "../../core/names.ts";
import type { Grant, MaskedView, Table, View } from "../../core/specs.ts";
import { EMPTY, join, type Sql, sql } from "../../core/sql.ts";
import { knownTable, unknownClasses } from "./known-tables.ts";
import { textFault, userText } from "./lexer.ts";
import { carried, type NativeObject, nameOf, native, unknownColumns } from "./lowering.ts";
import { bypasses, guessable, maskedKeys, writers } from "./mask-bypass.ts";
import { type Mask, masked } from "./masks.ts";
import { maskedProofs } from "./prove/masked.ts";
import { id, named } from "./quote.ts";

export const maskedView: Lowering<MaskedView> = {
  proofs: (spec, { desired, inspection }) => {
    const table = nativeTable(spec.from, { desired, live: inspection.catalog });
    return maskedProofs(spec, Object.keys(masksOf(spec, table)), table, desired);
  },
  lower: (spec, context) => {
    const table = knownTable(spec.from, context);
    const masks = masksOf(spec, table);
    const names = spec.columns ?? table?.columns.map(({ name }) => name) ?? Object.keys(masks);
    const { query, diagnostics } = queryOf(spec, names, masks, table);
    const view: View = {
      schema: spec.schema,
      name: spec.name,
      query: query.text,
      securityBarrier: true,
      ...carried(spec),
    };
    return {
      objects: [native("View", view), ...(spec.to ?? []).map((role) => readable(spec, role))],
      diagnostics: [
        ...unreadable(spec, table, context),
        ...(table
          ? unknownColumns(spec.from, [...Object.keys(spec.mask ?? {}), ...(spec.columns ?? [])], table.columns)
          : []),
        ...unknownClasses(spec.from, Object.keys(spec.maskClasses ?? {}), context),
        ...diagnostics,
      ],
    };
  },
  review: (spec, native) => {
    const table = nativeTable(spec.from, native);
    const masks = masksOf(spec, table);
    return [
      ...bypasses(spec, Object.keys(masks), native),
      ...guessable(spec, masks, table),
      ...maskedKeys(spec, masks, table),
      ...writers(spec, native),
      ...withoutRowPolicies(spec, table),
    ];
  },
};

/** The mask of each column that has one: its own, or that of its class. */
function masksOf({ mask = {}, maskClasses = {} }: MaskedView, table: Table | undefined): Record<string, Mask> {
  const byClass = (table?.columns ?? []).flatMap(({ name, classification: word }) =>
    word !== undefined && maskClasses[word] !== undefined ? [[name, maskClasses[word]] as const] : [],
  );
  return { ...Object.fromEntries(byClass), ...mask };
}

function nativeTable(reference: string, { desired, live }: Pick<NativeContext, "desired" | "live">): Table | undefined {
  const at = address("Table", nameParts(reference));
  return (desired.get(at) ?? live.get(at))?.spec as unknown as Table | undefined;
}

function queryOf(
  spec: MaskedView,
  names: readonly string[],
  masks: Readonly<Record<string, Mask>>,
  table: Table | undefined,
): { readonly query: Sql; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const values = names.map((name): Sql => {
    const mask = masks[name];
    if (mask === undefined) return id(name);
    const type = table?.columns.find((column) => column.name === name)?.type;
    const value = masked(name, mask, type);
    if (value) return sql`${value} AS ${id(name)}`;
    diagnostics.push(
      error("WRONG_TYPE", `${quoted(name)} is of type ${type}, of which \`yearOfDate\` shows nothing`, {
        detail: "It is for dates and timestamps. Mask the column with `nullify`, `redact` or `hash`.",
      }),
    );
    return sql`NULL AS ${id(name)}`;
  });
  const fault = textFault(spec.where ?? "");
  if (fault !== undefined) {
    diagnostics.push(
      error("SYNTAX", `The \`where\` of ${quoted(nameOf(spec))} is no condition: ${fault}`, {
        detail: "Write one SQL condition, such as `region = 'EU'`.",
      }),
    );
  }
  const where = spec.where === undefined || fault !== undefined ? EMPTY : sql`\nWHERE (${userText(spec.where)})`;
  return { query: sql`SELECT\n  ${join(values, ",\n  ")}\nFROM ${named(spec.from)}${where}`, diagnostics };
}

function readable(spec: MaskedView, role: string): NativeObject {
  const grant: Grant = { to: role, privileges: ["select"], on: { table: nameOf(spec) } };
  return native("Grant", grant);
}

/** Nothing was inspected where nothing is live: then nobody knows yet. */
function unreadable(spec: MaskedView, table: Table | undefined, { live }: LowerContext): Diagnostic[] {
  if (table || live.size === 0 || spec.columns) return [];
  return [
    error("MISSING_FIELD", `The columns of ${quoted(spec.from)} that ${quoted(nameOf(spec))} shows cannot be told`, {
      detail:
        "The table is neither declared nor among those that are there. Declare it; or, where it is of a kind that Datumline does not read, list `columns`.",
    }),
  ];
}

function withoutRowPolicies(spec: MaskedView, table: Table | undefined): Diagnostic[] {
  if (table?.rowSecurity !== "on" && table?.rowSecurity !== "forced") return [];
  return [
    warning(
      "VIEW_BYPASSES_ROW_SECURITY",
      `MaskedView ${nameOf(spec)} shows rows of ${spec.from} that the row policies of its readers would hide`,
      {
        detail:
          "It runs with its owner's rights, so that its readers need none on the table. Restate the rule in `where`, or let only those read it who may see every row.",
      },
    ),
  ];
}
