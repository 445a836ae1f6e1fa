/**
 * `datumline connect`: every way in which a connection fails is staged on a real server with TLS, and must be named by the
 * step that fails and by its code.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { setClock } from "../core/clock.ts";
import type { ConnectionStep } from "../core/engine.ts";
import type { EmbeddedPostgres } from "../scripts/embedded.ts";
import { type Authority, authority } from "./support/certificates.ts";
import { type Folder, folder } from "./support/cli.ts";
import { missing, startPooler } from "./support/pgbouncer.ts";
import { type ProxyOptions, proxy } from "./support/proxy.ts";
import { freshServer } from "./support/server.ts";

const PASSWORD = "canary-of-the-owner";

let ca: Authority;
let server: EmbeddedPostgres;
const open: { destroy?(): void; close?(): void; kill?(): void }[] = [];

beforeAll(async () => {
  ca = authority();
  server = await freshServer({
    auth: "scram-sha-256",
    password: PASSWORD,
    tls: ca.issue({ addresses: ["127.0.0.1"], names: ["db.internal"] }),
    hba: ["hostnossl all only_tls 127.0.0.1/32 reject"],
    settings: { max_connections: "20" },
  });
  await query(
    `CREATE ROLE only_tls LOGIN PASSWORD '${PASSWORD}'; CREATE ROLE locked PASSWORD '${PASSWORD}';
CREATE ROLE full_up LOGIN CONNECTION LIMIT 0 PASSWORD '${PASSWORD}'; CREATE ROLE reader LOGIN PASSWORD '${PASSWORD}';
ALTER ROLE reader SET default_transaction_read_only = on; CREATE DATABASE closed;
REVOKE CONNECT ON DATABASE closed FROM PUBLIC; CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0;
CREATE ROLE pooled LOGIN PASSWORD '${PASSWORD}'`.split(";"),
  );
});
afterAll(() => {
  for (const one of open.splice(0)) {
    one.destroy?.();
    one.close?.();
    one.kill?.();
  }
});

async function query(statements: readonly string[]): Promise<void> {
  const client = new pg.Client(server.url());
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** Fields of the connection, over those of the server. */
type Fields = Readonly<Record<string, unknown>>;

const FULL = { tls: { mode: "verify-full", ca: { file: "ca.pem" } } };

function declared(fields: Fields, more: Fields = {}, ca_ = ca.ca): Folder {
  const here = folder({ PASSWORD });
  here.write("ca.pem", ca_);
  const usual = { host: "127.0.0.1", port: server.port, database: "postgres", user: "postgres" };
  const connection = { ...usual, password: { env: "PASSWORD" }, retry: { attempts: 2, delay: "20ms" }, ...fields };
  const source = { kind: "DataSource", name: "warehouse", engine: "postgresql", connection, ...more };
  here.write("a.json", JSON.stringify(source));
  return here;
}

interface Told {
  readonly code: number;
  readonly steps: readonly ConnectionStep[];
  /** The last step, which is the one that failed. */
  readonly last: ConnectionStep;
  step(name: string): ConnectionStep;
}

async function connect(here: Folder, options = ""): Promise<Told> {
  const { code, out, err } = await here.run(`connect -f . --format json${options}`);
  expect(out + err).not.toContain("canary");
  const { steps } = JSON.parse(out) as { steps: ConnectionStep[] };
  for (const { diagnostic } of steps) {
    if (!diagnostic) continue;
    expect(diagnostic.detail ?? "").not.toBe("");
    expect(diagnostic.origin).toMatchObject({ file: "a.json" });
  }
  return {
    code,
    steps,
    last: steps.at(-1) as ConnectionStep,
    step: (name) => steps.find(({ step }) => step === name) as ConnectionStep,
  };
}

const through = async (options: ProxyOptions): Promise<Fields> => ({ port: await proxy(server.port, options) });

/** Takes connections and never says a word. */
async function mute(): Promise<number> {
  const listening = createServer((socket: Socket) => open.push(socket)).listen(0, "127.0.0.1");
  await once(listening, "listening");
  open.push(listening);
  return (listening.address() as AddressInfo).port;
}

/** A port at which what is sent is dropped: nobody takes what waits in its queue, which is full. */
async function filtered(): Promise<number> {
  const program = `require("net").createServer().listen(0, "127.0.0.1", 0, function () {
    process.stdout.write(this.address().port + "\\n", () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  })`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  open.push(child);
  const [text] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(text.toString());
  for (let count = 0; count < 4; count += 1) open.push(connectTcp(port, "127.0.0.1").on("error", () => undefined));
  await new Promise((done) => setTimeout(done, 100));
  return port;
}

async function closed(): Promise<number> {
  const listening = createServer().listen(0, "127.0.0.1");
  await once(listening, "listening");
  const { port } = listening.address() as AddressInfo;
  listening.close();
  await once(listening, "close");
  return port;
}

describe("a connection that works", () => {
  test("is told step by step, within a second, however many there are", async () => {
    const here = declared(FULL);
    const source = (name: string): string =>
      JSON.stringify({
        kind: "DataSource",
        name,
        engine: "postgresql",
        connection: {
          host: "127.0.0.1",
          port: server.port,
          database: "postgres",
          user: "postgres",
          password: { env: "PASSWORD" },
          ...FULL,
        },
      });
    for (const name of ["b", "c", "d"]) here.write(`${name}.json`, source(name));
    // The first loads the code; a busy machine may be slow once, and is not each time.
    const times: number[] = [];
    let ran = await here.run("connect -f .");
    while (times.length < 5 && !times.some((time) => time < 1000)) {
      const started = performance.now();
      ran = await here.run("connect -f .");
      times.push(performance.now() - started);
    }
    const { code, out, err } = ran;
    expect([code, err]).toEqual([0, ""]);
    expect(Math.min(...times)).toBeLessThan(1000);
    const names = out.split("\n").filter((line) => /^\S/.test(line));
    expect(names).toEqual(["warehouse", "b", "c", "d"]);
    const steps = out.split("b\n")[0]?.match(/(?<=^ {2}✓ )\w+( \w+)?/gm);
    expect(steps).toEqual(
      [
        "secrets",
        "settings",
        "name resolution",
        "tcp",
        "tls",
        "login",
        "server",
        "privileges",
        "pooler",
        "encoding",
        "clock",
        "latency",
        "connections",
      ].map((name) => expect.stringContaining(name)),
    );
    expect(out).toMatch(/✓ secrets +env PASSWORD, file ca\.pem/);
    expect(out).toMatch(
      /✓ tls +TLSv1\.3, \S+; certificate of db\.internal by Test CA, 399 days left, trusted, for this name/,
    );
    expect(out).toMatch(/✓ latency +median [\d.]+ ms, from [\d.]+ to [\d.]+ ms in 20 queries/);
  });

  test("is told for machines as well", async () => {
    const told = await connect(declared(FULL), " --queries 7");
    expect(told.code).toBe(0);
    expect(told.step("tls").facts).toMatchObject({
      version: "TLSv1.3",
      days: 399,
      chain: [{ subject: "db.internal" }, { subject: "Test CA" }],
    });
    expect(told.step("latency").facts).toMatchObject({
      queries: 7,
      median: expect.any(Number),
      p95: expect.any(Number),
    });
    expect(told.step("connections").facts).toMatchObject({ most: 20, reserved: 3, declared: 0 });
    expect(told.step("server").facts).toMatchObject({ standby: false, readOnly: false });
  });

  test("through a URL that a secret holds, with the rest of the document beside it", async () => {
    const here = declared({ ...FULL, url: { env: "URL" }, password: undefined });
    const { code, out } = await here.run("connect -f . --format json", { env: { URL: server.url() } });
    expect(code).toBe(0);
    expect(out).toContain("trusted, for this name");
    expect(out).not.toContain("canary");
  });

  test("with advice, where it could be safer or steadier", async () => {
    const clients = [{ name: "web", processes: 2, pool: { size: 4, overflow: 1 } }];
    const told = await connect(declared({ tls: { mode: "require" } }, { clients }));
    expect(told.code).toBe(0);
    expect(told.steps.filter(({ step }) => step === "recommendation").map(({ result }) => result)).toEqual([
      "Set `tls: { mode: verify-full }`, with `tls.ca` naming the CA that signed its certificate",
      "Put a pooler in front of the server for its clients",
      "Set `idle_in_transaction_session_timeout` and `statement_timeout` for the roles of the declared clients",
    ]);
    const named = await connect(declared({ tls: { mode: "verify-ca", ca: { file: "ca.pem" } } }));
    expect(named.last.result).toBe("Set `tls: { mode: verify-full }`");
  });

  test("and would not fit its declared clients", async () => {
    const clients = [
      { name: "web", processes: 3 },
      { name: "jobs", pool: { size: 2, overflow: 0 } },
    ];
    const told = await connect(declared(FULL, { clients, limits: { reserved: 5 } }));
    expect([told.code, told.step("connections").diagnostic]).toMatchObject([
      0,
      {
        code: "POOLS_TOO_LARGE",
        summary: "warehouse may be asked for 47 connections and has room for 15: 32 too many",
        detail: expect.stringContaining("They are web 45 (3 × (5 + 10)); jobs 2 (1 × (2 + 0))."),
      },
    ]);
    const more = await connect(declared(FULL, { limits: { maxConnections: 200 } }));
    expect(more.step("connections").diagnostic?.summary).toBe(
      "`limits.maxConnections` says 200, and the server takes 20",
    );
  });

  test("at the second attempt", async () => {
    const told = await connect(declared({ ...FULL, ...(await through({ cutFirst: 0 })) }));
    expect(told.step("login").facts).toEqual({ attempt: 1 });
    // The greeting is let through, the first login is not.
    let came = 0;
    const upstream = createServer((client) => {
      came += 1;
      const to = connectTcp(server.port, "127.0.0.1");
      client
        .on("error", () => undefined)
        .pipe(to)
        .on("error", () => undefined)
        .pipe(client);
      if (came === 2) client.destroy();
    }).listen(0, "127.0.0.1");
    await once(upstream, "listening");
    open.push(upstream);
    const again = await connect(declared({ ...FULL, port: (upstream.address() as AddressInfo).port }));
    expect([again.code, again.step("login").facts]).toEqual([0, { attempt: 2 }]);
    expect(again.step("login").result).toBe("as postgres, at attempt 2");
  });
});

describe("a failure is named by its step and its code", () => {
  test.each<[string, () => Promise<Fields> | Fields, string, string, RegExp]>([
    [
      "a name that does not resolve",
      () => ({ host: "no-such-host.invalid" }),
      "name resolution",
      "CONNECTION_REFUSED",
      /no-such-host\.invalid/,
    ],
    [
      "a port that is closed",
      async () => ({ port: await closed() }),
      "tcp",
      "CONNECTION_REFUSED",
      /nothing listens there/,
    ],
    [
      "a port that is filtered",
      async () => ({ port: await filtered(), connectTimeout: 1 }),
      "tcp",
      "CONNECTION_REFUSED",
      /no answer in time/,
    ],
    [
      "a port that never answers",
      async () => ({ port: await mute(), connectTimeout: 1 }),
      "tcp",
      "CONNECTION_REFUSED",
      /no answer in time/,
    ],
    [
      "a wrong CA",
      () => ({ tls: { mode: "verify-full", ca: { file: "other.pem" } } }),
      "tls",
      "TLS_FAILED",
      /not signed by a CA that is trusted/,
    ],
    ["a wrong name", () => ({ ...FULL, host: "localhost" }), "tls", "TLS_FAILED", /for another name.*localhost/],
    [
      "a login over TLS only",
      () => ({ user: "only_tls", tls: { mode: "disable" } }),
      "login",
      "TLS_FAILED",
      /over TLS only/,
    ],
    [
      "a bad password",
      () => ({ ...FULL, password: { file: "wrong.txt" } }),
      "login",
      "LOGIN_FAILED",
      /password authentication failed/,
    ],
    [
      "an unknown database",
      () => ({ ...FULL, database: "nowhere" }),
      "login",
      "LOGIN_FAILED",
      /database "nowhere" does not exist/,
    ],
    [
      "a database that the role may not enter",
      () => ({ ...FULL, database: "closed", user: "reader" }),
      "login",
      "LOGIN_FAILED",
      /permission denied for database/,
    ],
    ["a locked role", () => ({ ...FULL, user: "locked" }), "login", "LOGIN_FAILED", /not permitted to log in/],
    [
      "too many connections",
      () => ({ ...FULL, user: "full_up" }),
      "login",
      "TOO_MANY_CONNECTIONS",
      /too many connections/,
    ],
    [
      "dropped at once",
      () => through({ cutFirst: 9 }),
      "tcp",
      "CONNECTION_FAILED",
      /closes the connection as soon as it is open/,
    ],
    ["dropped at the login", () => ({ tls: { mode: "disable" } }), "login", "CONNECTION_FAILED", /./],
    ["dropped half-way", () => ({ tls: { mode: "disable" } }), "latency", "CONNECTION_FAILED", /broke/],
  ])("%s", async (name, fields, step, code, words) => {
    const given: Fields = { ...(await fields()) };
    const cut = { "dropped at the login": "user\0", "dropped half-way": "SELECT 1\0" }[name];
    const here = declared({ ...given, ...(cut !== undefined && (await through({ cutAt: cut }))) });
    here.write("other.pem", authority("Another CA").ca);
    here.write("wrong.txt", "canary-that-is-wrong");
    const told = await connect(here);
    expect([told.code, told.last.step, told.last.ok, told.last.diagnostic?.code]).toEqual([1, step, false, code]);
    expect(told.last.result).toMatch(words);
    // What it is already doing is no next step.
    expect(told.last.diagnostic?.detail ?? "").not.toContain("datumline connect");
    expect(told.steps.slice(0, -1).filter(({ ok }) => !ok)).toEqual([]);
  });

  test("what will not pass is not tried again", async () => {
    const started = performance.now();
    const retry = { attempts: 3, delay: "10s" };
    const told = await connect(declared({ ...FULL, user: "locked", retry }));
    expect(told.last.diagnostic?.code).toBe("LOGIN_FAILED");
    expect(performance.now() - started).toBeLessThan(7000);
  });

  test("TLS is wanted and the server has none", async () => {
    const plain = await freshServer({ auth: "scram-sha-256", password: PASSWORD });
    const told = await connect(declared({ port: plain.port, tls: { mode: "require" } }));
    expect([told.code, told.last.step, told.last.diagnostic?.code]).toEqual([1, "tls", "TLS_FAILED"]);
    expect(told.last.result).toBe("127.0.0.1 offers no encryption");
  });

  test("what listens is no PostgreSQL", async () => {
    const web = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(0, "127.0.0.1");
    await once(web, "listening");
    open.push(web);
    const told = await connect(declared({ port: (web.address() as AddressInfo).port }));
    expect([told.last.step, told.last.diagnostic?.code]).toEqual(["tcp", "CONNECTION_FAILED"]);
    expect(told.last.result).toContain("is no PostgreSQL");
  });

  test("an expired certificate, and one that ends soon", async () => {
    const use = async (days: readonly [number, number]): Promise<void> => {
      const { cert, key } = ca.issue({ addresses: ["127.0.0.1"], names: ["db.internal"], days });
      writeFileSync(join(server.directory, "tls.crt"), cert);
      writeFileSync(join(server.directory, "tls.key"), key);
      await query(["SELECT pg_reload_conf()", "SELECT pg_sleep(0.2)"]);
    };
    try {
      await use([-10, -2]);
      const expired = await connect(declared(FULL));
      expect([expired.code, expired.last.step, expired.last.diagnostic?.code]).toEqual([1, "tls", "TLS_FAILED"]);
      expect(expired.last.result).toMatch(
        /certificate has expired \(certificate of db\.internal by Test CA, ended 2 days ago\)/,
      );
      const unchecked = await connect(declared({ tls: { mode: "require" } }));
      expect([unchecked.code, unchecked.step("tls").diagnostic?.code]).toEqual([0, "CERTIFICATE_EXPIRES"]);
      await use([-10, 20.5]);
      const soon = await connect(declared(FULL));
      expect([soon.code, soon.step("tls").diagnostic]).toMatchObject([
        0,
        { severity: "warning", code: "CERTIFICATE_EXPIRES", summary: expect.stringContaining("ends in 20 days") },
      ]);
    } finally {
      await use([-1, 400.5]);
    }
  });

  test("a session that is read-only", async () => {
    const told = await connect(declared({ ...FULL, user: "reader" }));
    expect([told.code, told.step("server").diagnostic]).toMatchObject([0, { code: "READ_ONLY", severity: "warning" }]);
    expect(told.step("privileges").diagnostic?.code).toBe("MISSING_PRIVILEGE");
  });

  test("a slow connection, by the usual measure and by the declared one", async () => {
    const told = await connect(declared({ ...FULL, ...(await through({ delay: 120 })) }), " --queries 6");
    expect([told.code, told.step("latency").diagnostic]).toMatchObject([
      0,
      { code: "SLOW_CONNECTION", severity: "warning" },
    ]);
    const health = { latency: { warning: "10ms", critical: "50ms" } };
    const critical = await connect(
      declared({ ...FULL, ...(await through({ delay: 60 })) }, { health }),
      " --queries 6",
    );
    expect([critical.code, critical.step("latency").diagnostic]).toMatchObject([
      1,
      { code: "SLOW_CONNECTION", severity: "error" },
    ]);
  });

  test("a database that cannot hold every character", async () => {
    const told = await connect(declared({ ...FULL, database: "latin" }));
    expect([told.code, told.step("encoding").diagnostic?.summary]).toEqual([
      0,
      "The database cannot hold every character: its encoding is LATIN1",
    ]);
  });

  test("secrets that cannot be had: all of them, each with its place", async () => {
    const told = await connect(declared({ ...FULL, password: { env: "NOT_SET" }, tls: { ca: { file: "none.pem" } } }));
    expect(told.code).toBe(1);
    expect(told.steps.map(({ step, ok, diagnostic }) => [step, ok, diagnostic?.code])).toEqual([
      ["secrets", false, "SECRET_UNRESOLVED"],
      ["secrets", false, "SECRET_UNRESOLVED"],
    ]);
  });

  test("one of several fails: the others are told all the same", async () => {
    const here = declared(FULL);
    here.write(
      "b.json",
      JSON.stringify({
        kind: "DataSource",
        name: "other",
        engine: "postgresql",
        connection: { host: "127.0.0.1", port: await closed() },
      }),
    );
    const { code, out } = await here.run("connect -f . --format json");
    const { connections } = JSON.parse(out) as { connections: { dataSource: string; ok: boolean }[] };
    expect([code, connections.map(({ dataSource, ok }) => [dataSource, ok])]).toEqual([
      1,
      [
        ["warehouse", true],
        ["other", false],
      ],
    ]);
  });
});

const noPooler = missing();
if (noPooler) process.stderr.write(`${noPooler}\n`);
(noPooler ? describe.skip : describe)("a pooler in between", () => {
  test.each([
    ["transaction", 1, "error", "A pooler in transaction mode stands between here and the server"],
    ["session", 0, "warning", "A pooler stands between here and the server"],
  ])("in %s mode", async (mode, code, severity, summary) => {
    const pooler = await startPooler({
      settings: [`pool_mode = ${mode}`, "default_pool_size = 5", "ignore_startup_parameters = extra_float_digits"],
      databases: [`postgres = host=127.0.0.1 port=${server.port} dbname=postgres`],
      userlist: [`"pooled" "${PASSWORD}"`],
    });
    const told = await connect(declared({ port: pooler.port, user: "pooled" }));
    expect([told.code, told.step("pooler").diagnostic]).toMatchObject([code, { code: "POOLER", severity, summary }]);
    // It tells what stands in the way of Datumline, and goes on.
    expect(told.step("connections").ok).toBe(true);
  });
});

test("clocks that differ", async () => {
  // The server keeps the real time; it is this machine's that is said to be wrong.
  const real = Date.now;
  setClock(() => new Date(real() + 3_600_000));
  Date.now = () => real() + 3_600_000;
  try {
    const told = await connect(declared(FULL));
    expect([told.code, told.step("clock").diagnostic]).toMatchObject([
      0,
      { code: "CLOCK_SKEW", summary: "The server's clock is 3600 s behind of this machine's" },
    ]);
  } finally {
    Date.now = real;
    setClock();
  }
});
