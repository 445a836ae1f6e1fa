/**
 * A restore that is tried: the copy is compared with what was backed up, object by object and table by table, proved like
 * the original, timed, and thrown away whatever happens.
 */
import { finished } from "node:stream/promises";
import { unlessAborted } from "../abort.ts";
import { type Candidate, chooseBackup, fromSound } from "../backups/choose.ts";
import { EVIDENCE_VERSION, type Evidence } from "../backups/evidence.ts";
import { otherKey } from "../backups/faults.ts";
import { partName } from "../backups/manifest.ts";
import type { Copy, CopyContext, Manifest, Store } from "../backups/model.ts";
import { opens } from "../backups/seal.ts";
import { restored } from "../backups/streams.ts";
import type { Catalog } from "../catalog.ts";
import { now } from "../clock.ts";
import { milliseconds } from "../duration.ts";
import type { Session } from "../engine.ts";
import { Refusal } from "../errors.ts";
import { KINDS } from "../kinds/index.ts";
import { proofName } from "../proofs/collect.ts";
import { isFailure } from "../proofs/report.ts";
import type { DataSource, RestoreDrill } from "../specs.ts";
import { type Kept, wantedOf } from "./backups.ts";
import { compareCatalogs, compareProperties, compareTables, type Open } from "./drill-compare.ts";
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
  if (!opens(manifest.key, drilling.key)) throw otherKey(manifest.id);
  const { open, rest } = opener(drilling, manifest, store);
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
    return await unlessAborted(signal, examined({ ...drilling, manifest, store, copy, open, rest }));
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
  readonly open: Open;
  /** Reads what has not been read to its end, and tells what of it is not what was written. */
  readonly rest: () => Promise<readonly string[]>;
  /** What was wrong on the way to the backup. */
  readonly faults: readonly string[];
}

async function examined(on: OnCopy): Promise<Evidence> {
  const { drill, kept, manifest, store, startedAt, into, secret, open, began, copy } = on;
  const { url, database } = copy;
  const { ready, schedule } = kept;
  const { source } = ready;
  const session = await ready.engine.connect(beside(source), { url, readOnly: false, secret });
  try {
    const inspection = await session.inspect(new Map());
    const restoreSeconds = (performance.now() - began) / 1000;
    const compared = await compareCatalogs(manifest, open, inspection.catalog, database);
    const own = await compareProperties(manifest, open, copy, kept);
    const objects = { ...compared, differences: [...compared.differences, ...own] };
    const tables = await compareTables(manifest, copy, kept, drill.tables);
    const unproved = drill.proofs === false ? [] : unprovable(manifest, kept);
    const proofs = drill.proofs === false || unproved.length > 0 ? undefined : await prove(ready, session);
    const left = [...unproved, ...unknown(manifest, kept)];
    const spoilt = await on.rest();
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
      ...(left.length > 0 && { left }),
      problems: [
        ...on.faults,
        ...objects.differences,
        ...tables.differences,
        ...(proofs?.failed ?? []),
        ...spoilt,
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
): { readonly open: Open; readonly rest: OnCopy["rest"] } {
  const total = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
  let read = 0;
  const whole = new Set<string>();
  const open: Open = async (part) => {
    const raw = await store.get(partName(manifest, part.name));
    raw.on("data", (chunk: Buffer) => {
      read += chunk.length;
      progress(Math.min(read, total), total);
    });
    const content = restored(raw, part, { compression: manifest.compression, key });
    content.on("end", () => whole.add(part.name));
    return content;
  };
  const rest = async (): Promise<readonly string[]> => {
    const problems: string[] = [];
    for (const part of manifest.parts.filter(({ name }) => !whole.has(name)))
      try {
        await finished((await open(part)).resume());
      } catch (problem) {
        if (!(problem instanceof Refusal)) throw problem;
        problems.push(problem.message);
      }
    return problems;
  };
  return { open, rest };
}

/** What a backup of an older version cannot tell of the original. */
function unknown({ parts }: Manifest, { tool }: Kept): readonly string[] {
  const isKnown = !tool.properties || parts.some(({ holds }) => holds === "properties");
  return isKnown ? [] : ["what belongs to the database itself: the backup is of an older version"];
}

/** Why the proofs of the declaration say nothing of a copy that was never to hold all; nothing where they do. */
function unprovable({ schemas, parts }: Manifest, { tool }: Kept): readonly string[] {
  const left = [
    ...(schemas ? [`the backup holds ${schemas.join(", ")} alone`] : []),
    // A tool that copies whole servers has all of them.
    ...(tool.properties && !parts.some(({ holds }) => holds === "globals") ? ["the backup holds no roles"] : []),
  ];
  return left.length === 0 ? [] : [`proofs: ${left.join(", and ")}`];
}

/** A login leads to the original; on the copy its role is taken on. */
function withoutLogins(declared: Catalog): Catalog {
  return new Map(
    [...declared].map(([address, object]) => {
      if (!KINDS.get(object.kind)?.proves) return [address, object];
      const { url, ...spec } = object.spec;
      return [address, { ...object, spec }];
    }),
  );
}

async function prove(
  { source, engine, declared }: Kept["ready"],
  session: Session,
): Promise<NonNullable<Evidence["proofs"]>> {
  const { results } = await proveAll({ dataSource: source.name, engine, session, declared: withoutLogins(declared) });
  const failed = results.filter(isFailure).map(({ proof, reasons }) => `${proofName(proof)}: ${reasons.join("; ")}`);
  return { held: results.length - failed.length, failed };
}

function late(what: string, seconds: number, bound: string | undefined, name: string): string[] {
  if (bound === undefined || seconds * 1000 <= milliseconds(bound)) return [];
  const [unit, amount] = name === "rto" ? ["s", seconds] : ["h old", seconds / 3600];
  return [`${what} ${amount.toFixed(1)} ${unit}, and \`${name}\` is ${bound}`];
}
