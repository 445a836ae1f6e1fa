/** A server whose log pgBackRest archives, with a database to back up, and schedules for it. */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import type pg from "pg";
import type { BackupSchedule } from "../../core/specs.ts";
import { pgBackRestOf } from "../../providers/postgresql/backup/pgbackrest-program.ts";
import { SERVER_USER } from "../../providers/postgresql/scratch/binaries.ts";
import type { EmbeddedPostgres } from "../../scripts/embedded.ts";
import { askIn, MAJOR } from "./backups.ts";
import { freshServer } from "./server.ts";
import { unless } from "./skipping.ts";
import { type Scheduled, scheduled } from "./warehouse.ts";

const hasTools = spawnSync("pgbackrest", ["version"]).status === 0 && spawnSync("zstd", ["--version"]).status === 0;
const missing = hasTools ? undefined : "pgbackrest and zstd are needed";
export const { suite } = unless(missing, "backups by pgBackRest");

interface Listening {
  readonly directory: string;
  readonly port: number;
  readonly socketDirectory: string;
}

export interface Archived {
  /** Folder of configurations and repository, where the server's user can enter. */
  readonly base: string;
  readonly server: EmbeddedPostgres;
  url(): string;
  ask(text: string, database?: string): Promise<pg.QueryResult>;
  /** Writes a configuration for a server. */
  writeConfig(name: string, at: Listening, timeout?: number): void;
  /** By a configuration. */
  schedule(config: string): BackupSchedule;
  estate(options?: { how?: string; more?: string; db?: string }): Scheduled;
}

/** Made before the tests of the file, and gone after them. */
export function archived(): Archived {
  let base = "";
  let server: EmbeddedPostgres;
  const url = (): string => server.url({ database: "warehouse" });
  const ask = (text: string, database = "warehouse"): Promise<pg.QueryResult> => askIn(server.url(), database, text);
  const schedule = (config: string): BackupSchedule => ({
    name: "x",
    schedule: { cron: "0 3 * * *" },
    how: { tool: "pgbackrest", stanza: "main", config: join(base, config) },
  });
  const writeConfig: Archived["writeConfig"] = (name, at, timeout = 10) =>
    writeFileSync(join(base, name), configOf(base, at, timeout));

  beforeAll(async () => {
    if (missing) return;
    // Short, for the paths of sockets.
    base = mkdtempSync("/tmp/dl-rest-");
    chmodSync(base, 0o755);
    if (SERVER_USER) chownSync(base, SERVER_USER.uid, SERVER_USER.gid);
    server = await freshServer({ major: MAJOR, settings: archiving(join(base, "rest.conf")) });
    writeConfig("rest.conf", server);
    await pgBackRestOf(schedule("rest.conf")).run("stanza-create");
    await ask("CREATE DATABASE warehouse", "postgres");
    await ask(
      "CREATE ROLE reader; CREATE TABLE orders (id bigint PRIMARY KEY, amount numeric); GRANT SELECT ON orders TO reader; INSERT INTO orders SELECT i, i * 1.5 FROM generate_series(1, 10000) i; CREATE TABLE busy (i int); CREATE TABLE held (i int)",
    );
  });
  afterAll(() => rmSync(base || "/tmp/dl-rest-none", { recursive: true, force: true }));

  return {
    get base() {
      return base;
    },
    get server() {
      return server;
    },
    url,
    ask,
    writeConfig,
    schedule,
    estate({ how, more = "", db = url() } = {}) {
      const usual = `how: { tool: pgbackrest, stanza: main, config: ${join(base, "rest.conf")}, type:`;
      return scheduled({ DB: db, KEY: "ab".repeat(32) }, documents(usual, how ?? `${usual} full }`, more));
    },
  };
}

function archiving(config: string): Record<string, string> {
  return { archive_mode: "on", archive_command: `pgbackrest --config=${config} --stanza=main archive-push "%p"` };
}

function configOf(base: string, { directory, port, socketDirectory }: Listening, timeout: number): string {
  return `[global]
repo1-path=${base}/repo
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=not-a-secret
log-path=${base}/log
lock-path=${base}/lock
spool-path=${base}/spool
compress-type=zst
compress-level=1
repo1-bundle=y
start-fast=y
archive-timeout=${timeout}
[main]
pg1-path=${directory}/data
pg1-port=${port}
pg1-socket-path=${socketDirectory}
pg1-user=postgres
`;
}

const documents = (usual: string, how: string, more: string): string => `kind: BackupSchedule
name: weekly
schedule: { cron: "30 3 * * 0" }
${how}
to: [{ directory: kept }]
retention: { count: 1 }
check: [public.*]
${more}
---
kind: BackupSchedule
name: daily
schedule: { cron: "30 3 * * *" }
${usual} incremental }
to: [{ directory: kept }]
retention: { count: 2 }
check: [public.*]
---
{ kind: RestoreDrill, name: tried, of: daily }
`;
