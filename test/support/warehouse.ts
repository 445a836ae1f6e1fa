/** A data source that is backed up: a server for it, and a folder that declares it. */
import type pg from "pg";
import { askIn, MAJOR } from "./backups.ts";
import { type Folder, folder, type Ran } from "./cli.ts";
import { freshServer } from "./server.ts";

/** Id of a backup, in what is printed. */
export const ID = /\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[0-9a-f]{4}/;

export interface Warehouse {
  url(database?: string): string;
  ask(database: string, text: string): Promise<pg.QueryResult>;
}

/** A server for this test file alone; the text fills its database `warehouse`. */
export async function warehouse(text: string): Promise<Warehouse> {
  const server = await freshServer({ major: MAJOR });
  const ask: Warehouse["ask"] = (database, statements) => askIn(server.url(), database, statements);
  await ask("postgres", "CREATE DATABASE warehouse");
  await ask("warehouse", text);
  return { url: (database = "warehouse") => server.url({ database }), ask };
}

export interface Scheduled extends Folder {
  /** `datumline backup` with these words. */
  backup(line: string): Promise<Ran>;
}

/** A folder that declares the database that `DB` leads to, and after it these documents. */
export function scheduled(env: Readonly<Record<string, string>>, documents: string): Scheduled {
  const here = folder(env);
  here.write(
    "w.yaml",
    `kind: DataSource
name: warehouse
engine: postgresql
connection: { url: { env: DB } }
external: { schemas: [public] }
---
${documents}`,
  );
  return { ...here, backup: (line) => here.run(`backup ${line} -f w.yaml`) };
}
