/** Tables that inherit, and partitions. https://www.postgresql.org/docs/current/ddl-inherit.html */
import type { Child } from "../../core/child.ts";
import { sql } from "../../core/sql.ts";
import { query, type Relation, relationName, type Snapshot } from "./snapshot.ts";

/** child, parent; those of indexes included, which are no relations here */
export const PARENTS = query(sql`SELECT inhrelid, inhparent FROM pg_inherits`);

export function childrenIn(snapshot: Snapshot): Child[] {
  const parents = new Map<string, string[]>();
  for (const [child, parent] of snapshot.rows(PARENTS) as readonly (readonly string[])[])
    parents.set(child as string, [...(parents.get(child as string) ?? []), parent as string]);
  return [...parents].flatMap(([child]): Child[] => {
    const relation = snapshot.relation(child);
    if (!relation) return [];
    const { schema, name, row } = relation;
    const above = new Set(parents.get(child));
    for (const one of above) for (const more of parents.get(one) ?? []) above.add(more);
    const of = [...above].flatMap((oid) => snapshot.relation(oid) ?? []).map((one: Relation) => relationName(one));
    return [{ schema, name, of, rowSecurity: row[5] === "t" ? (row[6] === "t" ? "forced" : "on") : "off" }];
  });
}
