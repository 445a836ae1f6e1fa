/**
 * Proofs one after the other, each in a savepoint that is rolled back: roles, rows and settings that it makes are gone
 * before the next begins. Checks run where nothing can be written at all. Outside of an apply, all of it stands in
 * transactions of its own, which are rolled back as well.
 */
import { address } from "../../../core/address.ts";
import type { ProofContext, Target } from "../../../core/engine.ts";
import { Refusal } from "../../../core/errors.ts";
import { disclosure } from "../../../core/proofs/disclosure.ts";
import { type Claim, notProved, type Proof, type ProofResult, type Verdict } from "../../../core/proofs/model.ts";
import type { Role } from "../../../core/specs.ts";
import { sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { lit } from "../quote.ts";
import { type Proving, proveAccess } from "./access.ts";
import { refusal, undone } from "./attempt.ts";
import { proveNobodys } from "./nobodys.ts";
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
  const { client, target, within, lockTimeout } = run;
  const shows = disclosure(context.desired, context.inspection.catalog);
  const login = within ? undefined : run.login;
  const proving: Proving = { client, target, context, shows, login, described: new Map() };
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
      const verdict = await proveOne(proof, proving, lockTimeout);
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

async function proveOne({ claim }: Proof, proving: Proving, lockTimeout: number): Promise<Verdict> {
  const timeout = claim.sort === "access" ? claim.timeout : (claim.sort === "quality" && claim.check.timeout) || "60s";
  // Read-only until the savepoint is rolled back, also in a transaction that writes.
  const readOnly = claim.sort === "quality" ? sql`; SET LOCAL transaction_read_only = on` : sql``;
  // Until a role is taken on, the connected one acts: no function that somebody put into a schema of the path is its to run.
  const settings = sql`SET LOCAL statement_timeout = ${lit(timeout)}; SET LOCAL lock_timeout = ${lit(`${lockTimeout}ms`)}; SET LOCAL row_security = on; SET LOCAL search_path = pg_catalog; SET LOCAL client_min_messages = error${readOnly}`;
  try {
    return await undone(proving.client, () => tried(claim, proving), settings);
  } catch (problem) {
    // A login that was refused tells by itself what to do.
    if (problem instanceof Refusal) return notProved(...problem.diagnostics.map(({ summary }) => summary));
    return notProved(hindrance(refusal(problem)));
  }
}

function tried(claim: Claim, proving: Proving): Promise<Verdict> {
  switch (claim.sort) {
    case "access":
      return proveAccess(claim, proving);
    case "reads only":
      return proveReadsOnly(claim, proving);
    case "nobody's":
      return proveNobodys(claim, proving);
    case "quality":
      return proveQuality(claim.check, proving);
  }
}
