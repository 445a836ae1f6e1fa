/** The ledger as rows of a schema of the target, so that it commits with the change that it records. */
import type { Address } from "../../core/address.ts";
import { error } from "../../core/diagnostic.ts";
import { Refusal } from "../../core/errors.ts";
import type { Ledger, LedgerEntry } from "../../core/ledger.ts";
import { type Sql, sql } from "../../core/sql.ts";
import type { Client } from "./client.ts";
import { id, lit, number, qualified } from "./quote.ts";

const VERSION = 1;
/** Entries of one write: enough to make round trips few, little enough to keep a message small. */
const BATCH = 5000;
const NO_TEXTS: LedgerEntry["texts"] = {};

export interface LedgerPlace {
  readonly schema: string;
  /** Major version of the server: another one may spell the same text in another way. */
  readonly major: number;
  /** The connected role. */
  readonly user: string;
}

export class PostgresLedger implements Ledger {
  readonly #client: Client;
  readonly #place: LedgerPlace;
  #exists: boolean;

  constructor(client: Client, place: LedgerPlace, exists: boolean) {
    this.#client = client;
    this.#place = place;
    this.#exists = exists;
  }

  async entries(of: readonly Address[] | "all"): Promise<ReadonlyMap<Address, LedgerEntry>> {
    if (!this.#exists) return new Map();
    const table = qualified(this.#place.schema, "ledger");
    const all = sql`SELECT address, applied, texts, made, major FROM ${table}`;
    const read =
      of === "all"
        ? this.#client.query(all.text).then(([rows]) => rows)
        : this.#client.ask(`${all.text} WHERE address = ANY ($1)`, [of]);
    const rows = await read.catch((problem: unknown) => {
      throw isDenied(problem) ? this.#unavailable("may not read the ledger", this.#grants()) : problem;
    });
    const found = new Map<Address, LedgerEntry>();
    for (const [address, applied, texts, made, major] of rows ?? []) {
      found.set(address as Address, {
        address: address as Address,
        applied: JSON.parse(applied as string),
        texts: Number(major) === this.#place.major && texts !== "{}" ? JSON.parse(texts as string) : NO_TEXTS,
        made: made === "true" ? true : JSON.parse(made as string),
      });
    }
    return found;
  }

  async write(entries: readonly LedgerEntry[], gone: readonly Address[]): Promise<void> {
    const table = qualified(this.#place.schema, "ledger");
    const kept = new Set(entries.map((entry) => entry.address));
    const deleted = gone.filter((address) => !kept.has(address));
    if (deleted.length > 0) await this.#client.ask(sql`DELETE FROM ${table} WHERE address = ANY ($1)`.text, [deleted]);
    for (let at = 0; at < entries.length; at += BATCH) {
      const batch = entries.slice(at, at + BATCH);
      await this.#client.ask(
        sql`INSERT INTO ${table} AS l (address, applied, texts, made, major)
SELECT e.address, e.applied, e.texts, e.made, ${number(this.#place.major)} FROM json_to_recordset($1) AS e (address text, applied json, texts json, made json)
ON CONFLICT (address) DO UPDATE SET applied = excluded.applied, texts = excluded.texts, made = excluded.made, major = excluded.major,
  applied_at = now(), applied_by = current_user`.text,
        [JSON.stringify(batch)],
      );
    }
  }

  async prepare(): Promise<void> {
    if (this.#exists) return this.#checkVersion();
    const { schema, user } = this.#place;
    try {
      // To make a schema that is there needs the right to make one, even where it says IF NOT EXISTS.
      const [there] = await this.#client.ask("SELECT FROM pg_namespace WHERE nspname = $1", [schema]);
      const script = [...(there ? [] : [sql`CREATE SCHEMA IF NOT EXISTS ${id(schema)}`]), ...this.#script()];
      await this.#client.query(`BEGIN;\n${script.map(({ text }) => `${text};`).join("\n")}\nCOMMIT`);
      this.#exists = true;
    } catch (problem) {
      await this.#client.query("ROLLBACK");
      if (!isDenied(problem)) throw problem;
      const make = sql`CREATE SCHEMA IF NOT EXISTS ${id(schema)}; ALTER SCHEMA ${id(schema)} OWNER TO ${id(user)};`;
      throw this.#unavailable(`may not create the ledger's schema ${schema}`, make);
    }
  }

  /** What makes the ledger; owned by whoever runs it, and nobody else's to read or write. */
  #script(): Sql[] {
    const table = qualified(this.#place.schema, "ledger");
    return [
      sql`CREATE TABLE IF NOT EXISTS ${table} (
  address text PRIMARY KEY,
  applied json NOT NULL,
  texts json NOT NULL,
  made json NOT NULL,
  major integer NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  applied_by text NOT NULL DEFAULT current_user
)`,
      sql`COMMENT ON TABLE ${table} IS ${lit(`version ${VERSION}`)}`,
    ];
  }

  #grants(): Sql {
    const { schema, user } = this.#place;
    return sql`GRANT USAGE ON SCHEMA ${id(schema)} TO ${id(user)}; GRANT SELECT, INSERT, UPDATE, DELETE ON ${qualified(schema, "ledger")} TO ${id(user)};`;
  }

  #unavailable(what: string, script: Sql): Refusal {
    const detail = `An administrator runs this once, or the DataSource says \`ledger: none\`:\n${script.text}`;
    return new Refusal([error("LEDGER_UNAVAILABLE", `${this.#place.user} ${what}`, { detail })]);
  }

  async #checkVersion(): Promise<void> {
    const [row] = await this.#client.ask("SELECT obj_description(to_regclass($1), 'pg_class')", [
      qualified(this.#place.schema, "ledger").text,
    ]);
    const version = Number(/^version (\d+)$/.exec(row?.[0] ?? "")?.[1] ?? VERSION);
    if (version <= VERSION) return;
    const detail = "Run the newer version of Datumline that wrote it.";
    throw new Refusal([
      error("LEDGER_VERSION", `The ledger has version ${version}; this Datumline knows ${VERSION}`, { detail }),
    ]);
  }
}

function isDenied(problem: unknown): boolean {
  return (problem as { code?: string }).code === "42501";
}
