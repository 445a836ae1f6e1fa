/** What every door does alike with the backups of a data source. */
import { dirname, resolve } from "node:path";
import type { BackupTool, Store } from "../backups/model.ts";
import { keyOf } from "../backups/seal.ts";
import { type Diagnostic, error } from "../diagnostic.ts";
import { Refusal } from "../errors.ts";
import type { Json } from "../schema.ts";
import type { Secrets } from "../secret.ts";
import type { BackupSchedule } from "../specs.ts";
import type { Ready } from "./ready.ts";

/** Opens one place; `place` is what its field says. */
export type OpenStore = (place: Json, secret: Secrets["resolve"]) => Promise<Store>;

/** A declared schedule with all that is needed to work with it. */
export interface Kept {
  readonly ready: Ready;
  readonly schedule: BackupSchedule;
  readonly tool: BackupTool;
  readonly at: Pick<Diagnostic, "address" | "origin">;
}

/** The schedules of all data sources, or those of a name. */
export function schedulesOf(ready: readonly Ready[], name: string | undefined, cwd: string): Kept[] {
  const all = ready.flatMap((one) => schedulesIn(one, cwd));
  const chosen = name === undefined ? all : all.filter(({ schedule }) => schedule.name === name);
  if (chosen.length > 0) return chosen;
  const known = all.map(({ schedule }) => schedule.name).join(", ");
  const summary = name === undefined ? "No BackupSchedule is declared" : `There is no BackupSchedule ${name}`;
  throw new Refusal([
    error("UNKNOWN_REFERENCE", summary, { detail: known ? `Declared are ${known}.` : "Declare one." }),
  ]);
}

/** The schedules of one data source. */
export function schedulesIn(ready: Ready, cwd: string): Kept[] {
  return [...ready.declared].flatMap(([address, { kind, spec, origin }]): Kept[] => {
    const schedule = spec as unknown as BackupSchedule;
    const tool = ready.engine.backups?.[schedule.how?.tool ?? "pg_dump"];
    if (kind !== "BackupSchedule" || !tool) return [];
    return [
      {
        ready,
        schedule: placed(schedule, resolve(cwd, dirname(origin?.file ?? "x"))),
        tool,
        at: { address, ...(origin && { origin }) },
      },
    ];
  });
}

/** Folders are relative to the document that names them. */
function placed(schedule: BackupSchedule, folder: string): BackupSchedule {
  const to = schedule.to.map((place) =>
    "directory" in place ? { directory: resolve(folder, place.directory) } : place,
  );
  return { ...schedule, to };
}

/** Opens the places of a schedule, works with them, and closes them whatever happens. */
export async function withStores<T>(
  { schedule }: Kept,
  { stores, secrets }: { readonly stores: Readonly<Record<string, OpenStore>>; readonly secrets: Secrets },
  work: (opened: readonly Store[]) => Promise<T>,
): Promise<T> {
  const opened: Store[] = [];
  try {
    for (const place of schedule.to) {
      const [[field, value] = []] = Object.entries(place);
      const open = stores[field as string];
      if (open) opened.push(await open(value as Json, secrets.resolve.bind(secrets)));
    }
    return await work(opened);
  } finally {
    await Promise.all(opened.map((store) => store.close()));
  }
}

/** The key that backups are sealed with; undefined where none is declared. */
export async function keyFor({ schedule, at }: Kept, secrets: Secrets): Promise<Buffer | undefined> {
  const { encryption } = schedule;
  if (!encryption) return undefined;
  const key = keyOf(await secrets.resolve(encryption.key));
  if (key) return key;
  const detail = "Write 32 bytes as 64 hexadecimal digits or as base64: `openssl rand -hex 32` makes some.";
  throw new Refusal([error("WRONG_TYPE", `The key of ${schedule.name} is no key`, { ...at, detail })]);
}
