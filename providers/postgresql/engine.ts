import type { DataObject } from "../../core/catalog.ts";
import type { Engine, PlanContext } from "../../core/engine.ts";
import { sql } from "../../core/sql.ts";
import { access } from "./access/engine.ts";
import { dateDimension } from "./date-dimension.ts";
import { diagnose } from "./diagnose.ts";
import { dimensionTable } from "./dimension-table.ts";
import { factTable } from "./fact-table.ts";
import { HANDLERS } from "./handlers.ts";
import { impliedGrants } from "./implied.ts";
import { maskedView } from "./masked-view.ts";
import { searchPath } from "./path.ts";
import { readOnlyRole } from "./read-only-role.ts";
import { connect } from "./session.ts";

const INTENTS = {
  DimensionTable: dimensionTable,
  FactTable: factTable,
  DateDimension: dateDimension,
  MaskedView: maskedView,
  ReadOnlyRole: readOnlyRole,
};

export const postgresql: Engine = {
  name: "postgresql",
  schemes: ["postgresql", "postgres"],
  capabilities: { transactions: true, rowPolicies: true },
  handlers: HANDLERS,
  intents: INTENTS as unknown as Engine["intents"],
  connect,
  diagnose,
  enter: (scope: string | undefined, { desired, live }: PlanContext) =>
    sql`SET search_path = ${searchPath(scope, desired, live)}`,
  access,
  implied: impliedGrants,
  isProbe: ({ kind, spec }: DataObject) => kind === "Seed" || (kind === "Role" && spec.password !== undefined),
  isBuiltIn: (kind: string, name: string) => BUILT_IN[kind]?.test(name) ?? false,
};

const BUILT_IN: Readonly<Record<string, RegExp>> = {
  Role: /^(public$|pg_)/,
  Schema: /^(pg_catalog$|pg_toast$|information_schema$)/,
  Extension: /^plpgsql$/,
};
