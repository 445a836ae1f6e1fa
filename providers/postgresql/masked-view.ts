/**
 * A view that shows a table with some columns masked. It runs with its owner's rights, since its readers must not read
 * the table, and as a barrier: else a function in a reader's condition would see the rows that it hides.
 * https://www.postgresql.org/docs/current/rules-privileges.html
 */
import { type Diagnostic, error, warning } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { LowerContext, Lowering } from "../../core/engine.ts";
import type { Grant, MaskedView, Table, View } from "../../core/specs.ts";
import { EMPTY, join, type Sql, sql } from "../../core/sql.ts";
import { dateDimension } from "./date-dimension.ts";
import { dimensionTable } from "./dimension-table.ts";
import { factTable } from "./fact-table.ts";
import { textFault, userText } from "./lexer.ts";
import { carried, type NativeObject, nameOf, native, tableOf, unknownColumns } from "./lowering.ts";
import { bypasses, writers } from "./mask-bypass.ts";
import { masked } from "./masks.ts";
import { id, named } from "./quote.ts";

const TABLES = {
  DimensionTable: dimensionTable,
  FactTable: factTable,
  DateDimension: dateDimension,
} as unknown as Readonly<Record<string, Lowering>>;

export const maskedView: Lowering<MaskedView> = {
  lower: (spec, context) => {
    const table = tableOf(spec.from, context, TABLES);
    const names = spec.columns ?? table?.columns.map(({ name }) => name) ?? Object.keys(spec.mask);
    const { query, diagnostics } = queryOf(spec, names, table);
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
          ? unknownColumns(spec.from, [...Object.keys(spec.mask), ...(spec.columns ?? [])], table.columns)
          : []),
        ...diagnostics,
        ...bypasses(spec, table, context),
        ...writers(spec, context),
        ...withoutRowPolicies(spec, table),
      ],
    };
  },
};

function queryOf(
  spec: MaskedView,
  names: readonly string[],
  table: Table | undefined,
): { readonly query: Sql; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const values = names.map((name): Sql => {
    const mask = spec.mask[name];
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
