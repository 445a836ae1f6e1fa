/** Writes what is there as documents. */
import { type Diagnostic, error, warning } from "../core/diagnostic.ts";
import { inspectedSource } from "../core/emit/data-source.ts";
import { emit } from "../core/emit/files.ts";
import type { Inspection } from "../core/engine.ts";
import { Refusal } from "../core/errors.ts";
import { byType } from "../core/not-modelled.ts";
import { notModelledLine } from "../core/render/summary.ts";
import { counted } from "../core/render/values.ts";
import type { Context } from "./context.ts";
import { readDeclaration } from "./declaration.ts";
import { type Opened, resolveSecrets, withSessions } from "./sessions.ts";
import { writable } from "./written-folder.ts";

export async function inspect(context: Context): Promise<number> {
  const { options, output } = context;
  const shown = options.out;
  if (shown === undefined)
    throw new Refusal([
      error("USAGE", "`inspect` needs `--out DIR`", { detail: "Name the folder that the documents are written to." }),
    ]);
  const folder = writable(context, shown);
  const read = await readDeclaration(context, "optional");
  const ready = await read.load();
  if (ready.length > 1)
    throw new Refusal([
      error("AMBIGUOUS_DATA_SOURCE", "Several data sources are declared, and `inspect` writes one", {
        detail: "Say which with `--data-source NAME`.",
      }),
    ]);
  await resolveSecrets(context, ready, "connection");
  const { inspection, ready: one } = await withSessions(context, ready, true, async ([opened]) => {
    const { session, ready: inspected } = opened as Opened;
    return { inspection: await session.inspect(new Map()), ready: inspected };
  });
  const files = emit(
    inspectedSource(one.source, inspection.target, read.reached?.hasPassword === true),
    inspection.catalog,
    one.engine,
    options.emit ?? "yaml",
  );
  folder.write(files);
  output.diagnostics(notModelled(inspection));
  output.result(`${counted(inspection.catalog.size, "object")} in ${counted(files.length, "file")} in ${shown}\n`);
  return 0;
}

function notModelled({ notModelled: found }: Inspection): Diagnostic[] {
  return byType(found).map((entry) =>
    warning("NOT_MODELLED", notModelledLine(entry, true), {
      detail: "No kind describes them; the documents do not have them, and Datumline leaves them alone.",
    }),
  );
}
