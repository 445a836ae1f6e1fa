/**
 * What must be so of rows. One statement counts them all and those that are wrong; a second fetches a sample where some
 * are. The transaction is read-only.
 */

import { address } from "../../../core/address.ts";
import type { ProofContext } from "../../../core/engine.ts";
import { nameParts } from "../../../core/names.ts";
import type { Disclosure } from "../../../core/proofs/disclosure.ts";
import { failed, held, notProved, type Sample, type Verdict } from "../../../core/proofs/model.ts";
import { counted } from "../../../core/render/values.ts";
import type { QualityCheck, Table } from "../../../core/specs.ts";
import { join, type Sql, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { textFault, userText } from "../lexer.ts";
import { primaryKeyOf } from "../lowering.ts";
import { id, lit, named } from "../quote.ts";
import { refusedAsWritten } from "./as-written.ts";
import { Refused, rowsOf } from "./attempt.ts";
import { hindrance } from "./observe.ts";
import { textsOf } from "./plant.ts";
import { filtered, scope, sourceOf } from "./source.ts";
import { unlike } from "./unlike.ts";
import { freshness, rowCount } from "./whole.ts";
import { wrongRows } from "./wrong-rows.ts";

export interface Checking {
  readonly client: Client;
  readonly context: ProofContext;
  readonly shows: Disclosure;
}

export async function proveQuality(check: QualityCheck, checking: Checking): Promise<Verdict> {
  const { client, context, shows } = checking;
  const fault = textFault(check.violations ?? check.where ?? "");
  if (fault !== undefined) return notProved(`its SQL cannot be read: ${fault}`);
  await client.query(scope(check.on, context).text);
  if (check.freshness) return freshness(check, sourceOf(check), client, shows.of(check.on as string));
  if (check.rowCount) return rowCount(check, sourceOf(check), client);
  return check.violations === undefined ? rowByRow(check, checking) : violations(check, check.violations, checking);
}

async function rowByRow(check: QualityCheck, { client, context, shows }: Checking): Promise<Verdict> {
  const source = sourceOf(check);
  const { condition, columns, says } = wrongRows(check, source);
  const rows = await rowsOf(
    client,
    sql`SELECT (SELECT count(*) FROM ${filtered(source)}), (SELECT count(*) FROM ${filtered(source, condition)})`,
  );
  if (rows instanceof Refused) return notProved(...((await unlike(check, source, client)) ?? [hindrance(rows)]));
  const [all = 0, wrong = 0] = (rows[0] ?? []).map(Number);
  if (wrong <= allowed(check, all)) return held(within(wrong, all));
  const open = shows.of(check.on as string);
  const shown = [...new Set([...keyOf(check.on as string, context), ...columns])].filter(open);
  const sample = await sampled(check, client, filtered(source, condition), shown);
  return { ...failed(`${says} in ${wrong} of ${counted(all, "row")}${beyond(check)}`), ...(sample && { sample }) };
}

async function violations(check: QualityCheck, query: string, { client, shows }: Checking): Promise<Verdict> {
  const from = sql`(${userText(query)}) AS wrong`;
  const all = check.on === undefined ? sql`NULL` : sql`(SELECT count(*) FROM ${named(check.on)})`;
  const rows = await rowsOf(client, sql`SELECT ${all}, (SELECT count(*) FROM ${from})`);
  if (rows instanceof Refused) return notProved(hindrance(rows));
  const refused = await refusedAsWritten(query, client);
  if (refused) return notProved(hindrance(refused));
  const [total, wrong] = [rows[0]?.[0] ?? undefined, Number(rows[0]?.[1])];
  if (wrong <= allowed(check, Number(total ?? 0)))
    return held(wrong === 0 ? "no violations" : counted(wrong, "violation"));
  const reason = `${counted(wrong, "row")}${wrong === 1 ? " violates" : " violate"} it${beyond(check)}`;
  const sample = shows.ofQuery("") ? await anySample(check, client, from) : undefined;
  return { ...failed(reason), ...(sample && { sample }) };
}

/** How many rows may be wrong. */
function allowed({ threshold = 0 }: QualityCheck, all: number): number {
  return typeof threshold === "number" ? threshold : (all * Number.parseFloat(threshold)) / 100;
}

function within(wrong: number, all: number): string {
  if (all === 0) return "no rows to look at";
  return wrong === 0 ? counted(all, "row") : `${wrong} of ${counted(all, "row")} wrong, which is allowed`;
}

function beyond({ threshold }: QualityCheck): string {
  return threshold === undefined || threshold === 0 ? "" : `; ${threshold} may be`;
}

function keyOf(on: string, { desired, inspection }: ProofContext): readonly string[] {
  const at = address("Table", nameParts(on));
  const table = (desired.get(at) ?? inspection.catalog.get(at))?.spec as Table | undefined;
  return (table && primaryKeyOf(table)) ?? [];
}

async function sampled(
  { sample = 5 }: QualityCheck,
  client: Client,
  from: Sql,
  columns: readonly string[],
): Promise<Sample | undefined> {
  if (sample === 0 || columns.length === 0) return undefined;
  const texts = join(columns.map((column) => sql`${id(column)}::text`));
  const rows = await rowsOf(client, sql`SELECT ${texts} FROM ${from} LIMIT ${lit(`${sample}`)}`);
  return rows instanceof Refused ? undefined : { columns, rows };
}

/** Of a query, whose columns its rows tell. */
async function anySample({ sample = 5 }: QualityCheck, client: Client, from: Sql): Promise<Sample | undefined> {
  if (sample === 0) return undefined;
  const rows = await rowsOf(client, sql`SELECT ${textsOf("wrong")} FROM ${from} LIMIT ${lit(`${sample}`)}`);
  if (rows instanceof Refused) return undefined;
  const objects = rows.map(([row]) => JSON.parse(row ?? "{}") as Record<string, string | null>);
  const columns = Object.keys(objects[0] ?? {});
  return { columns, rows: objects.map((row) => columns.map((column) => row[column] ?? null)) };
}
