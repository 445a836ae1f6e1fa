/**
 * Keys are checked past row policies: that a value is taken, or a row to refer to is there, tells of rows that are hidden.
 * https://www.postgresql.org/docs/current/ddl-rowsecurity.html
 */
import { readable } from "../core/address.ts";
import type { Finding, Guardrail, Judged } from "../core/guardrail.ts";
import type { Grant, Role, Table } from "../core/specs.ts";
import { rolesIn } from "./memberships.ts";
import { key } from "./mentions.ts";
import { objectsOf } from "./objects.ts";
import { boundBy, concerning, grantsByTable, type RowSecured, rowSecured, some } from "./row-secured.ts";
import { type KnownTable, tableKey, tablesIn } from "./tables.ts";

/** A key that all share; who may insert tries values. One that nobody guesses, or that the engine counts, tells nothing new. */
export const keyTellsOfRows: Guardrail = {
  code: "KEY_TELLS_OF_ROWS",
  pack: "row-security",
  find(judged) {
    const secured = comparing(judged);
    if (secured.length === 0) return [];
    const may = boundWriters(judged);
    const indexes = uniqueIndexes(judged);
    return secured.flatMap(([at, on]): Finding[] => {
      if (!judged.desired.has(on.address)) return [];
      const keys = [...keysOf(on.table), ...(indexes.get(at) ?? [])].filter(
        (columns) => !columns.some((column) => on.compared.has(column) || tellsNothing(column, on.table)),
      );
      const writers = keys.length > 0 ? may(on, at, ["insert"]) : [];
      if (writers.length === 0) return [];
      return [
        {
          address: on.address,
          summary: `${readable(on.address)}: ${some(writers)} may try whether a row is there that ${some(on.policies.map(({ name }) => name))} hides, by ${some(keys.map((columns) => `the key (${columns.join(", ")})`))}`,
          detail: `Let the key hold ${some(on.compared)} too, as its first column, so that each has keys of its own; or take random ones (uuid).`,
        },
      ];
    });
  },
};

/** A reference that does not hold what the policies compare leads to rows of others, and holds these fast. */
export const referencePastPolicies: Guardrail = {
  code: "REFERENCE_PAST_POLICIES",
  pack: "row-security",
  find(judged) {
    const secured = new Map(comparing(judged));
    if (secured.size === 0) return [];
    const may = boundWriters(judged);
    const tables = tablesIn(judged.desired, judged.live);
    return objectsOf("Table", judged.desired).flatMap(({ address, spec }): Finding[] => {
      const from = key(spec.schema, spec.name);
      const past = (spec.foreignKeys ?? []).filter(({ references }) => {
        const to = tableKey(references.table);
        const on = secured.get(to);
        if (!on || referred(references, tables.get(to)).some((column) => on.compared.has(column))) return false;
        return may(on, from, ["insert", "update"]).length > 0 || may(on, to, ["delete"]).length > 0;
      });
      if (past.length === 0) return [];
      const on = past.flatMap(({ references }) => secured.get(tableKey(references.table)) ?? []);
      const carried = past.filter(({ onDelete = "no action" }) => !/^(no action|restrict)$/.test(onDelete));
      return [
        {
          address,
          summary: `${readable(address)} refers to ${some(on.map(({ name }) => name))} past ${on.length > 1 ? "their" : "its"} policies`,
          detail: `Whoever writes it sees which hidden rows are there, and rows that refer to one hold it fast${carried.length > 0 ? `, or are changed with it unseen (${carried.map(({ onDelete }) => `onDelete: ${onDelete}`).join(", ")})` : ""}. Let the key and the reference hold ${some(on.flatMap(({ compared }) => [...compared]))} too, as in (tenant, id).`,
        },
      ];
    });
  },
};

type Key = NonNullable<Table["unique"]>[number];
type Reference = NonNullable<Table["foreignKeys"]>[number]["references"];

/** Tables of whose policies the text shows what they compare. */
function comparing({ desired, live }: Judged): [string, RowSecured][] {
  return [...rowSecured(desired, live)].filter(([, { compared }]) => compared.size > 0);
}

function columnsOf(given: Key): readonly string[] {
  return "columns" in given ? given.columns : given;
}

function keysOf({ primaryKey, unique = [] }: Table): (readonly string[])[] {
  return [...(primaryKey ? [primaryKey] : []), ...unique].map(columnsOf);
}

function referred({ columns }: Reference, to: KnownTable | undefined): readonly string[] {
  const primary = to?.table.primaryKey;
  return columns ?? (primary ? columnsOf(primary) : []);
}

function uniqueIndexes({ desired, live }: Judged): Map<string, (readonly string[])[]> {
  const found = new Map<string, (readonly string[])[]>();
  for (const { spec } of new Map(
    [...objectsOf("Index", live), ...objectsOf("Index", desired)].map((one) => [one.address, one]),
  ).values()) {
    if (!spec.unique) continue;
    const at = tableKey(spec.table);
    const columns = spec.columns.map((one) => (typeof one === "string" ? one : (one.column ?? one.expression ?? "")));
    found.set(at, [...(found.get(at) ?? []), columns]);
  }
  return found;
}

/** Random, or counted by the engine: of that ROWS_ARE_COUNTED tells. */
function tellsNothing(name: string, { columns }: Table): boolean {
  const column = columns.find((one) => one.name === name);
  return (
    column?.type === "uuid" || column?.identity !== undefined || /^\s*nextval\s*\(/i.test(`${column?.default ?? ""}`)
  );
}

/** Roles bound by the policies of one table that may do something of it with another. */
function boundWriters({
  desired,
  live,
}: Judged): (bound: RowSecured, at: string, commands: readonly Grant["privileges"][number][]) => string[] {
  const roles: ReadonlyMap<string, Role> = rolesIn(desired, live);
  const grants = grantsByTable(desired, live);
  const concerns = concerning(roles);
  const passes = (role: string): boolean => Boolean(roles.get(role)?.bypassrls || roles.get(role)?.superuser);
  return ({ policies }, at, commands) =>
    (grants.get(at) ?? [])
      .filter(({ to, privileges }) => !passes(to) && commands.some((command) => privileges.includes(command)))
      .map(({ to }) => to)
      .filter((to) => policies.some((policy) => boundBy(policy).some((role) => concerns(to, role))));
}
