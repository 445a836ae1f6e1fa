import { runnerFiles } from "../../core/backups/runners/files.ts";
import type { DataObject } from "../../core/catalog.ts";
import type { Engine, PlanContext } from "../../core/engine.ts";
import { accessTests, qualityChecks } from "../../core/proofs/collect.ts";
import { sql } from "../../core/sql.ts";
import { access } from "./access/engine.ts";
import { pgDump } from "./backup/pg-dump.ts";
import { pgBackRest } from "./backup/pgbackrest.ts";
import { breakGlassRole } from "./break-glass-role.ts";
import { columnAccess } from "./column-access.ts";
import { dateDimension } from "./date-dimension.ts";
import { diagnose } from "./diagnose/run.ts";
import { dimensionTable } from "./dimension-table.ts";
import { factTable } from "./fact-table.ts";
import { HANDLERS } from "./handlers.ts";
import { health } from "./health/monitor.ts";
import { impliedGrants } from "./implied.ts";
import { maskedView } from "./masked-view.ts";
import { searchPath } from "./path.ts";
import { poolerAccess } from "./pooler-access.ts";
import { followingProofs } from "./prove/follows.ts";
import { readOnlyRole } from "./read-only-role.ts";
import { roleTemplate } from "./role-template.ts";
import { rowAccess } from "./row-access.ts";
import { connect } from "./session.ts";
import { tenantIsolation } from "./tenant-isolation.ts";

const INTENTS = {
  DimensionTable: dimensionTable,
  FactTable: factTable,
  DateDimension: dateDimension,
  MaskedView: maskedView,
  ReadOnlyRole: readOnlyRole,
  RoleTemplate: roleTemplate,
  BreakGlassRole: breakGlassRole,
  ColumnAccess: columnAccess,
  RowAccess: rowAccess,
  TenantIsolation: tenantIsolation,
  PoolerAccess: poolerAccess,
};

const PROVERS = { AccessTest: accessTests, QualityCheck: qualityChecks };

export const postgresql: Engine = {
  name: "postgresql",
  schemes: ["postgresql", "postgres"],
  capabilities: { transactions: true, rowPolicies: true },
  handlers: HANDLERS,
  intents: INTENTS as unknown as Engine["intents"],
  provers: PROVERS as unknown as NonNullable<Engine["provers"]>,
  proofs: followingProofs,
  connect,
  diagnose,
  health,
  enter: (scope: string | undefined, { desired, live }: PlanContext) =>
    sql`SET search_path = ${searchPath(scope, desired, live)}`,
  access,
  backups: { pg_dump: pgDump, pgbackrest: pgBackRest },
  asks: runnerFiles,
  implied: impliedGrants,
  isProbe: ({ kind, spec }: DataObject) => kind === "Seed" || (kind === "Role" && spec.password !== undefined),
  isBuiltIn: (kind: string, name: string) => BUILT_IN[kind]?.test(name) ?? false,
};

const BUILT_IN: Readonly<Record<string, RegExp>> = {
  Role: /^(public$|pg_)/,
  Schema: /^(pg_catalog$|pg_toast$|information_schema$)/,
  Extension: /^plpgsql$/,
};
