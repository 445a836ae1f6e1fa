/** Command and kind of a policy cannot be altered, nor a condition taken away. https://www.postgresql.org/docs/current/sql-createpolicy.html */
import { address } from "../../core/address.ts";
import type { Alteration, Hazard, Statement } from "../../core/engine.ts";
import { nameParts } from "../../core/names.ts";
import type { RowPolicy } from "../../core/specs.ts";
import { EMPTY, join, type Sql, sql } from "../../core/sql.ts";
import { arrayItems, changed, comment } from "./common.ts";
import { needsOf, textFaults, userText } from "./lexer.ts";
import { id, named, role } from "./quote.ts";
import { COMMENTS, RELATIONS, USES } from "./reads.ts";
import { type PostgresHandler, query, relationName, sparse } from "./snapshot.ts";
import { usesOf } from "./uses.ts";

export const POLICIES = query(
  ({
    within,
  }) => sql`SELECT oid, polrelid, polname, polcmd, polpermissive, polroles, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
FROM pg_policy WHERE true${within(sql`polrelid`)} ORDER BY polrelid, polname`,
  8,
  true,
);

const COMMANDS: Readonly<Record<string, NonNullable<RowPolicy["command"]>>> = {
  r: "select",
  a: "insert",
  w: "update",
  d: "delete",
};
const COMMAND_SQL = {
  all: sql`ALL`,
  select: sql`SELECT`,
  insert: sql`INSERT`,
  update: sql`UPDATE`,
  delete: sql`DELETE`,
} as const;

export const rowPolicy: PostgresHandler<RowPolicy> = {
  exact: true,
  reads: [POLICIES, RELATIONS, COMMENTS, USES],
  *inspect(snapshot) {
    const uses = usesOf(snapshot);
    for (const [oid, table, name, command, permissive, roles, using, withCheck] of snapshot.rows(POLICIES)) {
      const relation = snapshot.relation(table as string);
      if (!relation || snapshot.inExtension("pg_class", relation.oid)) continue;
      const to = arrayItems(roles as string)
        .map((of) => (of === "0" ? "public" : snapshot.role(of)))
        .sort();
      yield {
        spec: sparse<RowPolicy>({
          table: relationName(relation),
          name: name as string,
          command: COMMANDS[command as string],
          as: permissive === "t" ? undefined : "restrictive",
          to: to.includes("public") ? undefined : to,
          using: using ?? undefined,
          withCheck: withCheck ?? undefined,
          comment: snapshot.comment("pg_policy", oid as string),
        }),
        needs: uses("pg_policy", oid as string),
      };
    }
  },
  // Whoever names everybody has named the others; the server keeps the one word.
  normalise: (spec) => (spec.to?.includes("public") ? { ...spec, to: ["public"] } : spec),
  check: (spec) => [
    ...(spec.command === "insert" && spec.using
      ? ["a policy for insert takes `withCheck`, not `using`: there is no row yet"]
      : []),
    ...((spec.command === "select" || spec.command === "delete") && spec.withCheck
      ? [`a policy for ${spec.command} takes \`using\`, not \`withCheck\`: it writes no row`]
      : []),
    ...textFaults("using", spec.using),
    ...textFaults("withCheck", spec.withCheck),
  ],
  needs: (spec, { desired }) =>
    [spec.using, spec.withCheck].flatMap((text) => (text ? needsOf(text, schemaOf(spec), desired) : [])),
  goesWith: (spec) => [tableOf(spec)],
  create: (spec, context) => [
    {
      sql: sql`CREATE POLICY ${id(spec.name)} ON ${named(spec.table)}${spec.as === "restrictive" ? sql` AS RESTRICTIVE` : EMPTY} FOR ${COMMAND_SQL[spec.command ?? "all"]} TO ${roles(spec)}${conditions(spec)}`,
      scope: schemaOf(spec),
      hazards: context.isNew(tableOf(spec)) ? [] : createHazards(spec),
      lock: "ACCESS EXCLUSIVE",
    },
    ...comment(on(spec), spec.comment),
  ],
  alter,
  rename: (from, to) => [
    {
      sql: sql`ALTER POLICY ${id(from.name)} ON ${named(to.table)} RENAME TO ${id(to.name)}`,
      phase: "rename",
      lock: "ACCESS EXCLUSIVE",
    },
  ],
  drop: (spec) => [
    {
      sql: sql`DROP POLICY ${id(spec.name)} ON ${named(spec.table)}`,
      hazards:
        spec.as === "restrictive"
          ? [
              {
                code: "WIDENS_ACCESS",
                message: `rows of ${spec.table} that ${spec.name} kept back are seen`,
                affects: affected(spec),
              },
            ]
          : [
              {
                code: "NARROWS_ACCESS",
                message: `rows of ${spec.table} that ${spec.name} opened are no longer seen`,
                affects: affected(spec),
              },
            ],
      lock: "ACCESS EXCLUSIVE",
    },
  ],
};

function tableOf(spec: RowPolicy) {
  return address("Table", nameParts(spec.table));
}

function schemaOf(spec: RowPolicy): string {
  return nameParts(spec.table)[0] as string;
}

function on(spec: RowPolicy): Sql {
  return sql`POLICY ${id(spec.name)} ON ${named(spec.table)}`;
}

function roles(spec: RowPolicy): Sql {
  return join((spec.to ?? ["public"]).map(role));
}

function affected(spec: RowPolicy): readonly string[] {
  return spec.to ?? ["public"];
}

function conditions(spec: RowPolicy): Sql {
  const using = spec.using ? sql`\n  USING (${userText(spec.using)})` : EMPTY;
  return spec.withCheck ? sql`${using}\n  WITH CHECK (${userText(spec.withCheck)})` : using;
}

function createHazards(spec: RowPolicy): Hazard[] {
  return spec.as === "restrictive"
    ? [
        {
          code: "NARROWS_ACCESS",
          message: `only rows of ${spec.table} that also meet ${spec.name} are seen`,
          affects: affected(spec),
        },
      ]
    : [
        {
          code: "WIDENS_ACCESS",
          message: `rows of ${spec.table} that meet ${spec.name} are seen, if row security is on`,
          affects: affected(spec),
        },
      ];
}

function alter({ after, fields }: Alteration<RowPolicy>): Statement[] | "replace" {
  const gone = (field: "using" | "withCheck"): boolean => changed(fields, field) && after[field] === undefined;
  if (changed(fields, "command") || changed(fields, "as") || gone("using") || gone("withCheck")) return "replace";
  const parts = [
    ...(changed(fields, "to") ? [sql` TO ${roles(after)}`] : []),
    ...(changed(fields, "using") && after.using ? [sql`\n  USING (${userText(after.using)})`] : []),
    ...(changed(fields, "withCheck") && after.withCheck ? [sql`\n  WITH CHECK (${userText(after.withCheck)})`] : []),
  ];
  const affects = affected(after);
  const statements: Statement[] =
    parts.length === 0
      ? []
      : [
          {
            sql: sql`ALTER ${on(after)}${join(parts, "")}`,
            scope: schemaOf(after),
            hazards: [
              { code: "WIDENS_ACCESS", message: `rows of ${after.table} that were kept back may be seen`, affects },
              { code: "NARROWS_ACCESS", message: `rows of ${after.table} that were seen may be kept back`, affects },
            ],
            lock: "ACCESS EXCLUSIVE",
          },
        ];
  return [...statements, ...comment(on(after), after.comment, fields)];
}
