/**
 * A dump put back into a database that is made for it. Roles are not part of a database: those that are missing are made
 * from the globals of the backup, without passwords, or told before anything is done.
 * https://www.postgresql.org/docs/current/app-pgrestore.html
 */
import { createWriteStream, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { serverRefused } from "../../../core/backups/faults.ts";
import type { Manifest, Part, RestoreContext } from "../../../core/backups/model.ts";
import type { DataObject } from "../../../core/catalog.ts";
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import { ownedFolder, spawnOwned } from "../../../core/owned.ts";
import type { Grant } from "../../../core/specs.ts";
import { join as joined, sql } from "../../../core/sql.ts";
import { type Client, type Endpoint, endpoint, open } from "../client.ts";
import { grantSql } from "../grant.ts";
import { id } from "../quote.ts";
import { statementsIn } from "./globals.ts";
import { makeDatabase, reserve } from "./new-database.ts";
import { rolesFor } from "./roles.ts";
import { refuseUnselectable, selection, withSelected } from "./selection.ts";
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
    refuseUnselectable(manifest, context.only);
    const { overwrite, signal, tell = () => undefined } = context;
    const wanted = { name: at.database, overwrite, of: manifest.id, tell };
    await reserve(admin, wanted);
    const objects = await catalogIn(manifest, context);
    await rolesFor(await globalsIn(manifest, context), objects, admin, tell);
    signal.throwIfAborted();
    const database = await makeDatabase(admin, wanted);
    try {
      await grantAgain(admin, database.name, objects);
      const there = within(at, database.name);
      await withSelected(there, context, manifest.id, () => fill(manifest, context, there, major));
      signal.throwIfAborted();
      await database.keep();
    } catch (problem) {
      // Where the connection is gone as well, the next restore removes it.
      await database.discard().catch(() => undefined);
      throw problem;
    }
  } catch (problem) {
    throw serverRefused(problem);
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

function partOf({ parts }: Manifest, holds: Part["holds"]): Part | undefined {
  return parts.find((one) => one.holds === holds);
}

async function catalogIn(manifest: Manifest, { open: opened }: RestoreContext): Promise<readonly DataObject[]> {
  const part = partOf(manifest, "catalog");
  return part ? (JSON.parse(await text(await opened(part))) as readonly DataObject[]) : [];
}

/** The statements that make roles, where they are wanted. */
async function globalsIn(manifest: Manifest, { globals, open: opened }: RestoreContext): Promise<readonly string[]> {
  const part = globals ? partOf(manifest, "globals") : undefined;
  return part ? statementsIn(await text(await opened(part))) : [];
}

/** A dump does not say who may connect; a copy must not be open to more than the original was. */
async function grantAgain(admin: Client, database: string, objects: readonly DataObject[]): Promise<void> {
  if (objects.length === 0) return;
  const grants = objects.flatMap(({ kind, spec }) => {
    const grant = spec as unknown as Grant;
    if (kind !== "Grant" || grant.on.database === undefined) return [];
    return [grantSql({ ...grant, on: { database } }, undefined)];
  });
  await admin.query(joined([sql`REVOKE ALL ON DATABASE ${id(database)} FROM PUBLIC`, ...grants], ";\n").text);
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
    const words = [connectingTo(at.database), "--exit-on-error", "--no-password", ...chosen];
    await fed(restore.path, words, content, env, context.signal);
  } finally {
    remove();
  }
}

/** A name with `=` in it would be taken for a list of parameters. */
function connectingTo(database: string): string {
  return `--dbname=dbname='${database.replaceAll(/['\\]/g, "\\$&")}'`;
}

/** Gives a program its input; throws what the program or the input complained of, the input first. */
async function fed(
  path: string,
  words: readonly string[],
  content: Readable,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  const child = spawnOwned(path, words, { env, stdio: ["pipe", "ignore", "pipe"], signal });
  const stdin = child.stdin as Writable;
  const done = ended(child, path);
  const [input, end] = await Promise.allSettled([
    pipeline(content, stdin).catch((problem: NodeJS.ErrnoException) => {
      // It closed its input, having all that it wants or for a reason that its exit tells.
      if (problem.code === "EPIPE" || problem.code === "ERR_STREAM_PREMATURE_CLOSE") return;
      child.kill();
      throw problem;
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
  const scratch = ownedFolder("restore");
  try {
    const folder = join(scratch.path, "dump");
    mkdirSync(folder);
    for (const part of parts)
      await pipeline(await opened(part), createWriteStream(join(folder, basename(part.name).replace(/\.sealed$/, ""))));
    const restore = await program("pg_restore", major);
    const words = [
      connectingTo(env.PGDATABASE ?? ""),
      "--exit-on-error",
      "--no-password",
      "--jobs=2",
      ...chosen,
      folder,
    ];
    await ended(spawnOwned(restore.path, words, { env, stdio: ["ignore", "ignore", "pipe"], signal }), restore.path);
  } finally {
    scratch.remove();
  }
}
