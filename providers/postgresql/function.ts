/**
 * A body is kept to the letter, so it is compared to the letter. Everything but the result and the names of arguments
 * changes in place; grants stay. Those with defaults, output arguments or a standard SQL body are told as not modelled.
 * https://www.postgresql.org/docs/current/sql-createfunction.html
 */
import type { Alteration, Hazard, NormaliseContext, Statement } from "../../core/engine.ts";
import { formatName } from "../../core/names.ts";
import type { Function as Routine } from "../../core/specs.ts";
import { EMPTY, expr, join, type Sql, sql } from "../../core/sql.ts";
import { arrayItems, changed, comment, owner } from "./common.ts";
import { needsOf } from "./lexer.ts";
import { id, qualified } from "./quote.ts";
import { SCHEMAS } from "./reads.ts";
import { canonicalSettings, setting, settingValue } from "./settings.ts";
import { type PostgresHandler, query, type Snapshot, sparse } from "./snapshot.ts";
import { canonicalType } from "./types.ts";

/** Which functions are objects of the kind; `p` is a row of pg_proc. */
export function isFunction(p: Sql, version: number): Sql {
  return sql`(${p}.prokind = 'f' AND ${p}.pronargdefaults = 0 AND ${p}.provariadic = 0 AND ${p}.probin IS NULL AND ${p}.protrftypes IS NULL
  AND (${p}.proargmodes IS NULL OR ${p}.proargmodes::text[] <@ ARRAY['i', 't'])
  AND ${p}.prolang NOT IN (SELECT l.oid FROM pg_language l WHERE l.lanname IN ('c', 'internal'))${
    version >= 140000 ? sql` AND ${p}.prosqlbody IS NULL` : EMPTY
  }${version >= 120000 ? sql` AND ${p}.prosupport = 0` : EMPTY})`;
}

/** oid, schema, name, owner, language, text, result, names, types, settings, six letters, cost, rows */
const FUNCTIONS = query(
  ({
    version,
  }) => sql`SELECT p.oid, p.pronamespace, p.proname, p.proowner, l.lanname, p.prosrc, pg_get_function_result(p.oid),
  p.proargnames[1:p.pronargs], ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n) ORDER BY n), p.proconfig,
  concat(p.prosecdef, p.provolatile, p.proisstrict, p.proleakproof, p.proparallel, p.proretset), p.procost, p.prorows
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE p.oid >= 16384 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND ${isFunction(sql`p`, version)}
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')`,
  3,
);

const VOLATILITY = { i: "immutable", s: "stable", v: undefined } as const;
const PARALLEL = { s: "safe", r: "restricted", u: undefined } as const;

export const routine: PostgresHandler<Routine> = {
  reads: [FUNCTIONS, SCHEMAS],
  *inspect(snapshot) {
    for (const row of snapshot.rows(FUNCTIONS)) {
      const schema = snapshot.schema(row[1] as string);
      if (schema !== undefined) yield { spec: read(row as readonly string[], schema, snapshot) };
    }
  },
  normalise: (spec, context) => ({
    ...canonicalSettings(spec),
    ...(spec.arguments && {
      arguments: spec.arguments.map(({ name, type }) => ({
        ...(name !== undefined && { name }),
        type: bareType(type, spec.schema, context),
      })),
    }),
    ...(spec.returns !== undefined && { returns: canonicalResult(spec.returns, spec.schema, context) }),
  }),
  needs: (spec, { desired }) => needsOf(spec.body, spec.schema, desired),
  create: (spec) => [
    { sql: sql`CREATE FUNCTION ${definition(spec)}`, scope: spec.schema },
    { sql: sql`REVOKE ALL ON FUNCTION ${signature(spec)} FROM PUBLIC` },
    ...owner(sql`FUNCTION ${signature(spec)}`, spec.owner),
    ...comment(sql`FUNCTION ${signature(spec)}`, spec.comment),
  ],
  refuse: ({ fields }) =>
    changed(fields, "returns") || changed(fields, "arguments")
      ? "neither its result nor the names of its arguments change in place: give the new one another name, or drop this one first"
      : undefined,
  alter,
  drop: (spec) => [
    {
      sql: sql`DROP FUNCTION ${signature(spec)}`,
      hazards: [
        { code: "NARROWS_ACCESS", message: `whoever calls ${nameOf(spec)} no longer can`, affects: [nameOf(spec)] },
      ],
    },
  ],
};

function read(row: readonly (string | null)[], schema: string, snapshot: Snapshot): Routine {
  const [oid, , name, ownerOid, language, body, returns, names = null, types = null, config = null, letters = ""] = row;
  const [definer, volatility, strict, leakproof, parallel, isSet] = letters ?? "";
  const called = arrayItems(names);
  const settings = arrayItems(config).map((item): [string, string] => {
    const at = item.indexOf("=");
    return [item.slice(0, at), item.slice(at + 1)];
  });
  return sparse<Routine>({
    schema,
    name: name as string,
    arguments: arrayItems(types).map((type, at) => ({ ...(called[at] && { name: called[at] }), type })),
    returns: returns ?? "void",
    language: language as string,
    body: body as string,
    security: definer === "t" ? "definer" : undefined,
    volatility: VOLATILITY[volatility as keyof typeof VOLATILITY],
    strict: strict === "t" || undefined,
    leakproof: leakproof === "t" || undefined,
    parallel: PARALLEL[parallel as keyof typeof PARALLEL],
    cost: Number(row[11]),
    rows: isSet === "t" ? Number(row[12]) : undefined,
    settings: settings.length > 0 ? Object.fromEntries(settings) : undefined,
    owner: snapshot.role(ownerOid as string),
    comment: snapshot.comment("pg_proc", oid as string),
  });
}

/** The server keeps no modifiers of arguments and results. */
function bareType(type: string, schema: string, context: NormaliseContext): string {
  return canonicalType(type, schema, context).replace(/\([^()]*\)/g, "");
}

function canonicalResult(written: string, schema: string, context: NormaliseContext): string {
  const text = written.trim();
  const [, set] = /^setof\s+(.+)$/is.exec(text) ?? [];
  if (set !== undefined) return `SETOF ${bareType(set, schema, context)}`;
  const [, columns] = /^table\s*\((.*)\)$/is.exec(text) ?? [];
  if (columns === undefined) return bareType(text, schema, context);
  const each = columns.replace(/\([^()]*\)/g, "").split(",");
  const spelled = each.map((column) => {
    const [, name = "", type = ""] = /^\s*("(?:[^"]|"")+"|\S+)\s+(.+?)\s*$/s.exec(column) ?? [];
    return `${name} ${bareType(type, schema, context)}`;
  });
  return `TABLE(${spelled.join(", ")})`;
}

function nameOf({ schema, name }: Routine): string {
  return formatName([schema, name]);
}

function signature({ schema, name, arguments: taken = [] }: Routine): Sql {
  return sql`${qualified(schema, name)}(${join(taken.map(({ type }) => expr(type)))})`;
}

function definition(spec: Routine): Sql {
  const { schema, name, arguments: taken = [], returns = "void", language = "sql", cost, rows } = spec;
  const list = taken.map(({ name: called, type }) =>
    called === undefined ? expr(type) : sql`${id(called)} ${expr(type)}`,
  );
  const words = [
    spec.volatility && expr(spec.volatility.toUpperCase()),
    spec.strict && sql`STRICT`,
    spec.security === "definer" && sql`SECURITY DEFINER`,
    spec.leakproof && sql`LEAKPROOF`,
    spec.parallel && sql`PARALLEL ${expr(spec.parallel.toUpperCase())}`,
    cost !== undefined && sql`COST ${expr(`${cost}`)}`,
    rows !== undefined && sql`ROWS ${expr(`${rows}`)}`,
    ...Object.entries(spec.settings ?? {}).map(
      ([key, value]) => sql`SET ${setting(key)} = ${settingValue(key, `${value}`)}`,
    ),
  ].filter((word): word is Sql => word instanceof Object);
  const options = words.length > 0 ? sql`\n  ${join(words, " ")}` : EMPTY;
  return sql`${qualified(schema, name)}(${join(list)}) RETURNS ${expr(returns)} LANGUAGE ${id(language)}${options}\nAS ${dollars(spec.body)}`;
}

/** The body between tags that it does not hold. */
function dollars(body: string): Sql {
  let tag = "$body$";
  for (let count = 1; body.includes(tag); count += 1) tag = `$body${count}$`;
  return expr(`${tag}${body}${tag}`);
}

const BESIDE: ReadonlySet<string> = new Set(["owner", "comment"]);

function alter({ after, fields }: Alteration<Routine>): Statement[] {
  const of = sql`FUNCTION ${signature(after)}`;
  const isText = fields.some(({ path }) => !BESIDE.has(path[0] as string));
  return [
    ...(isText
      ? [
          {
            sql: sql`CREATE OR REPLACE FUNCTION ${definition(after)}`,
            scope: after.schema,
            hazards: hazards(after, fields),
          },
        ]
      : []),
    ...owner(of, after.owner, fields),
    ...comment(of, after.comment, fields),
  ];
}

function hazards(after: Routine, fields: Alteration<Routine>["fields"]): Hazard[] {
  const affects = [nameOf(after)];
  if (changed(fields, "security")) {
    const message =
      after.security === "definer" ? "runs with its owner's rights" : "runs with the rights of whoever calls it";
    return [{ code: "CHANGES_SECURITY_CONTEXT", message, affects }];
  }
  return after.security === "definer" && (changed(fields, "body") || changed(fields, "settings"))
    ? [
        {
          code: "WIDENS_ACCESS",
          message: "it runs with its owner's rights, and does something else than before",
          affects,
        },
      ]
    : [];
}
