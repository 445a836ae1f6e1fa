/** What a role sees or can do, once the connection acts as it. */
import { nameParts } from "../../../core/names.ts";
import type { Seen, SeenRow } from "../../../core/proofs/judge.ts";
import type { AccessClaim } from "../../../core/proofs/model.ts";
import { counted as inWords } from "../../../core/render/values.ts";
import { join, type Sql, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { id, ids, lit, named } from "../quote.ts";
import { refusedAsWritten } from "./as-written.ts";
import { attemptAll, Refused, rowsOf } from "./attempt.ts";
import { textsOf } from "./plant.ts";
import { filtered, type Source, sourceOf, unmet } from "./source.ts";
import { write } from "./write.ts";

export interface Prepared {
  /** Of an insert, the row. */
  readonly values: ReadonlyMap<string, Sql>;
  readonly planted: readonly SeenRow[];
  /** None could be planted. */
  readonly noRow: boolean;
}

/** Rows beyond those expected that are fetched, to show some of them. */
const MORE_ROWS = 20;

/** What it saw; a text says what kept it from looking. */
export async function observe(claim: AccessClaim, client: Client, prepared: Prepared): Promise<Seen | string> {
  const { expect, command } = claim;
  if (expect.denied) return whatIsPossible(claim, client, prepared);
  if (command !== "select") return counted(await write(client, claim, prepared.values));
  const kept = claim.query === undefined ? undefined : await refusedAsWritten(claim.query, client);
  if (kept) return merged([kept]);
  const source = sourceOf(claim);
  const parts: (Partial<Seen> | Refused)[] = [];
  if (expect.columns) parts.push(await readable(claim.on as string, client));
  if (expect.rows) parts.push(await fetched(claim, source, client));
  if (expect.hides) parts.push(await hidden(claim, source, client, prepared.planted));
  else if (expect.only !== undefined) parts.push(await outside(expect.only, source, client));
  else if (asksRows(claim)) parts.push(await number(claim, source, client));
  if (prepared.noRow) parts.push(await showsNothing(claim, client));
  return merged(parts);
}

async function outside(only: string, source: Source, client: Client): Promise<Partial<Seen> | Refused> {
  const rows = await rowsOf(
    client,
    sql`SELECT count(*), count(*) FILTER (WHERE ${unmet(only)}) FROM ${filtered(source)}`,
  );
  return rows instanceof Refused ? rows : { count: Number(rows[0]?.[0]), outside: Number(rows[0]?.[1]) };
}

async function number(claim: AccessClaim, source: Source, client: Client): Promise<Partial<Seen> | Refused> {
  const rows = await rowsOf(client, sql`SELECT count(*) FROM ${read(claim, source)}`);
  return rows instanceof Refused ? rows : { count: Number(rows[0]?.[0]) };
}

function asksRows({ expect: { rows, count, none } }: AccessClaim): boolean {
  return (rows ?? count ?? none) !== undefined;
}

/** Where a privilege is missing, that is what was seen; any other refusal keeps the proof from being made. */
function merged(parts: readonly (Partial<Seen> | Refused)[]): Seen | string {
  const refused = parts.filter((part) => part instanceof Refused);
  const other = refused.find(({ isDenied }) => !isDenied);
  if (other) return hindrance(other);
  if (refused[0]) return { refused: refused[0].words };
  return Object.assign({}, ...parts) as Seen;
}

function counted(written: number | Refused): Seen | string {
  return merged([written instanceof Refused ? written : { count: written }]);
}

export function hindrance({ code, words }: Refused): string {
  const next = NEXT[code];
  return next === undefined ? words : `${words}; ${next}`;
}

const NOT_THERE = "mend the name, or apply what declares it first";

/** What to do about what the server said. */
const NEXT: Readonly<Record<string, string>> = {
  "57014": "the time was up: raise `timeout`, or narrow it with `where`",
  "55P03": "somebody else holds a lock that it needs: run again later",
  "42P01": NOT_THERE,
  "42703": NOT_THERE,
  "42883": NOT_THERE,
  "3F000": NOT_THERE,
  "25006": "a check only reads",
  "42501": "grant it to the connected role, or connect as one that has it",
};

/** The columns asked for, which the role must be able to read then. */
function read({ columns }: AccessClaim, source: Source): Sql {
  return columns ? sql`(SELECT ${ids(columns)} FROM ${filtered(source)}) AS seen` : filtered(source);
}

async function fetched(claim: AccessClaim, source: Source, client: Client): Promise<Partial<Seen> | Refused> {
  const expected = claim.expect.rows ?? [];
  const columns = [...new Set([...(claim.columns ?? []), ...expected.flatMap((row) => Object.keys(row))])];
  const rows = await rowsOf(
    client,
    sql`SELECT ${textsOf("one")} FROM (SELECT ${ids(columns)} FROM ${filtered(source)}) AS one LIMIT ${lit(`${expected.length + MORE_ROWS}`)}`,
  );
  return rows instanceof Refused ? rows : { rows: rows.map(([row]) => JSON.parse(row ?? "{}") as SeenRow) };
}

/** Columns of tables and views that are there, in order. */
export async function columnsOf(
  relations: readonly string[],
  client: Client,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const list = join(
    relations.map((relation) => {
      const [schema, name] = nameParts(relation) as [string, string];
      return sql`(${join([relation, schema, name].map(lit))})`;
    }),
  );
  const [rows = []] = await client.query(
    sql`SELECT given.relation, json_agg(a.attname ORDER BY a.attnum) FILTER (WHERE a.attname IS NOT NULL)
FROM (VALUES ${list}) AS given (relation, schema, name)
JOIN pg_namespace n ON n.nspname = given.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = given.name
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped GROUP BY 1`.text,
  );
  return new Map(rows.map(([relation, names]) => [relation ?? "", JSON.parse(names ?? "[]") as readonly string[]]));
}

async function readable(on: string, client: Client): Promise<Partial<Seen> | Refused> {
  const columns = (await columnsOf([on], client)).get(on) ?? [];
  const refusals = await attemptAll(
    client,
    columns.map((column) => sql`SELECT ${id(column)} FROM ${named(on)} LIMIT 0`),
  );
  const other = refusals.find((refused) => refused && !refused.isDenied);
  const why = columns.flatMap((column, index) => (refusals[index] ? [[column, refusals[index].words]] : []));
  return other ?? { readable: columns.filter((_, index) => !refusals[index]), unreadable: Object.fromEntries(why) };
}

/** Of the planted rows that the role meets: which of the columns shows one as it was planted? */
async function hidden(
  { expect: { hides = [] }, columns = [] }: AccessClaim,
  source: Source,
  client: Client,
  planted: readonly SeenRow[],
): Promise<Partial<Seen> | Refused> {
  const clear = new Set<string>();
  let plantedSeen = false;
  let count = 0;
  for (const row of planted) {
    const known = columns.filter((column) => typeof row[column] === "string");
    const its = known.map((column) => sql`${plain(column)} = ${lit(row[column] as string)}`);
    const shown = hides.map((column) => sql`count(*) FILTER (WHERE ${plain(column)} = ${lit(row[column] ?? "")})`);
    const rows = await rowsOf(client, sql`SELECT ${join([sql`count(*)`, ...shown])} FROM ${filtered(source, ...its)}`);
    if (rows instanceof Refused) return rows;
    const [met, ...each] = (rows[0] ?? []).map(Number);
    plantedSeen ||= (met ?? 0) > 0;
    count += met ?? 0;
    each.forEach((found, index) => void (found > 0 && clear.add(hides[index] as string)));
  }
  return { clear: [...clear], plantedSeen, count };
}

/** The text of a value as `textsOf` gives it, whatever its type. */
function plain(column: string): Sql {
  return sql`(to_json(${id(column)}) #>> '{}')`;
}

/** Where no row can be had to try it with, the server's plan tells that no row is ever read: `One-Time Filter: false`. */
async function showsNothing({ on }: AccessClaim, client: Client): Promise<Partial<Seen>> {
  const rows = await rowsOf(client, sql`EXPLAIN (FORMAT JSON, COSTS OFF) SELECT FROM ${named(on as string)}`);
  if (rows instanceof Refused) return {};
  const [explained] = JSON.parse(rows[0]?.[0] ?? "[]") as readonly {
    readonly Plan?: Readonly<Record<string, unknown>>;
  }[];
  return explained?.Plan?.["One-Time Filter"] === "false" ? { anyRow: true } : {};
}

/** Of a claim that something is denied: what is possible all the same. */
async function whatIsPossible(claim: AccessClaim, client: Client, { values }: Prepared): Promise<Seen | string> {
  const { on = "", command, query } = claim;
  if (query !== undefined) {
    const refused = await refusedAsWritten(query, client);
    if (!refused) return { possible: ["the query ran"] };
    return refused.isDenied ? {} : hindrance(refused);
  }
  const tries = triesOf(claim, await columnsOf([on], client));
  const refusals = await attemptAll(
    client,
    tries.map(([, statement]) => statement),
  );
  const other = refusals.find((refused) => refused && !refused.isDenied && !IMPOSSIBLE.test(refused.code));
  if (other) return hindrance(other);
  const possible = tries.flatMap(([what], index) => (refusals[index] ? [] : [what]));
  if (possible.length === 0 || command === "select") return { possible };
  // The privilege is there. A row policy may still refuse what is written.
  const isTried =
    command === "insert" || (command === "update" && claim.where !== undefined && claim.values !== undefined);
  if (!isTried) return { possible };
  const written = await write(client, claim, values);
  if (written === 0) return { possible: [`${command} on ${on} met no row that it could be refused`] };
  if (!(written instanceof Refused)) return { possible: [`${command} on ${on} wrote ${inWords(written, "row")}`] };
  return written.isDenied
    ? { possible: [] }
    : { possible: [`${command} on ${on} was stopped by something else: ${written.words}`] };
}

/** What no privilege is needed to be refused: views that cannot be written, columns that are computed. */
export const IMPOSSIBLE = /^(0A000|42809|55000|428C9)$/;

/** Statements that touch no row, so that nothing but privileges is in question; each with what it would mean. */
export function triesOf(
  { on = "", command, columns, values }: Pick<AccessClaim, "on" | "command" | "columns" | "values">,
  all: ReadonlyMap<string, readonly string[]>,
): readonly (readonly [what: string, statement: Sql])[] {
  const table = named(on);
  const chosen = columns ?? (values && Object.keys(values));
  const names = chosen ?? all.get(on) ?? [];
  switch (command) {
    case "select":
      return [
        ...names.map(
          (name) => [`it may read ${name} of ${on}`, sql`SELECT ${id(name)} FROM ${table} LIMIT 0`] as const,
        ),
        ...(chosen ? [] : [[`it may count the rows of ${on}`, sql`SELECT FROM ${table} LIMIT 0`] as const]),
      ];
    case "insert":
      return chosen
        ? [
            [
              `it may insert into ${on}`,
              sql`INSERT INTO ${table} (${ids(chosen)}) SELECT ${join(chosen.map(() => sql`NULL`))} WHERE false`,
            ],
          ]
        : [[`it may insert into ${on}`, sql`INSERT INTO ${table} SELECT WHERE false`]];
    case "update":
      return names.map(
        (name) =>
          [`it may update ${name} of ${on}`, sql`UPDATE ${table} SET ${id(name)} = DEFAULT WHERE false`] as const,
      );
    case "delete":
      return [[`it may delete from ${on}`, sql`DELETE FROM ${table} WHERE false`]];
  }
}
