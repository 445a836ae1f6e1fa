/** What is to run a schedule or a drill, as it is in the folder where it should be. */
import type { Address } from "../address.ts";
import { filesFor } from "../backups/runners/files.ts";
import type { Installed } from "../backups/state.ts";
import type { DataObject } from "../catalog.ts";
import { diffSpec } from "../diff.ts";
import type { Engine } from "../engine.ts";
import type { Kind } from "../kind.ts";
import { KINDS } from "../kinds/index.ts";
import { canonical } from "../objects.ts";
import type { Secrets } from "../secret.ts";
import type { BackupSchedule, DataSource, File } from "../specs.ts";
import { failure } from "./failure.ts";
import type { Engines, Ready } from "./ready.ts";
import { connectOptions } from "./sessions.ts";

export interface InstalledOptions {
  readonly engines: Engines;
  readonly secrets: Secrets;
}

/** Compares the files of what a schedule or drill asks for with those that are there. */
export async function installed(
  { source, declared, others }: Ready,
  object: DataObject,
  { engines, secrets }: InstalledOptions,
): Promise<Installed> {
  const { runner } = object.spec as unknown as BackupSchedule;
  if (!runner) return { state: "no runner", files: [] };
  const { on, as } = runner;
  const wanted = wantedFiles(source, object, [...declared.values()]);
  const of = { runner: { as, on } };
  const holder = others?.get(on);
  const engine = holder && (await engines.get(holder.engine)?.());
  if (!holder || !engine) return { ...of, state: "cannot be seen", files: [], why: `${on} is no data source of it` };
  try {
    return { ...of, ...(await compared(holder, engine, wanted, secrets)) };
  } catch (problem) {
    const [first] = failure(problem).diagnostics;
    return { ...of, state: "cannot be seen", files: [], why: first?.summary ?? "" };
  }
}

function wantedFiles(source: DataSource, object: DataObject, among: readonly DataObject[]): Map<Address, DataObject> {
  return new Map(
    filesFor(source, object, among).map(({ kind: name, spec, origin }) => {
      const kind = KINDS.get(name) as Kind;
      return [kind.address(spec), { kind: name, spec: canonical(kind.schema, spec), origin }];
    }),
  );
}

async function compared(
  holder: DataSource,
  engine: Engine,
  wanted: ReadonlyMap<Address, DataObject>,
  secrets: Secrets,
): Promise<Pick<Installed, "state" | "files" | "since">> {
  const session = await engine.connect(holder, connectOptions(secrets, { source: holder, url: undefined }, true));
  try {
    const { catalog, facts } = await session.inspect(wanted);
    const missing: string[] = [];
    const other: string[] = [];
    for (const [address, { kind, spec }] of wanted) {
      const { path } = spec as unknown as File;
      const there = catalog.get(address);
      if (!there) missing.push(path);
      else if (diffSpec((KINDS.get(kind) as Kind).schema, there.spec, spec).length > 0) other.push(path);
    }
    const files = [...missing, ...other];
    const state = files.length === 0 ? "as declared" : missing.length === wanted.size ? "missing" : "differs";
    return { state, files, ...since(wanted, facts.writtenAt as Readonly<Record<string, number>> | undefined) };
  } finally {
    await session.close();
  }
}

function since(
  wanted: ReadonlyMap<Address, DataObject>,
  writtenAt: Readonly<Record<string, number>> = {},
): Pick<Installed, "since"> {
  const times = [...wanted.values()].flatMap(({ spec }) => writtenAt[spec.path as string] ?? []);
  return times.length === 0 ? {} : { since: new Date(Math.max(...times)).toISOString() };
}
