/**
 * A dimension: a table numbered by the engine. With history of type 2 a row is a version: many may have the same natural
 * key, one of them is current. https://www.postgresql.org/docs/current/indexes-partial.html
 */
import { type Column, columnList } from "../../core/columns.ts";
import { type Diagnostic, error } from "../../core/diagnostic.ts";
import type { Lowering } from "../../core/engine.ts";
import type { DimensionTable, Index, Table } from "../../core/specs.ts";
import { carried, clashes, derivedName, type NativeObject, nameOf, native, once, unknownColumns } from "./lowering.ts";

const NOW = { type: "timestamptz", notNull: true, default: "now()" } as const;
const AUDIT: readonly Column[] = [
  { name: "created_at", ...NOW },
  { name: "updated_at", ...NOW },
];
const HISTORY: readonly Column[] = [
  { name: "valid_from", ...NOW },
  { name: "valid_to", type: "timestamptz" },
  { name: "is_current", type: "boolean", notNull: true, default: "true" },
];

export const dimensionTable: Lowering<DimensionTable> = {
  lower: once((spec) => {
    const declared = columnList(spec.columns);
    const surrogate = surrogateKey(spec);
    const versions = spec.history === "2";
    const history = versions ? HISTORY : [];
    const audit = spec.audit === false ? [] : AUDIT;
    const added = [surrogate, ...history, ...audit];
    const taken = new Set(added.map(({ name }) => name));
    const natural = spec.naturalKey ?? [];
    const columns = [
      surrogate,
      ...declared
        .filter(({ name }) => !taken.has(name))
        .map((column) => (natural.includes(column.name) ? { ...column, notNull: true } : column)),
      ...history,
      ...audit,
    ];
    const table: Table = {
      schema: spec.schema,
      name: spec.name,
      columns,
      primaryKey: [surrogate.name],
      ...(natural.length > 0 && { unique: [versions ? [...natural, "valid_from"] : natural] }),
      ...(versions && {
        checks: [
          {
            name: derivedName([spec.name, "valid_to"], "check"),
            expression: "valid_to IS NULL OR valid_to > valid_from",
          },
        ],
      }),
      ...(spec.rowSecurity && { rowSecurity: spec.rowSecurity }),
      ...carried(spec),
    };
    return {
      objects: [native("Table", table), ...(versions && natural.length > 0 ? [onlyOneCurrent(spec, natural)] : [])],
      diagnostics: [
        ...clashes(nameOf(spec), declared, mends(surrogate, history, audit)),
        ...unknownColumns(nameOf(spec), natural, columns),
        ...(versions && natural.length === 0 ? [withoutNaturalKey(spec)] : []),
      ],
    };
  }),
};

function surrogateKey(spec: DimensionTable): Column {
  const name = spec.surrogateKey ?? defaultSurrogate(spec.name);
  // A name made from the table's follows it when that is renamed.
  const former = spec.renamedFrom === undefined ? name : defaultSurrogate(spec.renamedFrom);
  const renamed = spec.surrogateKey === undefined && former !== name;
  return { name, type: "bigint", notNull: true, identity: "always", ...(renamed && { renamedFrom: former }) };
}

/** `customer_dim` and `dim_customer` → `customer_key` */
function defaultSurrogate(table: string): string {
  return derivedName([table.replace(/^dim_(?=.)|(?<=.)_dim$/, "")], "key");
}

function onlyOneCurrent(spec: DimensionTable, natural: readonly string[]): NativeObject {
  const name = (table: string): string => derivedName([table, ...natural, "current"], "idx");
  const index: Index = {
    table: nameOf(spec),
    name: name(spec.name),
    columns: natural,
    unique: true,
    where: "is_current",
    ...(spec.renamedFrom !== undefined && { renamedFrom: name(spec.renamedFrom) }),
  };
  return native("Index", index);
}

function mends(surrogate: Column, history: readonly Column[], audit: readonly Column[]): ReadonlyMap<string, string> {
  return new Map([
    ...audit.map(({ name }): [string, string] => [name, "say `audit: false`"]),
    ...history.map(({ name }): [string, string] => [name, 'say `history: "1"`']),
    [surrogate.name, "give the surrogate key another name with `surrogateKey`"],
  ]);
}

function withoutNaturalKey(spec: DimensionTable): Diagnostic {
  return error("MISSING_FIELD", `The versions of a row of \`${nameOf(spec)}\` cannot be told from those of another`, {
    detail: 'Say `naturalKey`: the columns that identify a row in the source system; or `history: "1"`.',
  });
}
