/**
 * A dump put back into a database that is made for it. Roles are not part of a database: those that are missing are made
 * from the globals of the backup, without passwords, or told before anything is done.
 * https://www.postgresql.org/docs/current/app-pgrestore.html
 */
import { text } from "node:stream/consumers";
import { serverRefused } from "../../../core/backups/faults.ts";
import type { Manifest, Part, RestoreContext } from "../../../core/backups/model.ts";
import type { DataObject } from "../../../core/catalog.ts";
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import type { Grant } from "../../../core/specs.ts";
import { join as joined } from "../../../core/sql.ts";
import { type Client, type Endpoint, endpoint } from "../client.ts";
import { grantSql } from "../grant.ts";
import { id, lit } from "../quote.ts";
import { loosenSubscriptions } from "./drop-database.ts";
import { fill, fillerOf } from "./fill.ts";
import { statementsIn } from "./globals.ts";
import { makeDatabase, reserve } from "./new-database.ts";
import { openPatient } from "./patient.ts";
import type { Kept } from "./properties.ts";
import { rolesFor } from "./roles.ts";
import { refuseUnselectable } from "./selection.ts";

/** Present in every server, and never the one that is restored. */
const MAINTENANCE = "postgres";

export async function restoreDump(manifest: Manifest, context: RestoreContext): Promise<void> {
  const { source, secret, url } = context;
  const server = await endpoint(source, { secret, readOnly: false, ...(url !== undefined && { url }) });
  const at = within(server, context.database);
  const admin = await openPatient(within(at, MAINTENANCE));
  try {
    const { overwrite, signal, tell = () => undefined } = context;
    const major = await majorOf(admin);
    refuseOlder(manifest, major);
    refuseUnselectable(manifest, context.only);
    const filler = await fillerOf(manifest, major);
    const properties = await propertiesIn(manifest, context);
    const noTablespaces = await lacksTablespaces(admin, manifest, properties, tell);
    const wanted = {
      name: at.database,
      overwrite,
      of: manifest.id,
      tell,
      within: (name: string) => openPatient(within(at, name)),
    };
    const names = await reserve(admin, wanted);
    const objects = await catalogIn(manifest, context);
    const roles = objects.filter(({ kind }) => kind === "Role").map(({ spec }) => spec.name as string);
    const needed = [...new Set([...roles, ...(properties?.roles ?? [])])];
    const statements = await globalsIn(manifest, context);
    await rolesFor({ statements, needed, make: context.globals }, admin, tell);
    signal.throwIfAborted();
    const database = await makeDatabase(admin, { ...wanted, ...names }, properties);
    try {
      if (!properties) {
        tell(OLDER);
        await grantAgain(admin, database.name, objects);
      }
      const there = within(at, database.name);
      await readied(there, manifest);
      await fill({ manifest, context, filler, noTablespaces }, there);
      await loosened(there, tell);
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

/** What nobody noted cannot be given: texts may sort otherwise, and settings that applications rely on are gone. */
const OLDER =
  "The backup is of an older version, and does not hold what belongs to the database itself: the copy has the encoding, the locale and the owner that the server gives a new one, and no settings. Compare them with the original before it takes its place.";

/** Undefined in a backup of an older version. */
async function propertiesIn(manifest: Manifest, { open: opened }: RestoreContext): Promise<Kept | undefined> {
  const part = partOf(manifest, "properties");
  return part && (JSON.parse(await text(await opened(part))) as Kept);
}

/** The statements that make roles, read only where they are wanted; undefined where the backup holds none. */
async function globalsIn(
  manifest: Manifest,
  { globals, open: opened }: RestoreContext,
): Promise<readonly string[] | undefined> {
  const part = partOf(manifest, "globals");
  if (!part) return undefined;
  return globals ? statementsIn(await text(await opened(part))) : [];
}

/** Where the files of a database lie is the business of its server: where that has no such places, they lie where it keeps others. */
async function lacksTablespaces(
  admin: Client,
  { id: backup, format }: Manifest,
  properties: Kept | undefined,
  tell: (line: string) => void,
): Promise<boolean> {
  const [rows = []] = await admin.query(
    "SELECT spcname FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')",
  );
  const there = new Set(rows.map(([name]) => name));
  const missing = properties?.tablespaces.filter((name) => !there.has(name)) ?? [];
  if (missing.length > 0 && format === "plain")
    throw new Refusal([
      error(
        "RESTORE_REFUSED",
        `The server lacks tablespaces that the plain dump ${backup} names: ${missing.join(", ")}`,
        {
          detail: "Make them first (`CREATE TABLESPACE`), or back up with `format: custom`, which does without.",
        },
      ),
    ]);
  if (missing.length > 0) tell(`The server lacks the tablespaces ${missing.join(", ")}: everything lies in its own.`);
  const { tablespace = "pg_default" } = properties ?? {};
  if (tablespace !== "pg_default")
    tell(`The database was in the tablespace ${tablespace}; the copy is where its server keeps others.`);
  return properties ? missing.length > 0 : there.size === 0;
}

/** A dump of some schemas makes all of them, also the one that every database has. */
async function readied(at: Endpoint, { schemas = [] }: Manifest): Promise<void> {
  if (!schemas.includes("public")) return;
  const client = await openPatient(at);
  try {
    await client.query("DROP SCHEMA public");
  } finally {
    await client.end();
  }
}

/** A copy subscribes to nothing, and must not take the original's slot along when it is dropped. */
async function loosened(at: Endpoint, tell: (line: string) => void): Promise<void> {
  const client = await openPatient(at);
  try {
    for (const [name, slot] of await loosenSubscriptions(client))
      tell(
        `The subscription ${name} is there, and reads nothing: when the copy takes the original's place, \`ALTER SUBSCRIPTION ${id(name).text} SET (slot_name = ${lit(slot).text})\` and ENABLE it.`,
      );
  } finally {
    await client.end();
  }
}

/** In a backup of an older version the catalog alone says who may connect. */
async function grantAgain(admin: Client, database: string, objects: readonly DataObject[]): Promise<void> {
  const grants = objects.flatMap(({ kind, spec }) => {
    const grant = spec as unknown as Grant;
    if (kind !== "Grant" || grant.on.database === undefined) return [];
    return [grantSql({ ...grant, on: { database } }, undefined)];
  });
  if (grants.length > 0) await admin.query(joined(grants, ";\n").text);
}
