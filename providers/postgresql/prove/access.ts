/**
 * Tries what a role sees or may do: rows are planted by the connected role, then it acts as the role, and what it saw is
 * judged. Everything happens in the savepoint that `run.ts` rolls back.
 */
import type { ProofContext, Target } from "../../../core/engine.ts";
import type { Disclosure } from "../../../core/proofs/disclosure.ts";
import { judge, type Seen, type SeenRow } from "../../../core/proofs/judge.ts";
import { type AccessClaim, notProved, type Verdict } from "../../../core/proofs/model.ts";
import { join, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { textFault } from "../lexer.ts";
import { id, lit, named } from "../quote.ts";
import { Refused, rowsOf } from "./attempt.ts";
import { observe } from "./observe.ts";
import { NotPlanted, plant, textsOf, valuesOf } from "./plant.ts";
import { applySettings, become, makeProbe } from "./role.ts";
import { filtered, scope, sourceOf, unmet } from "./source.ts";

export interface Proving {
  readonly client: Client;
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
  const planted = await plantAll(claim, client);
  // That a table shows nothing to a role can be told without a row, where none can be planted: see `showsNothing`.
  if (planted instanceof NotPlanted && !(claim.granted && claim.expect.none)) return notProved(planted.reason);
  const prepared =
    claim.command === "insert" ? await valuesOf(client, claim.on as string, claim.values ?? {}) : new Map();
  if (prepared instanceof NotPlanted) return notProved(prepared.reason);
  await client.query(scope(claim.on, proving.context).text);
  const there = await whatIsThere(claim, client);
  const seen = await asRole(claim, proving, async (actor) =>
    observe(claim, actor, { values: prepared, planted: planted instanceof NotPlanted ? [] : planted }),
  );
  if (typeof seen === "string") return notProved(seen);
  const rows = planted instanceof NotPlanted || claim.where || claim.query ? 0 : planted.length;
  // The connected role may be held by policies itself, and not see what it has planted.
  const known = {
    anyRow: rows > 0 || there.anyRow,
    // Fewer rows are seen than were planted, so that one of these is hidden.
    anyOutside: rows > (seen.count ?? 0) || there.anyOutside,
  };
  const verdict = judge(claim, { ...known, ...seen }, claim.query ? shows.ofQuery : shows.of(claim.on as string));
  if (verdict.outcome !== "not proved" || !(planted instanceof NotPlanted)) return verdict;
  return notProved(...verdict.reasons, planted.reason);
}

async function plantAll(claim: AccessClaim, client: Client): Promise<readonly SeenRow[] | NotPlanted> {
  const { into = "", rows = [] } = claim.plant ?? {};
  const { hides } = claim.expect;
  const planted: SeenRow[] = [];
  for (const row of rows) {
    const one = await plant(client, into, row, hides && { fill: hides });
    if (!(one instanceof NotPlanted)) planted.push(one);
    // Of rows that differ only to meet a view's condition, one is enough.
    else if (!hides || row === rows.at(-1)) {
      const there = hides ? await rowThere(client, into, hides) : undefined;
      if (there) planted.push(there);
      else if (planted.length === 0 || !hides) return one;
    }
  }
  return planted;
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
async function whatIsThere(claim: AccessClaim, client: Client): Promise<Pick<Seen, "anyRow" | "anyOutside">> {
  const { expect, allowEmpty } = claim;
  const asks = expect.only ?? expect.none ?? expect.count;
  if (asks === undefined || allowEmpty) return {};
  await client.query("SAVEPOINT datumline_there");
  await applySettings(client, claim.settings);
  const source = sourceOf(claim);
  const outside =
    expect.only === undefined ? sql`NULL` : sql`EXISTS (SELECT FROM ${filtered(source, unmet(expect.only))})`;
  const rows = await rowsOf(client, sql`SELECT EXISTS (SELECT FROM ${filtered(source)}), ${outside}`);
  await client.query("ROLLBACK TO SAVEPOINT datumline_there; RELEASE SAVEPOINT datumline_there");
  if (rows instanceof Refused) return {};
  const [some, other] = rows[0] ?? [];
  return { anyRow: some === "t", anyOutside: other === "t" };
}

/** Acts as the role, by SET ROLE or by a login of its own; or says why that cannot be. */
async function asRole(
  claim: AccessClaim,
  proving: Proving,
  act: (actor: Client) => Promise<Seen | string>,
): Promise<Seen | string> {
  const { client, target, login } = proving;
  const actOn = async (on: Client): Promise<Seen | string> => {
    const hindrance = await applySettings(on, claim.settings);
    return hindrance ?? act(on);
  };
  if (claim.url && login) return asLogin(claim, await login(claim.url), proving, actOn);
  const probe =
    claim.as === "public" ? await makeProbe(client, claim.granted ? claim.on : undefined) : { role: claim.as };
  if (typeof probe === "string") return probe;
  const hindrance = await become(client, probe.role, target);
  if (hindrance !== undefined) return hindrance;
  if (!claim.query) await client.query(scope(claim.on, proving.context).text);
  return actOn(client);
}

async function asLogin(
  claim: AccessClaim,
  own: Client,
  { client, context }: Proving,
  act: (client: Client) => Promise<Seen | string>,
): Promise<Seen | string> {
  try {
    const [[here], [there]] = [await client.query(WHERE), await own.query(WHERE)];
    const [user, ...place] = there?.[0] ?? [];
    if (user !== claim.as) return `its \`url\` logs in as ${user}, not as ${claim.as}`;
    if (place.join() !== here?.[0]?.slice(1).join())
      return "its `url` leads to another server or database than the one that is tested";
    await own.query(sql`BEGIN; SET LOCAL statement_timeout = ${lit(claim.timeout)}; SET LOCAL row_security = on`.text);
    if (!claim.query) await own.query(scope(claim.on, context).text);
    return await act(own);
  } finally {
    await own.query("ROLLBACK").catch(() => undefined);
    await own.end();
  }
}

/** Who is connected, and to what: a server tells when it was started. */
const WHERE = "SELECT session_user, current_database(), pg_postmaster_start_time()::text";
