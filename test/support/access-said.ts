/** What the model says of one random database beside what the server answered, for all that compares the two. */
import { type AccessModel, columnsOf, type Holding } from "../../core/access/model.ts";
import type { Address } from "../../core/address.ts";
import { type Answers, keyOf } from "./access-probe.ts";
import { type Made, type Relation, ROWS } from "./made-grants.ts";

export type Columns = Holding["columns"];

export const ALL_ROWS: readonly number[] = Array.from({ length: ROWS }, (_, at) => at + 1);

export interface Said {
  readonly model: AccessModel;
  readonly made: Made;
  readonly answers: Answers;
  /** Disagreements, in words. */
  readonly found: string[];
}

export function tell({ found }: Said, what: string): void {
  found.push(what);
}

export function same(said: Said, what: string, model: string, server: string): void {
  if (model !== server) tell(said, `${what}: model ${model || "nothing"}, server ${server || "nothing"}`);
}

export function addressOf({ kind, name }: Relation): Address {
  return `${kind}/${name}` as Address;
}

/** In which ways a role has a privilege without SET ROLE. */
export function itself({ model }: Said, role: string, object: Address, privilege: string): Holding[] {
  return (model.of(role, object).privileges.get(privilege) ?? []).filter(({ setRole }) => !setRole);
}

/** Columns that a role reads without SET ROLE. */
export function readable(said: Said, role: string, object: Address): Columns {
  return columnsOf(itself(said, role, object, "select"));
}

export function textOf(columns: Columns): string {
  return columns === "all" ? "all" : [...columns].sort().join(" ");
}

export function covers(columns: Columns, some: Columns | readonly string[]): boolean {
  if (columns === "all") return true;
  return some !== "all" && [...some].every((column) => columns.has(column));
}

/** Rows that meet a rule of the model as a role: of all columns, or of those that have but one. */
export function rowsOf({ answers }: Said, role: string, rule: string | undefined, shape = "a,b,c"): readonly number[] {
  if (rule === undefined || rule === "all") return ALL_ROWS;
  if (rule === "none") return [];
  const meeting = new Set((answers.rules.get(keyOf(role, rule)) ?? "").split(" "));
  return ALL_ROWS.filter((row) => meeting.has(`${shape}=${row}`));
}
