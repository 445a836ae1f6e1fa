/**
 * What a rule about rows promises, tried as roles that it binds: of planted rows a role sees those that meet its rules, and
 * no others; where a rule asks for a setting, none without it; and it makes no row into one that it may not see.
 */
import { roleName } from "../../../core/access/words.ts";
import type { Address } from "../../../core/address.ts";
import type { ProofContext } from "../../../core/engine.ts";
import type { AccessClaim, PlantedRow, Planting, Proof } from "../../../core/proofs/model.ts";
import { sql } from "../../../core/sql.ts";
import { primaryKeyOf } from "../lowering.ts";
import { id, lit } from "../quote.ts";
import { acting, granted, holdersOf, tableIn } from "./acting.ts";
import { type Bound, boundBy, type Rule, ruleAt, tablesOf } from "./bound.ts";
import { columnsNamed, rowsThatMayMeet } from "./guess.ts";

/** Each table that the rule is about, as one role that it binds; where it names roles and one table, as each of them. */
export function rowProofs(at: Address, context: ProofContext): readonly Proof[] {
  const rule = ruleAt(at, context) as Rule;
  const acted = new Set<string>();
  return tablesOf(at, context).flatMap((table) => {
    const made = (as: string, claims: (bound: Bound) => readonly Made[]): Proof[] => {
      const bound = boundBy(at, table, as, context);
      return bound ? claims(bound).map(named(at, bound)) : [];
    };
    const able = actors(table, rule, context);
    const reading = able("select", [], acted);
    for (const as of reading) acted.add(as);
    return [
      ...reading.flatMap((as) => made(as, (bound) => [seen(bound, context), ...unset(bound, context)])),
      ...able("update", rule.column === undefined ? [] : [rule.column], NOBODY).flatMap((as) =>
        made(as, (bound) => moved(bound, context)),
      ),
    ];
  });
}

const NOBODY: ReadonlySet<string> = new Set();

/** Who acts. Where a rule is for everybody, one who has the privilege and has not acted yet; else a role made for it. */
function actors(table: string, rule: Rule, context: ProofContext) {
  const { to = ["public"], bypass = [] } = rule;
  const { owner, rowSecurity } = tableIn(table, context) ?? {};
  const isHeld = (role: string): boolean => {
    const { superuser, bypassrls, holders } = acting(role, context);
    const passing = [...bypass, ...(owner !== undefined && rowSecurity !== "forced" ? [owner] : [])];
    return !superuser && !bypassrls && !passing.some((one) => holders.has(one));
  };
  const everybody = to.includes("public");
  const isMeant = (role: string): boolean => everybody || to.some((one) => acting(role, context).holders.has(one));
  return (privilege: string, columns: readonly string[], acted: ReadonlySet<string>): readonly string[] => {
    if (rule.table !== undefined && !everybody) return to.filter(isHeld);
    const able = holdersOf(privilege, table, context).filter(
      (role) => isMeant(role) && isHeld(role) && covers(granted(role, privilege, table, context), columns),
    );
    const one = able.find((role) => !acted.has(role)) ?? able[0] ?? (everybody ? "public" : to.find(isHeld));
    return one === undefined ? [] : [one];
  };
}

function covers(given: "all" | ReadonlySet<string>, columns: readonly string[]): boolean {
  return given === "all" || columns.every((column) => given.has(column));
}

/** A claim, what it says, and what its name ends in. */
interface Made {
  readonly claim: AccessClaim;
  readonly says: string;
  readonly suffix: string;
}

function named(at: Address, { rule, on, as }: Bound): (made: Made) => Proof {
  return ({ suffix, ...rest }) => ({
    rule: rule.kind,
    name: `${rule.name} on ${on} as ${as}${suffix}`,
    address: at,
    severity: "error",
    ...rest,
  });
}

function seen(bound: Bound, context: ProofContext): Made {
  const { rule, as, opened, isSeen, unread, inside, outside, table } = bound;
  const isGuessed = unread.length > 0;
  const guesses = isGuessed ? rowsThatMayMeet(unread.join(" "), table) : [{}];
  const rows: readonly Planting[] = [
    planted(bound, guesses, isGuessed),
    ...(Object.keys(outside).length > 0 ? [planted(bound, [outside])] : []),
  ];
  const expect: AccessClaim["expect"] =
    opened === "none" ? { none: true } : { only: opened.only, ...(isSeen && { count: { min: 1 } }) };
  return {
    suffix: "",
    says:
      opened === "none"
        ? `${roleName(as)} sees no row`
        : `${roleName(as)} sees rows ${WHOSE[rule.kind]}, and no others`,
    claim: {
      ...claimOn(bound, context, opened === "none" ? [] : [opened.only]),
      settings: inside.settings,
      plant: [...inside.beside, ...rows],
      ...(isGuessed && { allowEmpty: true }),
      expect,
    },
  };
}

const WHOSE: Readonly<Record<string, string>> = {
  TenantIsolation: "of its own tenant",
  RowAccess: "that meet its rules",
};

/** A setting that is empty again after a transaction counts as not set. */
function unset(bound: Bound, context: ProofContext): Made[] {
  const { as, inside, needsSettings, opened } = bound;
  const names = Object.keys(inside.settings);
  if (!needsSettings || opened === "none") return [];
  return [
    {
      suffix: ` without ${names.join(", ")}`,
      says: `${roleName(as)} sees no row`,
      claim: {
        ...claimOn(bound, context, []),
        settings: Object.fromEntries(names.map((name) => [name, ""])),
        plant: [...inside.beside, planted(bound, [{}])],
        expect: { none: true },
      },
    },
  ];
}

/** Of one row, told by a key of its own: of rows that are really there none is touched. */
function moved(bound: Bound, context: ProofContext): Made[] {
  const { as, on, inside, outside, refusesMoves, values } = bound;
  const key = handle(bound);
  const may = as === "public" ? "all" : granted(as, "update", on, context);
  if (!refusesMoves || !covers(may, Object.keys(outside)) || key === undefined || Object.keys(outside).length === 0)
    return [];
  const { own } = values(key);
  const where = sql`${id(key)} = ${lit(own)}`.text;
  return [
    {
      suffix: " moving a row",
      says: `${roleName(as)} makes no row into one that it may not see`,
      claim: {
        ...claimOn(bound, context, [where], ["update"]),
        command: "update",
        settings: inside.settings,
        plant: [...inside.beside, planted(bound, [{ [key]: own }])],
        where,
        values: outside,
        expect: { denied: true },
      },
    },
  ];
}

/** A column whose value tells the planted row from all others. */
function handle({ table, inside, values }: Bound): string | undefined {
  const key = primaryKeyOf(table) ?? [];
  return key.length === 1 ? key[0] : Object.keys(inside.row).find((column) => !values(column).listed);
}

function planted({ on, inside }: Bound, rows: readonly PlantedRow[], any = false): Planting {
  return {
    into: on,
    rows: rows.map((row) => ({ ...inside.row, ...row })),
    actor: inside.actor.filter((column) => !rows.some((row) => column in row)),
    ...(any && { any }),
  };
}

/** Rows alone are in question, so that the role is lent what it takes to ask for them. */
function claimOn(
  { as, on, table }: Bound,
  context: ProofContext,
  texts: readonly string[],
  more: readonly string[] = [],
): Omit<AccessClaim, "expect"> {
  const own = as === "public" ? new Set<string>() : granted(as, "select", on, context);
  const isAble = (own === "all" || own.size > 0) && covers(own, columnsNamed(texts, table));
  const lent = as === "public" ? ["select", ...more] : isAble ? [] : ["select"];
  return { sort: "access", command: "select", as, on, timeout: "60s", ...(lent.length > 0 && { granted: lent }) };
}
