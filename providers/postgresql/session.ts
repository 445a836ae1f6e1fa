import { type Address, readable } from "../../core/address.ts";
import type { Catalog } from "../../core/catalog.ts";
import { type Diagnostic, error } from "../../core/diagnostic.ts";
import type { ConnectOptions, Inspection, NormaliseContext, Run, Session, Spelled, Target } from "../../core/engine.ts";
import { Refusal, StatementError } from "../../core/errors.ts";
import type { DataSource } from "../../core/specs.ts";
import { fill, type Sql, sql } from "../../core/sql.ts";
import { type Client, endpoint, NO_PATH, open } from "./client.ts";
import { FINGERPRINT } from "./fingerprint.ts";
import { type Answers, READS, toInspection } from "./inspection.ts";
import { PostgresLedger } from "./ledger.ts";
import { passwordState } from "./passwords.ts";
import { prove } from "./prove/run.ts";
import { id, lit } from "./quote.ts";
import { readAll } from "./reader.ts";
import { verifier } from "./scram.ts";
import { seedHashes } from "./seed-hashes.ts";
import { answers, shadow } from "./shadow.ts";

/** Statements of one round trip. */
const BATCH = 500;
/** Oldest and newest major version that Datumline knows. */
const OLDEST = 13;
/** Any number that no other program is likely to use; the key of the lock that applies wait for. */
const LOCK_KEY = 3_517_264_101;
/** Locks that creating a table takes: the table, its columns' sequences, keys and their like. */
const LOCKS_PER_TABLE = 15;

export async function connect(source: DataSource, options: ConnectOptions): Promise<Session> {
  const at = await endpoint(source, options);
  let connections = 0;
  let roundTrips = 0;
  const counted = async (): Promise<Client> => {
    connections += 1;
    // To connect, and for the settings of the session.
    roundTrips += 2;
    const client = await open(at);
    return {
      get completed() {
        return client.completed;
      },
      query: (text) => {
        roundTrips += 1;
        return client.query(text);
      },
      ask: (text, values) => {
        roundTrips += 1;
        return client.ask(text, values);
      },
      end: client.end,
    };
  };
  // A second connection halves the time of an inspection; where the server grants only one, one will do.
  const [client, helper] = await Promise.all([counted(), counted().catch(() => undefined)]);
  const server = await identify(client, source, `${at.host}:${at.port}/${at.database}`);
  const { target, ledgerSchema } = server;
  const takes = (schema: string): boolean =>
    !schema.startsWith("pg_") && schema !== "information_schema" && schema !== ledgerSchema;
  const ledger =
    ledgerSchema === undefined
      ? undefined
      : new PostgresLedger(
          client,
          {
            schema: ledgerSchema,
            major: Math.floor(target.versionNumber / 10000),
            user: target.user,
            source: source.name,
          },
          server.ledgerExists,
        );
  const lockTimeout = (source.connection.lockTimeout ?? 10) * 1000;
  let inTransaction = false;

  const sent = new Set<string>();
  const probed = async (probes: Catalog): Promise<Pick<Answers, "passwords" | "seeds">> => ({
    passwords: await passwordState(client, probes, server.readsPasswords, ledger, options.secret, sent),
    seeds: await seedHashes(client, probes, inTransaction),
  });

  return {
    target,
    ledger,
    get traffic() {
      return { roundTrips, connections };
    },
    async fingerprint() {
      return `${target.identity} ${target.versionNumber} ${(await client.query(FINGERPRINT.text))[0]?.[0]?.[0]}`;
    },
    async inspect(probes): Promise<Inspection> {
      const reading = { version: target.versionNumber, within: () => sql`` };
      const rows = await readAll(READS, reading, client, inTransaction ? undefined : helper, inTransaction);
      return toInspection({ target, rows, takes, probes, ...(await probed(probes)) });
    },
    async probe(probes) {
      const { passwords, seeds } = await probed(probes);
      return JSON.stringify([[...passwords.keys()].sort(), [...seeds].sort()]);
    },
    async spell(objects: Catalog, context: NormaliseContext): Promise<Spelled> {
      const made = shadow(objects, context, target);
      await client.query(
        inTransaction ? "SAVEPOINT datumline_shadow" : `BEGIN; SET LOCAL lock_timeout = ${lockTimeout}`,
      );
      try {
        if (made.script) await client.query(made.script);
        const reading = { version: target.versionNumber, within: withinShadow };
        const rows = await readAll(READS, reading, client, undefined, true);
        const read = toInspection({
          target,
          rows,
          takes: made.takes,
          probes: new Map(),
          passwords: new Map(),
          seeds: new Map(),
        });
        return answers(made, read.catalog, await hashes(client, made.seeds), objects);
      } catch (problem) {
        const { code } = problem as { code?: string };
        if (code !== "42501" && code !== "25006") throw problem;
        // Where nothing may be made nothing can be spelled; then every text that the ledger does not know counts as changed.
        if (ledger) return new Map();
        throw cannotSpell(code, target);
      } finally {
        await client.query(inTransaction ? "ROLLBACK TO SAVEPOINT datumline_shadow" : "ROLLBACK");
      }
    },
    async lock() {
      await client.ask("SELECT pg_advisory_lock($1)", [LOCK_KEY]);
    },
    async begin() {
      await client.query(`BEGIN; SET LOCAL lock_timeout = ${lockTimeout}; SET LOCAL client_min_messages = warning`);
      inTransaction = true;
    },
    async run(runs, progress) {
      for (let at = 0; at < runs.length; at += BATCH) {
        await runBatch(client, runs.slice(at, at + BATCH), options, inTransaction);
        progress(Math.min(at + BATCH, runs.length));
      }
      if (runs.some(({ enter }) => enter !== undefined)) await client.query(NO_PATH);
      for (const { secrets } of runs) for (const { subject } of secrets) sent.add(subject);
    },
    async commit() {
      inTransaction = false;
      await client.query("COMMIT");
    },
    async rollback() {
      inTransaction = false;
      await client.query("ROLLBACK").catch(() => undefined);
    },
    prove: (proofs, context) =>
      prove(proofs, context, {
        client,
        target,
        lockTimeout,
        within: inTransaction,
        login: async (url) => {
          connections += 1;
          const { user: _, password: __, iam: ___, ...way } = source.connection;
          const there = await endpoint(
            { ...source, connection: { ...way, url } },
            { ...options, url: await options.secret(url) },
          );
          return open({ ...there, ...(at.tunnel && { tunnel: at.tunnel }) });
        },
      }),
    preflight: async (runs) => preflight(runs, server),
    async close() {
      await Promise.all([client.end(), helper?.end()]);
    },
  };
}

function cannotSpell(code: string, { database, user }: Target): Refusal {
  const what = "Without a ledger every plan asks the server how it spells each text, in a transaction that is undone";
  const problem =
    code === "25006"
      ? error("READ_ONLY", "The server accepts no writes", { detail: `${what}. Connect to the primary.` })
      : error("MISSING_PRIVILEGE", `${user} may not create schemas in ${database}`, {
          detail: `${what}. Keep a ledger, or run: ${sql`GRANT CREATE ON DATABASE ${id(database ?? "")} TO ${id(user)}`.text}`,
        });
  return new Refusal([problem]);
}

function withinShadow(relation: Sql): Sql {
  return sql` AND ${relation} IN (SELECT s.oid FROM pg_class s JOIN pg_namespace sn ON sn.oid = s.relnamespace WHERE sn.nspname LIKE 'datumline\\_shadow\\_%')`;
}

async function hashes(client: Client, seeds: ReadonlyMap<Address, Sql>): Promise<Map<Address, string>> {
  const found = new Map<Address, string>();
  for (const [at, statement] of seeds) {
    try {
      const results = await client.query(
        `SAVEPOINT datumline_seed; ${statement.text}; RELEASE SAVEPOINT datumline_seed`,
      );
      const hash = results.at(-2)?.[0]?.[0];
      if (hash) found.set(at, hash);
    } catch {
      // The query is wrong or needs what is not there yet: then it counts as changed, and running it will tell.
      await client.query("ROLLBACK TO SAVEPOINT datumline_seed");
    }
  }
  return found;
}

interface Server {
  readonly target: Target;
  readonly ledgerSchema: string | undefined;
  readonly ledgerExists: boolean;
  readonly readsPasswords: boolean;
  readonly locks: number;
}

async function identify(client: Client, source: DataSource, location: string): Promise<Server> {
  const ledger = source.ledger ?? {};
  const ledgerSchema = ledger === "none" ? undefined : (ledger.schema ?? "datumline");
  const [rows] = await client.query(
    sql`SELECT current_setting('server_version'), current_setting('server_version_num'), current_user, current_database(),
  (SELECT oid FROM pg_database WHERE datname = current_database()),
  EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${lit(ledgerSchema ?? "")} AND c.relname = 'ledger'),
  has_table_privilege('pg_authid', 'SELECT'), has_function_privilege('pg_control_system()', 'EXECUTE'),
  current_setting('max_locks_per_transaction')::int * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int),
  pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'`.text,
  );
  const [version, versionNumber, user, database, oid, ledgerExists, readsPasswords, control, locks] = (rows?.[0] ??
    []) as readonly string[];
  if (Number(versionNumber) < OLDEST * 10000) {
    const detail = `Datumline supports PostgreSQL ${OLDEST} and newer.`;
    throw new Refusal([error("UNSUPPORTED_VERSION", `The server is PostgreSQL ${version}`, { detail })]);
  }
  const system =
    control === "t" ? (await client.query("SELECT system_identifier FROM pg_control_system()"))[0]?.[0]?.[0] : location;
  return {
    target: {
      engine: "postgresql",
      identity: `${system}/${oid}`,
      location,
      version: (version as string).split(" ")[0] as string,
      versionNumber: Number(versionNumber),
      user: user as string,
      database: database as string,
    },
    ledgerSchema,
    ledgerExists: ledgerExists === "t",
    readsPasswords: readsPasswords === "t",
    locks: Number(locks),
  };
}

/** Several statements in one round trip; which of them failed is told by how many completed. */
async function runBatch(
  client: Client,
  runs: readonly Run[],
  options: ConnectOptions,
  inTransaction: boolean,
): Promise<void> {
  const texts: string[] = [];
  const owners: Run[] = [];
  for (const run of runs) {
    if (run.enter) {
      texts.push(run.enter);
      owners.push(run);
    }
    texts.push(await withSecrets(run, options));
    owners.push(run);
  }
  try {
    // Outside a transaction each statement goes alone: several in one text would form a transaction of their own.
    if (inTransaction) await client.query(texts.join("\n;\n"));
    else for (const text of texts) await client.query(text);
  } catch (problem) {
    if (problem instanceof Refusal) throw problem;
    const failed = runs.length === 1 ? runs[0] : owners[statementAt(problem, texts) ?? client.completed];
    throw statementError(problem, failed);
  }
}

/** A statement that does not parse fails before any runs; its place in the text is what the server tells. */
function statementAt(problem: unknown, texts: readonly string[]): number | undefined {
  const position = Number((problem as { position?: string }).position);
  if (!position || (problem as { code?: string }).code !== "42601") return undefined;
  let end = 0;
  return texts.findIndex((text) => {
    end += text.length + 3;
    return position <= end;
  });
}

async function withSecrets(run: Run, options: ConnectOptions): Promise<string> {
  if (run.secrets.length === 0) return run.text;
  const values = await Promise.all(
    run.secrets.map(async (hole) => lit(verifier(await options.secret(hole.secret))).text),
  );
  return fill(run.text, run.secrets, (hole) => values[run.secrets.indexOf(hole)] as string);
}

function statementError(problem: unknown, run: Run | undefined): StatementError {
  const { message, code, detail, hint } = problem as { message: string; code?: string; detail?: string; hint?: string };
  const place = run?.address ? `${readable(run.address)}: ` : "";
  return new StatementError(`${place}${message}${detail ? ` (${detail})` : ""}`, {
    ...(code && { engineCode: code }),
    ...(run && { statement: run.text }),
    ...(run?.address && { address: run.address }),
    ...(hint && { hint }),
    cause: problem,
  });
}

function preflight(runs: readonly Run[], server: Server): Diagnostic[] {
  const tables = runs.filter((run) => /^CREATE (UNLOGGED )?TABLE /.test(run.text)).length;
  const needed = tables * LOCKS_PER_TABLE;
  // The server keeps some room beyond the configured locks; measured, three times as many fit.
  if (needed <= server.locks * 3.5) return [];
  const detail = `Creating ${tables} tables takes about ${needed} locks and the server has ${server.locks}. Raise max_locks_per_transaction (it needs a restart), or declare fewer tables at a time.`;
  return [error("LOCKS_EXHAUSTED", "The server has too few locks for one transaction of this size", { detail })];
}
