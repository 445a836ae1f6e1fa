/**
 * A server as it was at a moment, in a folder that was empty: never over another, never started here, and set so that it
 * neither archives nor follows anybody when it is started. https://pgbackrest.org/command.html#command-restore
 */
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Manifest, RecoverContext, Recovered } from "../../../core/backups/model.ts";
import { now } from "../../../core/clock.ts";
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import { open } from "../client.ts";
import { sameBinaries } from "../scratch/find.ts";
import { freePort } from "../scratch/server.ts";
import { endpointOf } from "./around.ts";
import { needRoom, restoreWords, toPosition } from "./pgbackrest-copy.ts";
import { type PgBackRest, pgBackRestOf } from "./pgbackrest-program.ts";
import { archive } from "./pgbackrest-ready.ts";
import { archived } from "./pgbackrest-repository.ts";

export async function recover(manifest: Manifest, context: RecoverContext): Promise<Recovered> {
  const { schedule, directory, signal, port = await freePort() } = context;
  const { repository: own, label = "", serverVersion } = manifest;
  const rest = pgBackRestOf(schedule);
  refuseFilled(directory);
  const target = await targetOf(rest, manifest, context);
  needRoom(existing(directory), own?.restoredBytes ?? 0, "Name a folder on a larger disk.");
  const isNew = !existsSync(directory);
  const tablespaces = tablespacesOf(directory);
  try {
    for (const folder of [directory, tablespaces]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      chmodSync(folder, 0o700);
      if (rest.user) chownSync(folder, rest.user.uid, rest.user.gid);
    }
    const words = restoreWords(own?.number ?? 1, label, directory, tablespaces);
    await rest.run("restore", [...words, ...target], { signal });
    settle(rest, directory, port);
    if (readdirSync(tablespaces).length === 0) rmSync(tablespaces, { recursive: true });
  } catch (problem) {
    const filled = isNew ? [directory] : readdirSync(directory).map((name) => join(directory, name));
    for (const path of [...filled, tablespaces]) rmSync(path, { recursive: true, force: true });
    throw problem;
  }
  return { start: startCommand(rest, directory, serverVersion), port };
}

/** What is there is never written over. */
function refuseFilled(directory: string): void {
  const known = statSync(directory, { throwIfNoEntry: false });
  const tablespaces = tablespacesOf(directory);
  const filled = [
    ...(known && (!known.isDirectory() || readdirSync(directory).length > 0) ? [directory] : []),
    ...(existsSync(tablespaces) ? [tablespaces] : []),
  ];
  if (filled.length === 0) return;
  const detail = "Name a folder that is not there, or is empty: a server is restored beside others, never over one.";
  throw new Refusal([error("RESTORE_REFUSED", `${filled.join(" and ")} is not empty`, { detail })], 3);
}

/** Beside it: a server takes none that are inside its own folder. */
function tablespacesOf(directory: string): string {
  return `${directory}.tablespaces`;
}

/** The nearest folder above it that is there. */
function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path));
}

/** Words that say up to where the log is followed; refuses what cannot be reached. */
async function targetOf(rest: PgBackRest, manifest: Manifest, context: RecoverContext): Promise<readonly string[]> {
  const { at } = context;
  const { position = "", repository: own } = manifest;
  if (at === undefined) return toPosition(position);
  if (at === "latest") {
    await archiveRest(rest, manifest, context);
    return ["--type=default"];
  }
  const wanted = Date.parse(at);
  if (wanted > now().getTime())
    throw unreachable(`${at} is yet to come`, "Name a moment that has been, or `--at latest`.");
  let last = await lastArchived(rest, own?.number ?? 1);
  if (wanted > last) {
    // Files of the archive know their time by the second.
    const asked = await archiveRest(rest, manifest, context);
    last = Math.max(asked, await lastArchived(rest, own?.number ?? 1));
  }
  if (wanted > last)
    throw unreachable(
      `The log is archived until ${new Date(last).toISOString()}, and ${at} is after that`,
      `From ${own?.endedAt} to ${new Date(last).toISOString()} every moment can be had; \`--at latest\` is all that was archived.`,
    );
  return ["--type=time", `--target=${at.replace("T", " ").replace(/Z$/, "+00")}`, "--target-action=promote"];
}

async function lastArchived(rest: PgBackRest, number: number): Promise<number> {
  const all = await archived(rest, number);
  return Math.max(0, ...all.map(({ at }) => at));
}

/**
 * What the server has logged and not archived yet is asked for, with a transaction at its end so that there is something to
 * stop at; gives the server's time of that, in milliseconds. The server may be gone, which gives 0: that is what backups are for.
 */
async function archiveRest(rest: PgBackRest, { serverVersion }: Manifest, context: RecoverContext): Promise<number> {
  try {
    const client = await open(await endpointOf(context));
    let until: number;
    try {
      const [[row] = []] = await client.query(
        "SELECT txid_current(), floor(extract(epoch FROM clock_timestamp()) * 1000)::text",
      );
      until = Number(row?.[1]);
    } finally {
      await client.end();
    }
    await archive(rest, serverVersion);
    return until;
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    context.tell?.(`The server did not archive the rest of its log: ${problem.diagnostics[0]?.summary}`);
    return 0;
  }
}

function unreachable(summary: string, detail: string): Refusal {
  return new Refusal([error("TARGET_UNREACHABLE", summary, { detail })]);
}

/** Lines that a copy beside its original needs, and one that takes its place does not. */
function settle({ user }: PgBackRest, directory: string, port: number): void {
  const lines = [
    "# Set by Datumline for a copy beside its original; take these out, and archive_mode above, where it takes its place.",
    `port = ${port}`,
    "max_logical_replication_workers = 0",
    "synchronous_standby_names = ''",
  ];
  appendFileSync(join(directory, "postgresql.auto.conf"), `${lines.join("\n")}\n`);
  // Debian keeps these elsewhere, and without them it does not start.
  const missing = {
    "postgresql.conf": "hot_standby = off\nmax_prepared_transactions = 1000\n",
    "pg_hba.conf": "local all all peer\nhost all all samehost scram-sha-256\n",
  };
  for (const [name, content] of Object.entries(missing)) {
    const path = join(directory, name);
    if (existsSync(path)) continue;
    writeFileSync(path, content, { mode: 0o600 });
    if (user) chownSync(path, user.uid, user.gid);
  }
}

/** As the user that has the files: PostgreSQL does not run as root. */
function startCommand({ user }: PgBackRest, directory: string, version: string): string {
  const start = `${controller(version)} -D ${directory} -l ${join(directory, "start.log")} -w -t 86400 start`;
  if (!user) return start;
  const name = execFileSync("id", ["-nu", `${user.uid}`], { encoding: "utf8" }).trim();
  return `runuser -u ${name} -- ${start}`;
}

/** The files may be for another machine, which has what this one lacks. */
function controller(version: string): string {
  try {
    return join(sameBinaries(Number.parseInt(version, 10)).bin, "pg_ctl");
  } catch (problem) {
    if (problem instanceof Refusal) return "pg_ctl";
    throw problem;
  }
}
