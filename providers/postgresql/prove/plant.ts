/**
 * Rows that are there for the length of a proof. Whatever such a row needs besides what was given is made up: values that
 * may not be NULL, rows that its foreign keys refer to. No sequence is advanced, which no rollback would undo.
 */
import { formatName } from "../../../core/names.ts";
import type { SeenRow } from "../../../core/proofs/judge.ts";
import type { PlantedRow } from "../../../core/proofs/model.ts";
import { join, type Sql, sql } from "../../../core/sql.ts";
import { id, ids, lit, named } from "../quote.ts";
import { admissions } from "./admit.ts";
import { Refused, rowsOf } from "./attempt.ts";
import { type Described, describe, type ForeignKey, type Ground, literalsOf } from "./describe.ts";
import { madeUp, type PlantColumn } from "./made-up.ts";

/** Why a row could not be planted. */
export class NotPlanted {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

interface PlantOptions {
  /** Columns that get a value though they may be NULL. */
  readonly fill?: readonly string[];
  /** How many rows refer to this one, the one that is wanted first. */
  readonly depth?: number;
  /** Settings may be given a value to have the row let in. @default true */
  readonly admits?: boolean;
}

/** Inserts the row as the connected role; what was inserted, each value as text. */
export async function plant(
  ground: Ground,
  into: string,
  row: PlantedRow,
  { fill = [], depth = 0, admits = true }: PlantOptions = {},
): Promise<SeenRow | NotPlanted> {
  const described = await describe(ground, into);
  if (typeof described === "string") return new NotPlanted(described);
  const choices = new Map<string, number>();
  const needs = ({ name, identity, ...rest }: PlantColumn): boolean =>
    fill.includes(name) || choices.has(name) || identity !== "" || /\bnextval\(/.test(rest.default ?? "");
  let taken: Refused | undefined;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const values = await valuesFor(ground, { into, described, row, fill, needs, choices, depth });
    if (values instanceof NotPlanted) return values;
    const inserted = await rowsOf(ground.client, insertion(into, values));
    if (!(inserted instanceof Refused)) return JSON.parse(inserted[0]?.[0] ?? "{}") as SeenRow;
    const admitted =
      admits && HELD_BACK.test(inserted.code)
        ? await admittedRow(ground, into, row, { fill, depth }, described)
        : undefined;
    if (admitted) return admitted;
    taken = inserted.code === TAKEN ? inserted : undefined;
    const next = another(described, inserted, choices, row);
    if (!next) return new NotPlanted(`no row could be planted into ${into}: ${inserted.words}${hint(inserted)}`);
  }
  const why = taken
    ? `${taken.words}: a row with this key is there already; give it another one`
    : "none of the values tried meets its checks";
  return new NotPlanted(`no row could be planted into ${into}: ${why}`);
}

/** The row, let in by a setting that the policies look at; the setting is given back what it had. */
async function admittedRow(
  ground: Ground,
  into: string,
  row: PlantedRow,
  options: PlantOptions,
  { columns }: Described,
): Promise<SeenRow | undefined> {
  const { client } = ground;
  for (const { settings, value, row: wanted } of await admissions(client, into, row, columns)) {
    const [before] = await client.query(
      sql`SELECT ${join(settings.map((name) => sql`coalesce(current_setting(${lit(name)}, true), '')`))}`.text,
    );
    const set = async (values: readonly (string | null)[]): Promise<void> => {
      for (const [index, name] of settings.entries())
        await client.query(sql`SELECT set_config(${lit(name)}, ${lit(values[index] ?? "")}, true)`.text);
    };
    await set(settings.map(() => value));
    const planted = await plant(ground, into, wanted, { ...options, admits: false });
    await set(before?.[0] ?? []);
    if (!(planted instanceof NotPlanted)) return planted;
  }
  return undefined;
}

function hint({ isDenied, words }: Refused): string {
  const isHeld = isDenied && words.includes("row-level security");
  return isHeld ? ". The connected role is held by the policies itself: prove as one with bypassrls" : "";
}

/** A policy refuses the row, or cannot even be asked: a setting that is not set is no number. */
const HELD_BACK = /^(42501|22)/;
/** A unique key. */
const TAKEN = "23505";
const MOST_TRIES = 12;
const MOST_DEPTH = 6;

/** After a check or a unique key was violated: the next choice for its columns. Undefined where there is none. */
function another(
  { columns, checks }: Described,
  { code, constraint }: Refused,
  choices: Map<string, number>,
  row: PlantedRow,
): true | undefined {
  if (code === TAKEN) return true;
  const check = code === "23514" ? checks.find(({ name }) => name === constraint) : undefined;
  const open = check?.columns.filter((name) => !(name in row)) ?? [];
  let found: true | undefined;
  for (const name of open) {
    const column = columns.find((each) => each.name === name) as PlantColumn;
    const choice = (choices.get(name) ?? 0) + 1;
    if (madeUp(column, literalsOf(checks, name), choice) === undefined) continue;
    choices.set(name, choice);
    found = true;
  }
  return found;
}

function insertion(into: string, values: ReadonlyMap<string, Sql>): Sql {
  const [columns, list] = [[...values.keys()], [...values.values()]];
  const given =
    columns.length === 0 ? sql`DEFAULT VALUES` : sql`(${ids(columns)}) OVERRIDING SYSTEM VALUE VALUES (${join(list)})`;
  return sql`INSERT INTO ${named(into)} AS planted ${given} RETURNING ${textsOf("planted")}`;
}

/** A row as a JSON object whose values are texts. */
export function textsOf(alias: string): Sql {
  return sql`(SELECT json_object_agg(key, value) FROM json_each_text(row_to_json(${id(alias)})))`;
}

/** The values with which somebody else inserts such a row: those given, and what no default gives. */
export async function valuesOf(
  ground: Ground,
  into: string,
  row: PlantedRow,
): Promise<ReadonlyMap<string, Sql> | NotPlanted> {
  const described = await describe(ground, into);
  if (typeof described === "string") return new NotPlanted(described);
  return valuesFor(ground, { into, described, row, fill: [], needs: () => false, choices: new Map(), depth: 0 });
}

interface Making {
  readonly into: string;
  readonly described: Described;
  readonly row: PlantedRow;
  readonly fill: readonly string[];
  /** Columns that get a value though a default would give one. */
  readonly needs: (column: PlantColumn) => boolean;
  readonly choices: ReadonlyMap<string, number>;
  readonly depth: number;
}

async function valuesFor(ground: Ground, making: Making): Promise<ReadonlyMap<string, Sql> | NotPlanted> {
  const { into, described, row, needs, choices } = making;
  const { columns, keys, checks } = described;
  const values = new Map<string, Sql>();
  for (const [name, value] of Object.entries(row)) values.set(name, value === null ? sql`NULL` : lit(`${value}`));
  for (const key of keys) {
    const parent = await parentOf(ground, key, making);
    if (parent instanceof NotPlanted) return parent;
    for (const [name, value] of parent) if (!values.has(name)) values.set(name, value);
  }
  for (const column of columns) {
    if (values.has(column.name) || column.generated !== "") continue;
    if (!needs(column) && (!column.needed || column.default !== null || column.identity !== "")) continue;
    const value = madeUp(column, literalsOf(checks, column.name), choices.get(column.name) ?? 0);
    if (!value) return new NotPlanted(`nobody knows a value of type ${column.type} for ${column.name} of ${into}`);
    values.set(column.name, value);
  }
  return values;
}

/** Values for the columns of a foreign key: of a row that is there, or that is planted for it. */
async function parentOf(
  ground: Ground,
  { columns: own, table, to }: ForeignKey,
  { into, described: { columns }, row, fill, depth }: Making,
): Promise<ReadonlyMap<string, Sql> | NotPlanted> {
  const none: ReadonlyMap<string, Sql> = new Map();
  const given = own.filter((name) => row[name] !== undefined);
  const needed = own.some((name) => fill.includes(name) || columns.some((each) => each.name === name && each.needed));
  if ((given.length === 0 && !needed) || given.some((name) => row[name] === null)) return none;
  const name = formatName(table);
  const wanted = new Map(given.map((column) => [to[own.indexOf(column)] as string, `${row[column]}`]));
  const condition = join(
    [sql`true`, ...[...wanted].map(([column, value]) => sql`${id(column)} = ${lit(value)}`)],
    " AND ",
  );
  const there = await rowsOf(
    ground.client,
    sql`SELECT ${join(to.map((column) => sql`${id(column)}::text`))} FROM ${named(name)} WHERE ${condition} LIMIT 1`,
  );
  if (there instanceof Refused)
    return new NotPlanted(`${into} refers to ${name}, which cannot be read: ${there.words}`);
  const found = there[0];
  if (found) return new Map(own.map((column, index) => [column, lit(found[index] ?? "")]));
  if (depth >= MOST_DEPTH || name === into) return new NotPlanted(`${into} refers to ${name}, which has no row`);
  const fills = to.filter((column) => !wanted.has(column));
  const parent = await plant(ground, name, Object.fromEntries(wanted), { fill: fills, depth: depth + 1 });
  if (parent instanceof NotPlanted) return parent;
  return new Map(own.map((column, index) => [column, lit(parent[to[index] as string] ?? "")]));
}
