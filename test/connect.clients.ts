/**
 * Every client is given exactly what was rendered for it, makes what the file says must be made, connects and runs a
 * query: past any pooler, through a pool by transaction, under names and a password in which every character means
 * something somewhere. Each server and pooler takes encrypted connections only. `npm run test:clients`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import pg from "pg";
import { CLIENTS, type ClientName } from "../core/clients/index.ts";
import { type Authority, authority, type Issued } from "./support/certificates.ts";
import { type Folder, folder } from "./support/cli.ts";
import { missing, type Pooler, startPooler } from "./support/pgbouncer.ts";
import { freshServer } from "./support/server.ts";

jest.setTimeout(15000);

const PASSWORD = "p@ss:w/ö?#[]%25&='\"$x`\\{{}} $(id)";
const ODD = "o'd\"d%d{{a}}&b=c:d/e$f`\\";
/** In hexadecimal, so that no client and no terminal makes anything else of it. */
const PROBE =
  `SELECT 'PROBED:' || encode(convert_to(CAST(json_build_object('user', current_user, 'database', current_database(),
  'application', current_setting('application_name'),
  'encrypted', (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())) AS text), 'UTF8'), 'hex')`.replace(
    /\s+/g,
    " ",
  );

const HERE = fileURLToPath(new URL("./support/clients/", import.meta.url));
const { DATUMLINE_PYTHON: PYTHON = "", DATUMLINE_JARS: JARS = "" } = process.env;

/** How a client is started on a rendered file. */
interface Tried {
  /** What it cannot do without, and what says that it is there. */
  readonly needs: readonly (readonly [what: string, isThere: () => boolean])[];
  readonly file: string;
  readonly command: (rendered: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What it tells of its pool, past any pooler and behind one. */
  readonly pools?: readonly [direct: unknown, pooled: unknown];
  /** What it runs into behind a pool by transaction when it is told that the pool is one by session. */
  readonly breaks?: RegExp;
  /** What it says of a certificate that nobody it trusts has signed; absent where another says the same. */
  readonly distrust?: RegExp;
}

const succeeds = (line: string): boolean => spawnSync("sh", ["-c", line]).status === 0;
const onPath = (program: string) => [`${program} on the PATH`, () => succeeds(`command -v ${program}`)] as const;
const python = ["Python's clients", () => existsSync(PYTHON)] as const;
const java = ["Java's clients", () => existsSync(JARS)] as const;
const LIBPQ = /certificate verify failed/;

const TRIED: Readonly<Record<ClientName, Tried>> = {
  sqlalchemy: {
    needs: [python],
    file: "database.py",
    command: () => [PYTHON, `${HERE}try_sqlalchemy.py`, "database.py"],
    breaks: /prepared statement "_pg3_\w+" already exists/,
    pools: [["QueuePool", 2, 1, 5, 600, true], ["NullPool"]],
    distrust: LIBPQ,
  },
  superset: {
    needs: [python],
    file: "superset_warehouse.py",
    command: (rendered) => [
      PYTHON,
      `${HERE}try_superset.py`,
      "superset_warehouse.py",
      /^# {3}(postgresql\+psycopg2:.*)$/m.exec(rendered)?.[1] ?? "",
    ],
    pools: [["QueuePool"], ["NullPool"]],
  },
  django: {
    needs: [python],
    file: "databases.py",
    command: () => [PYTHON, `${HERE}try_django.py`, "databases.py"],
    breaks: /cursor "_django_curs_\w+" does not exist/,
    pools: [[2, 3, 5, 600], null],
    distrust: LIBPQ,
  },
  "node-pg": {
    needs: [],
    file: "pool.mjs",
    command: () => [process.execPath, `${HERE}try-node-pg.mjs`, "pool.mjs"],
    pools: [
      [3, 2, null, 600, 2],
      [3, 0, 1, 0, 0],
    ],
    distrust: /self-signed certificate|unable to (verify|get)/,
  },
  jdbc: {
    needs: [java],
    file: "application.properties",
    command: () => [
      "java",
      "-XX:TieredStopAtLevel=1",
      "-cp",
      `${JARS}/*:${scratch}`,
      "TryJdbc",
      "application.properties",
    ],
    breaks: /prepared statement "S_\d+" already exists/,
    pools: [[2, 3, 5000, 600_000], ["SimpleDriverDataSource"]],
    distrust: /unable to find valid certification path|PKIX/,
  },
  dbt: {
    needs: [python],
    file: "profiles.yml",
    command: () => [
      join(PYTHON, "../dbt"),
      ...["--quiet", "--no-send-anonymous-usage-stats", "show", "--profiles-dir", ".", "--inline", `${PROBE} AS probe`],
      ...["--output", "json"],
    ],
  },
  airflow: {
    needs: [python],
    file: "airflow.sh",
    command: () => ["sh", "-ec", `. ./airflow.sh; "$0" "$1" AIRFLOW_CONN_WAREHOUSE`, PYTHON, `${HERE}try_airflow.py`],
  },
  odbc: {
    needs: [onPath("isql"), ["psqlODBC", () => succeeds('odbcinst -q -d -n "PostgreSQL Unicode"')]],
    file: "odbc.ini",
    command: () => ["sh", "-ec", `printf '%s\\n' "$PROBE" | isql -b -v -d, warehouse`],
    env: { ODBCINI: "odbc.ini" },
    distrust: LIBPQ,
  },
  env: {
    needs: [onPath("psql")],
    file: "warehouse.env",
    command: () => ["sh", "-ec", '. ./warehouse.env; psql -XAtc "$PROBE"'],
  },
  libpq: {
    needs: [onPath("psql")],
    file: "pg_service.conf",
    command: () => [
      "sh",
      "-ec",
      `for each in $(sed -n 's/^\\[\\(.*\\)\\]$/\\1/p' pg_service.conf); do psql -XAtc "$PROBE" service=$each; done`,
    ],
    env: { PGSERVICEFILE: "pg_service.conf" },
    distrust: LIBPQ,
  },
};

const noPooler = missing();
if (noPooler !== undefined) process.stderr.write(`${noPooler}\n`);

let scratch: string;
let trusted: Authority;
let strange: Authority;
let robot: Issued;
let pooler: Pooler | undefined;
let port: number;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "datumline-clients-"));
  chmodSync(scratch, 0o755);
  [trusted, strange] = [authority(), authority()];
  robot = trusted.issue({ names: ["robot"] });
  const tls = trusted.issue({ names: ["localhost"], addresses: ["127.0.0.1"] });
  const file = (name: string, text: string): string => {
    const path = join(scratch, name);
    writeFileSync(path, text);
    return path;
  };
  const server = await freshServer({
    auth: "scram-sha-256",
    tls,
    settings: { ssl_ca_file: file("ca.pem", trusted.ca) },
    hba: [
      "local all postgres trust",
      "hostssl all robot all cert",
      "hostssl all all all scram-sha-256",
      "host all all all reject",
    ],
  });
  port = server.port;
  const admin = new pg.Client({ host: server.socketDirectory, port, user: "postgres", database: "postgres" });
  await admin.connect();
  const [user, database, password] = [pg.escapeIdentifier(ODD), pg.escapeIdentifier(ODD), pg.escapeLiteral(PASSWORD)];
  await admin.query(
    `CREATE ROLE bi LOGIN PASSWORD ${password}; CREATE ROLE ${user} LOGIN PASSWORD ${password}; CREATE ROLE robot LOGIN`,
  );
  await admin.query("CREATE DATABASE analytics OWNER bi");
  await admin.query(`CREATE DATABASE ${database} OWNER ${user}`);
  await admin.end();
  if (java[1]()) execFileSync("javac", ["-cp", `${JARS}/*`, "-d", scratch, `${HERE}TryJdbc.java`]);
  if (noPooler === undefined)
    pooler = await startPooler({
      databases: [`app = host=localhost port=${port} dbname=analytics`],
      userlist: [`"bi" "${PASSWORD.replaceAll('"', '""')}"`],
      console: { ssl: { rejectUnauthorized: false } },
      settings: [
        "pool_mode = transaction",
        // One for who is in a transaction, and one that all others share.
        "default_pool_size = 2",
        "server_tls_sslmode = require",
        "client_tls_sslmode = require",
        `client_tls_cert_file = ${file("cert.pem", tls.cert)}`,
        `client_tls_key_file = ${file("key.pem", tls.key)}`,
        "ignore_startup_parameters = extra_float_digits",
      ],
    });
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Scene {
  /** How it logs in: a field of the data source's connection. */
  readonly login?: string;
  readonly database?: string;
  readonly user?: string;
  readonly vouching?: () => Authority;
  /** Further fields of its `tls`. */
  readonly tls?: string;
  readonly options?: readonly string[];
  /** Mode of the declared pool; that of the pooler is `transaction`. */
  readonly mode?: string;
}

/** A folder with the declaration, and in it what was rendered. */
async function rendered(word: ClientName, { file }: Tried, scene: Scene): Promise<Folder> {
  const {
    user = "bi",
    database = "analytics",
    login = "password: { env: BI_PASSWORD }",
    vouching = () => trusted,
    options = [],
    mode = "transaction",
    tls: more = "",
  } = scene;
  const here = folder();
  const encrypted = (more = ""): string => `tls: { mode: verify-full, ca: { file: ca.pem }${more} }`;
  const text = JSON.stringify;
  here.write(
    "sources.yaml",
    `kind: DataSource
name: warehouse
engine: postgresql
connection: { host: localhost, port: ${port}, database: ${text(database)}, user: ${text(user)}, ${encrypted(more)}, ${login} }
pool: { size: 2, overflow: 1, timeout: 5s, recycle: 10min }
replicas: [{ name: r1, host: 127.0.0.1 }]
---
kind: DataSource
name: pooler
engine: pgbouncer
connection: { host: localhost, port: ${pooler?.port ?? 6432}, user: admin, ${encrypted()} }
---
kind: ConnectionPool
name: app
dataSource: pooler
to: warehouse
mode: ${mode}
size: 1
`,
  );
  here.write("ca.pem", vouching().ca);
  here.write("robot.pem", robot.cert);
  here.write("secrets/password", `${PASSWORD}\n`);
  here.write("dbt_project.yml", "name: tried\nprofile: warehouse\nflags: { use_colors: false }\n");
  symlinkSync(fileURLToPath(new URL("../node_modules", import.meta.url)), join(here.path, "node_modules"));
  const args = ["render", "client", "-f", "sources.yaml", "--for", word, "--out", file, ...options];
  const { code, err } = await here.run(args);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return here;
}

/** Makes what the file says must be made, and runs the client. */
function tried(here: Folder, { file, command, env }: Tried): { readonly status: number | null; readonly said: string } {
  const text = readFileSync(join(here.path, file), "utf8");
  const [opening = ""] = text.split("\n\n");
  const made = [...opening.matchAll(/^(?:#|\/\/) {5}(.*)$/gm)].map(([, line]) => line);
  const { status, stdout, stderr } = spawnSync(
    "sh",
    ["-ec", [...made, 'exec "$@"'].join("\n"), "sh", ...command(text)],
    {
      cwd: here.path,
      encoding: "utf8",
      env: {
        PATH: process.env.PATH,
        HOME: here.path,
        LANG: "C.UTF-8",
        BI_PASSWORD: PASSWORD,
        ROBOT_KEY: robot.key,
        PROBE,
        ...env,
      },
    },
  );
  return { status, said: `${stdout}${stderr}` };
}

/** What the server knows of each connection that was made. */
function probed(said: string): unknown[] {
  return [...said.matchAll(/PROBED:([0-9a-f]+)/g)].map(([, hex = ""]) =>
    JSON.parse(Buffer.from(hex, "hex").toString("utf8")),
  );
}

function pools(said: string): unknown[] {
  return [...said.matchAll(/^POOL (.*)$/gm)].map(([, json = ""]) => JSON.parse(json));
}

describe.each(Object.entries(TRIED) as [ClientName, Tried][])("%s", (word, client) => {
  const lacking = client.needs.find(([, isThere]) => !isThere())?.[0];
  if (lacking !== undefined) process.stderr.write(`SKIPPED: ${word}: missing: ${lacking}.\n`);
  const attempt = lacking === undefined ? test : test.skip;
  const attemptPooled = lacking === undefined && noPooler === undefined ? test : test.skip;

  const connects = async (
    scene: Scene,
    expected: { user: string; database: string },
    pool: unknown,
  ): Promise<number> => {
    const { status, said } = tried(await rendered(word, client, scene), client);
    if (status !== 0) throw new Error(`ended with ${status}:\n${said}`);
    const seen = probed(said);
    expect(seen.length).toBeGreaterThan(0);
    for (const each of seen) expect(each).toEqual({ ...expected, application: "warehouse", encrypted: true });
    if (client.pools)
      expect(new Set(pools(said).map((each) => JSON.stringify(each)))).toEqual(new Set([JSON.stringify(pool)]));
    return seen.length;
  };

  attempt("connects as declared, to replicas as well where it knows of them", async () => {
    const seen = await connects({}, { user: "bi", database: "analytics" }, client.pools?.[0]);
    if (CLIENTS[word].replicas) expect(seen).toBe(2);
  });

  attempt("connects under names and with a password in which everything is something", async () => {
    const scene = { user: ODD, database: ODD, login: "password: { file: secrets/password }" };
    await connects(scene, { user: ODD, database: ODD }, client.pools?.[0]);
  });

  if (client.distrust) {
    attempt("does not trust a server that a strange authority vouches for", async () => {
      const { status, said } = tried(await rendered(word, client, { vouching: () => strange }), client);
      expect(said).toMatch(client.distrust as RegExp);
      expect(status).not.toBe(0);
    });

    attempt("connects with a certificate, and no password", async () => {
      const scene = { user: "robot", login: "", tls: ", cert: { file: robot.pem }, key: { env: ROBOT_KEY }" };
      await connects(scene, { user: "robot", database: "analytics" }, client.pools?.[0]);
    });
  }

  attemptPooled("connects through a pool by transaction, and keeps none of its own", async () => {
    await connects({ options: ["--pool", "app"] }, { user: "bi", database: "analytics" }, client.pools?.[1]);
  });

  if (client.breaks)
    attemptPooled("would not do so with what it is told past a pooler", async () => {
      const scene = { options: ["--pool", "app"], mode: "session" };
      expect(tried(await rendered(word, client, scene), client).said).toMatch(client.breaks as RegExp);
    });
});
