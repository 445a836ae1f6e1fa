/**
 * Dumps by PostgreSQL's own pg_dump, in one snapshot with the counts of rows: what is compared later is what was dumped.
 * https://www.postgresql.org/docs/current/app-pgdump.html
 */
import { spawn } from "node:child_process";
import { createReadStream, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { BackupContext, BackupTool, Reach, Taken } from "../../../core/backups/model.ts";
import type { Catalog } from "../../../core/catalog.ts";
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import { catalogHash } from "../../../core/planner.ts";
import type { BackupSchedule } from "../../../core/specs.ts";
import { type Client, type Endpoint, endpoint, open } from "../client.ts";
import { id } from "../quote.ts";
import { serverBinaries } from "../scratch/find.ts";
import { startServer } from "../scratch/server.ts";
import { connect } from "../session.ts";
import { checkTables } from "./checks.ts";
import { restoreDump } from "./restore.ts";
import { ended, libpqEnvironment, output, type Program, program } from "./tools.ts";

/** Any number that no other program is likely to use; with the name of the schedule, the lock of its runs. */
const LOCK_CLASS = 351_726_411;

/** A standby tells how far it has come. */
const POSITION = `SELECT pg_export_snapshot(),
 CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text`;

export const pgDump: BackupTool = {
  async missing(_, major) {
    try {
      await program("pg_dump", major);
      return [];
    } catch (problem) {
      if (problem instanceof Refusal) return problem.diagnostics;
      throw problem;
    }
  },
  take,
  restore: restoreDump,
  async scratch({ serverVersion }) {
    const server = await startServer(serverBinaries(Number.parseInt(serverVersion, 10)));
    return { url: (database) => server.url({ ...(database !== undefined && { database }) }), stop: server.stop };
  },
  async count(url, patterns) {
    const client = await openUrl(url);
    try {
      await client.query("BEGIN READ ONLY; SET LOCAL row_security = off");
      return await checkTables(client, patterns);
    } finally {
      await client.end();
    }
  },
  async drop(url, database) {
    const client = await openUrl(url);
    try {
      await client.query(`DROP DATABASE IF EXISTS ${id(database).text} WITH (FORCE)`);
    } finally {
      await client.end();
    }
  },
};

async function openUrl(url: string): Promise<Client> {
  const nowhere = { name: "copy", engine: "postgresql", connection: {} };
  return open(await endpoint(nowhere, { url, readOnly: false, secret: async () => "" }));
}

async function take(schedule: BackupSchedule, context: BackupContext): Promise<Taken> {
  const at = await endpointOf(context);
  const { catalog, identity } = await lookAround(context);
  const client = await open(at);
  const { env, remove } = libpqEnvironment(at);
  const close = async (): Promise<void> => {
    remove();
    await client.end();
  };
  try {
    const [[row] = []] = await client.query(
      `SELECT pg_try_advisory_lock(${LOCK_CLASS}, hashtext(${quoted(schedule.name)})), current_setting('server_version'),
 current_setting('server_version_num')::int / 10000`,
    );
    const [isFree, serverVersion, major] = row as readonly string[];
    if (isFree !== "t") throw busy(schedule.name, at.database);
    const dump = await program("pg_dump", Number(major));
    // What row security would hide from the role is an error, never a smaller backup.
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security = off");
    const [[snapshot] = []] = await client.query(POSITION);
    const [name, position] = snapshot as readonly string[];
    const { format = "custom" } = schedule.how ?? {};
    return {
      facts: {
        identity,
        database: at.database,
        catalog: catalogHash(catalog),
        serverVersion: serverVersion as string,
        tools: { pg_dump: dump.version },
        format,
        ...(position !== undefined && { position }),
      },
      parts: partsOf(schedule, context, { env, dump, major: Number(major), snapshot: name as string, catalog }),
      checks: () => checkTables(client, schedule.check ?? []),
      close,
    };
  } catch (problem) {
    await close();
    throw problem;
  }
}

interface Dumping {
  readonly catalog: Catalog;
  readonly env: NodeJS.ProcessEnv;
  readonly dump: Program;
  readonly major: number;
  readonly snapshot: string;
}

type PartStream = Taken["parts"] extends AsyncIterable<infer P> ? P : never;

async function* partsOf(
  schedule: BackupSchedule,
  context: BackupContext,
  dumping: Dumping,
): AsyncGenerator<PartStream> {
  const { what = {}, how = {} } = schedule;
  const { env, dump, major, snapshot, catalog } = dumping;
  const words = [`--snapshot=${snapshot}`, "--no-password", ...selection(what)];
  const { format = "custom", jobs = 1 } = how;
  const name = `database.${format === "plain" ? "sql" : "dump"}`;
  if (format === "directory") {
    yield* directory(dump, [...words, "--format=directory", `--jobs=${jobs}`], env, context.signal);
  } else {
    const content = output(dump.path, [...words, `--format=${format}`, "--compress=0"], env, context.signal);
    yield { name, holds: "database", content, compressed: false };
  }
  if (what.globals !== false) {
    const all = await program("pg_dumpall", major);
    const content = output(all.path, ["--globals-only", "--no-role-passwords", "--no-password"], env, context.signal);
    yield { name: "globals.sql", holds: "globals", content, compressed: false };
  }
  if (what.declaration !== false) yield json("declaration.json", "declaration", documentsOf(context));
  yield json(
    "catalog.json",
    "catalog",
    [...catalog.values()].map(({ kind, spec }) => ({ kind, spec })),
  );
}

/** Schemas and tables as pg_dump takes them: patterns in double quotes mean their letters. */
function selection({ schemas = [], except = [] }: NonNullable<BackupSchedule["what"]>): string[] {
  return [
    ...schemas.map((schema) => `--schema="${schema.replaceAll('"', '""')}"`),
    ...except.map((table) => `--exclude-table-data=${table}`),
  ];
}

function documentsOf({ source, declared }: BackupContext): unknown[] {
  return [{ kind: "DataSource", ...source }, ...[...declared.values()].map(({ kind, spec }) => ({ kind, ...spec }))];
}

/** All that is there, so that a restored copy can be compared object by object. */
async function lookAround({
  source,
  secret,
  url,
}: Reach): Promise<{ readonly catalog: Catalog; readonly identity: string }> {
  const session = await connect(source, { secret, readOnly: true, ...(url !== undefined && { url }) });
  try {
    return { catalog: (await session.inspect(new Map())).catalog, identity: session.target.identity };
  } finally {
    await session.close();
  }
}

function json(name: string, holds: PartStream["holds"], value: unknown): PartStream {
  return { name, holds, content: Readable.from([Buffer.from(JSON.stringify(value))]), compressed: false };
}

/** Several tables side by side need a folder; it is as large as the dump, compressed by pg_dump itself. */
async function* directory(
  { path }: Program,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): AsyncGenerator<PartStream> {
  const scratch = mkdtempSync(join(tmpdir(), "datumline-dump-"));
  try {
    const folder = join(scratch, "dump");
    await ended(
      spawn(path, [...words, `--file=${folder}`], { env, stdio: ["ignore", "ignore", "pipe"], signal }),
      path,
    );
    for (const name of readdirSync(folder).sort())
      yield {
        name: `dump/${name}`,
        holds: "database",
        content: createReadStream(join(folder, name)),
        compressed: true,
      };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Where a data source is, with its secrets resolved. */
export function endpointOf({ source, secret, url }: Reach): Promise<Endpoint> {
  return endpoint(source, { secret, readOnly: true, ...(url !== undefined && { url }) });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function busy(schedule: string, database: string): Refusal {
  const detail = "Two runs of one schedule would prune each other's backups. Wait for the other to end.";
  return new Refusal([error("BUSY", `Another run of ${schedule} on ${database} is under way`, { detail })]);
}
