import { type Candidate, chooseBackup, fromSound } from "../core/backups/choose.ts";
import { otherKey } from "../core/backups/faults.ts";
import { partName } from "../core/backups/manifest.ts";
import { opens } from "../core/backups/seal.ts";
import { restored } from "../core/backups/streams.ts";
import { error } from "../core/diagnostic.ts";
import { keyFor, schedulesOf, wantedOf, withStores } from "../core/doors/backups.ts";
import { Refusal } from "../core/errors.ts";
import { shellWord } from "../core/shell.ts";
import { STORES } from "../providers/stores/index.ts";
import { foreignTo, named, placeAsked } from "./backup-options.ts";
import { recover } from "./backup-recover.ts";
import { confirm } from "./confirm.ts";
import type { Context } from "./context.ts";
import type { Ready } from "./declaration.ts";
import { interruption } from "./interruption.ts";
import { resolveSecrets } from "./sessions.ts";

/**
 * Puts a backup into a new database, `--into NAME`, on the server of the data source or of `--url`; or a whole server into a
 * folder, by a tool that restores those.
 */
export async function restore(context: Context, ready: readonly Ready[]): Promise<number> {
  const schedules = schedulesOf(ready, context.operands[1], context.io.cwd);
  const { options, output, secrets, operands, io } = context;
  const [kept] = schedules;
  if (!kept || operands[1] === undefined) throw usage("`backup restore` needs the name of a schedule");
  if (schedules.length > 1) {
    const names = schedules.map(({ ready: { source } }) => source.name).join(", ");
    throw usage(
      `Several data sources have a schedule ${kept.schedule.name}: say which with \`--data-source\`: ${names}`,
    );
  }
  if (kept.tool.recover) return recover(context, kept, kept.tool.recover);
  const { into, overwrite, confirm: confirmed } = options;
  const { restore: put } = kept.tool;
  const foreign = foreignTo(options, ["place", "into", "schema", "table", "globals", "overwrite", "confirm"]);
  if (!put || foreign.length > 0)
    throw usage(
      `${kept.schedule.name} is a dump of a database, as it was then: leave out ${foreign.map(named).join(", ")}`,
    );
  if (into === undefined) throw usage("`backup restore` needs `--into DATABASE`: the new database");
  if (overwrite && confirmed !== into)
    throw usage(
      `\`--overwrite\` drops the database ${into} first: say so twice, with \`--confirm ${shellWord(into)}\``,
    );
  await resolveSecrets(context, [kept.ready], "connection");
  const key = await keyFor(kept, secrets);
  const signal = interruption(io);
  const place = placeAsked(context);
  return withStores(kept, { stores: STORES, secrets, place }, async (stores) => {
    const chosen = await chooseBackup(stores, { ...wantedOf(kept), id: operands[2], key });
    output.diagnostics(chosen.notes);
    const { manifest } = chosen.found;
    if (!opens(manifest.key, key)) throw otherKey(manifest.id);
    const { source, url } = kept.ready;
    await confirm(
      context,
      `Restore ${manifest.id} of ${source.name} from ${chosen.store.name} into the new database ${into}?`,
      { summary: "Nothing was restored", first: "See that it is what you want" },
    );
    const started = performance.now();
    const total = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
    const meter = output.amount(`Restoring ${manifest.id}`, total);
    const from = async ({ store }: Candidate): Promise<string> => {
      let read = 0;
      await put(manifest, {
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
        tell: (line) => output.say(line),
        signal,
      });
      return store.name;
    };
    const name = await fromSound(chosen, from, (problem) => output.diagnostics([problem]));
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    output.result(`${source.name}: ${manifest.id} of ${name} is restored into ${into} (${seconds} s)\n`);
    return 0;
  });
}

function usage(summary: string): Refusal {
  const detail = "datumline backup restore nightly -f warehouse/ --into warehouse_restored";
  return new Refusal([error("USAGE", summary, { detail })]);
}
