/**
 * Functions that row policies call. A policy is asked of every row, hidden ones included: what a function is given of
 * them it may write down, raise or answer differently for, and whoever may replace it reads along.
 * https://www.postgresql.org/docs/current/rules-privileges.html
 */
import { type Address, readable } from "../core/address.ts";
import type { Finding, Guardrail, Judged } from "../core/guardrail.ts";
import { nameParts } from "../core/names.ts";
import type { Routine } from "../core/routine.ts";
import type { RowPolicy } from "../core/specs.ts";
import { sqlSignature } from "./by-hand.ts";
import { routinesOf } from "./known-routines.ts";
import { type KnownTable, tableKey, tablesIn } from "./tables.ts";
import { type Piece, pieces } from "./words.ts";

/** What changes from call to call is asked for each row anew, and no index answers for it. */
export const policyCallsVolatile: Guardrail = {
  code: "POLICY_CALLS_VOLATILE",
  pack: "row-security",
  find: (judged) =>
    callsIn(judged).flatMap(({ address, routine: { signature, volatility } }): Finding[] => {
      if (volatility !== "volatile") return [];
      return [
        {
          address,
          summary: `${readable(address)} calls ${signature}, which is volatile: it runs for every row and may answer differently each time`,
          detail: "Mark the function STABLE if all it does is look things up; if not, a policy is no place for it.",
          byHand: `ALTER FUNCTION ${sqlSignature(signature)} STABLE;`,
        },
      ];
    }),
};

/** What is given a value of a hidden row and is not leakproof may tell it. */
export const policyCallsLeaky: Guardrail = {
  code: "POLICY_CALLS_LEAKY",
  pack: "row-security",
  find: (judged) =>
    callsIn(judged).flatMap(({ address, routine: { signature, leakproof, owner }, given }): Finding[] => {
      if (leakproof || given.length === 0) return [];
      return [
        {
          address,
          summary: `${readable(address)} gives ${given.join(", ")} of every row to ${signature}, which is not leakproof: ${owner}, who may replace it, sees rows that are hidden, and so does whoever reads what it raises`,
          detail:
            "Ask without the row: let the function return what the role may see, and compare the column with that, as in `region = ANY (my_regions())`. Where it raises nothing and writes nothing, a superuser can mark it LEAKPROOF.",
          byHand: `ALTER FUNCTION ${sqlSignature(signature)} LEAKPROOF; -- as a superuser, and only if it raises nothing`,
        },
      ];
    }),
};

export interface Call {
  /** The policy, or the intent that it is from. */
  readonly address: Address;
  readonly routine: Routine;
  /** Columns of the table among its arguments. */
  readonly given: readonly string[];
}

/** Calls of the user's own functions, each told once of a policy or intent. */
export function callsIn(judged: Judged): Call[] {
  const { desired, live } = judged;
  const own = new Map<string, Routine[]>();
  for (const routine of routinesOf(judged)) own.set(routine.name, [...(own.get(routine.name) ?? []), routine]);
  if (own.size === 0) return [];
  const tables = tablesIn(desired, live);
  const found = new Map<string, Call>();
  for (const [at, { kind, spec, intent: address = at }] of desired) {
    if (kind !== "RowPolicy") continue;
    const { table, using = "", withCheck = "" } = spec as unknown as RowPolicy;
    for (const text of [using, withCheck])
      for (const call of callsOf(text, table, tables.get(tableKey(table)), own))
        found.set(`${address} ${call.routine.signature}`, { address, ...call });
  }
  return [...found.values()];
}

function callsOf(
  text: string,
  on: string,
  known: KnownTable | undefined,
  own: ReadonlyMap<string, readonly Routine[]>,
): Omit<Call, "address">[] {
  const all = [...pieces(text)];
  const columns = new Set(known?.table.columns.map(({ name }) => name));
  return all.flatMap(({ kind, text: name }, at) => {
    if ((kind !== "word" && kind !== "name") || all[at + 1]?.text !== "(") return [];
    const routines = meant(name, all[at - 1]?.text === "." ? all[at - 2]?.text : undefined, on, own);
    if (routines.length === 0) return [];
    const given = argumentsAt(all, at + 1).filter((each) => each.kind !== "text" && columns.has(each.text));
    return routines.map((routine) => ({ routine, given: [...new Set(given.map((each) => each.text))] }));
  });
}

/** Those that the name may mean: without a schema, of the table's own where it has one. */
function meant(
  name: string,
  schema: string | undefined,
  on: string,
  own: ReadonlyMap<string, readonly Routine[]>,
): readonly Routine[] {
  const all = own.get(name) ?? [];
  if (schema !== undefined) return all.filter((routine) => routine.schema === schema);
  const near = all.filter((routine) => routine.schema === nameParts(on)[0]);
  return near.length > 0 ? near : all;
}

/** What stands between a bracket and the one that closes it. */
function argumentsAt(all: readonly Piece[], open: number): readonly Piece[] {
  let depth = 0;
  for (let at = open; at < all.length; at += 1) {
    const { kind, text } = all[at] as Piece;
    if (kind === "sign" && text === "(") depth += 1;
    if (kind === "sign" && text === ")") depth -= 1;
    if (depth === 0) return all.slice(open + 1, at);
  }
  return all.slice(open + 1);
}
