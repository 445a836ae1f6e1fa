import { readable } from "../core/address.ts";
import type { Catalog } from "../core/catalog.ts";
import type { Finding, Guardrail } from "../core/guardrail.ts";
import { nameParts } from "../core/names.ts";
import type { Index, RowPolicy, Table } from "../core/specs.ts";
import { key } from "./mentions.ts";
import { pieces } from "./words.ts";

/** A column that a policy compares is looked up for every query of every role that the policy is for. */
export const missingPolicyIndex: Guardrail = {
  code: "POLICY_WITHOUT_INDEX",
  pack: "performance",
  find: ({ desired, live }) => unindexed(desired, live),
};

function unindexed(desired: Catalog, live: Catalog): Finding[] {
  const policies = [...desired].filter(([, { kind }]) => kind === "RowPolicy");
  if (policies.length === 0) return [];
  const leading = leadingColumns(desired, live);
  const tables = tablesIn(desired, live);
  return policies.flatMap(([address, { spec }]) => {
    const { table, using } = spec as unknown as RowPolicy;
    const [schema, name] = nameParts(table) as [string, string];
    const at = key(schema, name);
    const columns = comparedColumns(using ?? "", tables.get(at));
    const missing = columns.filter((column) => !leading.get(at)?.has(column));
    if (missing.length === 0) return [];
    return [
      {
        address,
        summary: `${readable(address)} looks ${missing.join(", ")} up, which no index leads with`,
        detail: `Declare an Index on ${table} (${missing[0]}), or every query of these roles reads the whole table.`,
      },
    ];
  });
}

/** Columns that stand alone on one side of `=` or before IN. */
function comparedColumns(text: string, columns: ReadonlySet<string> | undefined): string[] {
  const all = [...pieces(text)];
  const found = all.filter(({ kind, text: name }, at) => {
    if ((kind !== "word" && kind !== "name") || !columns?.has(name)) return false;
    const [before, after] = [all[at - 1], all[at + 1]];
    if (before?.text === "." || after?.text === "(") return false;
    return after?.text === "=" || after?.text === "in" || before?.text === "=";
  });
  return [...new Set(found.map(({ text: name }) => name))];
}

function tablesIn(...catalogs: readonly Catalog[]): Map<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>();
  for (const catalog of [...catalogs].reverse()) {
    for (const { kind, spec } of catalog.values()) {
      const { schema, name, columns } = spec as unknown as Table;
      if (kind === "Table") found.set(key(schema, name), new Set(columns.map((column) => column.name)));
    }
  }
  return found;
}

function leadingColumns(...catalogs: readonly Catalog[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const add = (table: string, column: string | undefined): void => {
    if (column !== undefined) found.set(table, (found.get(table) ?? new Set()).add(column));
  };
  for (const catalog of catalogs) {
    for (const { kind, spec } of catalog.values()) {
      if (kind === "Table") {
        const { schema, name, primaryKey, unique = [] } = spec as unknown as Table;
        for (const each of [primaryKey, ...unique]) add(key(schema, name), columnsOf(each)[0]);
      } else if (kind === "Index") {
        const { table, columns } = spec as unknown as Index;
        const first = columns[0];
        add(key(...(nameParts(table) as [string, string])), typeof first === "string" ? first : first?.column);
      }
    }
  }
  return found;
}

function columnsOf(given: Table["primaryKey"]): readonly string[] {
  if (given === undefined) return [];
  return "columns" in given ? given.columns : given;
}
