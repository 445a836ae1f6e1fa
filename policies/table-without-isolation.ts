import { readable } from "../core/address.ts";
import type { Finding, Guardrail, Judged } from "../core/guardrail.ts";
import { formatName, nameParts } from "../core/names.ts";
import { matchesAny } from "../core/ownership.ts";
import type { Remedy } from "../core/remedy.ts";
import type { RowPolicy, Table } from "../core/specs.ts";
import { key, mentions } from "./mentions.ts";
import { objectsOf } from "./objects.ts";
import { comparedColumns, type KnownTable, leadingColumns, policyIndex, tableKey, tablesIn } from "./tables.ts";
import { pieces } from "./words.ts";

/**
 * Where several tables of a schema hide rows by the same column, one that has the column and hides none was forgotten.
 * Tables that policies look things up in have it for that.
 */
export const tableWithoutIsolation: Guardrail = {
  code: "TABLE_WITHOUT_ISOLATION",
  pack: "row-security",
  find(judged) {
    const tables = tablesIn(judged.desired, judged.live);
    const { byColumn, lookedUp } = comparing(judged, tables);
    if (byColumn.size === 0) return [];
    const leading = leadingColumns(judged.desired, judged.live);
    const excepted = objectsOf("TenantIsolation", judged.declared).flatMap(({ spec }) =>
      (spec.except ?? []).map(({ table }) => table),
    );
    return [...tables].flatMap(([at, known]): Finding[] => {
      const { schema, name, rowSecurity = "off", columns } = known.table;
      if (rowSecurity !== "off" || !judged.desired.has(known.address) || lookedUp.has(at)) return [];
      if (matchesAny(excepted, formatName([schema, name]))) return [];
      const column = columns.find((each) => (byColumn.get(key(schema, each.name))?.size ?? 0) >= LEAST)?.name;
      if (column === undefined) return [];
      const isIndexed = leading.get(at)?.has(column) ?? false;
      return [finding(known, column, byColumn.get(key(schema, column)) as Peers, isIndexed)];
    });
  },
};

/** Tables that make a rule of it. */
const LEAST = 2;

/** Tables with their policies that compare a column. */
type Peers = ReadonlyMap<string, readonly RowPolicy[]>;

interface Comparing {
  /** By schema and column. */
  readonly byColumn: ReadonlyMap<string, Peers>;
  readonly lookedUp: ReadonlySet<string>;
}

function comparing({ desired, live }: Judged, tables: ReadonlyMap<string, KnownTable>): Comparing {
  const byColumn = new Map<string, Map<string, RowPolicy[]>>();
  const lookedUp = new Set<string>();
  for (const { kind, spec } of new Map([...live, ...desired]).values()) {
    const policy = spec as unknown as RowPolicy;
    if (kind !== "RowPolicy") continue;
    const [schema] = nameParts(policy.table) as [string];
    const on = tableKey(policy.table);
    for (const text of [policy.using ?? "", policy.withCheck ?? ""])
      for (const table of mentions(text, schema)) lookedUp.add(table);
    for (const column of comparedColumns(policy.using ?? policy.withCheck ?? "", tables.get(on)?.table)) {
      const peers = byColumn.get(key(schema, column)) ?? new Map<string, RowPolicy[]>();
      byColumn.set(key(schema, column), peers.set(on, [...(peers.get(on) ?? []), policy]));
    }
  }
  return { byColumn, lookedUp };
}

function finding({ address, table }: KnownTable, column: string, peers: Peers, isIndexed: boolean): Finding {
  const names = [...peers.keys()].map((of) => formatName(JSON.parse(of) as string[])).sort();
  const shown = names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  const policies = alike(table, peers);
  const index = isIndexed ? [] : policyIndex(formatName([table.schema, table.name]), column);
  return {
    address,
    summary: `${readable(address)} has ${column} and shows every row, while ${shown} hide rows by it`,
    detail: `Give it row policies like theirs; a TenantIsolation of the schema does so for every table. Where its rows are everybody's, say so under \`except\` there, or in a PolicyException.`,
    ...(policies.length > 0 && { closes: [...policies, ...index] }),
  };
}

/** The policies that several of the others have to the letter, unless they speak of their own table. */
function alike({ schema, name }: Table, peers: Peers): Remedy[] {
  const table = formatName([schema, name]);
  const texts = new Map<string, number>();
  for (const [of, policies] of peers) {
    const [, own] = JSON.parse(of) as [string, string];
    if (policies.some(({ using = "", withCheck = "" }) => names(`${using} ${withCheck}`, own))) continue;
    const text = JSON.stringify(policies.map((policy) => ({ ...policy, table })));
    texts.set(text, (texts.get(text) ?? 0) + 1);
  }
  const [most] = [...texts].sort(([, a], [, b]) => b - a);
  if (!most || most[1] < LEAST) return [];
  const policies = JSON.parse(most[0]) as Remedy["spec"][];
  return [
    { kind: "Table", spec: { schema, name, rowSecurity: "forced" } },
    ...policies.map((spec) => ({ kind: "RowPolicy", spec })),
  ];
}

function names(text: string, table: string): boolean {
  return [...pieces(text)].some(({ kind, text: word }) => kind !== "text" && word === table);
}
