/** Runs an attack as the role that it is for, and gives back all that came back, as text. */
import type { EventEmitter } from "node:events";
import pg from "pg";
import type { Attack } from "./model.ts";

export async function attempt(url: string, { as, run, options }: Attack): Promise<string> {
  const at = new URL(url);
  at.username = as;
  const client = new pg.Client({ connectionString: at.href, ...(options !== undefined && { options }) });
  const told: string[] = [];
  client.on("notice", ({ message }) => told.push(`NOTICE ${message}`));
  // Rows of COPY come past the results.
  const wire = (client as unknown as { readonly connection: EventEmitter }).connection;
  wire.on("copyData", ({ chunk }: { readonly chunk: Buffer }) => told.push(`COPY ${chunk}`));
  await client.connect();
  try {
    await client.query("BEGIN");
    const results = (await client.query(run)) as unknown as pg.QueryResult | pg.QueryResult[];
    for (const { command, rowCount, rows } of [results].flat())
      told.push(`${command} ${rowCount}`, ...rows.map((row) => JSON.stringify(row)));
  } catch (problem) {
    const { message, detail, hint, where } = problem as pg.DatabaseError;
    told.push(...[`ERROR ${message}`, detail, hint, where].filter((text) => text !== undefined));
  } finally {
    await client.end();
  }
  return told.join("\n");
}
