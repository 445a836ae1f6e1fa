/** What every backup of a database has beside its data, whatever made it. */
import { Readable } from "node:stream";
import type { BackupContext, Reach, Taken } from "../../../core/backups/model.ts";
import type { Catalog, DataObject } from "../../../core/catalog.ts";
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import type { Kind, Spec } from "../../../core/kind.ts";
import { KINDS } from "../../../core/kinds/index.ts";
import type { BackupSchedule } from "../../../core/specs.ts";
import { sql } from "../../../core/sql.ts";
import { type Client, type Endpoint, endpoint } from "../client.ts";
import { lit, number } from "../quote.ts";
import { connect } from "../session.ts";
import { countTables, tablesLike } from "./checks.ts";
import { openPatient } from "./patient.ts";
import { type Kept, type Properties, propertiesOf } from "./properties.ts";

export type PartStream = Taken["parts"] extends AsyncIterable<infer P> ? P : never;

/** What the backed up system is known by, and all that is in it. */
export interface Surroundings {
  readonly catalog: Catalog;
  readonly identity: string;
}

/** All that is there, so that a restored copy can be compared object by object. */
export async function lookAround({ source, secret, url }: Reach): Promise<Surroundings> {
  const session = await connect(source, { secret, readOnly: true, ...(url !== undefined && { url }) });
  try {
    return { catalog: (await session.inspect(new Map())).catalog, identity: session.target.identity };
  } finally {
    await session.close();
  }
}

/** The declaration, the catalog as it was, and what belongs to the database itself where the tool does not keep it. */
export function* surroundingParts(
  { what }: BackupSchedule,
  { source, declared }: BackupContext,
  catalog: Catalog,
  properties?: Kept,
): Generator<PartStream> {
  const plain = (objects: Catalog) => [...objects.values()].map(({ kind, spec }) => ({ kind, spec }));
  const documents = [
    { kind: "DataSource", ...source },
    ...plain(declared).map(({ kind, spec }) => ({ kind, ...spec })),
  ];
  if (what?.declaration !== false) yield json("declaration.json", "declaration", documents);
  yield json(
    "catalog.json",
    "catalog",
    plain(catalog).filter((object) => isHeld(object, what)),
  );
  if (properties) yield json("properties.json", "properties", properties);
}

/** Is an object in a backup that holds only some schemas, or no roles? */
function isHeld({ kind, spec }: DataObject, { schemas, globals }: NonNullable<BackupSchedule["what"]> = {}): boolean {
  if (kind === "Role") return globals !== false;
  const { schema } = (KINDS.get(kind) as Kind).scope(spec);
  if (schema !== undefined) return schemas?.includes(schema) ?? true;
  return schemas === undefined || (spec.on as Spec | undefined)?.database !== undefined;
}

function json(name: string, holds: PartStream["holds"], value: unknown): PartStream {
  return { name, holds, content: Readable.from([Buffer.from(JSON.stringify(value))]), compressed: false };
}

/** Any number that no other program is likely to use; with the name of the schedule, the lock of its runs. */
const LOCK_CLASS = 351_726_411;

/** Keeps the other runs of a schedule out until the session ends. */
export async function lockRuns(client: Client, schedule: string, database: string): Promise<void> {
  const [[row] = []] = await client.query(
    sql`SELECT pg_try_advisory_lock(${number(LOCK_CLASS)}, hashtext(${lit(schedule)}))`.text,
  );
  if (row?.[0] !== "t") throw busy(`Another run of ${schedule} on ${database} is under way`);
}

/** Somebody else backs up at the same time. */
export function busy(summary: string): Refusal {
  const detail = "Two runs of one schedule would prune each other's backups. Wait for the other to end.";
  return new Refusal([error("BUSY", summary, { detail })]);
}

/** Counts and hashes rows again, in a copy. */
export function countCopy(url: string, patterns: readonly string[]): ReturnType<typeof countTables> {
  return inCopy(url, async (client) => {
    await client.query("BEGIN READ ONLY; SET LOCAL row_security = off");
    const tables = await tablesLike(client, patterns);
    return countTables(
      client,
      tables.filter(({ isPopulated }) => isPopulated).map(({ name }) => name),
    );
  });
}

/** What belongs to the database itself, in a copy. */
export function propertiesOfCopy(url: string): Promise<Properties> {
  return inCopy(url, propertiesOf);
}

async function inCopy<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await openUrl(url);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Where a URL alone leads. */
export async function openUrl(url: string): Promise<Client> {
  const nowhere = { name: "copy", engine: "postgresql", connection: {} };
  return openPatient(await endpoint(nowhere, { url, readOnly: false, secret: async () => "" }));
}

/** Bytes of the database with its indexes. */
export async function databaseSize(reach: Reach): Promise<number> {
  const client = await openPatient(await endpointOf(reach));
  try {
    const [[row] = []] = await client.query("SELECT pg_database_size(current_database())");
    return Number(row?.[0]);
  } finally {
    await client.end();
  }
}

/** Where a data source is, with its secrets resolved. */
export function endpointOf({ source, secret, url }: Reach): Promise<Endpoint> {
  return endpoint(source, { secret, readOnly: true, ...(url !== undefined && { url }) });
}
