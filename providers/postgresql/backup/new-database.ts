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
import { applyOwner, applyProperties, creation, noLocale } from "./apply-properties.ts";
import { dropDatabase, inTheWay } from "./drop-database.ts";
import type { Properties } from "./properties.ts";

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
  /** Connects to another database of the server. */
  readonly within: (database: string) => Promise<Client>;
}

/** Names that it has until it is whole, and that the one has which it replaces. */
export interface Reserved {
  readonly temporary: string;
  readonly replaced: string;
}

/** Takes the turn of that name, and refuses where it is taken and may not be overwritten; makes nothing yet. */
export async function reserve(admin: Client, options: NewDatabaseOptions): Promise<Reserved> {
  const { name, overwrite } = options;
  refuseName(name);
  if (!(await tryLock(admin, temporaryName(name)))) throw busy(name);
  await removeLeftovers(admin, options);
  if (await exists(admin, name)) {
    if (!overwrite) throw taken(name);
    const why = await inTheWay(admin, name);
    if (why) throw refused(`The database ${name} cannot be replaced: ${why.says}`, `${why.next} Nothing was changed.`);
  }
  return freeNames(admin, name);
}

/** The server itself needs these, and so does every restore. */
const OF_THE_SERVER = ["postgres", "template0", "template1"];

function refuseName(name: string): void {
  const detail = "Name a new database with `--into`.";
  if (OF_THE_SERVER.includes(name))
    throw new Refusal(
      [error("RESTORE_REFUSED", `${name} belongs to the server, and is never replaced`, { detail })],
      3,
    );
  const bytes = Buffer.byteLength(name);
  if (bytes > LONGEST)
    throw refused(
      `The name ${name} has ${bytes} bytes, and the server keeps ${LONGEST}`,
      "Name a shorter one with `--into`.",
    );
}

/** A leftover that nobody could remove keeps its name; it is found by its beginning all the same. */
async function freeNames(admin: Client, name: string): Promise<Reserved> {
  for (let number = 1; ; number += 1) {
    const of = number === 1 ? name : `${name}_${number}`;
    const [temporary, replaced] = [temporaryName(of), shortened(GIVEN_UP, of)];
    // Whoever restores into a database that is called so has these names.
    if (number > 1 && !(await tryLock(admin, temporary))) continue;
    if (!(await exists(admin, temporary)) && !(await exists(admin, replaced))) return { temporary, replaced };
  }
}

/** An empty database, after `reserve`; made like the original where that is known. Nobody may connect to it yet. */
export async function makeDatabase(
  admin: Client,
  options: NewDatabaseOptions & Reserved,
  properties: Properties | undefined,
): Promise<NewDatabase> {
  const { name, overwrite, of, temporary, replaced, tell, within } = options;
  await create(admin, temporary, properties);
  const says = `Datumline restores ${of} into ${name}: not finished, and removed by the next restore on this server`;
  const first = [
    sql`COMMENT ON DATABASE ${id(temporary)} IS ${lit(says)}`,
    sql`REVOKE ALL ON DATABASE ${id(temporary)} FROM PUBLIC`,
  ];
  await admin.query(join(first, ";\n").text);
  if (properties) await applyOwner(admin, temporary, properties, tell);
  return {
    name: temporary,
    async keep() {
      if (properties) await applyProperties(admin, temporary, properties, tell);
      const old = overwrite && (await exists(admin, name)) ? replaced : undefined;
      await takeName(admin, { temporary, name, old, comment: properties?.comment ?? null });
      if (old !== undefined) await remove(admin, old, options);
    },
    discard: () => dropDatabase(admin, temporary, within),
  };
}

async function create(admin: Client, name: string, properties: Properties | undefined): Promise<void> {
  const [[major] = []] = await admin.query("SELECT current_setting('server_version_num')::int / 10000");
  const made = properties ? sql` ${creation(properties, Number(major?.[0]))}` : sql``;
  try {
    await admin.query(sql`CREATE DATABASE ${id(name)} TEMPLATE template0${made}`.text);
  } catch (problem) {
    const { code = "", message } = problem as { readonly code?: string; readonly message: string };
    // A wrong name of a locale, or of one that the encoding is not for; a provider that was not built in.
    if (properties && ["22023", "42809", "0A000", "XX000", "42602"].includes(code)) throw noLocale(properties, message);
    throw problem;
  }
}

interface Renaming {
  readonly temporary: string;
  readonly name: string;
  readonly old: string | undefined;
  readonly comment: string | null;
}

/** Whoever uses the old one is turned away; who comes back before its name is gone is turned away again. */
async function takeName(admin: Client, { temporary, name, old, comment }: Renaming): Promise<void> {
  const renamed = (from: string, to: string): Sql => sql`ALTER DATABASE ${id(from)} RENAME TO ${id(to)}`;
  const statements = [
    sql`BEGIN`,
    ...(old === undefined
      ? []
      : [sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${lit(name)}`, renamed(name, old)]),
    renamed(temporary, name),
    sql`COMMENT ON DATABASE ${id(name)} IS ${comment === null ? sql`NULL` : lit(comment)}`,
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
async function removeLeftovers(admin: Client, options: NewDatabaseOptions): Promise<void> {
  const [found = []] = await admin.query(
    sql`SELECT datname FROM pg_database WHERE starts_with(datname, ${lit(UNDER_WAY)}) OR starts_with(datname, ${lit(GIVEN_UP)})`
      .text,
  );
  for (const [left = ""] of found as readonly (readonly string[])[]) {
    const turn = left.replace(GIVEN_UP, UNDER_WAY);
    // A lock of a session counts how often it was taken, so one's own is taken and given back as well.
    if (!(await tryLock(admin, turn))) continue;
    const isGone = await remove(admin, left, options);
    await admin.query(sql`SELECT pg_advisory_unlock(${keyOf(turn)})`.text);
    if (isGone) options.tell(`The database ${left} was removed: a restore that did not end had left it behind.`);
  }
}

/** What cannot be removed stands in nobody's way: it is told, with what to do. */
async function remove(admin: Client, name: string, { tell, within }: NewDatabaseOptions): Promise<boolean> {
  try {
    // Subscriptions of what was replaced are the original's own.
    await dropDatabase(admin, name, name.startsWith(UNDER_WAY) ? within : undefined);
    return true;
  } catch (problem) {
    if (!(problem instanceof Refusal) && (problem as { readonly severity?: string }).severity === undefined)
      throw problem;
    const [first] = problem instanceof Refusal ? problem.diagnostics : [];
    const { summary, detail } = first ?? {
      summary: `The database ${name} cannot be dropped: ${(problem as Error).message}`,
      detail: "Drop it as a superuser.",
    };
    tell(`${summary}. ${detail}`);
    return false;
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

function refused(summary: string, detail: string): Refusal {
  return new Refusal([error("RESTORE_REFUSED", summary, { detail })]);
}

function inUse(name: string): Refusal {
  const detail = "Stop what connects to it, or name another database with `--into`. It stays as it was.";
  return refused(`Others keep connecting to the database ${name}`, detail);
}

function busy(name: string): Refusal {
  const detail = "Wait for it to end, or name another database with `--into`.";
  return new Refusal([error("BUSY", `Another restore into ${name} is under way`, { detail })]);
}
