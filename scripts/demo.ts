/**
 * The main job on a PostgreSQL of its own: plan, apply, look as the roles, drift, repair, and a plan that is empty.
 * Every command is run as a user would run it; nothing is left behind.
 */
import { spawnSync } from "node:child_process";
import pg from "pg";
import { startPostgres } from "./embedded.ts";

const ESTATE = "examples/first-steps";
const started = performance.now();

const server = await startPostgres();
const url = server.url({ database: "postgres" });
const hand = new pg.Client(url);
try {
  await hand.connect();
  say(
    `A PostgreSQL ${server.version} of its own is running, empty. ${ESTATE}/ declares a customer table, who sees which rows and columns, and a mask.`,
  );

  say("What would change, for whom, how dangerously?");
  datumline("plan", "-f", ESTATE);
  say("Make it so.");
  applied("apply", "-f", ESTATE, "--yes");
  say("Does it hold? Each role tries it, on rows that are gone again afterwards:");
  datumline("test", "-f", ESTATE);
  await hand.query(`INSERT INTO sales.customer_dim (customer_id, customer_name, email, region) VALUES
    (1, 'Ada Lovelace', 'ada@example.com', 'EU'), (2, 'Grace Hopper', 'grace@example.org', 'US'), (3, 'Alan Turing', 'alan@example.net', 'EU')`);

  say("Three customers have arrived. What does each role see? The manager of the EU:");
  await see(
    "regional_manager",
    "SELECT customer_name, email, region FROM sales.customer_dim",
    "SET LOCAL app.user_region = 'EU'",
  );
  say("The analyst, through the masked view:");
  await see("analyst", "SELECT customer_name, email, region FROM sales.customer_masked");
  say("The analyst, asking the table for the address:");
  await see("analyst", "SELECT email FROM sales.customer_dim");

  say("At night another hand helps itself:");
  await byHand("GRANT SELECT ON sales.customer_dim TO analyst");
  await byHand("ALTER POLICY regional_access ON sales.customer_dim USING (true)");
  await byHand("ALTER TABLE sales.customer_dim ADD COLUMN note text");
  say("Now the manager of the EU sees everybody. Datumline finds it,");
  datumline("drift", "-f", ESTATE);
  say("says what would put it right, and what that would cost,");
  datumline("plan", "-f", ESTATE);
  say("and does so once the dangers are allowed by name.");
  applied("apply", "-f", ESTATE, "--yes", "--allow", "WIDENS_ACCESS,NARROWS_ACCESS,DELETES_DATA");
  await see(
    "regional_manager",
    "SELECT customer_name, email, region FROM sales.customer_dim",
    "SET LOCAL app.user_region = 'EU'",
  );
  say("The second plan is empty:");
  datumline("plan", "-f", ESTATE);
} finally {
  await hand.end();
  await server.stop();
}
say(
  `Done in ${((performance.now() - started) / 1000).toFixed(1)} s; the server is gone. Next: docs/getting-started.md`,
);

function say(text: string): void {
  process.stdout.write(`\n▸ ${text}\n`);
}

function datumline(...args: readonly string[]): void {
  const { stdout, stderr } = run(args);
  process.stdout.write(indented(`${stdout}${stderr}`));
}

/** An apply shows its plan again; here the reader has just seen it, so only the end of it is shown. */
function applied(...args: readonly string[]): void {
  const { stdout, stderr } = run(args);
  const done = stderr.split("\n").filter((line) => line.includes("applied"));
  process.stdout.write(indented(["…", stdout.trimEnd().split("\n").at(-1), ...done, ""].join("\n")));
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

function run(args: readonly string[]): { stdout: string; stderr: string } {
  process.stdout.write(`\n  $ datumline ${args.join(" ")}\n\n`);
  const colour = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  const ended = spawnSync(process.execPath, ["--import", "tsx", "cli/main.ts", ...args], {
    env: { ...process.env, ...colour, DATABASE_URL: url },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  // Drift is told by exit code 2, which is what the demo wants to see.
  if (ended.status !== 0 && ended.status !== 2)
    throw new Error(`datumline ${args[0]} ended with ${ended.status}\n${ended.stderr}`);
  return ended;
}

async function byHand(sql: string): Promise<void> {
  process.stdout.write(`\n  # ${sql}\n`);
  await hand.query(sql);
}

/** Rows as a role sees them, in a transaction that is rolled back. */
async function see(role: string, query: string, setting?: string): Promise<void> {
  process.stdout.write(`\n  ${role}> ${query}${setting ? `   -- ${setting.replace("SET LOCAL ", "")}` : ""}\n`);
  await hand.query(`BEGIN; SET LOCAL ROLE ${role}${setting ? `; ${setting}` : ""}`);
  try {
    const { rows, fields } = await hand.query<string[]>({ text: `${query} ORDER BY 1`, rowMode: "array" });
    table([fields.map((field) => field.name), ...rows.map((row) => row.map(String))]);
  } catch (problem) {
    process.stdout.write(`    ${(problem as Error).message}\n`);
  } finally {
    await hand.query("ROLLBACK");
  }
}

function table(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  for (const row of rows)
    process.stdout.write(
      `    ${row
        .map((value, column) => value.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()}\n`,
    );
}
