/**
 * `DATABASES` of Django 5.1 or newer, whose own pool is that of psycopg.
 * https://docs.djangoproject.com/en/5.2/ref/databases/#postgresql-notes
 */
import { keywords } from "./keywords.ts";
import type { Client, ClientSettings, Endpoint } from "./model.ts";
import { literal, PYTHON, type Value } from "./quote.ts";
import { environ, environImport } from "./sqlalchemy.ts";

export const django: Client = {
  title: "Django",
  engines: ["postgresql"],
  file: (name) => `${name}_databases.py`,
  comment: "#",
  replicas: true,
  write(settings) {
    const { replicas, pooled } = settings;
    // Tests must not look for their rows where nothing of the test has been written.
    const reading = replicas.map((replica) => [
      `read_${replica.name}`,
      { ...database(settings, replica), TEST: { MIRROR: "default" } },
    ]);
    const databases = { default: database(settings, settings), ...Object.fromEntries(reading) };
    return {
      text: `${environImport(settings)}DATABASES = ${literal(PYTHON, databases)}\n`,
      notes: [
        ...(pooled ? [] : ["The pool needs Django 5.1 or newer and `psycopg[pool]`."]),
        ...(reading.length === 0 ? [] : ["Which queries go to `read_…` is decided by a router: DATABASE_ROUTERS."]),
      ],
    };
  },
};

function database(settings: ClientSettings, { host, port }: Endpoint): { readonly [key: string]: Value } {
  const { user, password, pool, pooled } = settings;
  const own = {
    min_size: pool.size,
    max_size: pool.size + pool.overflow,
    timeout: pool.timeout,
    max_lifetime: pool.recycle,
  };
  return {
    ENGINE: "django.db.backends.postgresql",
    NAME: settings.database,
    USER: user,
    ...(password !== undefined && { PASSWORD: environ(password) }),
    HOST: host,
    PORT: `${port}`,
    CONN_MAX_AGE: 0,
    CONN_HEALTH_CHECKS: pool.prePing,
    // They outlive the transaction that opened them.
    DISABLE_SERVER_SIDE_CURSORS: pooled,
    OPTIONS: { ...keywords(settings), ...(!pooled && { pool: own }) },
  };
}
