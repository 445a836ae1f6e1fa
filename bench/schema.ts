/**
 * The schema that everything is measured on: N tables over 10 schemas, as people write such declarations and not as a
 * server spells them back, so that types, defaults, conditions and queries all have to be matched.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Spec } from "../core/kind.ts";

/** Documents of one file. */
export interface BenchFile {
  /** Path below the folder that they are written to. */
  readonly path: string;
  readonly documents: readonly { readonly kind: string; readonly spec: Spec }[];
}

const SCHEMAS = 10;
const ROLES = 20;

/** Every file of a declaration of so many tables; `columnComment` of the first table tells two declarations apart. */
export function benchFiles(tables: number, columnComment = "as agreed with the team"): BenchFile[] {
  const files: BenchFile[] = [
    {
      path: "roles.yaml",
      documents: range(ROLES).map((number) => ({
        kind: "Role",
        spec: { name: roleName(number), ...(number > 0 && number % 4 === 0 && { memberOf: [roleName(0)] }) },
      })),
    },
    {
      path: "schemas.yaml",
      documents: range(SCHEMAS).map((number) => ({
        kind: "Schema",
        spec: { name: schemaName(number), comment: `Domain ${number} of the warehouse` },
      })),
    },
  ];
  for (const number of range(tables)) {
    files.push({
      path: join(schemaName(number), `${tableName(number)}.yaml`),
      documents: tableDocuments(number, number === 0 ? columnComment : "as agreed with the team"),
    });
  }
  return files;
}

/** The table that a benchmark alters by another hand, and its column. */
export const ALTERED = { schema: "domain_1", table: "fact_00001", column: "note" } as const;
/** The table whose declaration a benchmark changes. */
export const REDECLARED = { schema: "domain_0", table: "fact_00000" } as const;

function tableDocuments(number: number, columnComment: string): BenchFile["documents"] {
  const schema = schemaName(number);
  const name = tableName(number);
  const table = `${schema}.${name}`;
  const parent = number < SCHEMAS ? number : number - SCHEMAS;
  const reader = roleName(number);
  const documents: { kind: string; spec: Spec }[] = [
    {
      kind: "Table",
      spec: {
        schema,
        name,
        columns: [
          { name: "id", type: "bigint", identity: "always" },
          { name: "parent_id", type: "int8" },
          { name: "customer_name", type: "varchar(80)", notNull: true, classification: "pii" },
          { name: "email", type: "text", classification: "pii", comment: columnComment },
          { name: "region", type: "text", default: "'EU'" },
          { name: "amount", type: "decimal(12,2)", notNull: true, default: 0 },
          { name: "status", type: "varchar(20)", notNull: true, default: "'new'" },
          { name: "created_at", type: "timestamptz", default: "now()" },
          { name: "active", type: "bool", default: true },
          { name: "note", type: "text" },
        ],
        primaryKey: ["id"],
        checks: [{ name: `${name}_amount`, expression: "amount >= 0 AND status IN ('new', 'open', 'done')" }],
        foreignKeys: [
          { columns: ["parent_id"], references: { table: `${schema}.${tableName(parent)}` }, onDelete: "cascade" },
        ],
        ...(number % 5 === 0 && { rowSecurity: "on" }),
        comment: `Fact table ${number}, loaded every night`,
      },
    },
    {
      kind: "Index",
      spec: { table, name: `${name}_created`, columns: [{ column: "created_at", order: "desc" }, "status"] },
    },
    {
      kind: "Index",
      spec: {
        table,
        name: `${name}_email`,
        columns: [{ expression: "lower(email)" }],
        where: "active AND status != 'done'",
      },
    },
    { kind: "Grant", spec: { to: reader, privileges: ["select"], on: { table, columns: ["id", "region", "amount"] } } },
    { kind: "Grant", spec: { to: roleName(number + 1), privileges: ["update"], on: { table, columns: ["note"] } } },
  ];
  if (number % 5 !== 0) return documents;
  documents.push(
    {
      kind: "RowPolicy",
      spec: {
        table,
        name: "regional",
        command: "select",
        to: [reader],
        using: `pg_has_role(current_user, '${roleName(0)}', 'member') AND region IN ('EU', 'US')`,
      },
    },
    {
      kind: "RowPolicy",
      spec: {
        table,
        name: "own_rows",
        to: [roleName(number + 2)],
        using: `email = current_user AND EXISTS (SELECT 1 FROM ${table} p WHERE p.id = parent_id)`,
        withCheck: "status <> 'done'",
      },
    },
    {
      kind: "View",
      spec: {
        schema,
        name: `${name}_open`,
        query: `SELECT id, region, amount, concat(left(customer_name, 1), '***') AS customer, date_trunc('month', created_at) AS month\nFROM ${table}\nWHERE status IN ('new', 'open') AND amount BETWEEN 0 AND 1000`,
        securityBarrier: true,
        securityInvoker: true,
        comment: `Open rows of fact table ${number}`,
      },
    },
    { kind: "Grant", spec: { to: reader, privileges: ["select"], on: { table: `${schema}.${name}_open` } } },
  );
  return documents;
}

/** One YAML file per table, below a folder. */
export function writeYaml(folder: string, source: Spec, files: readonly BenchFile[]): void {
  for (const { path, documents } of [
    { path: "source.yaml", documents: [{ kind: "DataSource", spec: source }] },
    ...files,
  ]) {
    const at = join(folder, path);
    mkdirSync(join(at, ".."), { recursive: true });
    writeFileSync(at, documents.map(({ kind, spec }) => stringify({ kind, ...spec })).join("---\n"));
  }
}

/** What constructs write: all documents as JSON, each with the path of its construct. */
export function writeJson(path: string, source: Spec, files: readonly BenchFile[]): void {
  const all = [{ kind: "DataSource", spec: source }, ...files.flatMap(({ documents }) => documents)];
  const documents = all.map(({ kind, spec }, index) => ({ $construct: `bench/${kind}${index}`, kind, ...spec }));
  writeFileSync(path, JSON.stringify({ documents }));
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

function schemaName(number: number): string {
  return `domain_${number % SCHEMAS}`;
}

function roleName(number: number): string {
  return `team_${number % ROLES}`;
}

function tableName(number: number): string {
  return `fact_${String(number).padStart(5, "0")}`;
}
