/**
 * A view is altered in place as long as the columns that it returns only grow at the end; otherwise it is replaced.
 * https://www.postgresql.org/docs/current/sql-createview.html
 */
import { address } from "../../core/address.ts";
import type { Alteration, FieldChange, Hazard, NormaliseContext, PlanContext, Statement } from "../../core/engine.ts";
import { bareQuery } from "../../core/fragments.ts";
import type { View } from "../../core/specs.ts";
import { EMPTY, expr, join, type Sql, sql } from "../../core/sql.ts";
import { changed, columnComments, comment, owner, reloptions } from "./common.ts";
import { needsOf, textFaults } from "./lexer.ts";
import { id, qualified } from "./quote.ts";
import { COLUMNS, COMMENTS, RELATIONS, USES } from "./reads.ts";
import { type PostgresHandler, query, relationName, type Snapshot, sparse } from "./snapshot.ts";
import { usesOf } from "./uses.ts";

/** relation, query */
export const QUERIES = query(
  ({ within }) => sql`SELECT c.oid, pg_get_viewdef(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'${within(sql`c.oid`)}`,
  15,
  true,
);

export const view: PostgresHandler<View> = {
  exact: true,
  reads: [RELATIONS, COLUMNS, COMMENTS, USES, QUERIES],
  *inspect(snapshot) {
    const queries = readQueries(snapshot);
    const uses = usesOf(snapshot);
    for (const relation of snapshot.relations) {
      if (relation.kind !== "v") continue;
      const options = reloptions(relation.row[8] ?? null) ?? {};
      yield {
        spec: sparse<View>({
          schema: relation.schema,
          name: relation.name,
          query: queries.get(relation.oid) ?? "",
          securityBarrier: isOn(options.security_barrier),
          securityInvoker: isOn(options.security_invoker),
          checkOption: options.check_option?.toLowerCase() as View["checkOption"],
          columnComments: readColumnComments(snapshot, relation.oid),
          owner: relation.owner,
          output: outputOf(snapshot, relation.oid),
          comment: snapshot.comment("pg_class", relation.oid),
        }),
        needs: uses("pg_class", relation.oid),
      };
    }
  },
  check: (spec, target) => [
    ...(spec.securityInvoker && target.versionNumber < 150000
      ? ["`securityInvoker` needs PostgreSQL 15; before it, a view always runs with its owner's rights"]
      : []),
    ...textFaults("query", spec.query),
  ],
  needs: (spec, { desired }: NormaliseContext) => needsOf(spec.query, spec.schema, desired),
  create: (spec) => {
    const name = qualified(spec.schema, spec.name);
    return [
      { sql: sql`CREATE VIEW ${name}${withOptions(spec)} AS\n${expr(spec.query)}`, scope: spec.schema },
      ...owner(sql`VIEW ${name}`, spec.owner),
      ...comment(sql`VIEW ${name}`, spec.comment),
      ...columnComments(name, spec.columnComments),
    ];
  },
  alter,
  rename: (from, to) => [
    { sql: sql`ALTER VIEW ${qualified(to.schema, from.name)} RENAME TO ${id(to.name)}`, phase: "rename" },
  ],
  drop: (spec, context) => [
    { sql: sql`DROP VIEW ${qualified(spec.schema, spec.name)}`, hazards: lost("View", spec, context) },
  ],
};

/** The server keeps the word that was written. */
function isOn(word: string | undefined): true | undefined {
  return /^(t|tr|tru|true|y|ye|yes|on|1)$/i.test(word ?? "") ? true : undefined;
}

export function readQueries(snapshot: Snapshot): Map<string, string> {
  // The server ends the text with a semicolon and indents its first line.
  return new Map(snapshot.rows(QUERIES).map(([oid, text]) => [oid as string, bareQuery(text as string)]));
}

export function outputOf(snapshot: Snapshot, relation: string): string[] {
  return snapshot.columns(relation).map(({ name, type }) => `${name} ${type}`);
}

export function readColumnComments(snapshot: Snapshot, relation: string): Record<string, string> | undefined {
  const comments = snapshot.comments("pg_class", relation);
  if (!comments) return undefined;
  const found = snapshot
    .columns(relation)
    .filter(({ number }) => comments.has(number))
    .map(({ name, number }): [string, string] => [name, comments.get(number) as string]);
  return found.length > 0 ? Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1))) : undefined;
}

/** One that is declared goes only to come back. */
export function lost(kind: string, spec: { schema: string; name: string }, context: PlanContext): Hazard[] {
  const affects = [relationName(spec)];
  return context.desired.has(address(kind, [spec.schema, spec.name]))
    ? [{ code: "REPLACES_OBJECT", message: "it is dropped and made anew, and so is what stands on it", affects }]
    : [{ code: "NARROWS_ACCESS", message: `whoever reads ${relationName(spec)} no longer can`, affects }];
}

function optionList(spec: View): Sql[] {
  return [
    ...(spec.securityBarrier ? [sql`security_barrier = true`] : []),
    ...(spec.securityInvoker ? [sql`security_invoker = true`] : []),
    ...(spec.checkOption
      ? [spec.checkOption === "local" ? sql`check_option = local` : sql`check_option = cascaded`]
      : []),
  ];
}

function withOptions(spec: View): Sql {
  const options = optionList(spec);
  return options.length > 0 ? sql` WITH (${join(options)})` : EMPTY;
}

function alter({ before, after, fields, computed }: Alteration<View>): Statement[] | "replace" {
  const name = qualified(after.schema, after.name);
  const statements: Statement[] = [];
  if (changed(fields, "query")) {
    const output = computed.output as readonly string[] | undefined;
    if (!output || !before.output?.every((column, index) => output[index] === column)) return "replace";
    statements.push({
      sql: sql`CREATE OR REPLACE VIEW ${name}${withOptions(after)} AS\n${expr(after.query)}`,
      scope: after.schema,
      hazards: [
        {
          code: "WIDENS_ACCESS",
          message: "its readers may see rows or columns that they did not see",
          affects: [relationName(after)],
        },
        {
          code: "NARROWS_ACCESS",
          message: "its readers may no longer see what they saw",
          affects: [relationName(after)],
        },
        ...OPTIONS.filter((field) => changed(fields, field)).flatMap((field) =>
          optionHazards(field, Boolean(after[field]), after),
        ),
      ],
    });
  } else statements.push(...optionChanges(name, after, fields));
  return [
    ...statements,
    ...owner(sql`VIEW ${name}`, after.owner, fields),
    ...comment(sql`VIEW ${name}`, after.comment, fields),
    ...columnComments(name, after.columnComments, fields),
  ];
}

const OPTIONS = ["securityBarrier", "securityInvoker", "checkOption"] as const;

/** Options that are no longer declared are reset: CREATE OR REPLACE VIEW without them does the same. */
function optionChanges(name: Sql, after: View, fields: readonly FieldChange[]): Statement[] {
  const options = [
    ["securityBarrier", sql`security_barrier`, after.securityBarrier && sql`true`],
    ["securityInvoker", sql`security_invoker`, after.securityInvoker && sql`true`],
    [
      "checkOption",
      sql`check_option`,
      after.checkOption && (after.checkOption === "local" ? sql`local` : sql`cascaded`),
    ],
  ] as const;
  return options
    .filter(([field]) => changed(fields, field))
    .map(([field, option, value]) => ({
      sql: value ? sql`ALTER VIEW ${name} SET (${option} = ${value})` : sql`ALTER VIEW ${name} RESET (${option})`,
      hazards: optionHazards(field, Boolean(value), after),
    }));
}

function optionHazards(field: string, on: boolean, spec: View): Hazard[] {
  const affects = [relationName(spec)];
  if (field === "securityInvoker") {
    const message = on
      ? "runs with the rights of whoever reads it, not with its owner's"
      : "runs with its owner's rights: the row policies of whoever reads it no longer apply";
    return [{ code: "CHANGES_SECURITY_CONTEXT", message, affects }];
  }
  return field === "securityBarrier" && !on
    ? [{ code: "WIDENS_ACCESS", message: "functions in a reader's query may see rows that the view hides", affects }]
    : [];
}
