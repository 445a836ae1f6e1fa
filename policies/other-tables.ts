/** Tables that no kind describes: rules ask of them as of any other, and no document closes what they find there. */
import { type Address, address, readable } from "../core/address.ts";
import type { Catalog, DataObject } from "../core/catalog.ts";
import type { Diagnostic } from "../core/diagnostic.ts";
import type { Inspection } from "../core/engine.ts";
import { nameParts } from "../core/names.ts";
import type { Remedy } from "../core/remedy.ts";
import { key } from "./mentions.ts";
import { concerned } from "./remedies.ts";
import { grantsByTable } from "./row-secured.ts";

/** What is there, with them. Of what is a part of another, only what has rules of its own or somebody reads by itself. */
export function withOtherTables(live: Catalog, inspection: Inspection | undefined): Catalog {
  const { otherTables = [], children = [] } = inspection ?? {};
  if (otherTables.length === 0) return live;
  const parts = new Set(children.map(({ schema, name }) => key(schema, name)));
  const granted = grantsByTable(live, live);
  const found = new Map(live);
  for (const table of otherTables) {
    const at = key(table.schema, table.name);
    if (parts.has(at) && !granted.has(at) && table.rowSecurity === undefined) continue;
    found.set(address("Table", [table.schema, table.name]), {
      kind: "Table",
      spec: table as unknown as DataObject["spec"],
    });
  }
  return found;
}

/** The same findings, without documents that nobody can write and what only indexes could tell, which nobody looked at. */
export function asFarAsDocuments(holes: readonly Diagnostic[], known: Catalog, modelled: Catalog): Diagnostic[] {
  const past = new Set(holes.filter(({ code }) => code === "CHILD_WITHOUT_ROW_SECURITY").map((hole) => hole.address));
  return holes.flatMap((hole): Diagnostic[] => {
    const { closes = [], ...rest } = hole;
    const other = closes.flatMap(tablesOf).find((at) => known.has(at) && !modelled.has(at));
    if (other === undefined) return [hole];
    if (rest.code === "POLICY_WITHOUT_INDEX") return [];
    if (rest.code === "TABLE_WITHOUT_ISOLATION" && past.has(rest.address)) return [];
    return [
      { ...rest, detail: `${rest.detail} By hand: no kind describes ${readable(other)}, so no document says it.` },
    ];
  });
}

function tablesOf(remedy: Remedy): Address[] {
  const { table } = remedy.spec;
  return [...concerned(remedy), ...(typeof table === "string" ? [address("Table", nameParts(table))] : [])];
}
