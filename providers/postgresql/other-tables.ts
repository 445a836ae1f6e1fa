/** Partitioned tables, partitions, foreign tables and their like: nobody declares them, and yet roles read them. */
import { address } from "../../core/address.ts";
import type { Catalog } from "../../core/catalog.ts";
import type { OtherTable } from "../../core/other-table.ts";
import { type Snapshot, sparse } from "./snapshot.ts";

const TABLES: ReadonlySet<string> = new Set(["r", "p", "f"]);

export function otherTablesIn(snapshot: Snapshot, catalog: Catalog): OtherTable[] {
  return snapshot.relations.flatMap(({ oid, schema, name, kind, owner, row }) => {
    if (!TABLES.has(kind) || catalog.has(address("Table", [schema, name]))) return [];
    const columns = snapshot.columns(oid).map((column) => ({ name: column.name, type: column.type }));
    const rowSecurity = row[5] === "t" ? (row[6] === "t" ? "forced" : "on") : undefined;
    return [sparse<OtherTable>({ schema, name, columns, owner, rowSecurity })];
  });
}
