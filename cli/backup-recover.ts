import { resolve } from "node:path";
import { chooseBackup } from "../core/backups/choose.ts";
import type { BackupTool } from "../core/backups/model.ts";
import { error } from "../core/diagnostic.ts";
import { type Kept, keyFor, wantedOf, withStores } from "../core/doors/backups.ts";
import { Refusal } from "../core/errors.ts";
import { STORES } from "../providers/stores/index.ts";
import { foreignTo, named, placeAsked } from "./backup-options.ts";
import { confirm } from "./confirm.ts";
import type { Context } from "./context.ts";
import { interruption } from "./interruption.ts";

/** Puts a whole server into a new folder, `--into-directory PATH`, as it was at the backup or `--at` a moment. */
export async function recover(context: Context, kept: Kept, put: NonNullable<BackupTool["recover"]>): Promise<number> {
  const { options, output, secrets, operands, io } = context;
  const { schedule, ready } = kept;
  const { intoDirectory, at, port } = options;
  const foreign = foreignTo(options, ["place", "into-directory", "at", "port"]).map(named);
  if (foreign.length > 0)
    throw usage(
      `${schedule.name} restores whole servers: leave out ${foreign.join(", ")}`,
      "Restore into a folder with `--into-directory`, start that server, and take the database or the table from there; `datumline backup runbook` says how.",
    );
  if (intoDirectory === undefined)
    throw usage("`backup restore` needs `--into-directory PATH`: the new folder", EXAMPLE);
  const directory = resolve(io.cwd, intoDirectory);
  const key = await keyFor(kept, secrets);
  const signal = interruption(io);
  const before = at === undefined || at === "latest" ? undefined : new Date(at);
  const place = placeAsked(context);
  return withStores(kept, { stores: STORES, secrets, place }, async (stores) => {
    const wanted = { ...wantedOf(kept), id: operands[2], key, before };
    const { found, store, notes } = await chooseBackup(stores, wanted);
    output.diagnostics(notes);
    const { manifest } = found;
    const { source, url } = ready;
    await confirm(context, `Restore ${manifest.id} from ${store.name} into the new folder ${directory}?`, {
      summary: "Nothing was restored",
      first: "See that it is what you want",
    });
    const started = performance.now();
    const { start, port: listens } = await put(manifest, {
      schedule,
      source,
      directory,
      secret: secrets.resolve.bind(secrets),
      ...(url !== undefined && { url }),
      ...(at !== undefined && { at }),
      ...(port !== undefined && { port }),
      tell: (line) => output.say(line),
      signal,
    });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const moment =
      at === undefined ? "as it was then" : at === "latest" ? "up to the end of the log" : `as it was at ${at}`;
    output.result(
      `${source.name}: ${manifest.id} is restored into ${directory}, ${moment} (${seconds} s). It archives nothing and listens on port ${listens}, once it is started:\n\n  ${start}\n`,
    );
    return 0;
  });
}

const EXAMPLE =
  "datumline backup restore nightly -f warehouse/ --into-directory /var/lib/restored --at 2026-11-21T15:20:00+01:00";

function usage(summary: string, detail: string): Refusal {
  return new Refusal([error("USAGE", summary, { detail })]);
}
