/**
 * Which rows a role meets. Permissive policies are joined by OR, restrictive ones narrow what is left; without a
 * permissive one that has a condition there are no rows. Superusers, roles with BYPASSRLS and, unless it is forced,
 * owners pass. https://www.postgresql.org/docs/current/ddl-rowsecurity.html
 */
import { type AllRows, EVERYBODY } from "../../../core/access/model.ts";
import { type Address, address } from "../../../core/address.ts";
import type { Catalog } from "../../../core/catalog.ts";
import { nameParts } from "../../../core/names.ts";
import type { RowPolicy, Table } from "../../../core/specs.ts";
import { unwrapped } from "../lexer.ts";
import type { Secured } from "./privileges.ts";
import type { Way } from "./roles.ts";

const ROW_COMMANDS = ["select", "insert", "update", "delete"] as const;

/** What policies speak of. */
export type RowCommand = (typeof ROW_COMMANDS)[number];

export function isRowCommand(privilege: string): privilege is RowCommand {
  return (ROW_COMMANDS as readonly string[]).includes(privilege);
}

/** Rows that meet one of `open` and all of `narrow`. */
export interface Rule {
  readonly open: ReadonlySet<string> | "all";
  readonly narrow: ReadonlySet<string>;
  /** "all", "none", or the condition. */
  readonly text: string;
  /** Why it is all of them, where policies hide rows. */
  readonly why?: AllRows;
}

const ALL: Rule = { open: "all", narrow: new Set(), text: "all" };
const ALL_BY: Readonly<Record<AllRows, Rule>> = {
  bypassrls: { ...ALL, why: "bypassrls" },
  owner: { ...ALL, why: "owner" },
  policies: { ...ALL, why: "policies" },
};
const NONE: Rule = { open: new Set(), narrow: new Set(), text: "none" };

/** Does one let through every row that the other does, as far as the texts of their conditions show? */
export function covers(one: Rule, other: Rule): boolean {
  if (other.text === "none") return true;
  if ([...one.narrow].some((condition) => !other.narrow.has(condition))) return false;
  const { open } = one;
  return open === "all" || (other.open !== "all" && [...other.open].every((condition) => open.has(condition)));
}

interface SecuredTable {
  readonly forced: boolean;
  readonly owner: string | undefined;
  readonly policies: RowPolicy[];
}

export class Rows {
  /** Tables with row security. */
  readonly #tables = new Map<Address, SecuredTable>();

  constructor(
    catalog: Catalog,
    secured: ReadonlyMap<Address, Secured>,
    others: ReadonlyMap<Address, { readonly rowSecurity?: Table["rowSecurity"] }> = new Map(),
  ) {
    const add = (at: Address, rowSecurity: Table["rowSecurity"] = "off"): void => {
      if (rowSecurity !== "off")
        this.#tables.set(at, { forced: rowSecurity === "forced", owner: secured.get(at)?.owner, policies: [] });
    };
    for (const [at, { kind, spec }] of catalog) if (kind === "Table") add(at, (spec as unknown as Table).rowSecurity);
    for (const [at, { rowSecurity }] of others) add(at, rowSecurity);
    for (const { kind, spec } of catalog.values()) {
      if (kind !== "RowPolicy") continue;
      const policy = spec as unknown as RowPolicy;
      this.#tables.get(address("Table", nameParts(policy.table)))?.policies.push(policy);
    }
  }

  isSecured(at: Address): boolean {
    return this.#tables.has(at);
  }

  /** Is there a restrictive policy that holds for some roles and not for others? */
  narrowsSome(at: Address): boolean {
    return this.#tables.get(at)?.policies.some(({ as, to }) => as === "restrictive" && to !== undefined) ?? false;
  }

  /** By role: what of the policies is for it, as text; of the owner and of everybody, whether rows are hidden at all. */
  gifts(at: Address): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    const table = this.#tables.get(at);
    if (!table) return found;
    const add = (role: string, text: string): unknown => found.set(role, `${found.get(role) ?? ""}\n${text}`);
    add(EVERYBODY, table.forced ? "forced" : "on");
    if (table.owner !== undefined) add(table.owner, "owner");
    const policies = table.policies.map(({ command, as, to = [EVERYBODY], using, withCheck }) => ({
      to,
      text: JSON.stringify([command, as, using, withCheck]),
    }));
    for (const { to, text } of policies.sort((one, other) => (one.text < other.text ? -1 : 1)))
      for (const role of to) add(role, text);
    return found;
  }

  rule({ superuser, bypassrls, holders }: Way, at: Address, command: RowCommand): Rule {
    const table = this.#tables.get(at);
    if (!table || superuser) return ALL;
    if (!table.forced && table.owner !== undefined && holders.has(table.owner)) return ALL_BY.owner;
    if (bypassrls) return ALL_BY.bypassrls;
    const mine = table.policies.filter(
      ({ to = [EVERYBODY], command: of = "all" }) =>
        (of === "all" || of === command) && to.some((name) => name === EVERYBODY || holders.has(name)),
    );
    const conditions = (as: RowPolicy["as"]): string[] =>
      mine
        .filter((policy) => (policy.as ?? "permissive") === as)
        .flatMap((policy) => conditionOf(policy, command) ?? []);
    const opening = new Set(conditions("permissive"));
    if (opening.size === 0) return NONE;
    const open = opening.has("true") ? "all" : opening;
    const narrow = new Set(conditions("restrictive").filter((condition) => condition !== "true"));
    // What opens rows may narrow them as well, as the rule of a TenantIsolation does; then it is said once.
    const said = open === "all" ? "" : joined([...open], " OR ");
    const adds = (condition: string): boolean =>
      condition !== said && ![`${said} OR `, `(${said}) OR `].some((begin) => condition.startsWith(begin));
    const all = open === "all" ? [...narrow] : [said, ...[...narrow].filter(adds)];
    return all.length === 0 ? ALL_BY.policies : { open, narrow, text: joined(all, " AND ") };
  }
}

/** One that has no condition for a command neither opens nor narrows. */
function conditionOf({ using, withCheck }: RowPolicy, command: RowCommand): string | undefined {
  const condition = command === "insert" ? (withCheck ?? using) : using;
  return condition === undefined ? undefined : unwrapped(condition.trim());
}

function joined(conditions: readonly string[], by: string): string {
  const [first = ""] = conditions;
  return conditions.length === 1 ? first : conditions.map((condition) => `(${condition})`).join(by);
}
