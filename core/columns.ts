/** The columns of a table, whichever kind declares them. */
import { COMMENT, NAME } from "./fragments.ts";
import { choice, expression, flag, keyed, map, object, type Schema, text, whole } from "./schema.ts";
import type { Table } from "./specs.ts";

const VALUE: Schema = {
  anyOf: [expression("SQL expression."), { type: "number" }, { type: "boolean" }],
  description:
    "Value of a new row: an SQL expression such as `now()` or `'EU'` with its quotes, a number, true or false.",
  examples: ["now()", "'EU'", 0],
};

const COLUMN = object(
  "A column.",
  {
    name: NAME,
    type: text("Type as the engine writes it.", { examples: ["bigint", "numeric(10,2)", "timestamptz", "text[]"] }),
    notNull: flag("Refuses NULL."),
    default: VALUE,
    identity: choice("Numbered by the engine: `always`, or `by default` of a value being given.", [
      "always",
      "by default",
    ]),
    sequence: object("How an identity column counts.", {
      start: whole("First value."),
      increment: whole("Step."),
      minValue: whole("Smallest value."),
      maxValue: whole("Largest value."),
      cache: whole("Values taken in advance by a session.", { minimum: 1 }),
      cycle: flag("Starts again at the end."),
    }),
    generated: expression("SQL expression that the engine computes the column from."),
    virtual: flag("A generated column is computed when read, not stored."),
    collation: text("Collation, where it is not the type's own."),
    comment: COMMENT,
    classification: { ...text("What it holds, in the team's words, such as `pii` or `confidential`."), local: true },
    renamedFrom: { ...NAME, description: "Its former name; renames in place.", local: true },
  },
  ["name", "type"],
);

export const COLUMNS: Schema = keyed("Columns.", "name", COLUMN, { open: true });

const { name: _, ...UNNAMED } = COLUMN.properties;

/** Columns as a list, or by name with a type or with all fields. */
export const COLUMN_MAP: Schema = {
  anyOf: [
    COLUMNS,
    map("Type, or all fields, by column.", {
      anyOf: [text("Type as the engine writes it."), object("A column.", UNNAMED, ["type"])],
    }),
  ],
  description: "Columns: a list, or a type by name.",
};

export type Column = Table["columns"][number];
type ColumnMap = Readonly<Record<string, string | Omit<Column, "name">>>;

/** Columns in the one form that is compared: a list, each default as text. */
export function columnList(columns: readonly Column[] | ColumnMap): readonly Column[] {
  const list = isList(columns)
    ? columns
    : Object.entries(columns).map(([name, column]) => ({
        name,
        ...(typeof column === "string" ? { type: column } : column),
      }));
  return list.map((column) =>
    column.default === undefined || typeof column.default === "string"
      ? column
      : { ...column, default: `${column.default}` },
  );
}

function isList(columns: readonly Column[] | ColumnMap): columns is readonly Column[] {
  return Array.isArray(columns);
}
