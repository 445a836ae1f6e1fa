/**
 * Only what differs is granted or revoked, never all revoked and granted again. What another role than the owner
 * granted is revoked as that role: a REVOKE by the owner would leave it in place, without an error.
 * https://www.postgresql.org/docs/current/sql-grant.html
 */
import { type Address, address } from "../../core/address.ts";
import type { Alteration, Hazard, NormaliseContext, PlanContext, Statement } from "../../core/engine.ts";
import { grant as kind } from "../../core/kinds/grant.ts";
import { nameParts } from "../../core/names.ts";
import type { Grant } from "../../core/specs.ts";
import { EMPTY, expr, type Sql, sql } from "../../core/sql.ts";
import { arrayItems, changed } from "./common.ts";
import { grantors, grantorsIn } from "./grantors.ts";
import { id, ids, named, role } from "./quote.ts";
import { COLUMNS, RELATIONS, SCHEMAS } from "./reads.ts";
import { ownRoutine, ROUTINES } from "./routines.ts";
import { type PostgresHandler, query, relationName, type Snapshot, sparse } from "./snapshot.ts";
import { canonicalType } from "./types.ts";

/**
 * object class, object, columns, grantor, grantee, privilege, grantable, owner. Where nothing was ever granted the ACL is
 * null: for databases and functions that still means something to PUBLIC. What the owner has of its own is no grant.
 * Columns with equal ACLs are taken together before these are taken apart, which is slow.
 */
const GRANTS = query(
  sql`SELECT 'r', c.oid, NULL::name[], a.grantor, a.grantee, lower(a.privilege_type), a.is_grantable, c.relowner
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
WHERE c.relacl IS NOT NULL AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND a.grantee <> c.relowner
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
UNION ALL
SELECT 'c', c.oid, t.columns, a.grantor, a.grantee, lower(a.privilege_type), a.is_grantable, c.relowner
FROM (SELECT attrelid, attacl, array_agg(attname) AS columns FROM pg_attribute WHERE attacl IS NOT NULL AND NOT attisdropped GROUP BY 1, 2) t
  JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(t.attacl) a
WHERE a.grantee <> c.relowner AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
UNION ALL
SELECT 'n', n.oid, NULL, a.grantor, a.grantee, lower(a.privilege_type), a.is_grantable, n.nspowner
FROM pg_namespace n, aclexplode(n.nspacl) a
WHERE a.grantee <> n.nspowner AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
UNION ALL
SELECT 'd', d.oid, NULL, a.grantor, a.grantee, lower(a.privilege_type), a.is_grantable, d.datdba
FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
WHERE a.grantee <> d.datdba AND d.datname = current_database()
UNION ALL
SELECT 'f', p.oid, NULL, a.grantor, a.grantee, lower(a.privilege_type), a.is_grantable, p.proowner
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
WHERE a.grantee <> p.proowner AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1, 2`,
  18,
);

export const grant: PostgresHandler<Grant> = {
  exact: true,
  reads: [GRANTS, ROUTINES, RELATIONS, COLUMNS, SCHEMAS],
  *inspect(snapshot) {
    const found = [...read(snapshot)];
    const standsOn = grantors(found);
    for (const spec of found) {
      const needs = standsOn(spec).map((of) => ({ address: kind.address(of) }));
      yield needs.length > 0 ? { spec, needs } : { spec };
    }
  },
  check: (spec, target, context) => [
    ...(spec.on.database !== undefined && spec.on.database !== target.database
      ? [`the database connected to is ${target.database}; a grant on another one belongs to a data source of its own`]
      : []),
    ...(spec.to === "public" && spec.grantOption ? ["`grantOption` is for a role, not for everybody"] : []),
    ...(/^all( privileges)?$/.test(spec.privileges[0] ?? "")
      ? ["`all` means something else for each version; name the privileges"]
      : []),
    ...(ownerOf(spec, context) === spec.to
      ? [`${spec.to} owns it and may do everything with it; take the grant out`]
      : []),
  ],
  // Of all kinds there are most grants, and most say it as the server does.
  normalise: (spec, context) =>
    spec.on.function === undefined && !spec.privileges.includes("temp")
      ? spec
      : {
          ...spec,
          privileges: spec.privileges.map((word) => (word === "temp" ? "temporary" : word)),
          ...(spec.on.function && { on: { function: canonicalSignature(spec.on.function, context) } }),
        },
  needs: (spec, { desired }) => grantorsIn(desired)(spec).map((of) => ({ address: kind.address(of) })),
  goesWith: objectsOf,
  create: (spec, context) => as(spec, [give(spec, spec.on.columns, context)]),
  alter,
  drop: (spec, context) => as(spec, [take(spec, spec.on.columns, context, EMPTY), ...keepColumns(spec, context)]),
};

function* read(snapshot: Snapshot): Generator<Grant> {
  const byColumns = new Map<string, Grant & { on: { columns: string[] } }>();
  for (const row of snapshot.rows(GRANTS)) {
    const [sort, oid, columns, grantor, grantee, privilege, grantable, owner] = row as readonly string[];
    const on = target(snapshot, sort as string, oid as string);
    if (!on) continue;
    const spec = sparse<Grant>({
      to: grantee === "0" ? "public" : snapshot.role(grantee as string),
      privileges: [privilege as string],
      on,
      grantOption: grantable === "t" ? true : undefined,
      grantor: grantor === owner ? undefined : snapshot.role(grantor as string),
    });
    if (sort !== "c") {
      yield spec;
      continue;
    }
    const key = `${oid} ${grantee} ${privilege} ${grantable} ${grantor}`;
    const names = arrayItems(columns ?? null);
    const known = byColumns.get(key);
    if (known) known.on.columns.push(...names);
    else byColumns.set(key, { ...spec, on: { ...on, columns: names } });
  }
  for (const spec of byColumns.values()) {
    spec.on.columns.sort();
    yield spec;
  }
}

/** Owner of what it is on, as far as it is an object of a kind. */
function ownerOf(spec: Grant, { desired, live }: NormaliseContext): unknown {
  for (const at of objectsOf(spec)) {
    const owner = desired.get(at)?.spec.owner ?? live.get(at)?.spec.owner;
    if (owner !== undefined) return owner;
  }
  return undefined;
}

function target(snapshot: Snapshot, sort: string, oid: string): Grant["on"] | undefined {
  if (sort === "d") return { database: snapshot.database };
  if (sort === "n") {
    const name = snapshot.schema(oid);
    return name === undefined || snapshot.inExtension("pg_namespace", oid) ? undefined : { schema: name };
  }
  if (sort === "f") {
    const signature = ownRoutine(snapshot, oid)?.signature;
    return signature === undefined ? undefined : { function: signature };
  }
  const relation = snapshot.relation(oid);
  if (!relation || snapshot.inExtension("pg_class", oid)) return undefined;
  return relation.kind === "S" ? { sequence: relationName(relation) } : { table: relationName(relation) };
}

/** `f( int,varchar(10) )` as the server writes it: `f(integer, character varying)`. */
function canonicalSignature(signature: string, context: NormaliseContext): string {
  const open = signature.indexOf("(");
  const name = signature.slice(0, open).trim();
  const schema = nameParts(name)[0] as string;
  const types = signature
    .slice(open + 1, signature.lastIndexOf(")"))
    .replace(/\([^()]*\)/g, "")
    .split(",")
    .filter((type) => type.trim() !== "")
    .map((type) => canonicalType(type, schema, context).replace(/\([^()]*\)/g, ""));
  return `${name}(${types.join(", ")})`;
}

function objectsOf(spec: Grant): Address[] {
  const { schema, table, sequence } = spec.on;
  if (schema !== undefined) return [address("Schema", schema)];
  if (sequence !== undefined) return [address("Sequence", nameParts(sequence))];
  if (table === undefined) return [];
  return ["Table", "View", "MaterializedView"].map((kind) => address(kind, nameParts(table)));
}

function object(spec: Grant): Sql {
  const { database, schema, table, sequence, function: signature } = spec.on;
  if (database !== undefined) return sql`DATABASE ${id(database)}`;
  if (schema !== undefined) return sql`SCHEMA ${id(schema)}`;
  if (sequence !== undefined) return sql`SEQUENCE ${named(sequence)}`;
  if (signature !== undefined) {
    const open = signature.indexOf("(");
    return sql`ROUTINE ${named(signature.slice(0, open))}${expr(signature.slice(open))}`;
  }
  return sql`TABLE ${named(table ?? "")}`;
}

/** Privileges are words of the engine's own language; the schema of the kind lets through letters and spaces only. */
function privilege(spec: Grant, columns: readonly string[] | undefined): Sql {
  const word = expr((spec.privileges[0] ?? "").toUpperCase());
  return columns ? sql`${word} (${ids(columns)})` : word;
}

function words(spec: Grant, columns: readonly string[] | undefined): string {
  const on = spec.on.table ?? spec.on.schema ?? spec.on.sequence ?? spec.on.function ?? `database ${spec.on.database}`;
  return `${(spec.privileges[0] ?? "").toUpperCase()} on ${on}${columns ? ` (${columns.join(", ")})` : ""}`;
}

/** The statement that grants; of the columns that are given, where there are any. */
export function grantSql(spec: Grant, columns: readonly string[] | undefined): Sql {
  const option = spec.grantOption ? sql` WITH GRANT OPTION` : EMPTY;
  return sql`GRANT ${privilege(spec, columns)} ON ${object(spec)} TO ${role(spec.to)}${option}`;
}

function give(spec: Grant, columns: readonly string[] | undefined, context: PlanContext): Statement {
  const made = objectsOf(spec).some((of) => context.isNew(of));
  const hazards: Hazard[] = made
    ? []
    : [{ code: "WIDENS_ACCESS", message: `${spec.to} gets ${words(spec, columns)}`, affects: [spec.to] }];
  return {
    sql: grantSql(spec, columns),
    phase: "expose",
    hazards,
  };
}

function take(spec: Grant, columns: readonly string[] | undefined, context: PlanContext, option: Sql): Statement {
  const fresh = objectsOf(spec).some((of) => context.isNew(of));
  const hazards: Hazard[] = fresh
    ? []
    : [{ code: "NARROWS_ACCESS", message: `${spec.to} loses ${words(spec, columns)}`, affects: [spec.to] }];
  return {
    sql: sql`REVOKE ${option}${privilege(spec, columns)} ON ${object(spec)} FROM ${role(spec.to)}`,
    phase: fresh ? "expose" : "restrict",
    hazards,
  };
}

/** Taking a privilege on a table takes it on each of its columns; what was granted on columns is given back at once. */
function keepColumns(spec: Grant, context: PlanContext): Statement[] {
  if (spec.on.table === undefined || spec.on.columns) return [];
  return [false, true].flatMap((grantOption) => {
    const { grantOption: _, ...rest } = spec;
    const own: Grant = { ...rest, on: { ...spec.on, columns: [] }, ...(grantOption && { grantOption }) };
    const at = kind.address(own);
    const change = context.planned(at);
    // On a table of this very plan, where the privilege is taken back only after everything is granted.
    const fresh = change?.action === "create" && objectsOf(spec).some((of) => context.isNew(of));
    const there = ((fresh ? context.desired : context.live).get(at)?.spec as Grant | undefined)?.on.columns;
    if (!there || change?.action === "drop") return [];
    const wanted = change?.fields.find(({ path }) => path[1] === "columns")?.to as readonly string[] | undefined;
    const columns = there.filter((column) => !wanted || wanted.includes(column));
    return columns.length > 0
      ? [{ ...give(own, columns, context), phase: fresh ? ("expose" as const) : ("restrict" as const), hazards: [] }]
      : [];
  });
}

/** As the role that granted it, where that is not the owner. */
function as(spec: Grant, statements: readonly Statement[]): Statement[] {
  if (spec.grantor === undefined) return [...statements];
  return statements.flatMap((statement): Statement[] => [
    { sql: sql`SET LOCAL ROLE ${id(spec.grantor ?? "")}`, phase: statement.phase ?? "restrict" },
    statement,
    { sql: sql`RESET ROLE`, phase: statement.phase ?? "restrict" },
  ]);
}

function alter({ before, after, fields }: Alteration<Grant>, context: PlanContext): Statement[] {
  const statements: Statement[] = [];
  if (changed(fields, "grantOption")) {
    if (after.grantOption) statements.push(...as(after, [give(after, after.on.columns, context)]));
    else
      statements.push(
        ...as(after, [take(after, after.on.columns, context, sql`GRANT OPTION FOR `), ...keepColumns(after, context)]),
      );
  }
  const change = fields.find(({ path }) => path[0] === "on" && path[1] === "columns");
  if (change) {
    const old = new Set(before.on.columns);
    const wanted = (change.to ?? []) as readonly string[];
    const gone = [...old].filter((column) => !wanted.includes(column));
    const added = wanted.filter((column) => !old.has(column));
    if (gone.length > 0) statements.push(...as(after, [take(after, gone, context, EMPTY)]));
    if (added.length > 0) statements.push(...as(after, [give(after, added, context)]));
  }
  return statements;
}
