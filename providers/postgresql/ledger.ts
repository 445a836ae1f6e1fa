/** The ledger as rows of a schema of the target, so that it commits with the change that it records. */
import type { Address } from "../../core/address.ts";
import { error } from "../../core/diagnostic.ts";
import { Refusal } from "../../core/errors.ts";
import type { Ledger, LedgerEntry } from "../../core/ledger.ts";
import { sql } from "../../core/sql.ts";
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
    const rows =
      of === "all"
        ? (await this.#client.query(all.text))[0]
        : await this.#client.ask(`${all.text} WHERE address = ANY ($1)`, [of]);
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
    const script = this.script();
    try {
      await this.#client.query(`BEGIN;\n${script}\nCOMMIT`);
      this.#exists = true;
    } catch (problem) {
      await this.#client.query("ROLLBACK");
      if ((problem as { code?: string }).code !== "42501") throw problem;
      const detail = `An administrator runs this once, or the DataSource says \`ledger: none\`:\n${script}`;
      throw new Refusal([
        error("LEDGER_UNAVAILABLE", `The connected role may not create the ledger's schema ${this.#place.schema}`, {
          detail,
        }),
      ]);
    }
  }

  /** What makes the ledger; owned by whoever runs it, and nobody else's to read or write. */
  script(): string {
    const schema = id(this.#place.schema);
    const table = qualified(this.#place.schema, "ledger");
    return [
      sql`CREATE SCHEMA IF NOT EXISTS ${schema};`,
      sql`CREATE TABLE IF NOT EXISTS ${table} (
  address text PRIMARY KEY,
  applied json NOT NULL,
  texts json NOT NULL,
  made json NOT NULL,
  major integer NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  applied_by text NOT NULL DEFAULT current_user
);`,
      sql`COMMENT ON TABLE ${table} IS ${lit(`version ${VERSION}`)};`,
    ]
      .map((statement) => statement.text)
      .join("\n");
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
