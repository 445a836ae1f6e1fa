/**
 * A role that is nobody's own. Who has its rights, and who may take it on, the server answers of each role that there is.
 * https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-ACCESS
 */
import { failed, held, type NobodysClaim, notProved, type Verdict } from "../../../core/proofs/model.ts";
import { join, sql } from "../../../core/sql.ts";
import { lit } from "../quote.ts";
import type { Proving } from "./access.ts";
import { Refused, rowsOf } from "./attempt.ts";
import { hindrance } from "./observe.ts";

export async function proveNobodys(
  { role, for: members }: NobodysClaim,
  { client, target }: Pick<Proving, "client" | "target">,
): Promise<Verdict> {
  // Before PostgreSQL 16 every member may take a role on.
  const taking = lit(target.versionNumber >= 160000 ? "SET" : "MEMBER");
  const meant = join([sql`NULL`, ...members.map(lit)]);
  const rows = await rowsOf(
    client,
    sql`SELECT r.rolname, pg_has_role(r.oid, e.oid, 'USAGE'),
  pg_has_role(r.oid, e.oid, ${taking}) AND NOT EXISTS (SELECT FROM pg_roles m WHERE m.rolname IN (${meant}) AND pg_has_role(r.oid, m.oid, 'MEMBER'))
FROM pg_roles e JOIN pg_roles r ON e.oid = r.oid OR NOT r.rolsuper WHERE e.rolname = ${lit(role)} ORDER BY r.oid <> e.oid, 1`,
  );
  if (rows instanceof Refused) return notProved(hindrance(rows));
  // The first is the role itself.
  if (rows.length === 0) return notProved(`there is no role ${role}; apply what declares it first`);
  const reasons = rows
    .slice(1)
    .flatMap(([name, has, takes]) => [
      ...(has === "t" ? [`${name} has the rights of ${role} without SET ROLE`] : []),
      ...(takes === "t" ? [`${name} may take ${role} on`] : []),
    ]);
  return reasons.length > 0 ? failed(...reasons) : held();
}
