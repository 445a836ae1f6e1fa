/**
 * What makes a row meet a rule, and what makes it miss it: values that nobody uses, for the row, for the settings and for
 * the tables that the rule looks into.
 */
import { randomInt, randomUUID } from "node:crypto";
import type { PlantedRow, Planting } from "../../../core/proofs/model.ts";
import type { RowAccess, Table } from "../../../core/specs.ts";
import { tokens } from "../lexer.ts";

export interface Canary {
  /** Values of a row that meets the rule. */
  readonly row: PlantedRow;
  /** Columns of such a row that hold the name of the role that acts. */
  readonly actor: readonly string[];
  /** Values with which a row does not meet it. */
  readonly others: PlantedRow;
  readonly settings: Readonly<Record<string, string>>;
  /** Rows that the rule looks up. */
  readonly beside: readonly Planting[];
}

/** Ways of saying a rule that say what meets it: any but a condition. */
type Said = Pick<RowAccess, "tenant" | "match" | "user" | "mapping" | "hierarchy">;

/**
 * Two values of a column, the same whenever it is asked; of the node above in a tree they are others. `listed` where no
 * others will do, so that rows may have them.
 */
export type Values = (
  column: string,
  node?: Node,
) => { readonly own: string; readonly other: string; readonly listed?: true };

type Node = "itself" | "above";

export function canaryOf({ tenant, match, user, mapping, hierarchy }: Said, values: Values): Canary | undefined {
  const by = (column: string, more: Partial<Canary>): Canary => {
    const { own, other } = values(column);
    return { row: { [column]: own }, actor: [], others: { [column]: other }, settings: {}, beside: [], ...more };
  };
  const bySetting = tenant ?? match;
  if (bySetting) {
    const { column, setting } = bySetting;
    return by(column, { settings: { [setting]: values(column).own } });
  }
  if (user) return by(user.column, { row: {}, actor: [user.column] });
  if (mapping) {
    const { table, user: login, key, column = key } = mapping;
    const known: Planting = { into: table, rows: [{ [key]: values(column).own }], actor: [login] };
    return by(column, { beside: [known] });
  }
  if (!hierarchy) return undefined;
  const { table, child, parent, user: login, column = child } = hierarchy;
  // A node below that of the role: what a rule that forgets the tree would hide.
  const { own } = values(column);
  const { own: top } = values(column, "above");
  return by(column, {
    beside: [
      { into: table, rows: [{ [child]: top }], actor: [login] },
      { into: table, rows: [{ [child]: own, [parent]: top }] },
    ],
  });
}

/** The canaries of rules that all hold for one row. */
export function together(canaries: readonly Canary[]): Canary {
  return {
    row: Object.assign({}, ...canaries.map(({ row }) => row)),
    actor: [...new Set(canaries.flatMap(({ actor }) => actor))],
    others: Object.assign({}, ...canaries.map(({ others }) => others)),
    settings: Object.assign({}, ...canaries.map(({ settings }) => settings)),
    beside: canaries.flatMap(({ beside }) => beside),
  };
}

/** Values for the columns of a table, as their types and checks are declared. */
export function valuesFor({ columns, checks = [] }: Table, labels: (type: string) => readonly string[]): Values {
  const known: Readonly<Record<Node, Map<string, ReturnType<Values>>>> = { itself: new Map(), above: new Map() };
  return (column, node = "itself") => {
    const type = columns.find((each) => each.name === column)?.type ?? "text";
    const among = [...labels(type), ...checks.flatMap(({ expression }) => listed(expression, column))];
    const found = known[node].get(column) ?? apart(type, among);
    known[node].set(column, found);
    return found;
  };
}

/** Texts that a check compares a column with, where there are several: `region IN ('EU', 'US')`. */
function listed(expression: string, column: string): readonly string[] {
  const all = [...tokens(expression)];
  if (!all.some(({ text }) => text === column)) return [];
  const texts = all.filter(({ kind }) => kind === "text").map(({ text }) => text);
  return texts.length > 1 ? texts : [];
}

function apart(type: string, [first, second]: readonly string[]): ReturnType<Values> {
  if (first !== undefined && second !== undefined) return { own: first, other: second, listed: true };
  const own = madeOf(type);
  let other = madeOf(type);
  while (other === own) other = madeOf(type);
  return { own, other };
}

/** Of types that are not known a text, which the server refuses where it is none of theirs. */
function madeOf(type: string): string {
  return MADE.find(([pattern]) => pattern.test(type))?.[1](/\((\d+)(?:, ?(\d+))?\)/.exec(type) ?? []) ?? text();
}

type Maker = (modifier: readonly (string | undefined)[]) => string;

const MADE: readonly (readonly [type: RegExp, make: Maker])[] = [
  [/^(smallint|int2)\b/i, () => `${randomInt(20_000, 32_000)}`],
  [/^(int|integer|int4|bigint|int8|oid)\b/i, () => `${randomInt(1_000_000_000, 2_000_000_000)}`],
  [/^(numeric|decimal)\b/i, ([, precision = "9", scale = "0"]) => digits(Math.min(9, +precision - +scale))],
  [/^(real|double|float)/i, () => digits(6)],
  [/^uuid$/i, () => randomUUID()],
  [/^bool/i, () => (randomInt(2) === 0 ? "true" : "false")],
  [/^(date|timestamp)/i, () => `19${randomInt(10, 70)}-0${randomInt(1, 10)}-${randomInt(10, 29)}`],
  [/^(character varying|varchar|character|char|bpchar)\b/i, ([, room]) => text(room)],
];

function digits(count: number): string {
  return count <= 0 ? `0.${randomInt(1, 10)}` : `${randomInt(10 ** (count - 1), 10 ** count)}`;
}

/** The part that is random comes first, so that a short column keeps it. */
function text(room = "63"): string {
  return `${randomUUID().replaceAll("-", "").slice(0, 12)}canary`.slice(0, +room);
}
