/** Writes what is there as documents. A folder is refused unless it is empty, or `--force` and written by an earlier run. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Diagnostic, error, warning } from "../core/diagnostic.ts";
import { inspectedSource } from "../core/emit/data-source.ts";
import { type EmittedFile, emit } from "../core/emit/files.ts";
import type { Inspection } from "../core/engine.ts";
import { Refusal } from "../core/errors.ts";
import { notModelledLine } from "../core/render/summary.ts";
import { counted } from "../core/render/values.ts";
import type { Context } from "./context.ts";
import { readDeclaration } from "./declaration.ts";
import { cannotWrite, writeWhole } from "./report.ts";
import { type Opened, resolveSecrets, withSessions } from "./sessions.ts";

/** Which files a run wrote, so that the next may replace them and nothing else. Documents are not read from it. */
const WRITTEN = ".datumline-inspect.json";

export async function inspect(context: Context): Promise<number> {
  const { options, output, io } = context;
  const shown = options.out;
  if (shown === undefined)
    throw new Refusal([
      error("USAGE", "`inspect` needs `--out DIR`", { detail: "Name the folder that the documents are written to." }),
    ]);
  const folder = resolve(io.cwd, shown);
  const earlier = replaceable(folder, shown, options.force);
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
  write(context, folder, shown, files, earlier);
  output.diagnostics(notModelled(inspection));
  output.result(`${counted(inspection.catalog.size, "object")} in ${counted(files.length, "file")} in ${shown}\n`);
  return 0;
}

/** The files that may be replaced; refuses a folder that holds others. */
function replaceable(folder: string, shown: string, force: boolean): readonly string[] {
  if (!existsSync(folder)) return [];
  if (!statSync(folder).isDirectory()) throw refused(`${shown} is a file`, "Name a folder.");
  const present = readdirSync(folder);
  if (present.length === 0) return [];
  if (!present.includes(WRITTEN))
    throw refused(`${shown} is not empty`, "Name a new folder, so that nothing of yours is overwritten.");
  if (!force)
    throw refused(
      `${shown} holds documents of an earlier run`,
      "`--force` replaces them; what you changed in them since is lost, so commit it first.",
    );
  try {
    return JSON.parse(readFileSync(join(folder, WRITTEN), "utf8")) as readonly string[];
  } catch {
    throw refused(`${join(shown, WRITTEN)} cannot be read`, "Name a new folder.");
  }
}

function refused(summary: string, detail: string): Refusal {
  return new Refusal([error("NOT_WRITTEN", summary, { detail })]);
}

function write(
  { secrets, output }: Context,
  folder: string,
  shown: string,
  files: readonly EmittedFile[],
  earlier: readonly string[],
): void {
  const mine = new Set(earlier);
  const taken = files.filter(({ path }) => !mine.has(path) && existsSync(join(folder, path)));
  if (taken.length > 0)
    throw refused(
      `${taken.map(({ path }) => join(shown, path)).join(", ")} is in the way, and no earlier run wrote it`,
      "Move it away.",
    );
  try {
    mkdirSync(folder, { recursive: true });
    const kept = new Set(files.map(({ path }) => path));
    // A path that leads out of the folder is none that a run wrote.
    for (const path of earlier)
      if (!kept.has(path) && !path.split("/").includes("..")) rmSync(join(folder, path), { force: true });
  } catch (cause) {
    throw cannotWrite(shown, cause);
  }
  // First the list: a run that is stopped half-way leaves a folder that the next may still replace.
  const paths = files.map(({ path }) => path);
  writeWhole(join(folder, WRITTEN), `${JSON.stringify(paths, null, 2)}\n`, join(shown, WRITTEN));
  for (const { path, text } of files) writeWhole(join(folder, path), text, join(shown, path));
  const leaks = files.filter(({ text }) => secrets.holds(text));
  output.diagnostics(leaks.map(({ path }) => leak(join(shown, path))));
}

/** Documents say what the database holds, so nothing in them is replaced; but the reader must know. */
function leak(file: string): Diagnostic {
  return warning(
    "LITERAL_SECRET",
    "The database holds the password of this connection in clear, and so does this file",
    {
      origin: { file },
      detail:
        "Somebody wrote it into a comment, a query or a default. Take it out there, change the password, and inspect again.",
    },
  );
}

function notModelled({ notModelled: found }: Inspection): Diagnostic[] {
  const types = new Map<string, string[]>();
  for (const { type, name } of found) types.set(type, [...(types.get(type) ?? []), name]);
  return [...types].sort().map(([type, names]) =>
    warning("NOT_MODELLED", notModelledLine({ type, count: names.length, names: names.sort() }, true), {
      detail: "No kind describes them; the documents do not have them, and Datumline leaves them alone.",
    }),
  );
}
