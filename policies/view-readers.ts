/** What views with their owner's rights show to whom the tables behind them are closed. */
import { readable } from "../core/address.ts";
import type { Catalog } from "../core/catalog.ts";
import type { Finding, Guardrail, Judged } from "../core/guardrail.ts";
import { formatName } from "../core/names.ts";
import type { Grant, Role, View } from "../core/specs.ts";
import { Carried, type Columns } from "./carried.ts";
import { rolesIn, withGroups } from "./memberships.ts";
import { key, mentions } from "./mentions.ts";
import { objectsOf } from "./objects.ts";
import { grantsByTable, some } from "./row-secured.ts";
import { leavesRowsOut } from "./select-lists.ts";
import { tableKey, tablesIn } from "./tables.ts";

type Grants = ReadonlyMap<string, readonly Grant[]>;
type Roles = ReadonlyMap<string, Role>;

/** Columns of a table that a declared intent keeps from roles. */
interface Kept {
  readonly by: "ColumnAccess" | "MaskedView";
  readonly table: string;
  readonly from: readonly string[];
  readonly columns: ReadonlySet<string>;
}

/** A reader of a view needs nothing on its tables, so that a view shows what a column list keeps back. */
export const viewShowsKeptColumn: Guardrail = {
  code: "VIEW_SHOWS_KEPT_COLUMN",
  pack: "grants",
  find(judged) {
    const { desired, live } = judged;
    const grants = grantsByTable(desired, live);
    const kept = keptIn(judged, grants);
    if (kept.length === 0) return [];
    const roles = rolesIn(desired, live);
    const carried = new Carried(desired);
    const byView = new Map<string, (Kept & { readonly shown: Columns })[]>();
    for (const one of kept)
      for (const [view, shown] of carried.of(one.table, one.columns))
        byView.set(view, [...(byView.get(view) ?? []), { ...one, shown }]);
    return ownerViews(desired).flatMap(({ address, kind, at, spec }): Finding[] =>
      (byView.get(at) ?? []).flatMap(({ by, table, from, shown }): Finding[] => {
        const names = [...new Set(shown.values())];
        const readers = from.filter((role) => selects(role, at, [...shown.keys()], grants, roles));
        if (readers.length === 0) return [];
        const remedy = { kind, spec: { schema: spec.schema, name: spec.name, securityInvoker: true } };
        return [
          {
            address,
            summary: `${readable(address)} shows ${some(names)} of ${nameOf(table)} to ${some(readers)}, from whom a ${by} keeps ${names.length > 1 ? "them" : "it"}`,
            detail: `Leave ${names.length > 1 ? "the columns" : "the column"} out of it${kind === "View" ? ", or say `securityInvoker: true` (PostgreSQL 15 and newer)" : ""}, or grant it to others.`,
            ...(kind === "View" && { closes: [remedy] }),
          },
        ];
      }),
    );
  },
};

function keptIn({ declared, desired, live }: Judged, grants: Grants): Kept[] {
  const [columnAccess, maskedViews] = [objectsOf("ColumnAccess", declared), objectsOf("MaskedView", declared)];
  if (columnAccess.length + maskedViews.length === 0) return [];
  const tables = tablesIn(desired, live);
  const byColumns = columnAccess.flatMap(({ spec }): Kept[] => {
    const table = tableKey(spec.table);
    const all = tables.get(table)?.table.columns.map(({ name }) => name) ?? [];
    return spec.to.map((role) => {
      const own = (grants.get(table) ?? []).filter(
        ({ to, privileges }) => to === role && privileges.includes("select"),
      );
      const open = new Set(own.flatMap(({ on }) => on.columns ?? []));
      return { by: "ColumnAccess", table, from: [role], columns: new Set(all.filter((name) => !open.has(name))) };
    });
  });
  const byMasks = maskedViews.map(({ spec }): Kept => {
    const { from, mask = {}, maskClasses = {}, to = [] } = spec;
    const table = tableKey(from);
    const masked = (tables.get(table)?.table.columns ?? []).filter(
      ({ name, classification = "" }) => name in mask || classification in maskClasses,
    );
    return { by: "MaskedView", table, from: to, columns: new Set(masked.map(({ name }) => name)) };
  });
  return together([...byColumns, ...byMasks]);
}

/** Roles from whom the same is kept are told of together. */
function together(all: readonly Kept[]): Kept[] {
  const found = new Map<string, Kept>();
  for (const one of all) {
    const same = JSON.stringify([one.by, one.table, [...one.columns].sort()]);
    found.set(same, { ...one, from: [...(found.get(same)?.from ?? []), ...one.from] });
  }
  return [...found.values()].filter(({ columns }) => columns.size > 0);
}

/** A function in a condition of the reader's may be asked before the view's own, and see rows that it leaves out. */
export const viewWithoutBarrier: Guardrail = {
  code: "VIEW_WITHOUT_BARRIER",
  pack: "row-security",
  find({ desired, live }) {
    const views = ownerViews(desired).filter(
      ({ kind, spec }) => kind === "View" && !spec.securityBarrier && leavesRowsOut(spec.query),
    );
    if (views.length === 0) return [];
    const tables = tablesIn(desired, live);
    const grants = grantsByTable(desired, live);
    const roles = rolesIn(desired, live);
    return views.flatMap(({ address, kind, at, spec: { schema, name, query } }): Finding[] => {
      const granted = (grants.get(at) ?? []).filter(({ privileges }) => privileges.includes("select"));
      if (granted.length === 0) return [];
      const behind = [...mentions(query, schema)].filter((table) => tables.has(table));
      const readers = granted
        .map(({ to }) => to)
        .filter((role) => behind.some((table) => !selects(role, table, [], grants, roles)));
      if (readers.length === 0) return [];
      return [
        {
          address,
          summary: `${readable(address)} hides rows that a function in a reader's condition sees (${some(readers)} may read it, and not ${some(behind.map(nameOf))})`,
          detail:
            "Say `securityBarrier: true`: what is not leakproof is then asked after the view's own conditions, which may cost an index.",
          closes: [{ kind, spec: { schema, name, securityBarrier: true } }],
        },
      ];
    });
  },
};

/** Views that do not run with their reader's rights; what an intent made is its own business. */
function ownerViews(desired: Catalog) {
  return [...objectsOf("View", desired), ...objectsOf("MaterializedView", desired)].flatMap(
    ({ address, spec, intent }) => {
      const view: Pick<View, "schema" | "name" | "query" | "securityInvoker" | "securityBarrier"> = spec;
      if (intent !== undefined || view.securityInvoker) return [];
      const kind = address.startsWith("View/") ? "View" : "MaterializedView";
      return [{ address, kind, at: key(view.schema, view.name), spec: view }];
    },
  );
}

/** May the role read it, of some columns at least one; by itself, a group or as everybody may? */
function selects(role: string, at: string, columns: readonly string[], grants: Grants, roles: Roles): boolean {
  const own = withGroups([role, "public"], roles);
  return (grants.get(at) ?? []).some(
    ({ to, privileges, on }) =>
      own.has(to) &&
      privileges.includes("select") &&
      (!on.columns || columns.length === 0 || on.columns.some((column) => columns.includes(column))),
  );
}

function nameOf(table: string): string {
  return formatName(JSON.parse(table) as string[]);
}
