/**
 * A restore that is tried: the copy is compared with what was backed up, object by object and table by table, proved like
 * the original, timed, and thrown away whatever happens.
 */
import { text } from "node:stream/consumers";
import { unlessAborted } from "../abort.ts";
import type { Address } from "../address.ts";
import { readable } from "../address.ts";
import { type Candidate, chooseBackup, fromSound } from "../backups/choose.ts";
import { EVIDENCE_VERSION, type Evidence } from "../backups/evidence.ts";
import { partName } from "../backups/manifest.ts";
import type { Copy, CopyContext, Manifest, Part, Store } from "../backups/model.ts";
import { restored } from "../backups/streams.ts";
import type { Catalog } from "../catalog.ts";
import { now } from "../clock.ts";
import { diffSpec } from "../diff.ts";
import { milliseconds } from "../duration.ts";
import type { Session } from "../engine.ts";
import type { Kind, Spec } from "../kind.ts";
import { KINDS } from "../kinds/index.ts";
import { proofName } from "../proofs/collect.ts";
import { isFailure } from "../proofs/report.ts";
import type { Json } from "../schema.ts";
import type { DataSource, RestoreDrill } from "../specs.ts";
import { type Kept, wantedOf } from "./backups.ts";
import { proveAll } from "./prove.ts";

export interface Drilling {
  readonly drill: RestoreDrill;
  readonly kept: Kept;
  readonly stores: readonly Store[];
  readonly key: Buffer | undefined;
  /** Server that the drill names; absent for one of its own. */
  readonly into: string | undefined;
  readonly secret: CopyContext["secret"];
  readonly progress: (bytes: number, total: number) => void;
  readonly signal: AbortSignal;
}

export async function runDrill(drilling: Drilling): Promise<Evidence> {
  const { kept, stores, key } = drilling;
  const chosen = await chooseBackup(stores, { ...wantedOf(kept), key });
  const faults = chosen.notes.filter(({ severity }) => severity === "error").map(({ summary }) => summary);
  const since = { startedAt: now(), began: performance.now(), faults };
  const spoilt: string[] = [];
  const evidence = await fromSound(
    chosen,
    (copy) => tried({ ...drilling, ...since }, copy),
    ({ summary }) => spoilt.push(summary),
  );
  // A copy that is not what was written is a fault even where another place has it whole.
  return { ...evidence, problems: [...spoilt, ...evidence.problems] };
}

async function tried(
  drilling: Drilling & Pick<OnCopy, "startedAt" | "began" | "faults">,
  { found: { manifest }, store }: Candidate,
): Promise<Evidence> {
  const { kept, into, secret, signal } = drilling;
  const { tool, ready, schedule } = kept;
  const open = opener(drilling, manifest, store);
  const copy = await tool.copy(manifest, {
    schedule,
    source: beside(ready.source),
    into,
    // The same for every run of a drill, so that the next one replaces what a killed one left on the server it was given.
    name: `datumline_drill_${drilling.drill.name.toLowerCase().replaceAll(/[^a-z0-9]/g, "_")}`.slice(0, 63),
    secret,
    open,
    signal,
  });
  try {
    return await unlessAborted(signal, examined({ ...drilling, manifest, store, copy, open }));
  } finally {
    await copy.stop();
  }
}

/** What is kept of a drill that came to no end: it did not hold, whatever earlier ones did. */
export function brokenOff(
  { drill, kept: { ready, schedule } }: Pick<Drilling, "drill" | "kept">,
  startedAt: Date,
  problems: readonly string[],
): Evidence {
  return {
    version: EVIDENCE_VERSION,
    drill: drill.name,
    dataSource: ready.source.name,
    schedule: schedule.name,
    backup: "none",
    place: "none",
    startedAt: startedAt.toISOString(),
    endedAt: now().toISOString(),
    into: "none",
    serverVersion: "none",
    restoreSeconds: 0,
    dataAgeSeconds: 0,
    objects: { compared: 0, differences: [] },
    tables: { compared: [], differences: [] },
    brokenOff: true,
    problems,
  };
}

/** A copy is reached by its URL alone, whatever leads to the original. */
function beside(source: DataSource): DataSource {
  return { ...source, connection: {} };
}

interface OnCopy extends Drilling {
  readonly manifest: Manifest;
  readonly store: Store;
  readonly copy: Copy;
  readonly startedAt: Date;
  readonly began: number;
  readonly open: ReturnType<typeof opener>;
  /** What was wrong on the way to the backup. */
  readonly faults: readonly string[];
}

async function examined(on: OnCopy): Promise<Evidence> {
  const { drill, kept, manifest, store, startedAt, into, secret, open, began } = on;
  const { url, database } = on.copy;
  const { ready, schedule, tool } = kept;
  const { source } = ready;
  const session = await ready.engine.connect(beside(source), { url, readOnly: false, secret });
  try {
    const inspection = await session.inspect(new Map());
    const restoreSeconds = (performance.now() - began) / 1000;
    const objects = await compareCatalogs(manifest, open, inspection.catalog, database);
    const patterns = drill.tables ?? schedule.check ?? [];
    const tables = compareTables(manifest, await tool.count(url, patterns));
    const proofs = drill.proofs === false ? undefined : await prove(ready, session);
    const dataAgeSeconds = (startedAt.getTime() - Date.parse(manifest.startedAt)) / 1000;
    return {
      version: EVIDENCE_VERSION,
      drill: drill.name,
      dataSource: source.name,
      schedule: schedule.name,
      backup: manifest.id,
      place: store.name,
      startedAt: startedAt.toISOString(),
      endedAt: now().toISOString(),
      into: into === undefined ? "a server of its own" : session.target.location,
      serverVersion: session.target.version,
      restoreSeconds,
      dataAgeSeconds,
      objects,
      tables,
      ...(proofs && { proofs }),
      problems: [
        ...on.faults,
        ...objects.differences,
        ...tables.differences,
        ...(proofs?.failed ?? []),
        ...late("The restore took", restoreSeconds, schedule.rto, "rto"),
        ...late("The backup was", dataAgeSeconds, schedule.rpo, "rpo"),
      ],
    };
  } finally {
    await session.close();
  }
}

/** Opens parts of the backup, counting what is read. */
function opener(
  { key, progress }: Drilling,
  manifest: Manifest,
  store: Store,
): (part: Part) => Promise<ReturnType<typeof restored>> {
  const total = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
  let read = 0;
  return async (part) => {
    const raw = await store.get(partName(manifest, part.name));
    raw.on("data", (chunk: Buffer) => {
      read += chunk.length;
      progress(read, total);
    });
    return restored(raw, part, { compression: manifest.compression, key });
  };
}

async function compareCatalogs(
  manifest: Manifest,
  open: ReturnType<typeof opener>,
  copy: Catalog,
  database: string,
): Promise<Evidence["objects"]> {
  const part = manifest.parts.find(({ holds }) => holds === "catalog");
  if (!part) return { compared: 0, differences: ["the backup holds no catalog to compare with"] };
  const objects = JSON.parse(await text(await open(part))) as { readonly kind: string; readonly spec: Spec }[];
  const differences = objects.flatMap(({ kind: name, spec }): string[] => {
    const kind = KINDS.get(name) as Kind;
    const wanted = inDatabase(spec, manifest.database, database);
    const address: Address = kind.address(wanted);
    const there = copy.get(address);
    if (!there) return [`${readable(address)} is not in the copy`];
    const fields = diffSpec(kind.schema, there.spec, wanted);
    return fields.length === 0
      ? []
      : [`${readable(address)} differs in the copy: ${fields.map(({ path }) => path.join(".")).join(", ")}`];
  });
  return { compared: objects.length, differences };
}

/** What is said of the database itself is said of the copy, which has another name. */
function inDatabase(spec: Spec, name: string, copy: string): Spec {
  const on = spec.on as { readonly [field: string]: Json } | undefined;
  return on?.database === name ? { ...spec, on: { ...on, database: copy } } : spec;
}

function compareTables({ checks }: Manifest, copy: Manifest["checks"]): Evidence["tables"] {
  const found = new Map(copy.map((one) => [one.table, one]));
  const differences = checks.flatMap(({ table, rows, hash }) => {
    const there = found.get(table);
    if (!there) return [`${table} is not in the copy`];
    if (there.rows !== rows) return [`${table} has ${there.rows} rows in the copy, ${rows} were backed up`];
    return there.hash === hash ? [] : [`${table} has other rows in the copy than were backed up`];
  });
  return { compared: checks, differences };
}

async function prove(
  { source, engine, declared }: Kept["ready"],
  session: Session,
): Promise<NonNullable<Evidence["proofs"]>> {
  const { results } = await proveAll({ dataSource: source.name, engine, session, declared });
  const failed = results.filter(isFailure).map(({ proof, reasons }) => `${proofName(proof)}: ${reasons.join("; ")}`);
  return { held: results.length - failed.length, failed };
}

function late(what: string, seconds: number, bound: string | undefined, name: string): string[] {
  if (bound === undefined || seconds * 1000 <= milliseconds(bound)) return [];
  const [unit, amount] = name === "rto" ? ["s", seconds] : ["h old", seconds / 3600];
  return [`${what} ${amount.toFixed(1)} ${unit}, and \`${name}\` is ${bound}`];
}
