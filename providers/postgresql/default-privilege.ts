/**
 * Default privileges without a schema replace what the server gives by itself, so that its own gifts can be taken away
 * there, and only there: that is `revoked`. Those in a schema can only add. What the server gives and nobody took away
 * is no object, nor is what the owner has of its own.
 * https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
 */
import { address } from "../../core/address.ts";
import type { Hazard, Phase, PlanContext, Statement } from "../../core/engine.ts";
import type { DefaultPrivilege } from "../../core/specs.ts";
import { EMPTY, expr, type Sql, sql } from "../../core/sql.ts";
import { changed } from "./common.ts";
import { id, role } from "./quote.ts";
import { type PostgresHandler, query, sparse } from "./snapshot.ts";

/** owner, schema, kind of object, grantee, privilege, with grant option, taken away from what the server gives */
const DEFAULT_PRIVILEGES = query(
  sql`WITH given AS (
  SELECT d.oid, d.defaclrole, d.defaclnamespace, d.defaclobjtype, a.grantee, a.privilege_type, a.is_grantable
  FROM pg_default_acl d, aclexplode(d.defaclacl) a
), usual AS (
  SELECT d.oid, d.defaclrole, d.defaclnamespace, d.defaclobjtype, a.grantee, a.privilege_type
  FROM pg_default_acl d, aclexplode(acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole)) a
  WHERE d.defaclnamespace = 0
)
SELECT defaclrole, nullif(defaclnamespace, 0), defaclobjtype, grantee, lower(privilege_type), is_grantable, false
FROM given g WHERE NOT EXISTS (SELECT FROM usual u WHERE (u.oid, u.grantee, u.privilege_type) = (g.oid, g.grantee, g.privilege_type))
UNION ALL
SELECT defaclrole, nullif(defaclnamespace, 0), defaclobjtype, grantee, lower(privilege_type), false, true
FROM usual u WHERE NOT EXISTS (SELECT FROM given g WHERE (u.oid, u.grantee, u.privilege_type) = (g.oid, g.grantee, g.privilege_type))
ORDER BY 1, 2, 3, 4, 5`,
);

type On = DefaultPrivilege["on"];

const OBJECTS: Readonly<Record<string, On>> = { r: "tables", S: "sequences", f: "functions", T: "types", n: "schemas" };
const OBJECT_SQL = {
  tables: sql`TABLES`,
  sequences: sql`SEQUENCES`,
  functions: sql`FUNCTIONS`,
  types: sql`TYPES`,
  schemas: sql`SCHEMAS`,
} as const;
/** What the server gives to PUBLIC by itself. */
const GIVEN: Partial<Record<On, string>> = { functions: "execute", types: "usage" };

export const defaultPrivilege: PostgresHandler<DefaultPrivilege> = {
  reads: [DEFAULT_PRIVILEGES],
  *inspect(snapshot) {
    for (const row of snapshot.rows(DEFAULT_PRIVILEGES)) {
      const [owner, namespace, objects, grantee, privilege, grantable, revoked] = row as readonly [
        string,
        string | null,
        ...string[],
      ];
      const schema = namespace === null ? undefined : snapshot.schema(namespace);
      const on = OBJECTS[objects as string];
      if (on === undefined || (namespace !== null && schema === undefined)) continue;
      yield {
        spec: sparse<DefaultPrivilege>({
          owner: snapshot.role(owner),
          schema,
          on,
          to: snapshot.role(grantee as string),
          privileges: [privilege as string],
          grantOption: grantable === "t",
          revoked: revoked === "t",
        }),
      };
    }
  },
  check,
  goesWith: (spec) => (spec.schema === undefined ? [] : [address("Schema", spec.schema)]),
  create: (spec, context) => [spec.revoked ? take(spec, context) : give(spec, context)],
  alter: ({ before, after, fields }, context) => {
    if (changed(fields, "revoked")) return [before.revoked ? give(after, context) : take(after, context)];
    return [after.grantOption ? give(after, context) : take(after, context, true)];
  },
  drop: (spec, context) => {
    if (!spec.revoked) return [take(spec, context)];
    // A role that nobody declares any more may go in the same run, and what is said of it goes first.
    const early = !context.desired.has(address("Role", spec.owner));
    return [early ? { ...give(spec, context), phase: "restrict" } : give(spec, context)];
  },
};

function check(spec: DefaultPrivilege): string[] {
  const found: string[] = [];
  const { owner, schema, on, to, grantOption, revoked } = spec;
  const privilege = spec.privileges[0] ?? "";
  const usual = schema === undefined && (to === owner || (to === "public" && GIVEN[on] === privilege));
  if (schema !== undefined && on === "schemas") found.push("a schema lies in no schema; take `schema` off");
  if (grantOption && to === "public")
    found.push("`public` cannot pass a privilege on; take `grantOption` off, or name a role");
  if (revoked && schema !== undefined) {
    found.push(
      "in a single schema PostgreSQL takes away nothing that it gives everywhere; take `schema` off to take it away in all of them",
    );
  } else if (revoked && !usual) {
    found.push(
      `there is nothing to take away: PostgreSQL gives ${to} no ${privilege} on new ${on}; take the document off`,
    );
  }
  if (!revoked && usual)
    found.push(`PostgreSQL gives ${to} ${privilege} on new ${on} by itself; take the document off`);
  return found;
}

function head(spec: DefaultPrivilege): Sql {
  const where = spec.schema === undefined ? EMPTY : sql` IN SCHEMA ${id(spec.schema)}`;
  return sql`ALTER DEFAULT PRIVILEGES FOR ROLE ${id(spec.owner)}${where}`;
}

/** Privileges are words of the engine's own language; the schema of the kind lets through letters and spaces only. */
function privilegeOn(spec: DefaultPrivilege): Sql {
  return sql`${expr((spec.privileges[0] ?? "").toUpperCase())} ON ${OBJECT_SQL[spec.on]}`;
}

function inWords(spec: DefaultPrivilege): string {
  return `${(spec.privileges[0] ?? "").toUpperCase()} on ${spec.on} that ${spec.owner} makes${spec.schema === undefined ? "" : ` in ${spec.schema}`}`;
}

function give(spec: DefaultPrivilege, context: PlanContext): Statement {
  const option = spec.grantOption ? sql` WITH GRANT OPTION` : EMPTY;
  return {
    sql: sql`${head(spec)} GRANT ${privilegeOn(spec)} TO ${role(spec.to)}${option}`,
    phase: "expose",
    hazards: isNew(spec.to, context) ? [] : hazard("WIDENS_ACCESS", spec, `${spec.to} will get ${inWords(spec)}`),
  };
}

function take(spec: DefaultPrivilege, context: PlanContext, optionOnly = false): Statement {
  const fresh = [spec.owner, spec.to].some((name) => isNew(name, context));
  // Where a role is made in the same run there is nothing yet to be restricted before all else.
  const phase: Phase = fresh ? "protect" : "restrict";
  const loses = optionOnly ? "will no longer pass on" : "will no longer get";
  return {
    sql: sql`${head(spec)} REVOKE ${optionOnly ? sql`GRANT OPTION FOR ` : EMPTY}${privilegeOn(spec)} FROM ${role(spec.to)}`,
    phase,
    hazards: fresh ? [] : hazard("NARROWS_ACCESS", spec, `${spec.to} ${loses} ${inWords(spec)}`),
  };
}

function isNew(name: string, context: PlanContext): boolean {
  return context.isNew(address("Role", name));
}

function hazard(code: "WIDENS_ACCESS" | "NARROWS_ACCESS", spec: DefaultPrivilege, message: string): Hazard[] {
  return [{ code, message, affects: [spec.to] }];
}
