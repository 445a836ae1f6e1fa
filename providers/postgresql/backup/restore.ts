/**
 * A dump put back into a database that is made for it. Roles are not part of a database: those that are missing are made
 * from the globals of the backup, without passwords, or told before anything is done.
 * https://www.postgresql.org/docs/current/app-pgrestore.html
 */
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { Manifest, Part, RestoreContext } from "../../../core/backups/model.ts";
import type { DataObject } from "../../../core/catalog.ts";
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import { nameParts } from "../../../core/names.ts";
import type { Grant } from "../../../core/specs.ts";
import { type Client, type Endpoint, endpoint, open } from "../client.ts";
import { id } from "../quote.ts";
import { ended, libpqEnvironment, program } from "./tools.ts";

/** Present in every server, and never the one that is restored. */
const MAINTENANCE = "postgres";

export async function restoreDump(manifest: Manifest, context: RestoreContext): Promise<void> {
  const { source, secret, url } = context;
  const server = await endpoint(source, { secret, readOnly: false, ...(url !== undefined && { url }) });
  const at = within(server, context.database);
  const admin = await open(within(at, MAINTENANCE));
  try {
    const major = await majorOf(admin);
    refuseOlder(manifest, major);
    const objects = await catalogIn(manifest, context);
    await rolesFor(manifest, context, admin, objects);
    await makeDatabase(admin, at.database, context.overwrite);
    await grantAgain(admin, at.database, objects);
    await fill(manifest, context, at, major).catch(async (problem: unknown) => {
      await admin.query(`DROP DATABASE IF EXISTS ${id(at.database).text} WITH (FORCE)`).catch(() => undefined);
      throw problem;
    });
  } finally {
    await admin.end();
  }
}

function within(at: Endpoint, database: string): Endpoint {
  return { ...at, database, config: { ...at.config, database } };
}

async function majorOf(client: Client): Promise<number> {
  const [[row] = []] = await client.query("SELECT current_setting('server_version_num')::int / 10000");
  return Number(row?.[0]);
}

function refuseOlder({ serverVersion, id: backup }: Manifest, major: number): void {
  const from = Number.parseInt(serverVersion, 10);
  if (major >= from) return;
  const detail = `Restore into PostgreSQL ${from} or newer.`;
  throw new Refusal([
    error("RESTORE_REFUSED", `The backup ${backup} is of PostgreSQL ${serverVersion}, the server is older (${major})`, {
      detail,
    }),
  ]);
}

async function makeDatabase(admin: Client, database: string, overwrite: boolean): Promise<void> {
  const there = await admin.ask("SELECT FROM pg_database WHERE datname = $1", [database]);
  if (there.length > 0 && !overwrite) {
    const detail =
      "Name another one with `--into`. A database that is there is dropped only where you say so twice: `--overwrite` and `--confirm NAME`.";
    throw new Refusal([error("RESTORE_REFUSED", `The database ${database} exists`, { detail })], 3);
  }
  if (there.length > 0) await admin.query(`DROP DATABASE ${id(database).text} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${id(database).text} TEMPLATE template0`);
}

function partOf({ parts }: Manifest, holds: Part["holds"]): Part | undefined {
  return parts.find((one) => one.holds === holds);
}

async function catalogIn(manifest: Manifest, { open: opened }: RestoreContext): Promise<readonly DataObject[]> {
  const part = partOf(manifest, "catalog");
  return part ? (JSON.parse(await text(await opened(part))) as readonly DataObject[]) : [];
}

/** A dump does not say who may connect; a copy must not be open to more than the original was. */
async function grantAgain(admin: Client, database: string, objects: readonly DataObject[]): Promise<void> {
  if (objects.length === 0) return;
  const grants = objects.flatMap(({ kind, spec }) => {
    const { on, to, privileges } = spec as unknown as Grant;
    if (kind !== "Grant" || on.database === undefined) return [];
    const words = privileges.map((privilege) => privilege.toUpperCase()).join(", ");
    return [`GRANT ${words} ON DATABASE ${id(database).text} TO ${to === "public" ? "PUBLIC" : id(to).text}`];
  });
  await admin.query([`REVOKE ALL ON DATABASE ${id(database).text} FROM PUBLIC`, ...grants].join(";\n"));
}

/** Roles that were there when it was taken: those that are missing are made or told. */
async function rolesFor(
  manifest: Manifest,
  context: RestoreContext,
  admin: Client,
  objects: readonly DataObject[],
): Promise<void> {
  const needed = objects.filter(({ kind }) => kind === "Role").map(({ spec }) => spec.name as string);
  const there = new Set((await admin.query("SELECT rolname FROM pg_roles"))[0]?.map(([name]) => name as string));
  const globals = partOf(manifest, "globals");
  const lines = context.globals && globals ? (await text(await context.open(globals))).split("\n") : [];
  // The role that was connected owns things as well, and is in no catalog.
  const made = lines.flatMap((line) => (line.startsWith("CREATE") ? (roleOf(line) ?? []) : []));
  const missing = new Set([...needed, ...made].filter((name) => !there.has(name)));
  if (missing.size === 0) return;
  if (lines.length === 0) {
    const detail = "Make them first, or restore with `--globals`, which makes them without passwords.";
    throw new Refusal([
      error("ROLE_MISSING", `The server lacks roles of the backup: ${[...missing].join(", ")}`, { detail }),
    ]);
  }
  const statements = lines.filter((line) => missing.has(roleOf(line) ?? ""));
  if (statements.length > 0) await admin.query(statements.join("\n"));
}

const NAME = '("(?:[^"]|"")+"|[\\w$]+)';
const OF_ROLE = new RegExp(`^(?:CREATE|ALTER) ROLE ${NAME}`);
const MEMBERSHIP = new RegExp(`^GRANT ${NAME} TO ${NAME}`);

/** The role that a statement of pg_dumpall makes, or makes a member; each stands on a line of its own. */
function roleOf(line: string): string | undefined {
  const named = OF_ROLE.exec(line)?.[1] ?? MEMBERSHIP.exec(line)?.[2];
  return named === undefined ? undefined : nameParts(named)[0];
}

async function fill(manifest: Manifest, context: RestoreContext, at: Endpoint, major: number): Promise<void> {
  const { env, remove } = libpqEnvironment(at);
  const parts = manifest.parts.filter(({ holds }) => holds === "database");
  const chosen = selection(context.only);
  try {
    if (manifest.format === "directory") return await fromFolder(parts, context, env, major, chosen);
    const [part] = parts as [Part];
    const content = await context.open(part);
    if (manifest.format === "plain") {
      const psql = await program("psql", major);
      const words = [
        "--no-psqlrc",
        "--quiet",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        "--output=/dev/null",
        "--file=-",
      ];
      return await fed(psql.path, words, content, env, context.signal);
    }
    const restore = await program("pg_restore", major);
    const words = [`--dbname=${at.database}`, "--exit-on-error", "--no-password", ...chosen];
    await fed(restore.path, words, content, env, context.signal);
  } finally {
    remove();
  }
}

function selection(only: RestoreContext["only"]): string[] {
  const { schemas = [], tables = [] } = only ?? {};
  const parts = tables.map(nameParts);
  return [
    ...schemas.map((schema) => `--schema=${schema}`),
    ...[...new Set(parts.map(([schema]) => `--schema=${schema}`))],
    ...parts.map((names) => `--table=${names.at(-1)}`),
  ];
}

/** Gives a program its input; throws what the program or the input complained of, the input first. */
async function fed(
  path: string,
  words: readonly string[],
  content: Readable,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  const child = spawn(path, words, { env, stdio: ["pipe", "ignore", "pipe"], signal });
  const done = ended(child, path);
  const [input, end] = await Promise.allSettled([
    pipeline(content, child.stdin).catch((problem: NodeJS.ErrnoException) => {
      child.kill();
      // It closed its input, and says why with its exit.
      if (problem.code !== "EPIPE" && problem.code !== "ERR_STREAM_PREMATURE_CLOSE") throw problem;
    }),
    done,
  ]);
  if (input.status === "rejected") throw input.reason;
  if (end.status === "rejected") throw end.reason;
}

async function fromFolder(
  parts: readonly Part[],
  { open: opened, signal }: RestoreContext,
  env: NodeJS.ProcessEnv,
  major: number,
  chosen: readonly string[],
): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "datumline-restore-"));
  try {
    const folder = join(scratch, "dump");
    mkdirSync(folder);
    for (const part of parts)
      await pipeline(await opened(part), createWriteStream(join(folder, basename(part.name).replace(/\.sealed$/, ""))));
    const restore = await program("pg_restore", major);
    const words = [`--dbname=${env.PGDATABASE}`, "--exit-on-error", "--no-password", "--jobs=2", ...chosen, folder];
    await ended(spawn(restore.path, words, { env, stdio: ["ignore", "ignore", "pipe"], signal }), restore.path);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
