/**
 * What must be so before pgBackRest can back a server up, everything that is not told at once: a stanza of this very server,
 * a log that is archived, and a repository that is sealed where the declaration says so.
 */
import { type Diagnostic, error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import type { BackupSchedule } from "../../../core/specs.ts";
import type { Client } from "../client.ts";
import type { Listening, PgBackRest } from "./pgbackrest-program.ts";
import { type StanzaInfo, stanzaInfo } from "./pgbackrest-repository.ts";

/** The server that is backed up, as it says itself. */
export interface Server {
  readonly version: string;
  readonly system: string;
  readonly segmentBytes: number;
  /** The role that was made with it, which may do everything. */
  readonly superuser: string;
}

const SERVER = `SELECT current_setting('server_version'), (SELECT system_identifier::text FROM pg_control_system()),
 (SELECT setting FROM pg_settings WHERE name = 'wal_segment_size'), (SELECT rolname FROM pg_roles WHERE oid = 10),
 pg_is_in_recovery()::text, current_setting('archive_mode'), current_setting('archive_command')`;

/** Tells the server, once all is as it must be. */
export async function readyServer(rest: PgBackRest, schedule: BackupSchedule, client: Client): Promise<Server> {
  const [[row] = []] = await client.query(SERVER);
  const [version = "", system = "", bytes, superuser = "", isStandby, mode, command] = row as string[];
  const server = { version, system, segmentBytes: Number(bytes), superuser };
  if (isStandby === "true") throw new Refusal([standby()]);
  const info = await stanzaInfo(rest);
  if (info.db.length === 0) await refuseUnknown(rest, version);
  const found = [
    ...stanzaProblems(rest, info, server),
    ...archiveProblems(rest, mode, command),
    ...(schedule.encryption && info.cipher === "none" ? [open(rest)] : []),
  ];
  if (found.length > 0) throw new Refusal(found);
  return server;
}

/** Sees that what the server has logged so far arrives in the repository. */
export async function archive(rest: PgBackRest, version: string): Promise<void> {
  await rest.run("check", [], { explain: unarchived(rest, version) });
}

/** Its code for a segment of the log that did not arrive in time. */
const LATE = 82;

/** What is wrong on the way of the log, or with the version, where a command waits for it. */
export function unarchived({ stanza }: PgBackRest, version: string): NonNullable<Listening["explain"]> {
  return (code, complaint) => {
    if (/is this version of PostgreSQL supported/.test(complaint)) return tooOld(version, complaint);
    if (code !== LATE) return undefined;
    return new Refusal([
      error("NOT_ARCHIVED", `What the server of ${stanza} logs does not arrive in the repository`, {
        detail: `${complaint}\nSee what the log of the server says of \`archive_command\`: the server archives as its own user, which must be able to write into the repository.`,
      }),
    ]);
  };
}

function standby(): Diagnostic {
  return error("NOT_SUPPORTED", "This server is a standby", {
    detail:
      "Name the primary in the data source. pgBackRest itself may copy from a standby: `backup-standby=y` in its configuration.",
  });
}

function stanzaProblems({ stanza, config }: PgBackRest, { status, db }: StanzaInfo, server: Server): Diagnostic[] {
  const make = `pgbackrest --config=${config} --stanza=${stanza}`;
  if (db.length === 0)
    return [
      error("STANZA_MISSING", `The repository has no stanza ${stanza}: ${status.message}`, {
        detail: `Make it, as the user that the server runs as: ${make} stanza-create`,
      }),
    ];
  const current = db.reduce((a, b) => (a.id > b.id ? a : b));
  if (current["system-id"] !== server.system)
    return [
      error("STANZA_MISSING", `The stanza ${stanza} is of another server`, {
        detail: `It is of the system ${current["system-id"]}, this one is ${server.system}. Name the stanza of this server in \`how\`, or point \`pg1-path\` at it and run ${make} stanza-upgrade.`,
      }),
    ];
  return [];
}

function archiveProblems({ stanza }: PgBackRest, mode = "", command = ""): Diagnostic[] {
  const push = `archive_command = 'pgbackrest --stanza=${stanza} archive-push "%p"'`;
  if (mode === "off")
    return [
      error("NOT_ARCHIVED", "The server archives nothing: `archive_mode` is off", {
        detail: `Set \`archive_mode = on\` and \`${push}\`, and restart the server.`,
      }),
    ];
  if (!command.includes("pgbackrest"))
    return [
      error("NOT_ARCHIVED", "The server does not archive with pgBackRest", {
        detail: `Set \`${push}\` and reload the server.`,
      }),
    ];
  return [];
}

function open({ stanza }: PgBackRest): Diagnostic {
  return error("NOT_ENCRYPTED", `The repository of ${stanza} is not encrypted, and the schedule asks for encryption`, {
    detail:
      "Set `repo1-cipher-type=aes-256-cbc` and `repo1-cipher-pass` for a new repository, or take `encryption` out of the schedule.",
  });
}

/** A stanza cannot be made for a version that it does not know; only a command that connects says so. */
async function refuseUnknown(rest: PgBackRest, version: string): Promise<void> {
  await archive(rest, version).catch((problem: unknown) => {
    if (problem instanceof Refusal && problem.diagnostics.some(({ code }) => code === "TOOL_MISSING")) throw problem;
  });
}

function tooOld(version: string, complaint: string): Refusal {
  const detail = `${complaint}\nInstall a newer pgbackrest; apt.postgresql.org has the newest.`;
  return new Refusal([error("TOOL_MISSING", `This pgBackRest does not know PostgreSQL ${version}`, { detail })]);
}
