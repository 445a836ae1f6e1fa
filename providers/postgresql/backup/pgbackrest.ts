/**
 * Backups by pgBackRest, which copies the files of a whole server into a repository of its own, and the log of the server
 * beside them. What is kept here is the declaration, the catalog and the counts, all of one position in the log to which a
 * drill recovers a copy. https://pgbackrest.org/command.html#command-backup
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { BackupContext, BackupTool, Manifest, Taken } from "../../../core/backups/model.ts";
import { type Diagnostic, note, warning } from "../../../core/diagnostic.ts";
import { catalogHash } from "../../../core/planner.ts";
import type { BackupSchedule } from "../../../core/specs.ts";
import type { Client } from "../client.ts";
import { countCopy, endpointOf, lockRuns, lookAround, type Surroundings, surroundingParts } from "./around.ts";
import { countTables } from "./checks.ts";
import { openPatient } from "./patient.ts";
import { copyServer } from "./pgbackrest-copy.ts";
import { type PgBackRest, pgBackRestOf } from "./pgbackrest-program.ts";
import { archive, readyServer, type Server, unarchived } from "./pgbackrest-ready.ts";
import { recover } from "./pgbackrest-recover.ts";
import {
  type BackupSet,
  canMark,
  DAMAGED_PAGES,
  marking,
  repository,
  segmentAt,
  stanzaInfo,
} from "./pgbackrest-repository.ts";
import { serverRecovery } from "./pgbackrest-steps.ts";
import { atPosition, bytesAt, type Position } from "./position.ts";

export const pgBackRest: BackupTool = {
  take,
  recover,
  copy: copyServer,
  count: countCopy,
  recovery: serverRecovery,
  repository,
};

/** What the words of a schedule are called there. */
const TYPES = { full: "full", differential: "diff", incremental: "incr" } as const;

async function take(schedule: BackupSchedule, context: BackupContext): Promise<Taken> {
  const at = await endpointOf(context);
  const client = await openPatient(at);
  try {
    await lockRuns(client, schedule.name, at.database);
    const rest = pgBackRestOf(schedule);
    const server = await readyServer(rest, schedule, client);
    const used = await version(rest);
    const set = await backUp(rest, schedule, context, server, canMark(used) ? marking(await context.begin()) : []);
    const seen = await settled(client, schedule, context);
    // The position is in the repository before anybody is told that it can be recovered to.
    await archive(rest, server.version);
    const { catalog, identity, position } = seen;
    return {
      facts: {
        identity,
        database: at.database,
        catalog: catalogHash(catalog),
        serverVersion: server.version,
        tools: { pgbackrest: used },
        format: formatOf(set),
        position: position.lsn,
        label: set.label,
        repository: keptThere(set, position, server),
      },
      parts: partsOf(schedule, context, seen),
      checks: () => countTables(client, position.tables),
      notes: notesOf(schedule, set, position),
      close: () => client.end(),
    };
  } catch (problem) {
    await client.end();
    throw problem;
  }
}

async function* partsOf(schedule: BackupSchedule, context: BackupContext, { catalog }: Surroundings) {
  yield* surroundingParts(schedule, context, catalog);
}

/** Its own retention is not ours: a set goes when no rule of the schedule keeps it. */
async function backUp(
  rest: PgBackRest,
  { how = {} }: BackupSchedule,
  context: BackupContext,
  { version: of }: Server,
  marks: readonly string[],
): Promise<BackupSet> {
  let label: string | undefined;
  let bytes = 0;
  const line = (text: string): void => {
    label = /INFO: new backup label = (\S+)/.exec(text)?.[1] ?? label;
    const [, size, unit] = /DETAIL: (?:backup|match) file .* \(([\d.]+)([KMGT]?)B, [\d.]+%\)/.exec(text) ?? [];
    if (size === undefined) return;
    bytes += Number(size) * 1024 ** " KMGT".indexOf(unit || " ");
    context.progress?.(bytes);
  };
  const words = [`--type=${TYPES[how.type ?? "full"]}`, "--no-expire-auto", "--log-level-console=detail", ...marks];
  const explain = unarchived(rest, of);
  await rest.run("backup", words, { line, explain, signal: context.signal });
  const set = (await stanzaInfo(rest)).backup.find((one) => one.label === label);
  if (!set) throw new Error(`internal: pgBackRest made the set ${label}, and does not list it`);
  return set;
}

interface Settled extends Surroundings {
  readonly position: Position;
}

/** How often the catalog is read again because it changed while the position was looked for. */
const ATTEMPTS = 5;

/** The catalog before and after the position is the same: so it is that of the position. */
async function settled(client: Client, { check = [] }: BackupSchedule, context: BackupContext): Promise<Settled> {
  let before = await lookAround(context);
  for (let attempt = 1; ; attempt += 1) {
    const position = await atPosition(client, check);
    const after = await lookAround(context);
    if (catalogHash(before.catalog) === catalogHash(after.catalog) || attempt === ATTEMPTS)
      return { ...after, position };
    before = after;
    await client.query("ROLLBACK");
    await sleep(attempt * 100);
  }
}

function keptThere(set: BackupSet, { lsn, timeline }: Position, server: Server): NonNullable<Manifest["repository"]> {
  return {
    number: set.database["repo-key"],
    needs: set.reference ?? [],
    bytes: set.info.repository.delta,
    restoredBytes: set.info.size,
    endedAt: new Date(set.timestamp.stop * 1000).toISOString(),
    log: {
      first: set.archive.start,
      last: segmentAt(timeline, bytesAt(lsn), server.segmentBytes),
      segmentBytes: server.segmentBytes,
    },
    superuser: server.superuser,
  };
}

function formatOf({ type }: BackupSet): string {
  return Object.entries(TYPES).find(([, own]) => own === type)?.[0] ?? type;
}

function notesOf({ name, how = {} }: BackupSchedule, set: BackupSet, { left }: Position): Diagnostic[] {
  const { type = "full" } = how;
  const tables = left.map(({ table, why }) =>
    warning("NOT_COUNTED", `${table} was not counted: ${why}`, {
      detail: "A drill does not compare it. Run at a time when it is quiet, or take it out of `check`.",
    }),
  );
  return [
    ...(TYPES[type] === set.type
      ? []
      : [
          note("TAKEN_AS_FULL", `${name} is ${formatOf(set)}, not ${type}: there was none that it could build upon`, {
            detail: "The next one builds upon it.",
          }),
        ]),
    ...(set.error
      ? [
          warning("BACKUP_DAMAGED", `${set.label}: ${DAMAGED_PAGES}`, {
            detail: "Look into the disk of the server (`pg_amcheck`), and keep the backups from before.",
          }),
        ]
      : []),
    ...tables,
  ];
}

async function version(rest: PgBackRest): Promise<string> {
  return /\d+(\.\d+)*/.exec(await rest.run("version"))?.[0] ?? "";
}
