/**
 * Tries what a role sees or may do: rows are planted by the connected role, then it acts as the role, and what it saw is
 * judged. Everything happens in the savepoint that `run.ts` rolls back, and what the role does in one of its own.
 */
import type { ProofContext, Target } from "../../../core/engine.ts";
import type { Disclosure } from "../../../core/proofs/disclosure.ts";
import { judge, type Seen, type SeenRow } from "../../../core/proofs/judge.ts";
import { type AccessClaim, notProved, type Planting, type Verdict } from "../../../core/proofs/model.ts";
import { join, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { textFault } from "../lexer.ts";
import { id, lit, named } from "../quote.ts";
import { Refused, rowsOf, undone } from "./attempt.ts";
import { describe, type Ground } from "./describe.ts";
import { observe } from "./observe.ts";
import { NotPlanted, plant, textsOf, valuesOf } from "./plant.ts";
import { applySettings, become, lend, makeProbe } from "./role.ts";
import { filtered, scope, sourceOf, unmet } from "./source.ts";

export interface Proving extends Ground {
  readonly target: Target;
  readonly context: ProofContext;
  readonly shows: Disclosure;
  /** Another connection, as the role itself; undefined inside an apply, of which no other connection sees anything. */
  readonly login: ((url: NonNullable<AccessClaim["url"]>) => Promise<Client>) | undefined;
}

export async function proveAccess(claim: AccessClaim, proving: Proving): Promise<Verdict> {
  const { client, shows } = proving;
  const fault = [claim.query, claim.where, claim.expect.only].map((text) => textFault(text ?? "")).find(Boolean);
  if (fault !== undefined) return notProved(`its SQL cannot be read: ${fault}`);
  // Who may not even come into its schema would be refused what is not there.
  const on = claim.on === undefined ? undefined : await describe(proving, claim.on);
  if (typeof on === "string") return notProved(on);
  const actor = await actorOf(claim, client);
  if (typeof actor === "string") return notProved(actor);
  const planted = await plantAll(claim, proving, actor.role);
  const noRow = planted instanceof NotPlanted ? planted : undefined;
  // That a table shows nothing to a role can be told without a row, where none can be planted: see `showsNothing`.
  if (noRow && !(claim.granted && claim.expect.none)) return notProved(noRow.reason);
  const values =
    claim.command === "insert" ? await valuesOf(proving, claim.on as string, claim.values ?? {}) : new Map();
  if (values instanceof NotPlanted) return notProved(values.reason);
  const rows = planted instanceof NotPlanted ? [] : planted;
  const act = (on: Client): Promise<Seen | string> => observe(claim, on, { values, planted: rows, noRow: !!noRow });
  const seen = await asRole(claim, actor.role, proving, act);
  if (typeof seen === "string") return notProved(seen);
  const told = (known: Partial<Seen>): Verdict =>
    judge(claim, { ...known, ...seen }, claim.query ? shows.ofQuery : shows.of(claim.on as string));
  // The connected role may be held by policies itself, and not see what it has planted.
  const count = claim.where || claim.query ? 0 : rows.length;
  // Fewer rows are seen than were planted, so that one of these is hidden.
  const known = { ...(count > 0 && { anyRow: true }), ...(count > (seen.count ?? 0) && { anyOutside: true }) };
  const verdict = told(known);
  if (verdict.outcome !== "not proved") return verdict;
  const again = told({ ...(await whatIsThere(claim, proving)), ...known });
  return again.outcome === "not proved" && noRow ? notProved(...again.reasons, noRow.reason) : again;
}

/** The role that acts, with what it is lent. */
async function actorOf({ as, on, granted }: AccessClaim, client: Client): Promise<{ readonly role: string } | string> {
  const actor = as === "public" ? await makeProbe(client) : { role: as };
  if (typeof actor === "string" || !granted || on === undefined) return actor;
  return (await lend(client, actor.role, granted, on)) ?? actor;
}

async function plantAll(claim: AccessClaim, ground: Ground, actor: string): Promise<readonly SeenRow[] | NotPlanted> {
  const found: SeenRow[] = [];
  for (const planting of claim.plant ?? []) {
    const planted = await plantSome(planting, claim.expect.hides, ground, actor);
    if (planted instanceof NotPlanted) return planted;
    // What others look things up in is not in question.
    if (planting.into === claim.on || claim.expect.hides) found.push(...planted);
  }
  return found;
}

async function plantSome(
  { into, rows, actor: columns = [], any }: Planting,
  hides: readonly string[] | undefined,
  ground: Ground,
  actor: string,
): Promise<readonly SeenRow[] | NotPlanted> {
  const named = Object.fromEntries(columns.map((column) => [column, actor]));
  const planted: SeenRow[] = [];
  let failure: NotPlanted | undefined;
  for (const row of rows) {
    const one = await plant(ground, into, { ...row, ...named }, hides && { fill: hides });
    if (!(one instanceof NotPlanted)) planted.push(one);
    else if (any) failure = one;
    else return one;
  }
  if (planted.length > 0 || !failure) return planted;
  const there = hides && (await rowThere(ground.client, into, hides));
  return there ? [there] : failure;
}

/** A row of which all these columns have a value; it is compared, and never shown. */
async function rowThere(client: Client, table: string, filled: readonly string[]): Promise<SeenRow | undefined> {
  const conditions = filled.map((column) => sql`${id(column)} IS NOT NULL`);
  const rows = await rowsOf(
    client,
    sql`SELECT ${textsOf("one")} FROM (SELECT * FROM ${named(table)} WHERE ${join(conditions, " AND ")} LIMIT 1) AS one`,
  );
  return rows instanceof Refused || !rows[0]?.[0] ? undefined : (JSON.parse(rows[0][0]) as SeenRow);
}

/** What the connected role sees of the rows in question. Its own settings are those of the test as well. */
async function whatIsThere(
  claim: AccessClaim,
  { client, context }: Proving,
): Promise<Pick<Seen, "anyRow" | "anyOutside">> {
  const { expect } = claim;
  if ((expect.only ?? expect.none ?? expect.count) === undefined) return {};
  const source = sourceOf(claim);
  const outside =
    expect.only === undefined ? sql`NULL` : sql`EXISTS (SELECT FROM ${filtered(source, unmet(expect.only))})`;
  const rows = await undone(
    client,
    async () => {
      await applySettings(client, claim.settings);
      return rowsOf(client, sql`SELECT EXISTS (SELECT FROM ${filtered(source)}), ${outside}`);
    },
    scope(claim.on, context),
  );
  if (rows instanceof Refused) return {};
  const [some, other] = rows[0] ?? [];
  return { anyRow: some === "t", anyOutside: other === "t" };
}

/** Acts as the role, by SET ROLE or by a login of its own; or says why that cannot be. What it does is undone. */
async function asRole(
  claim: AccessClaim,
  role: string,
  proving: Proving,
  act: (actor: Client) => Promise<Seen | string>,
): Promise<Seen | string> {
  const { client, target, login, context } = proving;
  const actOn = async (on: Client): Promise<Seen | string> => {
    if (!claim.query) await on.query(scope(claim.on, context).text);
    return (await applySettings(on, claim.settings)) ?? act(on);
  };
  if (claim.url && login) return asLogin(claim, await login(claim.url), client, actOn);
  return undone(client, async () => (await become(client, role, target)) ?? actOn(client));
}

async function asLogin(
  claim: AccessClaim,
  own: Client,
  client: Client,
  act: (client: Client) => Promise<Seen | string>,
): Promise<Seen | string> {
  try {
    const [[here], [there]] = [await client.query(WHERE), await own.query(WHERE)];
    const [user, ...place] = there?.[0] ?? [];
    if (user !== claim.as) return `its \`url\` logs in as ${user}, not as ${claim.as}`;
    if (place.join() !== here?.[0]?.slice(1).join())
      return "its `url` leads to another server or database than the one that is tested";
    await own.query(
      sql`BEGIN; SET LOCAL statement_timeout = ${lit(claim.timeout)}; SET LOCAL row_security = on; SET LOCAL search_path = DEFAULT`
        .text,
    );
    return await undone(own, () => act(own));
  } finally {
    await own.query("ROLLBACK").catch(() => undefined);
    await own.end();
  }
}

/** Who is connected, and to what: a server tells when it was started. */
const WHERE = "SELECT session_user, current_database(), pg_postmaster_start_time()::text";
