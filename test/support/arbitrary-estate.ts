/** Random estates that PostgreSQL accepts: every reference resolves, every expression fits its type. */
import fc from "fast-check";
import { stringify } from "yaml";

type Document = Readonly<Record<string, unknown>>;

/** Types with expressions that fit them. */
const TYPES: Readonly<
  Record<string, { readonly values: readonly string[]; readonly check: (column: string) => string }>
> = {
  integer: { values: ["0", "-1", "1 + 2"], check: (column) => `${column} > 0` },
  bigint: { values: ["7", "0"], check: (column) => `${column} BETWEEN 0 AND 100` },
  "numeric(10,2)": { values: ["0", "1.5"], check: (column) => `${column} >= 0` },
  text: { values: ["'EU'", "upper('x')", "current_user"], check: (column) => `${column} IN ('a', 'b')` },
  "varchar(50)": { values: ["'new'"], check: (column) => `${column} != 'done'` },
  boolean: { values: ["true", "'f'"], check: (column) => `${column} IS NOT NULL` },
  timestamptz: { values: ["now()", "'2024-01-01'"], check: (column) => `${column} > '2000-01-01'` },
  date: { values: ["current_date"], check: (column) => `${column} > DATE '2000-01-01'` },
  jsonb: { values: ["'{}'"], check: (column) => `jsonb_typeof(${column}) = 'object'` },
  "text[]": { values: ["'{}'"], check: (column) => `cardinality(${column}) < 9` },
};

const SCHEMAS = ["alpha", "Beta Two"];
const ROLES = ["reader", "writer", "o'hara", "dotted.name"];
const TABLES = ["one", "two", "Three"];
const COLUMNS = ["a", "b", "select", "D e"];
const name = (...parts: readonly string[]): string =>
  parts.map((part) => (/[."/\s]/.test(part) ? `"${part}"` : part)).join(".");
const quoted = (part: string): string => `"${part}"`;
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });
const some = <T>(values: readonly T[], minimum = 0): fc.Arbitrary<T[]> =>
  fc.subarray([...values], { minLength: minimum });

const comment = maybe(fc.constantFrom("a comment", 'it\'s \\ "quoted"', "ünïcode ✓"));

const column = (columnName: string): fc.Arbitrary<Document> =>
  fc.constantFrom(...Object.keys(TYPES)).chain((type) =>
    fc.record({
      name: fc.constant(columnName),
      type: fc.constant(type),
      notNull: maybe(fc.boolean()),
      default: maybe(fc.constantFrom(...(TYPES[type]?.values ?? []))),
      comment,
    }),
  );

const table = (schema: string, tableName: string): fc.Arbitrary<Document[]> =>
  some(COLUMNS, 1)
    .chain((names) => fc.tuple(...names.map(column)))
    .chain((columns) => {
      const first = columns[0] as { name: string; type: string };
      const indexable = columns.filter((one) => one.type !== "jsonb").map((one) => one.name as string);
      const own = name(schema, tableName);
      return fc
        .record({
          check: maybe(fc.constant({ name: "checked", expression: TYPES[first.type]?.check(quoted(first.name)) })),
          unique: maybe(fc.constant([{ columns: ["id"], name: `${tableName} u` }])),
          rowSecurity: maybe(fc.constantFrom("off", "on", "forced")),
          comment,
          policy: maybe(
            fc.record({
              command: fc.constantFrom("all", "select"),
              as: fc.constantFrom("permissive", "restrictive"),
              to: some([...ROLES, "public"], 1),
              using: fc.constantFrom(
                TYPES[first.type]?.check(quoted(first.name)) ?? "true",
                "true",
                "id IN (1, 2, 3)",
                `current_user = 'x' OR id > 5`,
              ),
              comment,
            }),
          ),
          index: maybe(
            fc.record({
              columns: fc.constant(indexable.length > 0 ? indexable : ["id"]),
              unique: fc.boolean(),
              where: maybe(fc.constantFrom("id > 10", "id IN (1, 2)")),
              method: fc.constant("btree"),
              comment,
            }),
          ),
          view: maybe(
            fc.record({
              query: fc.constantFrom(
                `SELECT id FROM ${quoted(schema)}.${quoted(tableName)}`,
                `SELECT id, ${quoted(first.name)}, id + 1 AS next FROM ${quoted(schema)}.${quoted(tableName)}`,
                `SELECT id, ${quoted(first.name)} AS renamed FROM ${quoted(tableName)} WHERE id > 3`,
                `SELECT count(*) AS n FROM ${quoted(tableName)}`,
              ),
              securityBarrier: maybe(fc.boolean()),
              securityInvoker: maybe(fc.boolean()),
              comment,
            }),
          ),
          kept: maybe(fc.constant({ query: `SELECT id AS kept FROM ${quoted(tableName)}` })),
          grants: fc.uniqueArray(
            fc.record({
              to: fc.constantFrom(...ROLES, "public"),
              privileges: some(["select", "insert", "update"], 1),
              grantOption: fc.boolean(),
              columns: maybe(some(["id", first.name], 1)),
            }),
            {
              selector: (grant) => `${grant.to} ${grant.columns === undefined}`,
              maxLength: 3,
            },
          ),
        })
        .map((drawn) => {
          const documents: Document[] = [
            {
              kind: "Table",
              schema,
              name: tableName,
              columns: [{ name: "id", type: "bigint", identity: "always" }, ...columns],
              primaryKey: ["id"],
              ...(drawn.check && { checks: [drawn.check] }),
              ...(drawn.unique && { unique: drawn.unique }),
              rowSecurity: drawn.rowSecurity,
              comment: drawn.comment,
            },
          ];
          if (drawn.policy) documents.push({ kind: "RowPolicy", table: own, name: "p", ...drawn.policy });
          if (drawn.index) documents.push({ kind: "Index", table: own, name: `${tableName} i`, ...drawn.index });
          if (drawn.view) documents.push({ kind: "View", schema, name: `${tableName} v`, ...drawn.view });
          if (drawn.kept) documents.push({ kind: "MaterializedView", schema, name: `${tableName} m`, ...drawn.kept });
          for (const { columns: only, grantOption, ...grant } of drawn.grants) {
            documents.push({
              kind: "Grant",
              ...grant,
              grantOption: grantOption && grant.to !== "public",
              on: { table: own, ...(only && { columns: only }) },
            });
          }
          return documents;
        });
    });

const role = (roleName: string): fc.Arbitrary<Document> =>
  fc.record({
    kind: fc.constant("Role"),
    name: fc.constant(roleName),
    login: maybe(fc.boolean()),
    createdb: maybe(fc.boolean()),
    inherit: maybe(fc.boolean()),
    connectionLimit: maybe(fc.integer({ min: -1, max: 9 })),
    memberOf: maybe(some(ROLES.slice(0, ROLES.indexOf(roleName)))),
    settings: maybe(fc.constantFrom({ statement_timeout: "30s" }, { search_path: '"$user", public', work_mem: "8MB" })),
    comment,
  });

/** An estate as YAML: roles, two schemas, tables that refer to each other, and what hangs on them. */
export const arbitraryEstate: fc.Arbitrary<string> = fc
  .record({
    roles: fc.tuple(...ROLES.map(role)),
    tables: fc
      .tuple(
        ...SCHEMAS.map((schema) => some(TABLES).chain((names) => fc.tuple(...names.map((one) => table(schema, one))))),
      )
      .map((lists) => lists.flatMap((list) => [...(list as Document[][])])),
    links: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom("cascade", "restrict", "no action")), {
      maxLength: 3,
    }),
    sequence: maybe(fc.record({ increment: fc.constantFrom(1, 2, -1), cache: fc.constantFrom(1, 5), comment })),
    values: maybe(fc.constant(["low", "mid", "high's"])),
    defaults: maybe(fc.record({ to: fc.constantFrom(...ROLES), privileges: some(["select", "insert"], 1) })),
  })
  .map(({ roles, tables, links, sequence, values, defaults }) => {
    const documents: Document[] = [...roles, ...SCHEMAS.map((schema) => ({ kind: "Schema", name: schema }))];
    const linked = tables.map((list) => [...list]);
    for (const [from, to, onDelete] of links) addLink(linked, from, to, onDelete);
    documents.push(...linked.flat());
    if (sequence) documents.push({ kind: "Sequence", schema: SCHEMAS[0], name: "counter", ...sequence });
    if (values) documents.push({ kind: "Enum", schema: SCHEMAS[0], name: "Level", values });
    if (defaults)
      documents.push({ kind: "DefaultPrivilege", owner: "writer", schema: SCHEMAS[1], on: "tables", ...defaults });
    return documents.map((document) => stringify(JSON.parse(JSON.stringify(document)))).join("---\n");
  });

/** A foreign key from one table to another, or to itself, on a column of its own. */
function addLink(tables: Document[][], from: number, to: number, onDelete: string): void {
  if (tables.length === 0) return;
  const source = tables[from % tables.length]?.[0] as { columns: Document[]; foreignKeys?: Document[] } | undefined;
  const referred = tables[to % tables.length]?.[0];
  if (!source || !referred) return;
  const column = `ref${source.foreignKeys?.length ?? 0}`;
  const key = {
    columns: [column],
    references: { table: name(referred.schema as string, referred.name as string) },
    onDelete,
  };
  (tables[from % tables.length] as Document[])[0] = {
    ...(source as Document),
    columns: [...source.columns, { name: column, type: "bigint" }],
    foreignKeys: [...(source.foreignKeys ?? []), key],
  };
}
