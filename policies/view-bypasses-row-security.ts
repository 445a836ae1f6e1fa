import { readable } from "../core/address.ts";
import type { Catalog, DataObject } from "../core/catalog.ts";
import type { Finding, Guardrail } from "../core/guardrail.ts";
import { nameParts } from "../core/names.ts";
import { key, mentions } from "./mentions.ts";

/**
 * A view reads with its owner's rights and a materialized view with those of whoever refreshed it: the row policies of
 * its readers do not apply. A view that runs as its reader does so wherever it is read from, but for a materialized view,
 * which keeps what it shows. Views that an intent made are the intent's own business; it says so itself.
 */
export const viewBypassesRowSecurity: Guardrail = {
  code: "VIEW_BYPASSES_ROW_SECURITY",
  pack: "row-security",
  find: ({ desired, live }) => bypassing(desired, live),
};

function bypassing(desired: Catalog, live: Catalog): Finding[] {
  const views = [...desired].filter(([, object]) => runsAsOwner(object) && !object.intent);
  const secured = views.length > 0 ? tablesWithRowSecurity(desired, live) : new Set<string>();
  if (secured.size === 0) return [];
  const behind = throughInvokers(secured, desired, live);
  const policies = policiesByTable(desired, live);
  return views.flatMap(([address, { kind, spec }]) => {
    const mentioned = mentions(spec.query as string, spec.schema as string);
    const tables =
      kind === "View"
        ? [...mentioned].filter((name) => secured.has(name))
        : [...new Set([...mentioned].flatMap((name) => behind.get(name) ?? []))];
    if (tables.length === 0) return [];
    const next =
      kind === "View"
        ? "Say `securityInvoker: true` (PostgreSQL 15 and newer), or restate the rule in the query."
        : "It keeps rows for everybody who may read it: restate the rule in a view over it, or grant it to those who may see all.";
    return [
      {
        address,
        summary: `${readable(address)} shows rows of ${tables.map((table) => inWords(table, policies)).join(", ")} that the row policies of its readers would hide`,
        detail: next,
        ...(kind === "View" && {
          closes: [{ kind, spec: { schema: spec.schema, name: spec.name, securityInvoker: true } }],
        }),
      },
    ];
  });
}

function runsAsOwner({ kind, spec }: Pick<DataObject, "kind" | "spec">): boolean {
  return kind === "MaterializedView" || (kind === "View" && !spec.securityInvoker);
}

function tablesWithRowSecurity(desired: Catalog, live: Catalog): Set<string> {
  const found = new Set<string>();
  for (const catalog of [live, desired]) {
    for (const { kind, spec } of catalog.values()) {
      if (kind !== "Table") continue;
      const name = key(spec.schema as string, spec.name as string);
      if (spec.rowSecurity === "on" || spec.rowSecurity === "forced") found.add(name);
      else found.delete(name);
    }
  }
  return found;
}

/** The tables behind each name: a view that runs as its reader runs as whoever fills the materialized view that reads it. */
function throughInvokers(
  secured: ReadonlySet<string>,
  desired: Catalog,
  live: Catalog,
): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>([...secured].map((table) => [table, [table]]));
  const invokers = new Map<string, Set<string>>();
  const standing = [...live].filter(([address]) => !desired.has(address)).map(([, object]) => object);
  for (const { kind, spec } of [...standing, ...desired.values()]) {
    if (kind !== "View" || !spec.securityInvoker) continue;
    const name = key(spec.schema as string, spec.name as string);
    invokers.set(name, mentions(spec.query as string, spec.schema as string));
  }
  for (let grown = true; grown; ) {
    grown = false;
    for (const [view, mentioned] of invokers) {
      const tables = [...new Set([...mentioned].flatMap((name) => found.get(name) ?? []))];
      if (tables.length <= (found.get(view)?.length ?? 0)) continue;
      found.set(view, tables);
      grown = true;
    }
  }
  return found;
}

function policiesByTable(desired: Catalog, live: Catalog): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const note = ({ kind, spec }: DataObject): void => {
    if (kind !== "RowPolicy") return;
    const table = key(...(nameParts(spec.table as string) as [string, string]));
    found.set(table, [...(found.get(table) ?? []), spec.name as string].sort());
  };
  for (const object of desired.values()) note(object);
  for (const [address, object] of live) if (!desired.has(address)) note(object);
  return found;
}

/** `sales.customer_dim (regional_access)` */
function inWords(table: string, policies: ReadonlyMap<string, readonly string[]>): string {
  const name = (JSON.parse(table) as string[]).join(".");
  const names = policies.get(table);
  return names ? `${name} (${names.join(", ")})` : name;
}
