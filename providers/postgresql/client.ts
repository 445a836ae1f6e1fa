/** One connection to the server, and what its failures mean. https://node-postgres.com/apis/client */
import { checkServerIdentity, type ConnectionOptions as TlsOptions } from "node:tls";
import type { ClientConfig, Client as PgClient } from "pg";
import { error } from "../../core/diagnostic.ts";
import { milliseconds } from "../../core/duration.ts";
import type { ConnectOptions } from "../../core/engine.ts";
import { Refusal } from "../../core/errors.ts";
import { type Tunnel, tunnelThrough, type Way } from "../../core/network/tunnel.ts";
import { type Retry, retried } from "../../core/retry.ts";
import type { DataSource } from "../../core/specs.ts";
import { configOf } from "./config.ts";
import { bastionRefusal, connectionRefusal, mayPass, withoutPassword } from "./failures.ts";
import { iamToken, type Login } from "./iam.ts";
import type { Row } from "./snapshot.ts";

/** A session. */
export interface Client {
  /** One round trip: one statement or several, each with its rows as text. */
  query(text: string): Promise<Row[][]>;
  /** A single statement with parameters. */
  ask(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** How many statements of the text under way have completed. */
  readonly completed: number;
  end(): Promise<void>;
}

/** Names in our own SQL are those of `pg_catalog`: elsewhere somebody may have planted an operator that fits better. */
export const NO_PATH = "SET search_path = ''";

/**
 * Texts that the server writes, and literals that it reads, mean the same for everybody, whatever the role, the database
 * or the machine has set: a moment without a time zone is one of UTC.
 */
const SETTINGS = `${NO_PATH}; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 1;
SET bytea_output = 'hex'; SET xmloption = 'content'; SET standard_conforming_strings = on; SET quote_all_identifiers = off`;

/** Where a connection goes, and how it gets there. */
export interface Endpoint extends Login {
  readonly database: string;
  /** TLS mode `prefer` is `ssl: undefined` here: encrypted where the server can. */
  readonly config: ClientConfig;
  readonly retry: Retry;
  readonly tunnel?: Tunnel;
  /** In place of a password. */
  readonly token?: (login: Login) => Promise<string>;
}

/** Where to connect: the URL of the run, the URL that the document refers to, or its fields; then the usual defaults. */
export async function endpoint(source: DataSource, options: ConnectOptions): Promise<Endpoint> {
  const { retry, tunnel, iam, connectTimeout = 10 } = source.connection;
  const given = await configOf(source, options);
  const user = given.user ?? process.env.PGUSER ?? "postgres";
  const host = given.host ?? process.env.PGHOST ?? "localhost";
  const port = given.port ?? Number(process.env.PGPORT ?? 5432);
  const database = given.database ?? process.env.PGDATABASE ?? user;
  const patience = connectTimeout * 1000;
  return {
    host,
    port,
    database,
    user,
    config: {
      ...given,
      ...{ host, port, database, user },
      application_name: "datumline",
      connectionTimeoutMillis: patience,
      keepAlive: true,
    },
    retry: { attempts: retry?.attempts ?? 3, delay: milliseconds(retry?.delay ?? "250ms") },
    ...(tunnel && { tunnel: tunnelThrough(tunnel, { secret: options.secret, patience }) }),
    ...(iam && { token: (login) => iamToken(login, iam) }),
  };
}

/** The way through the tunnel, where there is one. */
export async function wayTo({
  tunnel,
  host,
  port,
}: Pick<Endpoint, "tunnel" | "host" | "port">): Promise<Way | undefined> {
  const bracketed = host.includes(":") ? `[${host}]` : host;
  return tunnel?.(host.startsWith("/") ? `${host}/.s.PGSQL.${port}` : `${bracketed}:${port}`);
}

/** `told`: which attempt it was that succeeded. */
export async function open(at: Endpoint, told?: (attempt: number) => void): Promise<Client> {
  const client = await connected(at, SETTINGS, told);
  let completed = 0;
  let lost: Error | undefined;
  // Without a listener a broken connection would end the process; the next query reports it.
  client.on("error", (problem: Error) => {
    lost = problem;
  });
  const wire = (client as unknown as { connection: Wire }).connection;
  wire.on("commandComplete", () => {
    completed += 1;
  });
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    if (lost) throw connectionRefusal(lost, `${at.host}:${at.port}`);
    return work();
  };
  return {
    get completed() {
      return completed;
    },
    query: (text) =>
      guarded(async () => {
        completed = 0;
        const result: unknown = await client.query({ text, rowMode: "array" });
        return (Array.isArray(result) ? result : [result]).map((one: { rows: Row[] }) => one.rows);
      }),
    ask: (text, values) =>
      guarded(async () => (await client.query({ text, values: [...values], rowMode: "array" })).rows as Row[]),
    end: () => ended(client, wire),
  };
}

/** What the driver has underneath. */
type Wire = NodeJS.EventEmitter & { readonly stream: { destroy(): void } };

/** Milliseconds that the server has to close a connection. */
const GOODBYE = 1000;

/** A server that no longer answers would keep the process from ending. */
function ended(client: PgClient, wire: Wire): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(() => wire.stream.destroy(), GOODBYE);
    client
      .end()
      .catch(() => undefined)
      .finally(() => {
        clearTimeout(timer);
        done();
      });
  });
}

/** A connection of the driver; `settings` are sent first: a pooler's console takes none. */
export async function connected(at: Endpoint, settings: string, told?: (attempt: number) => void): Promise<PgClient> {
  const { config, host, port, token } = at;
  const { Client: Driver } = await driver();
  const way = await wayTo(at);
  const once = async (ssl: TlsOptions | false): Promise<PgClient> => {
    const client = new Driver({
      ...config,
      ssl: ssl && { checkServerIdentity: (_, shown) => checkServerIdentity(host, shown), ...ssl },
      types: { getTypeParser: () => (value: string) => value } as never,
      ...(token && { password: () => token(at) }),
      ...(way && { stream: () => way.socket() }),
    });
    client.on("error", () => undefined);
    try {
      await client.connect();
      if (settings !== "") await client.query(settings);
      return client;
    } catch (problem) {
      await client.end().catch(() => undefined);
      throw (!client.password && withoutPassword(problem, `${host}:${port}`)) || problem;
    }
  };
  const attempted = async (): Promise<PgClient> => {
    if (config.ssl !== undefined) return once(config.ssl as TlsOptions | false);
    return once(PREFERRED).catch((problem: Error) => {
      if (/does not support SSL/.test(problem.message)) return once(false);
      throw problem;
    });
  };
  try {
    const { result: client, attempt } = await retried(attempted, at.retry, mayPass);
    client.once("end", () => way?.leave());
    told?.(attempt);
    return client;
  } catch (problem) {
    const where = `${host}:${port}`;
    const unreached = await bastionRefusal(way, where);
    way?.leave();
    throw unreached ?? connectionRefusal(problem, where);
  }
}

/** Encrypted where the server can, without looking at its certificate: what libpq does when nothing is said. */
const PREFERRED: TlsOptions = { rejectUnauthorized: false, checkServerIdentity: () => undefined };

async function driver(): Promise<{ Client: typeof PgClient }> {
  try {
    return (await import("pg")).default;
  } catch {
    throw new Refusal([
      error("DRIVER_MISSING", "The driver for PostgreSQL is not installed", { detail: "Install it: npm install pg" }),
    ]);
  }
}
