/**
 * A database that is restored stands under a name of its own until all of it is there; only then it takes the name that was
 * asked for, in one transaction with the one that gives it up. Whoever is killed on the way leaves a database that nobody
 * takes for a finished one, and that the next restore on the server removes.
 * https://www.postgresql.org/docs/current/sql-alterdatabase.html
 */
import { createHash } from "node:crypto";
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import { join, type Sql, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { id, lit, number } from "../quote.ts";

/** Any number that no other program is likely to use; with the name of the database, the lock of its restores. */
const LOCK_CLASS = 351_726_412;
const UNDER_WAY = "datumline_restoring_";
/** As long as the other: what one of them has to shorten, the other shortens alike. */
const GIVEN_UP = "datumline_replacing_";
/** What the server keeps of a name. */
const LONGEST = 63;
/** How often whoever connects again at once is turned away. */
const ATTEMPTS = 5;

/** A database that is being made: filled by somebody else, then `keep` or `discard`. */
export interface NewDatabase {
  readonly name: string;
  keep(): Promise<void>;
  discard(): Promise<void>;
}

export interface NewDatabaseOptions {
  /** Name that it takes in the end. */
  readonly name: string;
  readonly overwrite: boolean;
  /** What is restored, for whoever finds it half done. */
  readonly of: string;
  readonly tell: (line: string) => void;
}

/** Takes the turn of that name, and refuses where it is taken and may not be overwritten; makes nothing yet. */
export async function reserve(admin: Client, { name, overwrite, tell }: NewDatabaseOptions): Promise<void> {
  if (!(await tryLock(admin, temporaryName(name)))) throw busy(name);
  await removeLeftovers(admin, tell);
  if (!overwrite && (await exists(admin, name))) throw taken(name);
}

/** Whoever uses it is turned away; nothing happens where there is none. */
export async function dropDatabase(admin: Client, name: string): Promise<void> {
  await admin.query(sql`DROP DATABASE IF EXISTS ${id(name)} WITH (FORCE)`.text);
}

/** An empty database, after `reserve`. */
export async function makeDatabase(admin: Client, options: NewDatabaseOptions): Promise<NewDatabase> {
  const { name, overwrite, of } = options;
  const temporary = temporaryName(name);
  await dropDatabase(admin, temporary);
  await admin.query(sql`CREATE DATABASE ${id(temporary)} TEMPLATE template0`.text);
  const says = `Datumline restores ${of} into ${name}: not finished, and removed by the next restore on this server`;
  await admin.query(sql`COMMENT ON DATABASE ${id(temporary)} IS ${lit(says)}`.text);
  return {
    name: temporary,
    async keep() {
      const old = overwrite && (await exists(admin, name)) ? shortened(GIVEN_UP, name) : undefined;
      if (old !== undefined) await dropDatabase(admin, old);
      await takeName(admin, temporary, name, old);
      if (old !== undefined) await dropDatabase(admin, old);
    },
    discard: () => dropDatabase(admin, temporary),
  };
}

/** Whoever uses the old one is turned away; who comes back before its name is gone is turned away again. */
async function takeName(admin: Client, temporary: string, name: string, old: string | undefined): Promise<void> {
  const renamed = (from: string, to: string): Sql => sql`ALTER DATABASE ${id(from)} RENAME TO ${id(to)}`;
  const statements = [
    sql`BEGIN`,
    ...(old === undefined
      ? []
      : [sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${lit(name)}`, renamed(name, old)]),
    renamed(temporary, name),
    sql`COMMENT ON DATABASE ${id(name)} IS NULL`,
    sql`COMMIT`,
  ];
  for (let attempt = 1; ; attempt += 1) {
    try {
      await admin.query(join(statements, ";\n").text);
      return;
    } catch (problem) {
      await admin.query("ROLLBACK");
      const { code } = problem as { readonly code?: string };
      if (code === "42P04") throw taken(name);
      if (code !== "55006") throw problem;
      if (attempt === ATTEMPTS) throw inUse(name);
    }
  }
}

/** Databases of restores whose process is gone: nobody holds their turn. */
async function removeLeftovers(admin: Client, tell: (line: string) => void): Promise<void> {
  const [found = []] = await admin.query(
    sql`SELECT datname FROM pg_database WHERE starts_with(datname, ${lit(UNDER_WAY)}) OR starts_with(datname, ${lit(GIVEN_UP)})`
      .text,
  );
  for (const [left = ""] of found as readonly (readonly string[])[]) {
    const turn = left.replace(GIVEN_UP, UNDER_WAY);
    // A lock of a session counts how often it was taken, so one's own is taken and given back as well.
    if (!(await tryLock(admin, turn))) continue;
    await dropDatabase(admin, left);
    await admin.query(sql`SELECT pg_advisory_unlock(${keyOf(turn)})`.text);
    tell(`The database ${left} was removed: a restore that did not end had left it behind.`);
  }
}

async function tryLock(admin: Client, turn: string): Promise<boolean> {
  const [[row] = []] = await admin.query(sql`SELECT pg_try_advisory_lock(${keyOf(turn)})`.text);
  return row?.[0] === "t";
}

function keyOf(turn: string): Sql {
  return sql`${number(LOCK_CLASS)}, hashtext(${lit(turn)})`;
}

async function exists(admin: Client, name: string): Promise<boolean> {
  return (await admin.ask("SELECT FROM pg_database WHERE datname = $1", [name])).length > 0;
}

function temporaryName(name: string): string {
  return shortened(UNDER_WAY, name);
}

function shortened(prefix: string, name: string): string {
  if (Buffer.byteLength(prefix + name) <= LONGEST) return prefix + name;
  return prefix + createHash("sha256").update(name).digest("hex").slice(0, 32);
}

function taken(name: string): Refusal {
  const detail =
    "Name another one with `--into`. A database that is there is dropped only where you say so twice: `--overwrite` and `--confirm NAME`.";
  return new Refusal([error("RESTORE_REFUSED", `The database ${name} exists`, { detail })], 3);
}

function inUse(name: string): Refusal {
  const detail = "Stop what connects to it, or name another database with `--into`. It stays as it was.";
  return new Refusal([error("RESTORE_REFUSED", `Others keep connecting to the database ${name}`, { detail })]);
}

function busy(name: string): Refusal {
  const detail = "Wait for it to end, or name another database with `--into`.";
  return new Refusal([error("BUSY", `Another restore into ${name} is under way`, { detail })]);
}
