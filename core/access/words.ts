/** Access in words: `analyst gains SELECT on sales.customer_dim.email (via bi_reader → analyst)`. */
import type { Address } from "../address.ts";
import type { AccessChange } from "./diff.ts";
import { type AllRows, EVERYBODY } from "./model.ts";
import type { AccessRow } from "./report.ts";

export function accessLine(change: AccessChange): string {
  const { role, rows, object, through } = change;
  const who = roleName(role);
  if (change.change === "rows") {
    const by = through ? ` through ${objectName(through)}` : "";
    return `${who}, rows of ${objectName(object as Address)}${by}: ${oneLine(rows?.from ?? "all")} → ${oneLine(rows?.to ?? "all")}`;
  }
  const privilege = change.by === "owner" ? "everything, as its owner," : change.privilege?.toUpperCase();
  const what = [privilege, change.future ? `on ${change.future}` : on(change)].filter(Boolean);
  return `${who} ${change.change} ${what.join(" ")}${inBrackets(notes({ ...change, rows: rows?.to }))}`;
}

/** `SELECT on sales.customer_dim (customer_key, region)`, and why where that is asked for. */
export function accessRowLine(row: AccessRow, why: boolean): string {
  const all = isEverything(row) ? "everything" : row.privileges.map((one) => one.toUpperCase()).join(", ");
  const what = row.by === "owner" ? `${all}, as its owner,` : all;
  const { via: _, allRows, ...rest } = row;
  const reason = why && row.by !== "view" ? [reasonOf(row)] : [];
  const rows = allRows ? [why ? `rows: all, ${ALL_ROWS[allRows]}` : "rows: all"] : [];
  return `${[what, row.future ? `on ${row.future}` : on(row)].filter(Boolean).join(" ")}${inBrackets([...reason, ...rows, ...notes(rest)])}`;
}

const ALL_ROWS: Readonly<Record<AllRows, string>> = {
  bypassrls: "by BYPASSRLS",
  owner: "as the owner",
  policies: "by policies",
};

/** What an owner has without condition; policies hold for some of its privileges alone, which are told apart then. */
function isEverything({ by, privileges, rows, allRows }: AccessRow): boolean {
  if (by !== "owner" || rows !== undefined || allRows !== undefined) return false;
  return ["select", "usage", "connect", "execute"].some((one) => privileges.includes(one));
}

const REASONS: Readonly<Record<AccessRow["by"], string>> = {
  grant: "granted",
  owner: "owner",
  superuser: "superuser",
  predefined: "predefined role",
  everybody: "everybody has it",
  view: "view",
};

function reasonOf({ by, via }: AccessRow): string {
  return via ? `${REASONS[by]}, via ${via.join(" → ")}` : by === "grant" ? "granted to it" : REASONS[by];
}

type Noted = Pick<
  AccessRow,
  "through" | "masked" | "via" | "setRole" | "rows" | "filledBy" | "outside" | "runsAs" | "object"
>;

function notes({ through, masked, via, setRole, rows, filledBy, outside, runsAs }: Noted): string[] {
  return [
    ...(runsAs === undefined ? [] : [`runs as its owner${runsAs && ` ${runsAs}`}`]),
    ...(through ? [`${masked ? "masked, " : ""}through ${objectName(through)}`] : []),
    ...(via ? [`via ${via.join(" → ")}`] : []),
    ...(setRole ? ["after SET ROLE"] : []),
    ...(rows !== undefined ? [`rows: ${rowsOf({ rows, filledBy })}`] : []),
    ...(outside === undefined ? [] : [`no USAGE on schema ${outside}: cannot be named`]),
  ];
}

/** Which rows, in one line; nothing where all. */
export function rowsOf({ rows = "", filledBy }: Pick<Noted, "rows" | "filledBy">): string {
  return `${oneLine(rows)}${filledBy === undefined ? "" : `, as ${filledBy} filled it`}`;
}

function inBrackets(parts: readonly string[]): string {
  return parts.length > 0 ? ` (${parts.join("; ")})` : "";
}

export function roleName(role: string): string {
  return role === EVERYBODY ? "everybody" : role;
}

function on({ object, columns, classified = {} }: Pick<AccessRow, "object" | "columns" | "classified">): string {
  if (object === undefined) return "";
  const name = objectName(object);
  const marked = (column: string): string => (classified[column] ? `${column} [${classified[column]}]` : column);
  if (!columns) {
    const classes = Object.keys(classified).map(marked);
    return `on ${name}${classes.length > 0 ? `, ${classes.join(", ")} included` : ""}`;
  }
  // To count rows is to read them all, and no column of them.
  if (columns.length === 0) return `on ${name}, no column`;
  if (columns.length === 1) return `on ${name}.${marked(columns[0] as string)}`;
  return `on ${name} (${columns.map(marked).join(", ")})`;
}

/** Tables and views by name alone, anything else with what it is. */
export function objectName(of: Address): string {
  const [kind, name] = [of.slice(0, of.indexOf("/")), of.slice(of.indexOf("/") + 1)];
  return ["Table", "View", "MaterializedView"].includes(kind) ? name : `${kind.toLowerCase()} ${name}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
