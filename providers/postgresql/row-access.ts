/**
 * A rule about rows as row policies, one for each command that it is for. Permissive policies are joined by OR, so a rule
 * that must hold in any case is a restrictive one; and with restrictive ones alone nobody sees anything.
 * https://www.postgresql.org/docs/current/sql-createpolicy.html
 */
import { type Diagnostic, error } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { LowerContext, Lowered, Lowering } from "../../core/engine.ts";
import { rowAccess as kind } from "../../core/kinds/row-access.ts";
import type { RowAccess, RowPolicy, Table } from "../../core/specs.ts";
import { expr, type Sql } from "../../core/sql.ts";
import { comparison, notARole, typed } from "./comparison.ts";
import { knownTable, unknownTable } from "./known-tables.ts";
import { textFault } from "./lexer.ts";
import { carried, derivedName, type NativeObject, native, unknownColumns } from "./lowering.ts";
import { rowProofs } from "./prove/rows.ts";
import { reviewRows } from "./row-review.ts";
import { hierarchyRule, mappingRule, settingRule, userRule } from "./row-rules.ts";
import { indexOn, lookups, secured } from "./row-support.ts";
import { sameName } from "./ways.ts";
import type { Looked } from "./ways-past.ts";

export const rowAccess: Lowering<RowAccess> = {
  lower,
  proofs: (spec, context) => rowProofs(kind.address(spec), context),
  review: (spec, native) => {
    const policies = commandsOf(spec).map((command) => policyName(spec.name, command));
    return reviewRows({ ...spec, policies, looked: lookedInto(spec) }, native);
  },
};

function lower(spec: RowAccess, context: LowerContext): Lowered {
  const table = knownTable(spec.table, context);
  const unknown = table ? [] : unknownTable(spec.table, `Which rows of it ${spec.to.join(", ")} see`, INSTEAD, context);
  if (unknown.length > 0) return { objects: [], diagnostics: unknown };
  const column = columnOf(spec);
  const type = table?.columns.find(({ name }) => name === column)?.type;
  const rule = ruleOf(spec, column ?? "", type);
  return {
    objects: [
      ...commandsOf(spec).map((command) => policy(spec, command, rule.text)),
      ...(column !== undefined && spec.index !== false ? indexOn(spec.table, column, context) : []),
      ...lookupsOf(spec, context),
    ],
    amend: secured(spec.table, context),
    diagnostics: faults(spec, column, table, context),
  };
}

const INSTEAD =
  "A view has no policies of its own: restate the rule in its query, or put it on the tables behind it. A table of a kind that Datumline does not read gets its policies by hand.";

/** The column that the rule is about; undefined for a condition. */
function columnOf({ tenant, match, user, mapping, hierarchy }: RowAccess): string | undefined {
  return (tenant ?? match ?? user)?.column ?? mapping?.column ?? mapping?.key ?? hierarchy?.column ?? hierarchy?.child;
}

function ruleOf(spec: RowAccess, column: string, type: string | undefined): Sql {
  const bySetting = spec.tenant ?? spec.match;
  if (bySetting) return settingRule(column, bySetting.setting, type);
  if (spec.user) return userRule(column);
  if (spec.mapping) return mappingRule(column, spec.mapping, type);
  if (spec.hierarchy) return hierarchyRule(column, spec.hierarchy, type);
  return expr(spec.condition ?? "false");
}

type Command = NonNullable<RowPolicy["command"]>;

function commandsOf({ commands }: RowAccess): readonly Command[] {
  return commands && commands.length < 4 ? commands : ["all"];
}

function policyName(name: string, command: Command): string {
  return command === "all" ? name : derivedName([name], command);
}

function policy(spec: RowAccess, command: Command, rule: string): NativeObject {
  const { renamedFrom, owner: _, ...rest } = carried(spec);
  return native<RowPolicy>("RowPolicy", {
    table: spec.table,
    name: policyName(spec.name, command),
    command,
    ...(spec.restrictive && { as: "restrictive" }),
    to: spec.to,
    ...(command === "insert" ? { withCheck: rule } : { using: rule }),
    ...rest,
    ...(renamedFrom !== undefined && { renamedFrom: policyName(renamedFrom, command) }),
  });
}

/** What the rule looks into is read with the reader's own rights. */
function lookupsOf(spec: RowAccess, context: LowerContext): NativeObject[] {
  const looked = lookedInto(spec);
  return looked ? lookups(looked.table, looked.columns, spec.to, context) : [];
}

function lookedInto({ mapping, hierarchy }: RowAccess): Looked | undefined {
  if (mapping) return { table: mapping.table, columns: [mapping.key, mapping.user] };
  if (!hierarchy) return undefined;
  return { table: hierarchy.table, columns: [hierarchy.child, hierarchy.parent, hierarchy.user] };
}

function faults(
  spec: RowAccess,
  column: string | undefined,
  table: Table | undefined,
  context: LowerContext,
): Diagnostic[] {
  const { user, mapping, hierarchy, condition } = spec;
  const found: Diagnostic[] = table && column !== undefined ? unknownColumns(spec.table, [column], table.columns) : [];
  const other = mapping ?? hierarchy;
  if (other && sameName(other.table) === sameName(spec.table)) {
    found.push(
      error("CYCLE", `The rule about ${quoted(spec.table)} looks into that very table`, {
        detail:
          "PostgreSQL refuses such a policy: to read the table it would have to read the table. Keep who sees what in a table of its own.",
      }),
    );
  }
  const compared = column === undefined ? undefined : typed(spec.table, column, context);
  if (user) found.push(...notARole(compared));
  if (other) found.push(...notARole(typed(other.table, other.user, context)));
  if (mapping) found.push(...comparison(compared, typed(mapping.table, mapping.key, context)));
  if (hierarchy) {
    const { table: tree, child, parent } = hierarchy;
    const node = typed(tree, child, context);
    found.push(...comparison(compared, node), ...comparison(typed(tree, parent, context), node));
  }
  const fault = condition === undefined ? undefined : textFault(condition);
  if (fault !== undefined) {
    const detail = "Write one SQL condition, such as `region = 'EU'`.";
    found.push(error("SYNTAX", `The \`condition\` of ${quoted(spec.name)} is no condition: ${fault}`, { detail }));
  }
  return found;
}
