/**
 * Privileges that lead past what rows and columns are kept back: no policy applies to TRUNCATE, to a foreign key or to what a
 * trigger is given, and who writes the table that a rule looks into gives itself what the rule gives.
 * https://www.postgresql.org/docs/current/ddl-rowsecurity.html
 */
import { type Diagnostic, error, warning } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { NativeContext } from "../../core/engine.ts";
import type { Grant } from "../../core/specs.ts";
import { grantsOn } from "./ways.ts";

interface Asked {
  /** Is the role one that the rule is for? */
  readonly binds: (role: string) => boolean;
  /** What else can be done than to take the privilege away. */
  readonly otherwise: string;
}

/** Roles that have privileges on the table which no policy limits. */
export function unlimited(table: string, { binds, otherwise }: Asked, native: NativeContext): Diagnostic[] {
  const has = ({ to, privileges }: Grant): readonly string[] =>
    binds(to) ? privileges.filter((privilege) => privilege in UNLIMITED) : [];
  return holders(table, native, has).map(({ to, privileges }) => {
    // That a row is there is less than the row.
    const isGrave = [...privileges].some(([privilege, isLive]) => !isLive && privilege !== "references");
    const phrases = Object.keys(UNLIMITED).flatMap((one) => (privileges.has(one) ? (UNLIMITED[one] as string) : []));
    return (isGrave ? error : warning)(
      "ACCESS_VOID",
      `${to} ${phrases.join(" and ")} ${quoted(table)}, whatever row policies say`,
      {
        detail: `TRUNCATE takes every row, a trigger is given every row that is written, a foreign key tells which rows are there. Grant \`delete\` for the first and nothing for the others (of a RoleTemplate, leave \`owner\` out of \`levels\`), ${otherwise}.`,
      },
    );
  });
}

const UNLIMITED: Readonly<Record<string, string>> = {
  truncate: "may TRUNCATE",
  trigger: "may put a trigger on",
  references: "may refer by a foreign key to",
};

/** Some columns of a table. */
export interface Looked {
  readonly table: string;
  readonly columns: readonly string[];
}

/** Roles that may try values of columns that they may not read. */
export function probing({ table, columns }: Looked, { binds, otherwise }: Asked, native: NativeContext): Diagnostic[] {
  const has = ({ to, privileges, on }: Grant): readonly string[] => {
    const kept = !on.columns || on.columns.some((column) => columns.includes(column));
    return kept && binds(to) ? privileges.filter((privilege) => privilege === "references") : [];
  };
  return holders(table, native, has).map(({ to }) =>
    warning(
      "ACCESS_VOID",
      `${to} may refer by a foreign key to ${columns.map(quoted).join(", ")} of ${quoted(table)}`,
      {
        detail: `Where the column is unique, a row that refers to a value goes in if the value is there, which tries values out. Grant \`references\` on the other columns alone, ${otherwise}.`,
      },
    ),
  );
}

/** Roles that may write the columns that a rule looks into. */
export function selfService(
  rule: string,
  { table, columns }: Looked,
  { binds, otherwise }: Asked,
  native: NativeContext,
): Diagnostic[] {
  const has = ({ to, privileges, on }: Grant): readonly string[] => {
    const decides = !on.columns || on.columns.some((column) => columns.includes(column));
    return decides && binds(to) ? privileges.filter((one) => one === "insert" || one === "update") : [];
  };
  return holders(table, native, has).map(({ to, privileges }) =>
    ([...privileges.values()].every(Boolean) ? warning : error)(
      "ACCESS_VOID",
      `${to} may write ${quoted(table)}, which says who sees what by ${quoted(rule)}`,
      {
        detail: `So it gives itself any row. Take ${[...privileges.keys()].map(quoted).join(" and ")} on ${columns.map(quoted).join(", ")} away from it (of a RoleTemplate, name ${quoted(table)} under \`except\`), ${otherwise}.`,
      },
    ),
  );
}

interface Holder {
  readonly to: string;
  /** True for those that nobody declares. */
  readonly privileges: ReadonlyMap<string, boolean>;
}

/** Each role once; what a plan takes away is nobody's. */
function holders(table: string, native: NativeContext, has: (grant: Grant) => readonly string[]): Holder[] {
  const { desired, live, unwanted } = native;
  const found = new Map<string, Map<string, boolean>>();
  const all = [
    ...grantsOn(table, desired).map((given) => [given, false] as const),
    ...grantsOn(table, live).map((given) => [given, true] as const),
  ];
  for (const [{ address, grant }, isLive] of all) {
    if (isLive && unwanted.has(address)) continue;
    const privileges = found.get(grant.to) ?? new Map<string, boolean>();
    for (const privilege of has(grant)) if (!privileges.has(privilege)) privileges.set(privilege, isLive);
    if (privileges.size > 0) found.set(grant.to, privileges);
  }
  return [...found].map(([to, privileges]) => ({ to, privileges }));
}
