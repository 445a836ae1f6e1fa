/** Settings of clients from the declaration; no client is run here, `npm run test:clients` does. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { CLIENTS, type ClientName, clientFile } from "../core/clients/index.ts";
import type { ClientFile } from "../core/clients/model.ts";
import type { ClientWish } from "../core/clients/settings.ts";
import { printing } from "../core/clients/supply.ts";
import { Refusal } from "../core/errors.ts";
import type { DataSource } from "../core/specs.ts";
import type { SecretReference } from "../core/sql.ts";
import { folder } from "./support/cli.ts";

const WORDS = Object.keys(CLIENTS) as ClientName[];

const DIRECT: DataSource = {
  name: "warehouse",
  engine: "postgresql",
  connection: {
    host: "db.example.com",
    database: "analytics",
    user: "owner",
    password: { awsSecret: { id: "prod/warehouse", key: "password" } },
    tls: {
      mode: "verify-full",
      ca: { file: "tls/ca.pem" },
      cert: { file: "tls/client.pem" },
      key: { env: "CLIENT_KEY" },
    },
  },
  replicas: [{ name: "r1", host: "r1.example.com" }],
  clients: [
    { name: "reports", user: "bi", pool: { size: 2, overflow: 0, timeout: "500ms", recycle: "5min", prePing: false } },
  ],
};

const POOLER: DataSource = {
  name: "pooler",
  engine: "pgbouncer",
  connection: { host: "pool.example.com", user: "admin", password: { env: "ADMIN" }, tls: { mode: "require" } },
};

const through = (bySession = false): NonNullable<ClientWish["through"]> => ({
  pool: { name: "app" },
  pooler: POOLER,
  modeFor: () => (bySession ? "session" : "transaction"),
});

function rendered(word: ClientName, wish: Partial<ClientWish> = {}): ClientFile {
  return clientFile(word, { source: DIRECT, passwords: () => undefined, ...wish });
}

/** The settings without the comments above them. */
function settings(word: ClientName, wish: Partial<ClientWish> = {}): string {
  const { text } = rendered(word, wish);
  return text.slice(text.indexOf("\n\n") + 2);
}

function refused(make: () => unknown): string {
  try {
    make();
  } catch (caught) {
    if (caught instanceof Refusal)
      return caught.diagnostics.map(({ code, summary, detail }) => `${code} ${summary}: ${detail}`).join("\n");
    throw caught;
  }
  throw new Error("nothing was refused");
}

function withConnection(connection: Partial<DataSource["connection"]>, more: Partial<DataSource> = {}): DataSource {
  return { name: "warehouse", engine: "postgresql", connection: { host: "db", user: "owner", ...connection }, ...more };
}

/** `UPDATE_GOLDEN=1` writes them anew; the diff is the review. */
function expectGolden(name: string, text: string): void {
  const file = fileURLToPath(new URL(`./golden/clients/${name}`, import.meta.url));
  mkdirSync(dirname(file), { recursive: true });
  if (process.env.UPDATE_GOLDEN || !existsSync(file)) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
}

describe.each(WORDS)("%s", (word) => {
  test("past any pooler", () => expectGolden(`${word}.direct`, rendered(word).text));
  test("through a pool by transaction", () =>
    expectGolden(`${word}.pooled`, rendered(word, { through: through() }).text));

  test("refers to the password, and opens with what must be set", () => {
    const { text, environment } = rendered(word);
    expect(environment).toEqual(["WAREHOUSE_PASSWORD"]);
    expect(text).toContain("WAREHOUSE_PASSWORD");
    expect(text).toContain("aws secretsmanager get-secret-value --secret-id prod/warehouse");
  });

  test("needs no variable where there is no password", () => {
    const { environment, text } = rendered(word, { source: withConnection({}) });
    expect(environment).toEqual([]);
    expect(text).not.toMatch(/PASSWORD["'})]|pgpass/);
  });

  test("is refused for an engine that it does not speak to", () => {
    expect(refused(() => rendered(word, { source: POOLER }))).toMatch(
      /^NOT_SUPPORTED .*its engine is pgbouncer: .*--pool/,
    );
  });
});

describe("the pool of the client", () => {
  test("is the declared one of the client before that of the data source, and the defaults", () => {
    expect(settings("sqlalchemy")).toMatch(
      /"pool_size": 5,\s+"max_overflow": 10,\s+"pool_timeout": 30,\s+"pool_recycle": 300,\s+"pool_pre_ping": True/,
    );
    expect(settings("sqlalchemy", { source: { ...DIRECT, pool: { size: 7 } } })).toMatch(
      /"pool_size": 7,\s+"max_overflow": 10/,
    );
    expect(settings("sqlalchemy", { client: "reports" })).toMatch(
      /"pool_size": 2,\s+"max_overflow": 0,\s+"pool_timeout": 0.5,\s+"pool_recycle": 300,\s+"pool_pre_ping": False/,
    );
    expect(settings("node-pg", { client: "reports" })).toContain("connectionTimeoutMillis: 500");
    expect(settings("jdbc", { client: "reports" })).toContain("maximum-pool-size=2\n");
  });

  test("stays where the pooler keeps a server connection for the client's session", () => {
    expect(settings("sqlalchemy", { through: through(true) })).toContain('"pool_size": 5');
    expect(settings("django", { through: through(true) })).toContain('"DISABLE_SERVER_SIDE_CURSORS": False');
    expect(settings("jdbc", { through: through(true) })).not.toContain("prepareThreshold");
  });

  test("a life that HikariCP would take for none is the shortest that it takes", () => {
    const source = withConnection({}, { pool: { recycle: "10s" } });
    expect(settings("jdbc", { source })).toContain("max-lifetime=30000\n");
  });
});

describe("who connects", () => {
  const wish = (more: Partial<ClientWish>): Partial<ClientWish> => ({
    passwords: (role) => (role === "bi" ? { env: "BI_SECRET" } : undefined),
    ...more,
  });

  test("the role that is asked for, that of the declared client, that of the data source", () => {
    expect(rendered("env", wish({ user: "bi" })).environment).toEqual(["BI_SECRET"]);
    expect(settings("env", wish({ client: "reports" }))).toMatch(/PGUSER=bi\n.*PGAPPNAME=reports\n/);
    expect(settings("env", wish({ client: "reports", user: "owner" }))).toContain("PGUSER=owner\n");
    expect(rendered("env").text).toContain("as Datumline itself does");
    expect(rendered("env", wish({ user: "bi" })).text).not.toContain("as Datumline itself does");
  });

  test("a role whose password nobody declares has a variable of its own where passwords are asked for", () => {
    expect(rendered("env", { user: "etl" }).environment).toEqual(["WAREHOUSE_ETL_PASSWORD"]);
    expect(rendered("env", { user: "etl", source: withConnection({}) }).environment).toEqual([]);
    expect(rendered("env", { user: "etl", source: withConnection({}), through: through() }).environment).toEqual([
      "WAREHOUSE_ETL_PASSWORD",
    ]);
  });

  test("a client that is not declared, and a data source without a user", () => {
    expect(refused(() => rendered("env", { client: "nope" }))).toMatch(/^UNKNOWN_REFERENCE .*reports/);
    expect(
      refused(() => rendered("env", { source: { ...POOLER, engine: "postgresql", connection: { host: "h" } } })),
    ).toMatch(/^MISSING_FIELD .*--user/);
  });

  test("a pool that is declared for others is told of", () => {
    const pool = { name: "app", users: ["bi"] };
    expect(rendered("env", { through: { pool, pooler: POOLER, modeFor: () => "session" } }).text).toContain(
      "declared for bi, and not for owner",
    );
  });

  test("a token of AWS in place of a password", () => {
    const source = withConnection({ iam: { region: "eu-central-1" } });
    const { environment, text } = rendered("env", { source });
    expect(environment).toEqual(["WAREHOUSE_TOKEN"]);
    expect(text).toContain("PGSSLMODE=require\n");
    expect(text).toContain(
      'export WAREHOUSE_TOKEN="$(aws rds generate-db-auth-token --hostname db --port 5432 --username owner --region eu-central-1)"',
    );
  });
});

describe("where a secret is", () => {
  test.each<[SecretReference, string]>([
    [{ env: "PW" }, "printenv PW"],
    [{ file: "secrets/it's here" }, "cat 'secrets/it'\\''s here'"],
    [{ exec: ["pass", "show", "a b"] }, "pass show 'a b'"],
    [
      { awsSecret: "arn:aws:secretsmanager:eu-west-1:1:secret:x" },
      "aws secretsmanager get-secret-value --secret-id arn:aws:secretsmanager:eu-west-1:1:secret:x --region eu-west-1 --query SecretString --output text",
    ],
    [
      { awsSecret: { id: "x", key: "pw", version: "AWSPREVIOUS" } },
      "aws secretsmanager get-secret-value --secret-id x --version-stage AWSPREVIOUS --query SecretString --output text | jq -r --arg key pw '.[$key]'",
    ],
    [{ vault: "secret/wh" }, "vault kv get -format=json secret/wh | jq -r '(.data.data // .data)[]'"],
    [
      { vault: { id: "secret/wh", key: "pw", address: "https://v", namespace: "n", version: "3" } },
      "vault kv get -address=https://v -namespace=n -version=3 -field=pw secret/wh",
    ],
    [{ gcpSecret: "projects/p/secrets/s" }, "gcloud secrets versions access projects/p/secrets/s/versions/latest"],
    [
      { azureSecret: { id: "v/n", version: "1" } },
      "az keyvault secret show --vault-name v --name n --version 1 --query value --output tsv",
    ],
    [
      { azureSecret: "https://v.vault.azure.cn/secrets/n" },
      "az keyvault secret show --id https://v.vault.azure.cn/secrets/n --query value --output tsv",
    ],
    [{ kubernetesSecret: "db/password" }, "cat /var/run/secrets/db/password"],
  ])("%j", (reference, command) => expect(printing(reference)).toBe(command));

  test("certificates that are in no file become one", () => {
    const source = withConnection({
      tls: { mode: "verify-ca", ca: { env: "CA" }, key: { kubernetesSecret: "tls/key" } },
    });
    const { text } = rendered("libpq", { source });
    expect(text).toContain("sslrootcert=warehouse-ca.pem\nsslkey=warehouse-key.pem\n");
    expect(text).toContain("printenv CA > warehouse-ca.pem\n");
    expect(text).toContain("(umask 077; cat /var/run/secrets/tls/key > warehouse-key.pem)\n");
  });

  test("a URL that is a secret is taken apart by `--url`, or refused", () => {
    const source: DataSource = { ...DIRECT, connection: { url: { env: "DATABASE_URL" } } };
    expect(refused(() => rendered("env", { source }))).toMatch(/^NOT_SUPPORTED .*--url env:DATABASE_URL/);
  });
});

describe("encryption", () => {
  test("without declared authorities those of the system vouch, and then the name must be right", () => {
    for (const mode of ["verify-ca", "verify-full"] as const) {
      const source = withConnection({ tls: { mode } });
      expect(settings("env", { source })).toContain("PGSSLMODE=verify-full\nexport PGSSLROOTCERT=system\n");
      expect(settings("jdbc", { source })).toContain(
        "sslmode=verify-full&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory",
      );
      expect(settings("node-pg", { source })).toMatch(/ssl: \{\s+rejectUnauthorized: true,\s+host: "db",\s+\}/);
    }
    expect(rendered("env", { source: withConnection({ tls: { mode: "verify-ca" } }) }).text).toContain(
      "became `verify-full`",
    );
  });

  test("node-postgres, which knows no `prefer`, encrypts and says so", () => {
    const { text } = rendered("node-pg", { source: withConnection({}) });
    expect(text).toContain("rejectUnauthorized: false");
    expect(text).toContain("tls.mode: prefer");
  });

  test("none where none is declared, or over a socket", () => {
    expect(settings("node-pg", { source: withConnection({ tls: { mode: "disable" } }) })).toContain("ssl: false");
    expect(settings("node-pg", { source: withConnection({ host: "/run/postgresql" }) })).toContain("ssl: false");
  });
});

describe("a name means nothing in the language of the client", () => {
  const name = `a"b'c\\d$e\`f{{g}}%h\${i}#j;k?l&m=n@o:p/q[r] é😀`;
  const source = withConnection({ database: name }, { name: "ware\nhouse\r\u2028x" });

  test("of a shell", () => {
    const { text } = rendered("env", { source });
    const ran = spawnSync("sh", ["-c", `${text}\nprintenv PGDATABASE`], { encoding: "utf8" });
    expect(ran).toMatchObject({ stdout: `${name}\n`, stderr: "", status: 0 });
  });

  test("of JavaScript", () => {
    const text = settings("node-pg", { source })
      .replace(/^import .*$/gm, "")
      .replace("export const pool = new pg.Pool", "return");
    expect(new Function(text)()).toMatchObject({ database: name });
  });

  test("of YAML, and braces are none of a template", () => {
    const profiles = parse(rendered("dbt", { source }).text);
    expect(profiles["ware\nhouse\r\u2028x"].outputs.default.dbname).toBe(`{% raw %}${name}{% endraw %}`);
  });

  test("of a URI", () => {
    const [uri = ""] = /(?<=url=jdbc:).*/.exec(settings("jdbc", { source })) ?? [];
    expect(decodeURIComponent(new URL(uri).pathname)).toBe(`/${name}`);
  });

  test("and ends no comment", () => {
    for (const word of WORDS) {
      const comments = rendered(word, { source })
        .text.split(/\n\n/)[0]
        ?.split(/[\n\r\u2028]/);
      for (const line of comments ?? []) expect(line).toMatch(/^(#|\/\/)/);
    }
  });

  test("a line break, which would begin another setting, is refused", () => {
    const broken = withConnection({ database: "a\nhost=elsewhere" });
    for (const word of WORDS)
      expect(refused(() => rendered(word, { source: broken }))).toMatch(/^NOT_SUPPORTED The database/);
  });

  test("what a client cannot hold is refused", () => {
    expect(refused(() => rendered("jdbc", { source: withConnection({ host: "/run" }) }))).toContain("no Unix sockets");
    expect(refused(() => rendered("jdbc", { source: withConnection({ user: `a\${b}` }) }))).toContain("Spring");
    expect(refused(() => rendered("libpq", { source: withConnection({ database: "a " }) }))).toContain("space");
    expect(refused(() => rendered("odbc", { source: withConnection({ user: " a" }) }))).toContain("space");
  });
});

test("a bastion is named with the command that goes through it", () => {
  const source = withConnection({ tunnel: { host: "bastion", user: "ops", port: 2222 } });
  expect(rendered("env", { source }).text).toContain("`ssh -N -L 5432:db:5432 -p 2222 ops@bastion`");
});

test("a socket is where the client looks for it", () => {
  const source = withConnection({ host: "/run/postgresql", password: { env: "PW" } });
  expect(settings("superset", { source })).toContain('"host": "/run/postgresql"');
  expect(rendered("superset", { source }).text).toContain(
    "postgresql+psycopg2://owner@/owner?host=%2Frun%2Fpostgresql&port=5432&",
  );
  expect(settings("airflow", { source })).toContain("@%2Frun%2Fpostgresql:5432/owner?");
  expect(rendered("libpq", { source }).text).toContain("for login in '*:5432:owner:owner'");
});

describe("the command", () => {
  const WAREHOUSE = `kind: DataSource
name: warehouse
engine: postgresql
connection: { host: db, database: analytics, user: owner, password: { file: pw }, tls: { mode: verify-full, ca: { file: ca.pem } } }
external: { roles: ["etl_*"] }
clients: [{ name: reports, user: bi }]
---
{ kind: Schema, name: sales, dataSource: warehouse }
---
{ kind: ReadOnlyRole, name: bi, login: true, schemas: [sales], of: [owner], password: { env: BI_PASSWORD }, dataSource: warehouse }
---
{ kind: Role, name: analyst, dataSource: warehouse }
`;
  const CRM = "kind: DataSource\nname: crm\nengine: postgresql\nconnection: { url: { env: CRM_URL } }\n";
  const declared = (...documents: readonly string[]): ReturnType<typeof folder> => {
    const here = folder();
    documents.forEach((text, index) => {
      here.write(`w/${index}.yaml`, text);
    });
    return here;
  };

  test("prints the settings; paths are those from where it runs", async () => {
    const { code, out, err } = await declared(WAREHOUSE).run("render client -f w --for env --user bi");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("PGUSER=bi\n");
    expect(out).toContain('PGPASSWORD="$(printenv BI_PASSWORD)"');
    expect(out).toContain("PGSSLROOTCERT=w/ca.pem\n");
    expect((await declared(WAREHOUSE).run("render client -f w --for env")).out).toContain("$(cat w/pw)");
  });

  test("writes them to a file", async () => {
    const here = declared(WAREHOUSE);
    expect(await here.run("render client -f w --for django --client reports --out app/settings.py")).toEqual({
      code: 0,
      out: "",
      err: "",
    });
    expect(readFileSync(`${here.path}/app/settings.py`, "utf8")).toContain('"USER": "bi"');
    expect((await here.run("render client -f w --for django --out w")).err).toContain("NOT_WRITTEN");
  });

  test("takes one of several data sources", async () => {
    const here = declared(WAREHOUSE, CRM);
    expect((await here.run("render client -f w --for env")).err).toMatch(
      /AMBIGUOUS_DATA_SOURCE[\s\S]*--data-source NAME[\s\S]*warehouse, crm/,
    );
    expect((await here.run("render client -f w --for env --data-source warehouse")).code).toBe(0);
    expect((await here.run("render client -f w --for env --data-source warehous")).err).toContain(
      "UNKNOWN_DATA_SOURCE",
    );
    expect((await here.run("render client -f w --for env --data-source crm")).err).toContain("--url env:CRM_URL");
  });

  test("takes a URL apart, and says nothing of its password", async () => {
    const secret = "sup3r-s3cret-canary";
    const url = `postgresql://app:${secret}@crm.example.com:5433/crm?sslmode=require`;
    for (const given of ["env:CRM_URL", url]) {
      const here = declared(CRM);
      const { code, out, err } = await here.run(["render", "client", "-f", "w", "--for", "env", "--url", given], {
        env: { CRM_URL: url },
      });
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toContain("PGHOST=crm.example.com\nexport PGPORT=5433\nexport PGDATABASE=crm\nexport PGUSER=app\n");
      expect(out).toContain("PGSSLMODE=require\n");
      expect(out).toContain("CRM_PASSWORD: the password of app\n");
      expect(out).not.toContain(secret);
    }
    const open = await folder().run("render client --for env --url postgresql://app@h/d");
    expect(open.out).not.toContain("PASSWORD");
  });

  test("of a role that cannot connect, or that nobody knows", async () => {
    const here = declared(WAREHOUSE);
    expect((await here.run("render client -f w --for env --user analyst")).err).toMatch(/NO_LOGIN[\s\S]*login: true/);
    expect((await here.run("render client -f w --for env --user analist")).err).toMatch(
      /UNKNOWN_REFERENCE[\s\S]*Did you mean analyst\?/,
    );
    expect((await here.run("render client -f w --for env --user etl_nightly")).out).toContain(
      "WAREHOUSE_ETL_NIGHTLY_PASSWORD",
    );
  });

  test("of a client that is not known", async () => {
    const here = declared(WAREHOUSE);
    expect((await here.run("render client -f w --for sqlalchem")).err).toMatch(
      /USAGE[\s\S]*Did you mean sqlalchemy\? It takes sqlalchemy, superset/,
    );
    expect((await here.run("render client -f w")).err).toContain("`render client` needs `--for`");
    expect((await here.run("render client -f w --for env --pool app")).err).toMatch(
      /UNKNOWN_REFERENCE[\s\S]*None is declared/,
    );
  });

  describe("through a pool", () => {
    const pooler = (name: string, more = ""): string =>
      `kind: DataSource\nname: ${name}\nengine: pgbouncer\nconnection: { host: ${name}.example.com, user: admin }\n${more}`;
    const pool = (of: string, more: string): string => `---\n{ kind: ConnectionPool, dataSource: ${of}, ${more} }\n`;
    const WITH_POOLS = pooler(
      "one",
      pool("one", "name: app, to: warehouse, size: 2") +
        pool("one", "name: jobs, to: warehouse, size: 2, mode: session") +
        "---\n{ kind: PoolerSettings, dataSource: one, pools: { mode: transaction } }\n",
    );
    const render = async (here: ReturnType<typeof folder>, line: string): Promise<string> => {
      const { out, err } = await here.run(`render client -f w --for sqlalchemy --user bi ${line}`);
      return out + err;
    };

    test("it connects to the pooler, which leads to the data source", async () => {
      const here = declared(WAREHOUSE, WITH_POOLS, CRM);
      const text = await render(here, "--pool app");
      expect(text).toMatch(/host="one\.example\.com",\s+port=6432,\s+database="app"/);
      expect(text).toContain('password=os.environ["BI_PASSWORD"]');
      expect(text).toContain("NullPool");
      expect(await render(here, "--pool app --data-source warehouse")).toBe(text);
      expect(await render(here, "--pool jobs")).toContain("pool_size");
      expect(await render(here, "--pool app --data-source crm")).toContain(
        "The pool app leads to warehouse, not to crm",
      );
      expect(await render(here, "--pool ap")).toContain("Did you mean app?");
      expect(await render(here, "--data-source one")).toMatch(/NOT_SUPPORTED[\s\S]*its engine is pgbouncer/);
    });

    test("of several poolers that have it one is named", async () => {
      const here = declared(WAREHOUSE, WITH_POOLS, pooler("two", pool("two", "name: app, to: warehouse, size: 2")));
      expect(await render(here, "--pool app")).toContain("Say which: one/app, two/app.");
      expect(await render(here, "--pool two/app")).toContain('host="two.example.com"');
    });

    test("one that leads to no data source is refused", async () => {
      const here = declared(WAREHOUSE, pooler("one", pool("one", "name: app, host: db, size: 2")));
      expect(await render(here, "--pool app")).toContain("leads to a host and to no data source");
    });
  });
});
