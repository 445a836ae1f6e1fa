/**
 * Dumps by PostgreSQL's own pg_dump, in one snapshot with the counts of rows: what is compared later is what was dumped.
 * https://www.postgresql.org/docs/current/app-pgdump.html
 */
import { createReadStream, readdirSync } from "node:fs";
import { join } from "node:path";
import { serverRefused } from "../../../core/backups/faults.ts";
import type { BackupContext, BackupTool, Taken } from "../../../core/backups/model.ts";
import type { Catalog } from "../../../core/catalog.ts";
import { ownedFolder, spawnOwned } from "../../../core/owned.ts";
import { catalogHash } from "../../../core/planner.ts";
import type { BackupSchedule } from "../../../core/specs.ts";
import type { Client } from "../client.ts";
import { FINGERPRINT } from "../fingerprint.ts";
import {
  countCopy,
  databaseSize,
  endpointOf,
  lockRuns,
  lookAround,
  type PartStream,
  propertiesOfCopy,
  type Surroundings,
  surroundingParts,
} from "./around.ts";
import { countTables } from "./checks.ts";
import { type Chosen, choose } from "./chosen.ts";
import { copyDump } from "./dump-copy.ts";
import { dumpRecovery } from "./dump-steps.ts";
import { openPatient } from "./patient.ts";
import { type Kept, keptOf } from "./properties.ts";
import { restoreDump } from "./restore.ts";
import { beginSteady, refuseInside } from "./steady.ts";
import { ended, libpqEnvironment, output, type Program, program } from "./tools.ts";

/** A standby tells how far it has come. */
const POSITION = `SELECT pg_export_snapshot(),
 CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text`;

export const pgDump = {
  take,
  size: databaseSize,
  restore: restoreDump,
  copy: copyDump,
  count: countCopy,
  properties: propertiesOfCopy,
  recovery: dumpRecovery,
} satisfies BackupTool;

async function take(schedule: BackupSchedule, context: BackupContext): Promise<Taken> {
  const at = await endpointOf(context);
  const client = await openPatient(at);
  const { env, remove } = libpqEnvironment(at);
  const close = async (): Promise<void> => {
    remove();
    await client.end();
  };
  try {
    await lockRuns(client, schedule.name, at.database);
    const [[row] = []] = await client.query(
      "SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000",
    );
    const [serverVersion, major] = row as readonly string[];
    const dump = await program("pg_dump", Number(major));
    await refuseInside(client, schedule);
    const { catalog, identity, snapshot, position } = await begin(client, schedule, context);
    const chosen = await choose(client, schedule);
    const properties = await keptOf(client);
    const { how: { format = "custom" } = {}, what: { schemas } = {} } = schedule;
    return {
      facts: {
        identity,
        database: at.database,
        catalog: catalogHash(catalog),
        serverVersion: serverVersion as string,
        tools: { pg_dump: dump.version },
        format,
        ...(schemas && { schemas }),
        ...(position !== undefined && { position }),
      },
      parts: partsOf(schedule, context, { env, dump, major: Number(major), snapshot, catalog, properties, chosen }),
      async checks() {
        // Whoever lost this session may have lost the turn with it.
        try {
          await client.query("SELECT");
          return await countTables(client, chosen.counted);
        } catch (problem) {
          throw serverRefused(problem);
        }
      },
      notes: chosen.notes,
      close,
    };
  } catch (problem) {
    await close();
    throw serverRefused(problem);
  }
}

/** How often it is looked again where somebody changes the catalogs meanwhile; who makes temporary tables always does. */
const ATTEMPTS = 3;

/** The catalog, and the snapshot in which it is still that: a drill compares the one with the other. */
async function begin(
  client: Client,
  { check = [] }: BackupSchedule,
  context: BackupContext,
): Promise<Surroundings & { readonly snapshot: string; readonly position: string | undefined }> {
  const lockTimeout = (context.source.connection.lockTimeout ?? 10) * 1000;
  const fingerprint = async (): Promise<string> => JSON.stringify(await client.query(FINGERPRINT.text));
  for (let attempt = 1; ; attempt += 1) {
    const before = await fingerprint();
    const around = await lookAround(context);
    await beginSteady(client, check, lockTimeout);
    const [[row] = []] = await client.query(POSITION);
    const [snapshot, position] = row as readonly [string, string?];
    if (attempt === ATTEMPTS || (await fingerprint()) === before) return { ...around, snapshot, position };
    await client.query("ROLLBACK");
  }
}

interface Dumping {
  readonly catalog: Catalog;
  readonly env: NodeJS.ProcessEnv;
  readonly dump: Program;
  readonly major: number;
  readonly snapshot: string;
  readonly properties: Kept;
  readonly chosen: Chosen;
}

async function* partsOf(
  schedule: BackupSchedule,
  context: BackupContext,
  dumping: Dumping,
): AsyncGenerator<PartStream> {
  const { what = {}, how = {} } = schedule;
  const { env, dump, major, snapshot, catalog, properties, chosen } = dumping;
  const lockTimeout = (context.source.connection.lockTimeout ?? 10) * 1000;
  const words = [`--snapshot=${snapshot}`, `--lock-wait-timeout=${lockTimeout}`, "--no-password", ...chosen.words];
  const { format = "custom", jobs = 1 } = how;
  const name = `database.${format === "plain" ? "sql" : "dump"}`;
  if (format === "directory") {
    yield* directory(dump, [...words, ...inFolder(how), `--jobs=${jobs}`], env, context.signal);
  } else {
    const content = output(dump.path, [...words, `--format=${format}`, "--compress=0"], env, context.signal);
    yield { name, holds: "database", content, compressed: false };
  }
  if (what.globals !== false) {
    const all = await program("pg_dumpall", major);
    const content = output(all.path, ["--globals-only", "--no-role-passwords", "--no-password"], env, context.signal);
    yield { name: "globals.sql", holds: "globals", content, compressed: false };
  }
  yield* surroundingParts(schedule, context, catalog, properties);
}

/** What pg_dump of every version compresses itself, it compresses; the rest is done on the way to the places. */
function inFolder({ compression = "zstd", level }: NonNullable<BackupSchedule["how"]>): string[] {
  return ["--format=directory", `--compress=${compression === "gzip" ? (level ?? 6) : 0}`];
}

/** Several tables side by side need a folder; it is as large as the dump. */
async function* directory(
  { path }: Program,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): AsyncGenerator<PartStream> {
  const scratch = ownedFolder("dump");
  try {
    const folder = join(scratch.path, "dump");
    await ended(
      spawnOwned(path, [...words, `--file=${folder}`], { env, stdio: ["ignore", "ignore", "pipe"], signal }),
      path,
    );
    for (const name of readdirSync(folder).sort())
      yield {
        name: `dump/${name}`,
        holds: "database",
        content: createReadStream(join(folder, name)),
        compressed: name.endsWith(".gz"),
      };
  } finally {
    scratch.remove();
  }
}
