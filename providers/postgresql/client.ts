/** One connection to the server, and what its failures mean. https://node-postgres.com/apis/client */
import type { ConnectionOptions as TlsOptions } from "node:tls";
import type { ClientConfig, Client as PgClient } from "pg";
import type { Code } from "../../core/codes.ts";
import { error } from "../../core/diagnostic.ts";
import type { ConnectOptions } from "../../core/engine.ts";
import { Refusal } from "../../core/errors.ts";
import type { DataSource } from "../../core/specs.ts";
import type { Row } from "./snapshot.ts";

/** A session. TLS mode `prefer` is `ssl: undefined` here: encrypted where the server can. */
export interface Client {
  /** One round trip: one statement or several, each with its rows as text. */
  query(text: string): Promise<Row[][]>;
  /** A single statement with parameters. */
  ask(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** How many statements of the text under way have completed. */
  readonly completed: number;
  end(): Promise<void>;
}

/**
 * Texts that the server writes, and literals that it reads, mean the same for everybody, whatever the role, the database
 * or the machine has set: a moment without a time zone is one of UTC.
 */
const SETTINGS = `SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 1;
SET bytea_output = 'hex'; SET xmloption = 'content'; SET standard_conforming_strings = on; SET quote_all_identifiers = off`;

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly config: ClientConfig;
}

/** Where to connect: the URL of the run, the URL that the document refers to, or its fields; then the usual defaults. */
export async function endpoint(source: DataSource, options: ConnectOptions): Promise<Endpoint> {
  const { connection } = source;
  const url = options.url ?? (connection.url && (await options.secret(connection.url)));
  const given = url === undefined ? await fromFields(source, options) : fromUrl(url);
  const user = given.user ?? process.env.PGUSER ?? "postgres";
  const config: ClientConfig = {
    ...given,
    user,
    host: given.host ?? process.env.PGHOST ?? "localhost",
    port: given.port ?? Number(process.env.PGPORT ?? 5432),
    database: given.database ?? process.env.PGDATABASE ?? user,
    application_name: "datumline",
    connectionTimeoutMillis: (connection.connectTimeout ?? 10) * 1000,
    keepAlive: true,
  };
  return {
    host: config.host as string,
    port: config.port as number,
    database: config.database as string,
    user,
    config,
  };
}

async function fromFields({ connection }: DataSource, options: ConnectOptions): Promise<ClientConfig> {
  const { host, port, database, user, password, tls } = connection;
  const mode = tls?.mode ?? "prefer";
  const text = async (secret: NonNullable<typeof tls>["ca"]): Promise<string | undefined> =>
    secret ? options.secret(secret) : undefined;
  const [ca, cert, key] = await Promise.all([text(tls?.ca), text(tls?.cert), text(tls?.key)]);
  return defined({
    host,
    port,
    database,
    user,
    password: password && (await options.secret(password)),
    ssl: tlsOptions(mode, host, defined({ ca, cert, key })),
  });
}

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** libpq's modes. https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION */
function tlsOptions(mode: string, host: string | undefined, files: TlsOptions): TlsOptions | false | undefined {
  if (mode === "disable" || mode === "allow" || host?.startsWith("/")) return false;
  if (mode === "prefer") return undefined;
  if (mode === "require")
    return { ...files, rejectUnauthorized: files.ca !== undefined, checkServerIdentity: () => undefined };
  if (mode === "verify-ca") return { ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  return { ...files, rejectUnauthorized: true };
}

function fromUrl(text: string): ClientConfig {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    const detail =
      "It reads postgresql://USER:PASSWORD@HOST:PORT/DATABASE; special characters of a password are percent-encoded.";
    throw new Refusal([error("CONNECTION_FAILED", "The connection URL cannot be read", { detail })]);
  }
  const parameter = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  const part = (value: string | null): string | undefined => (value ? decodeURIComponent(value) : undefined);
  const host = parameter("host") ?? part(url.hostname.replace(/^\[|\]$/g, ""));
  return defined({
    host,
    port: Number(parameter("port") ?? url.port) || undefined,
    database: part(url.pathname.slice(1)),
    user: part(url.username) ?? parameter("user"),
    password: part(url.password) ?? parameter("password"),
    ssl: tlsOptions(parameter("sslmode") ?? "prefer", host, {}),
  });
}

export async function open({ config, host, port }: Endpoint): Promise<Client> {
  const client = await connected(config, `${host}:${port}`);
  let completed = 0;
  let lost: Error | undefined;
  // Without a listener a broken connection would end the process; the next query reports it.
  client.on("error", (problem: Error) => {
    lost = problem;
  });
  const wire = (client as unknown as { connection: NodeJS.EventEmitter }).connection;
  wire.on("commandComplete", () => {
    completed += 1;
  });
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    if (lost) throw connectionRefusal(lost, `${host}:${port}`);
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
    end: () => client.end().catch(() => undefined),
  };
}

async function connected(config: ClientConfig, where: string): Promise<PgClient> {
  const { Client: Driver } = await driver();
  const attempt = async (ssl: ClientConfig["ssl"]): Promise<PgClient> => {
    const client = new Driver({ ...config, ssl, types: { getTypeParser: () => (value: string) => value } as never });
    client.on("error", () => undefined);
    await client.connect();
    await client.query(SETTINGS);
    return client;
  };
  try {
    return await attempt(config.ssl ?? PREFERRED);
  } catch (problem) {
    const unencrypted = config.ssl === undefined && /does not support SSL/.test((problem as Error).message);
    if (!unencrypted) throw connectionRefusal(problem, where);
    return attempt(false).catch((second: unknown) => {
      throw connectionRefusal(second, where);
    });
  }
}

/** Encrypted where the server can, without looking at its certificate: what libpq does when nothing is said. */
const PREFERRED = { rejectUnauthorized: false, checkServerIdentity: () => undefined };

async function driver(): Promise<{ Client: typeof PgClient }> {
  try {
    return (await import("pg")).default;
  } catch {
    throw new Refusal([
      error("DRIVER_MISSING", "The driver for PostgreSQL is not installed", { detail: "Install it: npm install pg" }),
    ]);
  }
}

const BY_SQLSTATE: Readonly<Record<string, readonly [Code, string]>> = {
  "28P01": ["LOGIN_FAILED", "Check the user, and where its password comes from."],
  "28000": [
    "LOGIN_FAILED",
    "The server has no rule that lets this user in from here (pg_hba.conf), or the role may not log in.",
  ],
  "3D000": ["LOGIN_FAILED", "Check the name of the database, or create it."],
  "53300": ["CONNECTION_FAILED", "The server has no free connection slots."],
  "57P03": ["CONNECTION_FAILED", "The server is starting or shutting down; try again."],
};

const BY_ERRNO: Readonly<Record<string, readonly [Code, string]>> = {
  ECONNREFUSED: ["CONNECTION_REFUSED", "Nothing listens there. Check host and port, and that the server runs."],
  ENOTFOUND: ["CONNECTION_REFUSED", "The host name does not resolve."],
  EAI_AGAIN: ["CONNECTION_REFUSED", "The host name could not be resolved; try again."],
  ENOENT: ["CONNECTION_REFUSED", "There is no socket there. Check the directory and that the server runs."],
  EHOSTUNREACH: ["CONNECTION_REFUSED", "The host cannot be reached from here."],
  ETIMEDOUT: ["CONNECTION_REFUSED", "The host does not answer; a firewall may keep you out."],
};

function connectionRefusal(problem: unknown, where: string): Refusal {
  const { code = "", message, errors } = problem as { code?: string; message: string; errors?: Error[] };
  const text = message || errors?.map((one) => one.message).join("; ") || String(code);
  const [known, next] = BY_SQLSTATE[code] ?? BY_ERRNO[code] ?? byMessage(text);
  return new Refusal([error(known, `Cannot connect to ${where}: ${text}`, { detail: next })]);
}

function byMessage(message: string): readonly [Code, string] {
  if (/password|SASL|SCRAM/i.test(message))
    return ["LOGIN_FAILED", "The server asks for a password: check where the document takes it from."];
  if (/SSL|TLS|certificate|self.signed/i.test(message)) return ["TLS_FAILED", "Check `tls.mode` and `tls.ca`."];
  if (/timeout/i.test(message))
    return ["CONNECTION_REFUSED", "The host does not answer in time; a firewall may keep you out."];
  return ["CONNECTION_FAILED", "`datumline connect` tests the connection step by step."];
}
