/** The ledger as rows of a schema of the target, so that it commits with the change that it records. */
import type { Address } from "../../core/address.ts";
import { error } from "../../core/diagnostic.ts";
import { Refusal } from "../../core/errors.ts";
import type { Spec } from "../../core/kind.ts";
import type { Ledger, LedgerEntry, NewEntry } from "../../core/ledger.ts";
import { type Sql, sql } from "../../core/sql.ts";
import type { Client } from "./client.ts";
import { createProofs, proofsTable, recordProof } from "./proof-record.ts";
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
  /** Name of the data source: several may be declared for one database. */
  readonly source: string;
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
    const all = sql`SELECT address, applied, texts, made, major, settled, source FROM ${table}`;
    const read =
      of === "all"
        ? this.#client.query(all.text).then(([rows]) => rows)
        : this.#client.ask(`${all.text} WHERE address = ANY ($1)`, [of]);
    const rows = await read.catch((problem: unknown) => {
      throw isDenied(problem) ? this.#unavailable("may not read the ledger", this.#grants()) : problem;
    });
    return new Map((rows ?? []).map((row) => [row[0] as Address, new Entry(row as LedgerRow, this.#place)]));
  }

  async write(entries: readonly NewEntry[], gone: readonly Address[]): Promise<void> {
    const table = qualified(this.#place.schema, "ledger");
    const kept = new Set(entries.map((entry) => entry.address));
    const deleted = gone.filter((address) => !kept.has(address));
    if (deleted.length > 0) await this.#client.ask(sql`DELETE FROM ${table} WHERE address = ANY ($1)`.text, [deleted]);
    for (let at = 0; at < entries.length; at += BATCH) {
      const batch = entries.slice(at, at + BATCH);
      await this.#client.ask(
        sql`INSERT INTO ${table} AS l (address, applied, texts, made, settled, major, source)
SELECT e.address, e.applied, e.texts, e.made, e.settled, ${number(this.#place.major)}, ${lit(this.#place.source)}
FROM json_to_recordset($1) AS e (address text, applied json, texts json, made json, settled text)
ON CONFLICT (address) DO UPDATE SET applied = excluded.applied, texts = excluded.texts, made = excluded.made,
  settled = excluded.settled, major = excluded.major, source = excluded.source,
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

  async proved(held: number, failed: number): Promise<void> {
    await recordProof(this.#client, this.#place, held, failed);
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
  settled text,
  major integer NOT NULL,
  source text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  applied_by text NOT NULL DEFAULT current_user
)`,
      createProofs(this.#place.schema),
      sql`COMMENT ON TABLE ${table} IS ${lit(`version ${VERSION}`)}`,
    ];
  }

  #grants(): Sql {
    const { schema, user } = this.#place;
    return sql`GRANT USAGE ON SCHEMA ${id(schema)} TO ${id(user)}; GRANT SELECT, INSERT, UPDATE, DELETE ON ${qualified(schema, "ledger")}, ${proofsTable(schema)} TO ${id(user)};`;
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

type LedgerRow = readonly [
  address: Address,
  applied: string,
  texts: string,
  made: string,
  major: string,
  settled: string | null,
  source: string,
];

/** Most entries of most plans are looked at for their `settled` alone, so the rest is parsed when somebody asks. */
class Entry implements LedgerEntry {
  readonly #row: LedgerRow;
  readonly #place: LedgerPlace;
  #applied: Spec | undefined;
  #texts: LedgerEntry["texts"] | undefined;

  constructor(row: LedgerRow, place: LedgerPlace) {
    this.#row = row;
    this.#place = place;
  }

  get address(): Address {
    return this.#row[0];
  }

  get applied(): Spec {
    this.#applied ??= JSON.parse(this.#row[1]) as Spec;
    return this.#applied;
  }

  get texts(): LedgerEntry["texts"] {
    this.#texts ??= this.#isOfThisMajor() ? JSON.parse(this.#row[2]) : NO_TEXTS;
    return this.#texts as LedgerEntry["texts"];
  }

  get made(): LedgerEntry["made"] {
    if (this.by !== undefined) return [];
    return this.#row[3] === "true" ? true : JSON.parse(this.#row[3]);
  }

  get settled(): string | undefined {
    return (this.#isOfThisMajor() && this.#row[5]) || undefined;
  }

  get by(): string | undefined {
    return this.#row[6] === this.#place.source ? undefined : this.#row[6];
  }

  #isOfThisMajor(): boolean {
    return Number(this.#row[4]) === this.#place.major;
  }
}

function isDenied(problem: unknown): boolean {
  return (problem as { code?: string }).code === "42501";
}
