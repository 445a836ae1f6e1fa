/** A folder of documents: refused unless it is empty, or `--force` and written by an earlier run. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Diagnostic, error, warning } from "../core/diagnostic.ts";
import type { EmittedFile } from "../core/emit/files.ts";
import { Refusal } from "../core/errors.ts";
import type { Context } from "./context.ts";
import { cannotWrite, writeWhole } from "./report.ts";

/** Which files a run wrote, so that the next may replace them and nothing else. Documents are not read from it. */
const WRITTEN = ".datumline-inspect.json";

/** The folder that `--out` names, refused before anything else is done. */
export function writable(context: Context, shown: string): { write(files: readonly EmittedFile[]): void } {
  const { options, io } = context;
  const folder = resolve(io.cwd, shown);
  const earlier = replaceable(folder, shown, options.force);
  return { write: (files) => write(context, { folder, shown, earlier }, files) };
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
  { folder, shown, earlier }: { readonly folder: string; readonly shown: string; readonly earlier: readonly string[] },
  files: readonly EmittedFile[],
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
