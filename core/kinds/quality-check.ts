import { address } from "../address.ts";
import { bareQuery } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { nameParts } from "../names.ts";
import { choice, column, expression, list, object, reference, type Schema, set, text, whole } from "../schema.ts";
import type { QualityCheck } from "../specs.ts";

const COLUMN = column("Column.", "on");
const BOUND: Schema = { anyOf: [{ type: "number" }, { type: "string", minLength: 1 }] };
const AGE = "^\\d+ ?(s|min|h|d|w)$";

/** What can be checked; a document has one of them. */
const CHECKS: Readonly<Record<string, Schema>> = {
  notNull: column("Column that is never NULL.", "on"),
  unique: list("Columns whose values together stand in one row only; NULL equals nothing.", COLUMN, { minItems: 1 }),
  range: object(
    "Column whose values lie between two; NULL is passed over.",
    {
      column: COLUMN,
      min: { ...BOUND, description: "Smallest value." },
      max: { ...BOUND, description: "Largest value." },
    },
    ["column"],
  ),
  accepted: object(
    "Column that holds some values only; NULL is passed over.",
    { column: COLUMN, values: set("The values.", { ...BOUND, description: "Value." }, { minItems: 1 }) },
    ["column", "values"],
  ),
  references: object(
    "Columns whose values stand in another table as well; NULL is passed over.",
    {
      columns: list("Columns, in order.", COLUMN, { minItems: 1 }),
      table: reference("The other table or view.", ["Table", "View", "MaterializedView"]),
      to: list("Its columns, in the same order.", column("Column.", "table"), { minItems: 1 }),
    },
    ["columns", "table", "to"],
  ),
  freshness: object(
    "Column of dates or times whose newest value is not older than this. A table without a value is stale.",
    {
      column: COLUMN,
      within: text("Greatest age of the newest value.", { pattern: AGE, examples: ["5h", "30min", "2d"] }),
    },
    ["column", "within"],
  ),
  rowCount: {
    ...object("How many rows there are.", {
      min: whole("At least.", { minimum: 0 }),
      max: whole("At most.", { minimum: 0 }),
    }),
    minProperties: 1,
  },
  noFuture: column("Column of dates or times of which none lies in the future.", "on"),
  violations: expression("SELECT statement that gives the rows that are wrong."),
};

export const qualityCheck = defineKind<QualityCheck>({
  name: "QualityCheck",
  rank: 100,
  proves: true,
  summary: "What must be so of the rows of a table or view, in one check; looked at, never changed.",
  fields: {
    name: text("Name, as reports show it."),
    on: reference("Table or view that is looked at.", ["Table", "View", "MaterializedView"]),
    ...CHECKS,
    where: expression("SQL condition on the rows that are looked at."),
    severity: choice("What a violation is: an `error` fails the run, a `warning` is told.", ["error", "warning"], {
      default: "error",
    }),
    threshold: {
      anyOf: [whole("So many rows.", { minimum: 0 }), text("So many of a hundred.", { pattern: "^\\d+(\\.\\d+)?%$" })],
      description: "How many rows may be wrong: a number, or a share such as `0.5%`.",
      default: 0,
    },
    sample: whole("How many wrong rows are shown; of classified columns no value ever is.", {
      minimum: 0,
      maximum: 100,
      default: 5,
    }),
    timeout: text("How long the check may take.", { pattern: "^\\d+(ms|s|min)$", default: "60s" }),
  },
  required: ["name"],
  example: { name: "every sale has a customer", on: "sales.sale", notNull: "customer_id" },
  address: (spec) => address("QualityCheck", spec.name),
  scope: ({ on }) => (on === undefined ? {} : { schema: nameParts(on)[0] as string }),
  check,
  normalise: (spec) => (spec.violations === undefined ? spec : { ...spec, violations: bareQuery(spec.violations) }),
});

function check(spec: QualityCheck): string[] {
  const given = Object.keys(CHECKS).filter((name) => name in spec && spec[name as keyof QualityCheck] !== undefined);
  const { on, range, references, rowCount, violations, where, threshold } = spec;
  const whole = ["freshness", "rowCount"].some((name) => given.includes(name));
  return [
    ...(given.length === 1
      ? []
      : [`it takes one of ${Object.keys(CHECKS).join(", ")}, and has ${given.join(", ") || "none"}`]),
    ...(on === undefined && violations === undefined ? ["`on` must say which table or view is looked at"] : []),
    ...(range && range.min === undefined && range.max === undefined ? ["`range` needs `min` or `max`"] : []),
    ...crossed("range", range),
    ...crossed("rowCount", rowCount),
    ...(typeof threshold === "string" && Number.parseFloat(threshold) > 100
      ? [`a \`threshold\` of ${threshold} is more than all rows: say 100% at most, or a number of rows`]
      : []),
    ...(references && references.columns.length !== references.to.length
      ? ["`references` has as many columns in `columns` as in `to`"]
      : []),
    ...(on === undefined && typeof threshold === "string"
      ? ["a share of the rows needs `on`: the rows it is a share of"]
      : []),
    ...(violations !== undefined && where !== undefined
      ? ["`violations` says itself which rows: leave `where` out"]
      : []),
    ...(whole && threshold !== undefined && threshold !== 0
      ? [`\`threshold\` counts rows, and \`${given.join(", ")}\` has none that are wrong`]
      : []),
  ];
}

type Bounds = { readonly min?: number | string; readonly max?: number | string };

/** Bounds that nothing lies between. */
function crossed(field: string, { min, max }: Bounds = {}): string[] {
  if (min === undefined || max === undefined || !isGreater(min, max)) return [];
  return [
    `\`min\` of \`${field}\` is greater than its \`max\` (${min}, ${max}): nothing lies between them; swap or mend them`,
  ];
}

/** Of numbers and of days; how the column's type orders anything else, the server knows. */
function isGreater(min: number | string, max: number | string): boolean {
  const [low, high] = [`${min}`, `${max}`];
  if ([low, high].every((text) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)))
    return Number(low) > Number(high);
  const [from, to] = [low, high].map((text) => /^\d{4}-\d\d-\d\d(?!\d)/.exec(text)?.[0]);
  return from !== undefined && to !== undefined && from > to;
}
