/** What every suite of faults begins with: one database, a place of its own for each test, and what a user reads. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { expect } from "@jest/globals";
import type pg from "pg";
import type { Store } from "../../core/backups/model.ts";
import { failure } from "../../core/doors/failure.ts";
import { askIn, type Backups, backupsOf, MAJOR } from "./backups.ts";
import { folder } from "./cli.ts";
import { freshDatabase } from "./server.ts";

export interface Exposed {
  readonly url: string;
  readonly database: string;
  /** Gone after the test file. */
  readonly folder: string;
  /** A place of its own for each test. */
  place(): Backups;
  ask(text: string): Promise<pg.QueryResult>;
}

/** A database with enough in it for something to happen meanwhile. */
export async function exposed(): Promise<Exposed> {
  const url = await freshDatabase(MAJOR);
  const database = new URL(url).pathname.slice(1);
  const { path } = folder();
  const ask: Exposed["ask"] = (text) => askIn(url, database, text);
  await ask(
    "CREATE TABLE t AS SELECT i, md5(i::text) AS m FROM generate_series(1, 60000) i; CREATE TABLE u AS SELECT 1 AS i",
  );
  return { url, database, folder: path, place: () => backupsOf(url, mkdtempSync(join(path, "kept-"))), ask };
}

/** What a user reads of a failure: never a fault of Datumline. */
export async function told(
  work: Promise<unknown>,
): Promise<{ code: string; summary: string; detail?: string | undefined }> {
  const problem = await work.then(
    () => new Error("it did not fail"),
    (one: unknown) => one,
  );
  const [first] = failure(problem).diagnostics;
  if (!first || first.code === "INTERNAL") throw problem;
  expect(first.detail).toBeTruthy();
  return first;
}

export async function nothingIn(store: Store): Promise<void> {
  expect(await store.list("warehouse/")).toEqual([]);
}
