/** An engine of SQLAlchemy with psycopg 3. https://docs.sqlalchemy.org/en/20/core/pooling.html */
import { addresses, keywords, READ_FROM_REPLICAS, readHosts } from "./keywords.ts";
import type { Client, ClientSettings, Endpoint } from "./model.ts";
import { Code, literal, PYTHON, type Value } from "./quote.ts";

const DRIVER = "postgresql+psycopg";

export const sqlalchemy: Client = {
  title: "SQLAlchemy with psycopg",
  engines: ["postgresql"],
  file: (name) => `${name}_database.py`,
  comment: "#",
  replicas: true,
  write(settings) {
    const { pooled, replicas } = settings;
    const options = {
      ...engineOptions(settings),
      // When it has run a statement five times psycopg prepares it, and the next server connection would not know it.
      ...(pooled && { connect_args: { prepare_threshold: new Code("None") } }),
    };
    const readUrl = urlOf(DRIVER, settings, readHosts(settings), READ_FROM_REPLICAS);
    const reading =
      replicas.length === 0 ? "" : `\nread_url = ${readUrl}\nread_engine = create_engine(read_url, **options)\n`;
    const text = `${environImport(settings)}from sqlalchemy import URL, create_engine
${poolImport(settings)}
url = ${urlOf(DRIVER, settings)}
options = ${literal(PYTHON, options)}
engine = create_engine(url, **options)
${reading}`;
    return { text };
  },
};

/** What opens a file that reads the environment. */
export function environImport({ password }: ClientSettings): string {
  return password === undefined ? "" : "import os\n\n";
}

/** A variable of the environment, which must be set. */
export function environ(name: string): Code {
  return new Code(`os.environ[${literal(PYTHON, name)}]`);
}

/** What opens a file with `engineOptions`. */
export function poolImport({ pooled }: ClientSettings): string {
  return pooled ? "from sqlalchemy.pool import NullPool\n" : "";
}

/** `URL.create(…)`: several hosts, and the folder of a socket, go into the query. */
export function urlOf(
  driver: string,
  settings: ClientSettings,
  at: readonly Endpoint[] = [settings],
  more: Readonly<Record<string, string>> = {},
): string {
  const { user, password, host, port, database } = settings;
  const isSimple = at.length === 1 && !host.startsWith("/");
  const fields: Readonly<Record<string, Value>> = {
    drivername: driver,
    username: user,
    ...(password !== undefined && { password: environ(password) }),
    ...(isSimple && { host, port }),
    database,
    query: { ...(!isSimple && addresses(at)), ...keywords(settings), ...more },
  };
  const lines = Object.entries(fields).map(([name, value]) => `    ${name}=${literal(PYTHON, value, "    ")},\n`);
  return `URL.create(\n${lines.join("")})`;
}

/** What `create_engine` is told of its pool. */
export function engineOptions({ pool, pooled }: ClientSettings): { readonly [option: string]: Value } {
  if (pooled) return { poolclass: new Code("NullPool") };
  return {
    pool_size: pool.size,
    max_overflow: pool.overflow,
    pool_timeout: pool.timeout,
    pool_recycle: Math.ceil(pool.recycle),
    pool_pre_ping: pool.prePing,
  };
}
