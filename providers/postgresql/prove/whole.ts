/** Checks of a table as a whole: how many rows there are, and how old the newest is. */
import type { Shows } from "../../../core/proofs/judge.ts";
import { failed, held, notProved, type Verdict } from "../../../core/proofs/model.ts";
import { counted } from "../../../core/render/values.ts";
import type { QualityCheck } from "../../../core/specs.ts";
import { sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { id, lit } from "../quote.ts";
import { Refused, rowsOf } from "./attempt.ts";
import { hindrance } from "./observe.ts";
import { filtered, type Source } from "./source.ts";

export async function freshness(
  { freshness: wish }: QualityCheck,
  source: Source,
  client: Client,
  shows: Shows,
): Promise<Verdict> {
  const { column, within } = wish as NonNullable<QualityCheck["freshness"]>;
  const rows = await rowsOf(
    client,
    sql`SELECT newest IS NULL, NOT isfinite(newest), newest > now() + interval '1 day', newest >= now() - ${lit(within)}::interval,
  CASE WHEN isfinite(newest) THEN date_trunc('second', now() - newest)::text END
FROM (SELECT max(${id(column)}) AS newest FROM ${filtered(source)}) AS seen`,
  );
  if (rows instanceof Refused) return notProved(hindrance(rows));
  const [none, infinite, ahead, fresh, age] = rows[0] ?? [];
  if (none === "t") return failed(`${column} has no value at all, so nothing is fresh`);
  // What lies ahead hides how old the rest is. A day is that of other time zones.
  const hidden = infinite === "t" ? "is infinite" : ahead === "t" ? "lies in the future" : undefined;
  if (hidden !== undefined)
    return failed(
      `the newest ${column} ${hidden}, so nothing tells how fresh the rest is: mend it, or leave it out with \`where\``,
    );
  if (fresh === "t") return held(shows(column) ? `the newest is ${age} old` : undefined);
  return failed(`the newest ${column} is older than ${within}${shows(column) ? `: ${age}` : ""}`);
}

export async function rowCount({ rowCount: wish }: QualityCheck, source: Source, client: Client): Promise<Verdict> {
  const { min = 0, max = Number.POSITIVE_INFINITY } = wish as NonNullable<QualityCheck["rowCount"]>;
  const rows = await rowsOf(client, sql`SELECT count(*) FROM ${filtered(source)}`);
  if (rows instanceof Refused) return notProved(hindrance(rows));
  const count = Number(rows[0]?.[0]);
  if (count >= min && count <= max) return held(counted(count, "row"));
  return failed(
    `there ${count === 1 ? "is" : "are"} ${counted(count, "row")}, ${count < min ? `fewer than ${min}` : `more than ${max}`}`,
  );
}
