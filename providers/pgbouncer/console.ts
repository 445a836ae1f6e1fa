/**
 * The admin console: simple queries only, one statement at a time, answers as text.
 * https://www.pgbouncer.org/usage.html#admin-console
 */
import type { Client as PgClient } from "pg";
import { error } from "../../core/diagnostic.ts";
import type { ConnectOptions } from "../../core/engine.ts";
import { Refusal } from "../../core/errors.ts";
import type { DataSource } from "../../core/specs.ts";
import { connected, type Endpoint, endpoint } from "../postgresql/client.ts";
import { numberOf } from "./versions.ts";

const PORT = 6432;
/** The oldest that Datumline knows. */
const OLDEST = "1.18";

export interface Config {
  readonly value: string;
  readonly fallback: string;
  /** Taken over by a RELOAD; else by a restart. */
  readonly changeable: boolean;
}

/** A row of the console by column. */
export type Row = ReadonlyMap<string, string>;

/** What is in force. */
export interface InForce {
  readonly config: ReadonlyMap<string, Config>;
  readonly databases: ReadonlyMap<string, Row>;
  readonly users: ReadonlyMap<string, Row>;
}

/** Where the console is: the database `pgbouncer` of the connection. */
export async function consoleOf(source: DataSource, options: ConnectOptions): Promise<Endpoint> {
  const { connection } = source;
  const at = await endpoint({ ...source, connection: { port: PORT, user: "pgbouncer", ...connection } }, options);
  const url = options.url;
  const port = url !== undefined && new URL(url).port === "" ? PORT : at.port;
  return { ...at, port, database: "pgbouncer", config: { ...at.config, port, database: "pgbouncer" } };
}

export class Console {
  #client: PgClient;
  readonly at: Endpoint;
  roundTrips = 1;
  connections = 1;

  private constructor(client: PgClient, at: Endpoint) {
    this.#client = client;
    this.at = at;
  }

  static async open(at: Endpoint): Promise<Console> {
    const client = await connected(at, "").catch((problem: unknown) => {
      // A server looks for a database of this name.
      throw /database "pgbouncer" does not exist/.test((problem as Error).message) ? noConsole(at) : problem;
    });
    // It may have one.
    const isConsole = await client.query("SHOW VERSION").then(
      () => true,
      () => false,
    );
    if (isConsole) return new Console(client, at);
    await client.end().catch(() => undefined);
    throw noConsole(at);
  }

  /** Another connection in place of this one, as soon as there is one. */
  async reopen(patience: number): Promise<void> {
    const until = performance.now() + patience;
    const former = this.#client;
    for (;;) {
      try {
        this.#client = await connected(this.at, "");
        this.connections += 1;
        break;
      } catch (problem) {
        if (performance.now() > until) throw problem;
        await new Promise((done) => setTimeout(done, 50));
      }
    }
    // A console that waits for a pause does not answer to being ended.
    void former.end().catch(() => undefined);
  }

  /** A command, with the rows of its answer. */
  async say(command: string): Promise<readonly Row[]> {
    this.roundTrips += 1;
    const { fields, rows } = await this.#client.query<(string | null)[]>({ text: command, rowMode: "array" });
    return rows.map((row) => new Map(fields.map(({ name }, at) => [name, row[at] ?? ""])));
  }

  async version(): Promise<{ readonly version: string; readonly versionNumber: number }> {
    const [row] = await this.say("SHOW VERSION");
    const told = [...(row?.values() ?? [])].join(" ");
    const version = /\d+(?:\.\d+)+/.exec(told)?.[0] ?? "0";
    const versionNumber = numberOf(version);
    if (versionNumber >= numberOf(OLDEST)) return { version, versionNumber };
    const detail = `Datumline supports PgBouncer ${OLDEST} and newer.`;
    throw new Refusal([error("UNSUPPORTED_VERSION", `The pooler says that it is ${told || "nothing"}`, { detail })]);
  }

  async inForce(): Promise<InForce> {
    const config = await this.say("SHOW CONFIG");
    return {
      config: new Map(
        config.map((row) => [
          row.get("key") ?? "",
          {
            value: row.get("value") ?? "",
            fallback: row.get("default") ?? "",
            changeable: row.get("changeable") === "yes",
          },
        ]),
      ),
      databases: byName(await this.say("SHOW DATABASES")),
      users: byName(await this.say("SHOW USERS")),
    };
  }

  /** One row for each database and user that anybody has come as. */
  pools(): Promise<readonly Row[]> {
    return this.say("SHOW POOLS");
  }

  async end(): Promise<void> {
    await this.#client.end().catch(() => undefined);
  }
}

function noConsole({ host, port }: Endpoint): Refusal {
  const detail =
    "A database server seems to answer there. Give `connection.port` of the pooler, or `engine: postgresql` where the server itself is meant.";
  return new Refusal([error("WRONG_TARGET", `There is no console of a PgBouncer at ${host}:${port}`, { detail })]);
}

/** A name as the console takes it. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function byName(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row.get("name") ?? "", row]));
}
