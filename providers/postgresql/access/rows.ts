/**
 * Which rows a role meets. Permissive policies are joined by OR, restrictive ones narrow what is left; without a
 * permissive one there are no rows. Superusers, roles with BYPASSRLS and, unless it is forced, owners pass.
 * https://www.postgresql.org/docs/current/ddl-rowsecurity.html
 */
import type { RowCommand } from "../../../core/access/model.ts";
import { EVERYBODY } from "../../../core/access/model.ts";
import { type Address, address } from "../../../core/address.ts";
import type { Catalog } from "../../../core/catalog.ts";
import { nameParts } from "../../../core/names.ts";
import type { RowPolicy, Table } from "../../../core/specs.ts";
import { unwrapped } from "../lexer.ts";
import type { RoleGraph } from "./roles.ts";

export const ROW_COMMANDS: readonly RowCommand[] = ["select", "insert", "update", "delete"];

export class Rows {
  readonly #roles: RoleGraph;
  readonly #tables = new Map<Address, { readonly table: Table; readonly policies: RowPolicy[] }>();

  constructor(catalog: Catalog, roles: RoleGraph) {
    this.#roles = roles;
    for (const [at, { kind, spec }] of catalog)
      if (kind === "Table") this.#tables.set(at, { table: spec as unknown as Table, policies: [] });
    for (const { kind, spec } of catalog.values()) {
      if (kind !== "RowPolicy") continue;
      const policy = spec as unknown as RowPolicy;
      this.#tables.get(address("Table", nameParts(policy.table)))?.policies.push(policy);
    }
  }

  isSecured(at: Address): boolean {
    const security = this.#tables.get(at)?.table.rowSecurity ?? "off";
    return security !== "off";
  }

  /** Equal for tables that hide the same rows from the same roles. */
  key(at: Address): string {
    const { table, policies = [] } = this.#tables.get(at) ?? {};
    return this.isSecured(at) ? JSON.stringify([table?.rowSecurity, policies]) : "";
  }

  /** Roles for which it makes a difference. */
  roles(at: Address): readonly string[] {
    return this.isSecured(at) ? (this.#tables.get(at)?.policies.flatMap(({ to = [] }) => to) ?? []) : [];
  }

  /** "all", "none", or the condition. */
  rule(role: string, at: Address, command: RowCommand): string {
    const { table, policies = [] } = this.#tables.get(at) ?? {};
    if (!table || !this.isSecured(at) || this.#passes(role, table)) return "all";
    const has = role === EVERYBODY ? new Map() : this.#roles.inherited(role);
    const mine = policies.filter(
      ({ to = [EVERYBODY], command: of = "all" }) =>
        (of === "all" || of === command) && to.some((name) => name === EVERYBODY || has.has(name)),
    );
    const conditions = (as: RowPolicy["as"]): string[] =>
      mine.filter((policy) => (policy.as ?? "permissive") === as).map((policy) => conditionOf(policy, command));
    const opening = conditions("permissive");
    if (opening.length === 0) return "none";
    const open = opening.includes("true") ? [] : [joined(opening, " OR ")];
    const narrowing = conditions("restrictive").filter((condition) => condition !== "true");
    const all = [...open, ...narrowing];
    return all.length === 0 ? "all" : joined(all, " AND ");
  }

  #passes(role: string, { rowSecurity, owner }: Table): boolean {
    if (role === EVERYBODY) return false;
    const { superuser, bypassrls } = this.#roles.attributes(role);
    if (superuser || bypassrls) return true;
    return rowSecurity !== "forced" && owner !== undefined && this.#roles.inherited(role).has(owner);
  }
}

function conditionOf({ using, withCheck }: RowPolicy, command: RowCommand): string {
  const condition = command === "insert" ? (withCheck ?? using) : using;
  return unwrapped((condition ?? "true").trim());
}

function joined(conditions: readonly string[], by: string): string {
  const [first = ""] = conditions;
  return conditions.length === 1 ? first : conditions.map((condition) => `(${condition})`).join(by);
}
