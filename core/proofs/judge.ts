/** Decides whether what an engine saw is what was expected of a role. Pure: it sees values, and tells counts and names. */
import { roleName } from "../access/words.ts";
import { counted } from "../render/values.ts";
import type { AccessClaim, PlantedRow, Verdict } from "./model.ts";
import { failed, held, notProved } from "./model.ts";
import { sameValue, shownValue } from "./values.ts";

/** A row as the engine gives it: each value as text. */
export type SeenRow = Readonly<Record<string, string | null>>;

/** What an engine saw while it acted as the role. What it was not asked for is absent. */
export interface Seen {
  /** Why the engine refused, in its words, where the role lacks a privilege or a policy refuses the row. */
  readonly refused?: string;
  /** Of a proof that it is denied: what was possible all the same, a phrase each. */
  readonly possible?: readonly string[];
  /** Rows seen or written. */
  readonly count?: number;
  /** The rows themselves, as far as they are needed to tell a difference. */
  readonly rows?: readonly SeenRow[];
  readonly readable?: readonly string[];
  /** Why other columns are not, by name. */
  readonly unreadable?: Readonly<Record<string, string>>;
  /** Rows seen that do not meet `only`. */
  readonly outside?: number;
  /** Columns of which a planted value was seen in clear. */
  readonly clear?: readonly string[];
  /** Is a planted row among those that are seen? */
  readonly plantedSeen?: boolean;
  /** Is there a row that it could have seen, or touched? Undefined where the connected role cannot tell. */
  readonly anyRow?: boolean | undefined;
  /** Is there a row that `only` has to hide? */
  readonly anyOutside?: boolean | undefined;
}

/** May the values of this column be shown? */
export type Shows = (column: string) => boolean;

export function judge(given: AccessClaim, seen: Seen, shows: Shows): Verdict {
  const claim = { ...given, as: roleName(given.as) };
  const { expect, as } = claim;
  if (expect.denied) return judgeDenied(claim, seen);
  if (seen.refused !== undefined) return failed(`${as} was refused: ${seen.refused}`);
  const wrong = [
    ...rowDifferences(claim, seen, shows),
    ...columnDifferences(claim, seen),
    ...countDifferences(claim, seen),
    ...(seen.outside
      ? [
          `${counted(seen.outside, "row")} of ${seen.count} seen by ${as} ${seen.outside === 1 ? "does" : "do"} not meet the condition`,
        ]
      : []),
    ...(seen.clear ?? []).map((column) => `${as} sees the value of ${column} in clear`),
  ];
  if (wrong.length > 0) return failed(...wrong);
  const shown = claim.allowEmpty ? [] : nothingShown(claim, seen);
  if (shown.length > 0) return notProved(...shown);
  return held(seen.count ? counted(seen.count, "row") : undefined);
}

function judgeDenied({ as }: AccessClaim, { possible = [] }: Seen): Verdict {
  return possible.length === 0 ? held() : failed(...possible.map((what) => `${as} was not refused: ${what}`));
}

/** Why what holds shows nothing: no row was there that could have refuted it. */
function nothingShown({ as, expect, on, plant }: AccessClaim, seen: Seen): string[] {
  const where = on ?? "what the query reads";
  const mend = plant ? "" : "; plant one, or say `allowEmpty: true`";
  const found: string[] = [];
  const allowsNone = seen.count === 0 && !expect.rows;
  const asksRows = expect.none || expect.count !== undefined;
  if (expect.only !== undefined && seen.count === 0)
    found.push(`no row of ${where} is seen by ${as}, so none could be wrong${mend}`);
  else if (expect.only !== undefined && seen.anyOutside !== true)
    found.push(
      seen.anyOutside === undefined
        ? `whether ${where} holds rows that must be hidden, the connected role cannot see${mend}`
        : `${where} holds no row that would have to be hidden${mend}`,
    );
  else if (allowsNone && asksRows && seen.anyRow !== true)
    found.push(
      seen.anyRow === undefined
        ? `whether there is a row in ${where}, the connected role cannot see${mend}`
        : `there is no row in ${where} that ${as} could have met${mend}`,
    );
  if (expect.hides && seen.plantedSeen === false)
    found.push(`${as} sees none of the rows that could be planted, so nothing of them could be told`);
  return found;
}

function rowDifferences(
  { expect: { rows: expected }, as }: AccessClaim,
  { rows, count }: Seen,
  shows: Shows,
): string[] {
  if (!expected) return [];
  const { missing, left } = assigned(expected, rows ?? []);
  const more = (count ?? 0) - (rows?.length ?? 0);
  return [
    ...missing.map((row) => `${as} does not see ${shownRow(row, shows)}`),
    ...left.slice(0, MOST_ROWS).map((row) => `${as} sees ${shownRow(row, shows)}, which is not expected`),
    ...(left.length > MOST_ROWS || more > 0
      ? [
          `${as} sees ${counted(Math.max(0, left.length - MOST_ROWS) + more, "row")} more that ${left.length - MOST_ROWS + more === 1 ? "is" : "are"} not expected`,
        ]
      : []),
  ];
}

const MOST_ROWS = 5;

/**
 * Each row that is seen stands for one that is expected at most. Where rows are expected with different columns, one may
 * fit several: then those that were assigned make room, as long as another fits them as well.
 */
function assigned(
  expected: readonly PlantedRow[],
  rows: readonly SeenRow[],
): { readonly missing: readonly PlantedRow[]; readonly left: readonly SeenRow[] } {
  const owner = new Map<number, number>();
  const place = (wish: number, tried: Set<number>): boolean =>
    rows.some((row, at) => {
      if (tried.has(at) || !matches(expected[wish] as PlantedRow, row)) return false;
      tried.add(at);
      const former = owner.get(at);
      if (former !== undefined && !place(former, tried)) return false;
      owner.set(at, wish);
      return true;
    });
  const missing = expected.filter((_, wish) => !place(wish, new Set()));
  return { missing, left: rows.filter((_, at) => !owner.has(at)) };
}

function matches(expected: PlantedRow, row: SeenRow): boolean {
  return Object.entries(expected).every(([column, value]) => sameValue(value, row[column]));
}

function shownRow(row: PlantedRow | SeenRow, shows: Shows): string {
  const fields = Object.entries(row).map(([column, value]) => `${column}: ${shows(column) ? shownValue(value) : "…"}`);
  return `{ ${fields.join(", ")} }`;
}

function columnDifferences({ expect: { columns: expected }, as, on }: AccessClaim, seen: Seen): string[] {
  const { readable = [], unreadable = {} } = seen;
  if (!expected) return [];
  return [
    ...expected
      .filter((column) => !readable.includes(column))
      .map((column) => `${as} cannot read ${column}: ${unreadable[column] ?? `${on} has no such column`}`),
    ...readable
      .filter((column) => !expected.includes(column))
      .map((column) => `${as} can read ${column}, which is not expected`),
  ];
}

function countDifferences({ expect: { count, none }, as, command }: AccessClaim, seen: Seen): string[] {
  const { count: found = 0 } = seen;
  const verb = command === "select" ? "sees" : "writes";
  if (none && found > 0) return [`${as} ${verb} ${counted(found, "row")}, and none is expected`];
  if (count === undefined) return [];
  const { min = 0, max = Number.POSITIVE_INFINITY } = typeof count === "number" ? { min: count, max: count } : count;
  if (found >= min && found <= max) return [];
  const wish = min === max ? `${min}` : max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} to ${max}`;
  return [
    `${as} ${verb} ${counted(found, "row")}, and ${wish} ${min === 1 && (max === 1 || max === Number.POSITIVE_INFINITY) ? "is" : "are"} expected`,
  ];
}
