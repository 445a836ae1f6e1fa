/**
 * Who can do what: all of it for 500 roles and 5,000 tables of 20 columns, as `datumline access` tells it; and what the
 * access diff adds to a plan.
 */
import { join } from "node:path";
import { startPostgres } from "../scripts/embedded.ts";
import { DATABASE, execute, type Run } from "./measure-server.ts";
import { type Figure, ratio, seconds } from "./report.ts";
import { benchFiles, writeJson } from "./schema.ts";
import { Worker } from "./tools.ts";

const TABLES = 5000;
const SCHEMAS = 10;
/** Of each schema: its readers, those of them that read everything, those of them that write, those that empty it. */
const LEVELS = 4;
const PEOPLE = 500 - SCHEMAS * LEVELS;

/**
 * Every person is in groups of several schemas, each group in the one before. Every table gives its columns but five to
 * the first group, something to each other one, and columns to two people directly; a tenth hide rows.
 */
const ESTATE = [
  `DO $$ BEGIN
  FOR s IN 0..${SCHEMAS - 1} LOOP
    EXECUTE format('CREATE SCHEMA domain_%s', s);
    FOR l IN 0..${LEVELS - 1} LOOP
      EXECUTE format('CREATE ROLE group_%s_%s', s, l);
      IF l > 0 THEN EXECUTE format('GRANT group_%s_%s TO group_%s_%s', s, l - 1, s, l); END IF;
    END LOOP;
    EXECUTE format('GRANT USAGE ON SCHEMA domain_%s TO group_%s_0', s, s);
  END LOOP;
  FOR p IN 0..${PEOPLE - 1} LOOP
    EXECUTE format('CREATE ROLE person_%s LOGIN', p);
    FOR g IN 0..2 LOOP
      EXECUTE format('GRANT group_%s_%s TO person_%s', (p + g * (p / ${SCHEMAS} % 4 + 1)) % ${SCHEMAS}, (p + g) % ${LEVELS}, p);
    END LOOP;
  END LOOP;
END $$`,
  ...Array.from(
    { length: SCHEMAS },
    (_, schema) => `DO $$
DECLARE t text; columns text; most text;
BEGIN
  SELECT string_agg(format('column_%s text', c), ', '), string_agg(format('column_%s', c), ', ') FILTER (WHERE c <= 15)
    INTO columns, most FROM generate_series(1, 20) c;
  FOR i IN 1..${TABLES / SCHEMAS} LOOP
    t := format('domain_${schema}.table_%s', i);
    EXECUTE format('CREATE TABLE %s (%s)', t, columns);
    EXECUTE format('GRANT SELECT (%s) ON %s TO group_${schema}_0', most, t);
    EXECUTE format('GRANT SELECT ON %s TO group_${schema}_1', t);
    EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %s TO group_${schema}_2', t);
    EXECUTE format('GRANT TRUNCATE ON %s TO group_${schema}_3', t);
    EXECUTE format('GRANT UPDATE (column_3, column_4) ON %s TO person_%s', t, i % ${PEOPLE});
    EXECUTE format('GRANT SELECT (column_20) ON %s TO person_%s', t, (i * 13) % ${PEOPLE});
    IF i % 10 = 0 THEN
      EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
      EXECUTE format('CREATE POLICY region ON %s TO group_${schema}_0 USING (column_1 = current_user)', t);
    END IF;
  END LOOP;
END $$`,
  ),
];

/** In a process of its own for each round: as cold as the command is. */
export async function measureMatrix(rounds: number, major: number): Promise<Figure[]> {
  const settings = { max_locks_per_transaction: "2048", shared_buffers: "512MB" };
  const server = await startPostgres({ major, settings });
  try {
    const url = server.url();
    for (const text of ESTATE) await execute(url, text);
    const taken: number[] = [];
    const peaks: number[] = [];
    let rows: unknown;
    for (let round = 1; round <= rounds; round += 1) {
      const worker = new Worker();
      const found = await worker.run("access", { url }).finally(() => worker.close());
      taken.push(found.milliseconds as number);
      peaks.push(found.peak as number);
      rows = found.rows;
    }
    console.log(`access of 500 roles to ${TABLES} tables: ${rows} rows`);
    return [
      seconds("effective access, 500 roles, 20 columns", TABLES, 2, taken),
      {
        name: "its peak memory, inspection included",
        tables: TABLES,
        value: Math.max(...peaks),
        unit: "MB",
        goal: 500,
      },
    ];
  } finally {
    await server.stop();
  }
}

/** On the schema that is applied already, in one process, taking turns. */
export async function measureAccessDiff({ tables, rounds, server, scratch }: Run): Promise<Figure[]> {
  const url = server.url({ database: DATABASE });
  const source = { name: "bench", engine: "postgresql", connection: {} };
  const same = join(scratch, "declaration.json");
  const granted = join(scratch, "granted.json");
  const grant = { to: "team_1", privileges: ["delete"], on: { table: "domain_0.fact_00000" } };
  writeJson(granted, source as never, [
    ...benchFiles(tables),
    { path: "granted.yaml", documents: [{ kind: "Grant", spec: grant }] },
  ]);
  const plans = [
    { name: "no-op plan ÷ one that does not know access", json: same, ours: [] as number[], theirs: [] as number[] },
    {
      name: "plan of one grant ÷ one that does not know access",
      json: granted,
      ours: [] as number[],
      theirs: [] as number[],
    },
  ];
  const [knows, ignores] = [new Worker(), new Worker()];
  try {
    // The first is for the compiler of node; it is not counted.
    for (let round = 0; round <= rounds; round += 1) {
      for (const { json, ours, theirs } of plans) {
        const mine = await knows.run("plan", { url, json });
        const plain = await ignores.run("planWithoutAccess", { url, json });
        if (round === 0) continue;
        ours.push(mine.milliseconds as number);
        theirs.push(plain.milliseconds as number);
      }
    }
  } finally {
    knows.close();
    ignores.close();
  }
  return plans.map(({ name, ours, theirs }) => ratio(name, tables, 1.1, ours, theirs, ""));
}
