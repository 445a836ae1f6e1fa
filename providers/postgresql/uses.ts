import { address } from "../../core/address.ts";
import type { Need } from "../../core/catalog.ts";
import { arrayItems } from "./common.ts";
import { USES } from "./reads.ts";
import { CATALOGS, type Relation, type Snapshot } from "./snapshot.ts";

const KINDS: Readonly<Record<string, string>> = {
  r: "Table",
  p: "Table",
  f: "Table",
  v: "View",
  m: "MaterializedView",
  S: "Sequence",
};

type UsesOf = (catalog: "pg_class" | "pg_policy", oid: string) => Need[];

const READ = new WeakMap<Snapshot, UsesOf>();

/** What a view, a materialized view or a policy uses, as the server knows it. */
export function usesOf(snapshot: Snapshot): UsesOf {
  const known = READ.get(snapshot);
  if (known) return known;
  const uses = readUses(snapshot);
  READ.set(snapshot, uses);
  return uses;
}

function readUses(snapshot: Snapshot): UsesOf {
  const found = new Map<string, Map<Relation, Set<string>>>();
  for (const [catalog, dependant, objects = null, numbers = null] of snapshot.rows(USES)) {
    const columnOf = arrayItems(numbers);
    const relations = new Map<Relation, Set<string>>();
    found.set(`${catalog} ${dependant}`, relations);
    for (const [at, object] of arrayItems(objects).entries()) {
      const relation = snapshot.relation(object);
      if (!relation) continue;
      const columns = relations.get(relation) ?? new Set();
      relations.set(relation, columns);
      const column = columnOf[at] as string;
      if (column !== "0") columns.add(snapshot.columnName(relation.oid, column));
    }
  }
  return (catalog, oid) =>
    [...(found.get(`${CATALOGS[catalog]} ${oid}`) ?? [])].map(([relation, columns]) => ({
      address: address(KINDS[relation.kind] ?? "Table", [relation.schema, relation.name]),
      ...(columns.size > 0 && { columns: [...columns] }),
    }));
}
