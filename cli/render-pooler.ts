/** A pooler where its files are out of reach: `datumline render pooler --for systemd`. */
import { resolve } from "node:path";
import { type Diagnostic, error } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import { lower } from "../core/lower.ts";
import { nearest } from "../core/names.ts";
import type { Context } from "./context.ts";
import { type Ready, readDeclaration } from "./declaration.ts";
import { writeWhole } from "./report.ts";

/** Prints it, or writes it to the file that `--out` names. */
export async function renderPooler(context: Context): Promise<number> {
  const { options, output, io } = context;
  const { POOLER_FORMS, renderPoolerFile } = await import("../providers/pgbouncer/render/index.ts");
  const form = options.for;
  if (form === undefined || !POOLER_FORMS.includes(form)) throw new Refusal([unknownForm(form, POOLER_FORMS)]);
  const read = await readDeclaration(context);
  const { source, engine, declared } = only(await read.load());
  const { desired, diagnostics } = lower(declared, engine, undefined);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Refusal(errors);
  output.diagnostics(diagnostics);
  const text = renderPoolerFile(form, source, desired);
  if (options.out === undefined) output.exactly(text);
  else writeWhole(resolve(io.cwd, options.out), text, options.out);
  return 0;
}

function only(ready: readonly Ready[]): Ready {
  const poolers = ready.filter(({ engine }) => engine.name === "pgbouncer");
  const [first] = poolers;
  if (first && poolers.length === 1) return first;
  const names = poolers.map(({ source }) => source.name).join(", ");
  throw new Refusal([
    first
      ? error("AMBIGUOUS_DATA_SOURCE", "Several poolers are declared", {
          detail: `Say which with \`--data-source NAME\`; declared are ${names}.`,
        })
      : error("UNKNOWN_DATA_SOURCE", "No pooler is declared", {
          detail: "Declare a DataSource with `engine: pgbouncer`.",
        }),
  ]);
}

function unknownForm(form: string | undefined, forms: readonly string[]): Diagnostic {
  const summary = form === undefined ? "`render pooler` needs `--for`" : `A pooler is not rendered for ${form}`;
  const near = form === undefined ? undefined : nearest(form, forms);
  const detail = `${near === undefined ? "" : `Did you mean ${near}? `}It takes ${forms.join(", ")}.`;
  return error("USAGE", summary, { detail });
}
