/**
 * Three policies a table. A restrictive one holds whatever else is declared or added: no permissive policy of another hand
 * opens a row of another tenant. A permissive one opens the rows of the own tenant, and one more opens all rows to the
 * roles that may pass; who has no policy sees nothing. Row security is forced, so that the owner is held as well.
 * https://www.postgresql.org/docs/current/ddl-rowsecurity.html
 */
import { address } from "../../core/address.ts";
import { type Diagnostic, error } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { LowerContext, Lowered, Lowering } from "../../core/engine.ts";
import { tenantIsolation as kind } from "../../core/kinds/tenant-isolation.ts";
import { nameParts } from "../../core/names.ts";
import { matchesAny } from "../../core/ownership.ts";
import type { RowPolicy, TenantIsolation } from "../../core/specs.ts";
import { join, type Sql, sql } from "../../core/sql.ts";
import { comparison, notARole, typed } from "./comparison.ts";
import { knownRelations, knownTable, unknownTable, unreadTables } from "./known-tables.ts";
import { derivedName, type NativeObject, native, unknownColumns } from "./lowering.ts";
import { rowProofs } from "./prove/rows.ts";
import { lit } from "./quote.ts";
import { mappingRule, settingRule } from "./row-rules.ts";
import { indexOn, lookups } from "./row-support.ts";
import { reviewTenants } from "./tenant-review.ts";
import { sameName } from "./ways.ts";

export const tenantIsolation: Lowering<TenantIsolation> = {
  lower,
  proofs: (spec, context) => rowProofs(kind.address(spec), context),
  review: (spec, native) => reviewTenants(spec, isolated(spec, { ...native, declared: native.desired }), native),
};

function lower(spec: TenantIsolation, context: LowerContext): Lowered {
  const objects: NativeObject[] = [];
  const diagnostics: Diagnostic[] = [...uncovered(spec, context)];
  const tables: string[] = [];
  const { mapping, to = EVERYBODY } = spec;
  for (const name of isolated(spec, context)) {
    const table = knownTable(name, context);
    const column = table?.columns.find((each) => each.name === spec.column);
    if (!table)
      diagnostics.push(
        ...unknownTable(name, `The type of ${quoted(spec.column)} of ${quoted(name)}`, BY_HAND, context),
      );
    else if (!column)
      diagnostics.push(...(spec.schemas ? [without(spec, name)] : unknownColumns(name, [spec.column], table.columns)));
    else {
      tables.push(name);
      if (mapping)
        diagnostics.push(...comparison([name, spec.column, column.type], typed(mapping.table, mapping.key, context)));
      objects.push(...policies(spec, name, column.type));
      if (spec.index !== false) objects.push(...indexOn(name, spec.column, context));
    }
  }
  if (mapping) diagnostics.push(...notARole(typed(mapping.table, mapping.user, context)));
  if (mapping) objects.push(...lookups(mapping.table, [mapping.key, mapping.user], to, context));
  return {
    objects,
    amend: tables.map((name) => ({
      address: address("Table", nameParts(name)),
      fields: { rowSecurity: "forced" },
    })),
    diagnostics,
  };
}

const BY_HAND = "Give it the policies by hand, or keep the rows of each tenant in a table.";
const EVERYBODY: readonly string[] = ["public"];
const TABLES: ReadonlySet<string> = new Set(["Table"]);

/** Names of the tables that must be isolated, declared and there. */
function isolated(spec: TenantIsolation, context: Pick<LowerContext, "declared" | "live">): string[] {
  if (spec.tables) return spec.tables.map(sameName);
  const { schemas = [] } = spec;
  return [...knownRelations(context, TABLES)]
    .filter(([name, { schema }]) => schemas.includes(schema) && !excepted(spec, name))
    .map(([name]) => name)
    .sort();
}

/** The table that says who is who would have to be read to read it. */
function excepted({ except = [], mapping }: TenantIsolation, name: string): boolean {
  return (
    (mapping !== undefined && sameName(mapping.table) === name) ||
    matchesAny(
      except.map(({ table }) => table),
      name,
    )
  );
}

function policies(spec: TenantIsolation, table: string, type: string): NativeObject[] {
  const { name, column, setting, mapping, bypass = [], to = EVERYBODY } = spec;
  const rule = mapping ? mappingRule(column, mapping, type) : settingRule(column, setting ?? "", type);
  const policy = (fields: Omit<RowPolicy, "table">): NativeObject =>
    native<RowPolicy>("RowPolicy", { table, ...(spec.comment !== undefined && { comment: spec.comment }), ...fields });
  const passes = bypass.length > 0 ? sql`${rule} OR (SELECT ${mayPass(bypass)})` : rule;
  return [
    policy({ name, as: "restrictive", to, using: passes.text }),
    policy({ name: derivedName([name], "rows"), to, using: rule.text }),
    ...(bypass.length > 0 ? [policy({ name: derivedName([name], "bypass"), to: bypass, using: "true" })] : []),
  ];
}

/** The role that is connected, or became one by SET ROLE, has the rights of one of these. */
function mayPass(roles: readonly string[]): Sql {
  return join(
    [...roles].sort().map((role) => sql`pg_catalog.pg_has_role(current_user, ${lit(role)}, 'USAGE')`),
    " OR ",
  );
}

function without(spec: TenantIsolation, table: string): Diagnostic {
  return error(
    "TENANT_COLUMN_MISSING",
    `${quoted(table)} has no column ${quoted(spec.column)}, so ${quoted(spec.name)} does not isolate it`,
    {
      detail: `Add the column; or, where the table holds nothing of a tenant's, say so under \`except\`: { table: ${table}, reason: … }.`,
    },
  );
}

/** Tables of kinds that nobody can declare hold rows of tenants as well. */
function uncovered(spec: TenantIsolation, context: LowerContext): Diagnostic[] {
  return unreadTables(context)
    .filter(({ table, schema }) => spec.schemas?.includes(schema) && !excepted(spec, table))
    .map(({ table, sort }) =>
      error("TENANT_COLUMN_MISSING", `${quoted(table)} is ${sort}, which ${quoted(spec.name)} does not isolate`, {
        detail: `Datumline reads no such tables. Give it the policies of ${quoted(spec.name)} by hand, and name it under \`except\` with the reason.`,
      }),
    );
}
