/**
 * Proofs one after the other, each in a savepoint that is rolled back: roles, rows and settings that it makes are gone
 * before the next begins. Checks run where nothing can be written at all. Outside of an apply, all of it stands in
 * transactions of its own, which are rolled back as well.
 */
import { address } from "../../../core/address.ts";
import type { ProofContext, Target } from "../../../core/engine.ts";
import { Refusal } from "../../../core/errors.ts";
import { type Disclosure, disclosure } from "../../../core/proofs/disclosure.ts";
import { notProved, type Proof, type ProofResult, type Verdict } from "../../../core/proofs/model.ts";
import type { Role } from "../../../core/specs.ts";
import { sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { lit } from "../quote.ts";
import { type Proving, proveAccess } from "./access.ts";
import { refusal } from "./attempt.ts";
import { hindrance } from "./observe.ts";
import { proveQuality } from "./quality.ts";
import { proveReadsOnly } from "./reads-only.ts";

export interface Run {
  readonly client: Client;
  readonly target: Target;
  /** Milliseconds. */
  readonly lockTimeout: number;
  /** A transaction is under way, which is to go on afterwards. */
  readonly within: boolean;
  readonly login: NonNullable<Proving["login"]>;
}

export async function* prove(proofs: readonly Proof[], context: ProofContext, run: Run): AsyncIterable<ProofResult> {
  const { client, within } = run;
  const shows = disclosure(context.desired, context.inspection.catalog);
  let open: string | undefined;
  try {
    for (const proof of inRunningOrder(proofs, context)) {
      const begin = proof.claim.sort === "quality" ? "BEGIN READ ONLY" : "BEGIN";
      if (!within && open !== begin) {
        if (open !== undefined) await client.query("ROLLBACK");
        await client.query(begin);
        open = begin;
      }
      const started = performance.now();
      const verdict = await proveOne(proof, shows, context, run);
      yield { proof, ...verdict, milliseconds: Math.round(performance.now() - started) };
    }
  } finally {
    if (open !== undefined) await client.query("ROLLBACK").catch(() => undefined);
  }
}

/**
 * A setting of one's own (`app.tenant`) that was given a value once is never NULL again in a session, but empty. So what
 * gives none is tried first, and finds the session as a new one would be; checks come last.
 */
function inRunningOrder(proofs: readonly Proof[], { desired }: ProofContext): Proof[] {
  const turn = ({ claim }: Proof): number => {
    if (claim.sort !== "access") return claim.sort === "quality" ? 2 : 0;
    const { settings, databaseSettings } = (desired.get(address("Role", claim.as))?.spec ?? {}) as Partial<Role>;
    return [claim.settings, settings, databaseSettings].some((given) => given && Object.keys(given).length > 0) ? 1 : 0;
  };
  return [...proofs].sort((a, b) => turn(a) - turn(b));
}

async function proveOne(
  { claim }: Proof,
  shows: Disclosure,
  context: ProofContext,
  { client, target, lockTimeout, within, login }: Run,
): Promise<Verdict> {
  const timeout = claim.sort === "access" ? claim.timeout : (claim.sort === "quality" && claim.check.timeout) || "60s";
  // Read-only until the savepoint is rolled back, also in a transaction that writes.
  const readOnly = claim.sort === "quality" ? sql`; SET LOCAL transaction_read_only = on` : sql``;
  await client.query(
    sql`SAVEPOINT datumline_proof; SET LOCAL statement_timeout = ${lit(timeout)}; SET LOCAL lock_timeout = ${lit(`${lockTimeout}ms`)}; SET LOCAL row_security = on; SET LOCAL search_path = DEFAULT; SET LOCAL client_min_messages = error${readOnly}`
      .text,
  );
  try {
    switch (claim.sort) {
      case "access":
        return await proveAccess(claim, { client, target, context, shows, login: within ? undefined : login });
      case "reads only":
        return await proveReadsOnly(claim, client, target);
      case "quality":
        return await proveQuality(claim.check, { client, context, shows });
    }
  } catch (problem) {
    // A login that was refused tells by itself what to do.
    if (problem instanceof Refusal) return notProved(...problem.diagnostics.map(({ summary }) => summary));
    return notProved(hindrance(refusal(problem)));
  } finally {
    await client.query("ROLLBACK TO SAVEPOINT datumline_proof; RELEASE SAVEPOINT datumline_proof");
  }
}
