/** A connection tested step by step, so that the first thing that fails has a name. */
import { lookup } from "node:dns/promises";
import { connect as connectTcp } from "node:net";
import { type Diagnostic, error, warning } from "../../core/diagnostic.ts";
import type { ConnectionStep, ConnectOptions } from "../../core/engine.ts";
import { Refusal } from "../../core/errors.ts";
import type { DataSource } from "../../core/specs.ts";
import { sql } from "../../core/sql.ts";
import { type Client, type Endpoint, endpoint, open } from "./client.ts";

type Outcome = string | { readonly result: string; readonly diagnostic: Diagnostic };

export async function* diagnose(source: DataSource, options: ConnectOptions): AsyncIterable<ConnectionStep> {
  let at: Endpoint | undefined;
  let client: Client | undefined;
  try {
    yield await step("settings", async () => {
      at = await endpoint(source, options);
      return `${at.user}@${at.host}:${at.port}/${at.database}`;
    });
    if (!at) return;
    const target = at;
    const steps: readonly (readonly [string, () => Promise<Outcome>])[] = [
      ["name resolution", () => resolve(target.host)],
      ["tcp", () => reach(target)],
      [
        "login",
        async () => {
          client = await open(target);
          return `as ${target.user}`;
        },
      ],
      ["tls", () => encryption(client as Client, target)],
      ["server", () => version(client as Client)],
      ["privileges", () => privileges(client as Client)],
      ["latency", () => latency(client as Client)],
    ];
    for (const [name, work] of steps) {
      const done = await step(name, work);
      yield done;
      if (!done.ok) return;
    }
  } finally {
    await client?.end();
  }
}

async function step(name: string, work: () => Promise<Outcome>): Promise<ConnectionStep> {
  const started = performance.now();
  const took = (): number => Math.round((performance.now() - started) * 10) / 10;
  try {
    const outcome = await work();
    if (typeof outcome === "string") return { step: name, ok: true, result: outcome, milliseconds: took() };
    return { step: name, ok: outcome.diagnostic.severity !== "error", ...outcome, milliseconds: took() };
  } catch (problem) {
    const known = problem instanceof Refusal ? problem.diagnostics[0] : undefined;
    const diagnostic =
      known ?? error("CONNECTION_FAILED", (problem as Error).message, { detail: "Check host, port and network." });
    return { step: name, ok: false, result: diagnostic.summary, milliseconds: took(), diagnostic };
  }
}

async function resolve(host: string): Promise<Outcome> {
  if (host.startsWith("/")) return `Unix socket in ${host}`;
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address).join(", ");
  } catch {
    const summary = `${host} does not resolve`;
    return {
      result: summary,
      diagnostic: error("CONNECTION_REFUSED", summary, {
        detail: "Check the spelling, and the name server of this network.",
      }),
    };
  }
}

async function reach({ host, port, config }: Endpoint): Promise<Outcome> {
  if (host.startsWith("/")) return "not needed";
  return new Promise((done, fail) => {
    const socket = connectTcp({ host, port, timeout: config.connectionTimeoutMillis ?? 10_000 });
    socket.once("connect", () => {
      socket.destroy();
      done(`port ${port} is open`);
    });
    const refuse = (text: string): void => {
      socket.destroy();
      const detail = "Check the port, that the server runs and listens on this address, and firewalls in between.";
      fail(new Refusal([error("CONNECTION_REFUSED", `${host}:${port}: ${text}`, { detail })]));
    };
    socket.once("timeout", () => refuse("no answer in time"));
    socket.once("error", (problem: NodeJS.ErrnoException) => refuse(problem.code ?? problem.message));
  });
}

async function encryption(client: Client, { host }: Endpoint): Promise<Outcome> {
  const [row] = await client.ask("SELECT ssl, version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()", []);
  if (row?.[0] === "t") return `${row[1]}, ${row[2]}`;
  if (host.startsWith("/") || host === "localhost" || host.startsWith("127.") || host === "::1")
    return "not encrypted; the connection stays on this machine";
  const detail = "Passwords and data can be read on the way. Set `tls: { mode: verify-full }`.";
  return { result: "not encrypted", diagnostic: warning("TLS_FAILED", "The connection is not encrypted", { detail }) };
}

async function version(client: Client): Promise<Outcome> {
  const [row] = await client.ask(
    "SELECT current_setting('server_version'), current_setting('server_version_num')::int, pg_is_in_recovery(), current_setting('server_encoding')",
    [],
  );
  const [name, number, standby, encoding] = row as readonly string[];
  const result = `PostgreSQL ${name}, ${standby === "t" ? "standby" : "primary"}, ${encoding}`;
  if (Number(number) < 130000)
    return {
      result,
      diagnostic: error("UNSUPPORTED_VERSION", `The server is PostgreSQL ${name}`, {
        detail: "Datumline supports PostgreSQL 13 and newer.",
      }),
    };
  if (standby === "t")
    return {
      result,
      diagnostic: warning("READ_ONLY", "The server is a standby", {
        detail: "Plans work; connect to the primary to apply.",
      }),
    };
  return result;
}

async function privileges(client: Client): Promise<Outcome> {
  const [rows] = await client.query(
    sql`SELECT rolsuper, rolcreaterole, rolbypassrls, has_database_privilege(current_database(), 'CREATE') FROM pg_roles WHERE rolname = current_user`
      .text,
  );
  const [superuser, createrole, bypassrls, create] = (rows?.[0] ?? []) as readonly string[];
  const has = [
    superuser === "t" && "superuser",
    createrole === "t" && "createrole",
    bypassrls === "t" && "bypassrls",
    create === "t" && "create schemas",
  ];
  const result = has.filter(Boolean).join(", ") || "none beyond its own objects";
  const lacks = [
    superuser !== "t" && createrole !== "t" && "CREATEROLE, to declare roles",
    create !== "t" && "CREATE on the database, to declare schemas and to keep the ledger",
  ];
  const missing = lacks.filter((one): one is string => typeof one === "string");
  if (missing.length === 0) return result;
  return {
    result,
    diagnostic: warning("MISSING_PRIVILEGE", `The connected role lacks ${missing.join("; ")}`, {
      detail: "Fine as long as nothing of the kind is declared.",
    }),
  };
}

async function latency(client: Client): Promise<Outcome> {
  const times: number[] = [];
  for (let count = 0; count < 5; count++) {
    const started = performance.now();
    await client.query("SELECT 1");
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  return `median ${(times[2] as number).toFixed(1)} ms of 5`;
}
