import { type Found, listBackups, partName } from "../core/backups/manifest.ts";
import type { Store } from "../core/backups/model.ts";
import { keyName } from "../core/backups/seal.ts";
import { restored } from "../core/backups/streams.ts";
import { error } from "../core/diagnostic.ts";
import { type Kept, keyFor, withStores } from "../core/doors/backups.ts";
import { Refusal } from "../core/errors.ts";
import { STORES } from "../providers/stores.ts";
import { confirm } from "./confirm.ts";
import type { Context } from "./context.ts";
import { resolveSecrets } from "./sessions.ts";

/** Puts a backup into a new database, `--into NAME`, on the server of the data source or of `--url`. */
export async function restore(context: Context, schedules: readonly Kept[]): Promise<number> {
  const { options, output, secrets, operands, io } = context;
  const [kept] = schedules;
  if (!kept || operands[1] === undefined) throw usage("`backup restore` needs the name of a schedule");
  const { into, overwrite, confirm: confirmed } = options;
  if (into === undefined) throw usage("`backup restore` needs `--into DATABASE`: the new database");
  if (overwrite && confirmed !== into)
    throw usage(`\`--overwrite\` drops the database ${into} first: say so twice, with \`--confirm ${into}\``);
  await resolveSecrets(context, [kept.ready], "connection");
  const key = await keyFor(kept, secrets);
  const abort = new AbortController();
  void io.interrupted.then(() => abort.abort());
  return withStores(kept, { stores: STORES, secrets }, async (stores) => {
    const { found, store } = await chosen(stores, kept, operands[2]);
    const { manifest } = found;
    if (manifest.key !== undefined && (!key || keyName(key) !== manifest.key)) throw wrongKey(manifest.id, kept);
    const { source, url } = kept.ready;
    await confirm(context, `Restore ${manifest.id} from ${store.name} into the new database ${into}?`);
    const started = performance.now();
    const total = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
    const meter = output.amount(`Restoring ${manifest.id}`, total);
    let read = 0;
    await kept.tool.restore(manifest, {
      source,
      ...(url !== undefined && { url }),
      database: into,
      secret: secrets.resolve.bind(secrets),
      async open(part) {
        const raw = await store.get(partName(manifest, part.name));
        raw.on("data", (chunk: Buffer) => {
          read += chunk.length;
          meter(read);
        });
        return restored(raw, part, { compression: manifest.compression, key });
      },
      ...(options.table.length + options.schema.length > 0 && {
        only: { tables: options.table, schemas: options.schema },
      }),
      globals: options.globals,
      overwrite,
      signal: abort.signal,
    });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    output.result(`${source.name}: ${manifest.id} is restored into ${into} (${seconds} s)\n`);
    return 0;
  });
}

/** The backup that is named, or the newest that is whole, in the first place that has it. */
async function chosen(
  stores: readonly Store[],
  { ready, schedule }: Kept,
  id: string | undefined,
): Promise<{ readonly found: Found; readonly store: Store }> {
  const all: { readonly found: Found; readonly store: Store }[] = [];
  for (const store of stores)
    for (const found of (await listBackups(store, ready.source.name, schedule.name)).backups)
      all.push({ found, store });
  const fit = all.filter(({ found }) => found.damaged.length === 0 && (id === undefined || found.manifest.id === id));
  const [best] = fit.sort((a, b) => (a.found.manifest.id < b.found.manifest.id ? 1 : -1));
  if (best) return best;
  const spoilt = all.find(({ found }) => found.manifest.id === id);
  const summary = spoilt
    ? `The backup ${id} lacks ${spoilt.found.damaged.join(", ")}`
    : id === undefined
      ? "There is no whole backup"
      : `There is no backup ${id}`;
  throw new Refusal([error("UNKNOWN_REFERENCE", summary, { detail: "`datumline backup list` shows what there is." })]);
}

function wrongKey(id: string, { at }: Kept): Refusal {
  const detail = "Give `encryption.key` the key that it was made with; `backup list` shows the name of each key.";
  return new Refusal([error("RESTORE_REFUSED", `The backup ${id} was sealed with another key`, { ...at, detail })]);
}

function usage(summary: string): Refusal {
  const detail = "datumline backup restore nightly -f warehouse/ --into warehouse_restored";
  return new Refusal([error("USAGE", summary, { detail })]);
}
