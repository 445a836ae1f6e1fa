/**
 * What decides who can do what and stands in no object of the catalog: who owns the database, roles that are nobody's to
 * declare, owners of what no kind describes, and owners that gave up privileges of their own.
 * https://www.postgresql.org/docs/current/ddl-priv.html
 */
import { type Address, address } from "../../../core/address.ts";
import type { Catalog } from "../../../core/catalog.ts";
import type { Inspection } from "../../../core/engine.ts";
import { functionAddress } from "../../../core/routine.ts";
import { sql } from "../../../core/sql.ts";
import { arrayItems } from "../common.ts";
import { ROLE_NAMES, SCHEMAS } from "../reads.ts";
import { rolesBeyond } from "../role.ts";
import { ownRoutine, readRoutines } from "../routines.ts";
import { query, type Relation, relationName, type Snapshot } from "../snapshot.ts";
import { type AccessFacts, type Other, type Privilege, privilegesOf, type Sort } from "./privileges.ts";

/**
 * object class, object, privileges that its owner has, columns on which it has some and which: one row for each object
 * whose owner does not hold all that comes with it. PUBLIC comes first where something is its by default.
 */
const GIVEN_UP = query(
  ({ within }) => sql`SELECT 'r', c.oid,
  ARRAY(SELECT lower(p.privilege_type) FROM aclexplode(c.relacl) p WHERE p.grantee = c.relowner),
  ARRAY(SELECT a.attname::text FROM pg_attribute a, aclexplode(a.attacl) p
    WHERE a.attrelid = c.oid AND NOT a.attisdropped AND p.grantee = c.relowner ORDER BY a.attnum, p.privilege_type),
  ARRAY(SELECT lower(p.privilege_type) FROM pg_attribute a, aclexplode(a.attacl) p
    WHERE a.attrelid = c.oid AND NOT a.attisdropped AND p.grantee = c.relowner ORDER BY a.attnum, p.privilege_type)
FROM pg_class c
WHERE c.oid >= 16384 AND c.relacl IS NOT NULL AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
  AND NOT c.relacl @> (acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))[1]${within(sql`c.oid`)}
UNION ALL
SELECT 'n', n.oid, ARRAY(SELECT lower(p.privilege_type) FROM aclexplode(n.nspacl) p WHERE p.grantee = n.nspowner), NULL, NULL
FROM pg_namespace n WHERE n.nspacl IS NOT NULL AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT n.nspacl @> (acldefault('n', n.nspowner))[1]
UNION ALL
SELECT 'd', d.oid, ARRAY(SELECT lower(p.privilege_type) FROM aclexplode(d.datacl) p WHERE p.grantee = d.datdba), NULL, NULL
FROM pg_database d WHERE d.datname = current_database() AND NOT d.datacl @> (acldefault('d', d.datdba))[2]
UNION ALL
SELECT 'f', f.oid, ARRAY(SELECT lower(p.privilege_type) FROM aclexplode(f.proacl) p WHERE p.grantee = f.proowner), NULL, NULL
FROM pg_proc f WHERE f.oid >= 16384 AND NOT f.proacl @> (acldefault('f', f.proowner))[2]`,
  2,
);

export const accessReads = [GIVEN_UP, ROLE_NAMES, SCHEMAS] as const;

const KINDS: Readonly<Record<string, readonly [kind: string, sort: Sort]>> = {
  v: ["View", "relation"],
  m: ["MaterializedView", "relation"],
  S: ["Sequence", "sequence"],
};

const kindOf = ({ kind }: Relation): readonly [kind: string, sort: Sort] => KINDS[kind] ?? ["Table", "relation"];

export function accessFacts(
  snapshot: Snapshot,
  catalog: Catalog,
): { readonly facts: AccessFacts; readonly notModelled: Inspection["notModelled"] } {
  const databaseOwner = snapshot.rows(ROLE_NAMES).find(([, , owns]) => owns === "t")?.[1];
  const found = givenUp(snapshot);
  return {
    facts: {
      ...(databaseOwner != null && { databaseOwner }),
      otherRoles: rolesBeyond(snapshot),
      others: othersIn(snapshot, catalog),
      kept: new Map(found.map(({ at, kept }) => [at, kept])),
    },
    notModelled: found.map(({ name, schema }) => ({
      type: "privilege that its owner gave up",
      name,
      ...(schema !== undefined && { schema }),
    })),
  };
}

/** Partitioned and foreign tables and their like, sequences of identity columns, functions. */
function othersIn(snapshot: Snapshot, catalog: Catalog): Map<Address, Other> {
  const found = new Map<Address, Other>();
  for (const relation of snapshot.relations) {
    const [kind, sort] = kindOf(relation);
    const at = address(kind, [relation.schema, relation.name]);
    if (catalog.has(at)) continue;
    const [, , , , , secured, forced] = relation.row;
    found.set(at, {
      sort,
      owner: relation.owner,
      ...(sort === "relation" && { columns: snapshot.columns(relation.oid).map(({ name }) => name) }),
      ...(secured === "t" && { rowSecurity: forced === "t" ? ("forced" as const) : ("on" as const) }),
    });
  }
  for (const { signature, owner, asOwner, inExtension } of readRoutines(snapshot).values())
    if (!inExtension)
      found.set(functionAddress(signature), { sort: "function", owner, ...(asOwner && { asOwner: true as const }) });
  return found;
}

interface GivenUp {
  readonly at: Address;
  readonly name: string;
  readonly schema?: string | undefined;
  readonly kept: readonly Privilege[];
}

function givenUp(snapshot: Snapshot): GivenUp[] {
  const major = Math.floor(snapshot.target.versionNumber / 10000);
  return snapshot.rows(GIVEN_UP).flatMap(([sort, oid, privileges, columns, ofColumns]) => {
    const on = objectOf(snapshot, sort as string, oid as string);
    if (!on) return [];
    const whole = new Set(arrayItems(privileges as string));
    // Somebody else may have granted it all to the owner again.
    if (privilegesOf(on.sort, major).every((privilege) => whole.has(privilege))) return [];
    const names = arrayItems(columns ?? null);
    const some = new Map<string, Set<string>>();
    for (const [index, privilege] of arrayItems(ofColumns ?? null).entries()) {
      const known = some.get(privilege) ?? new Set();
      some.set(privilege, known.add(names[index] as string));
    }
    const kept = [...whole].map((privilege): Privilege => ({ privilege }));
    for (const [privilege, of] of some) if (!whole.has(privilege)) kept.push({ privilege, columns: of });
    return [{ at: on.at, name: on.name, schema: on.schema, kept }];
  });
}

function objectOf(
  snapshot: Snapshot,
  sort: string,
  oid: string,
): { readonly at: Address; readonly name: string; readonly schema?: string; readonly sort: Sort } | undefined {
  if (sort === "d") return { at: address("Database", snapshot.database), name: snapshot.database, sort: "database" };
  if (sort === "n") {
    const schema = snapshot.schema(oid);
    if (schema === undefined || snapshot.inExtension("pg_namespace", oid)) return undefined;
    return { at: address("Schema", schema), name: schema, schema, sort: "schema" };
  }
  if (sort === "f") {
    const found = ownRoutine(snapshot, oid);
    return (
      found && { at: functionAddress(found.signature), name: found.signature, schema: found.schema, sort: "function" }
    );
  }
  const relation = snapshot.relation(oid);
  if (!relation || snapshot.inExtension("pg_class", oid)) return undefined;
  const [kind, of] = kindOf(relation);
  const { schema, name } = relation;
  return { at: address(kind, [schema, name]), name: relationName(relation), schema, sort: of };
}
