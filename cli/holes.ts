/** What is open in a live system, and the documents that would close it. */
import type { Hole } from "../core/access/report.ts";
import { error } from "../core/diagnostic.ts";
import { inspectedSource } from "../core/emit/data-source.ts";
import { emit } from "../core/emit/files.ts";
import type { Inspection } from "../core/engine.ts";
import { Refusal } from "../core/errors.ts";
import type { Native } from "../core/lower.ts";
import { audit } from "../policies/audit.ts";
import { closing } from "../policies/closing.ts";
import { concerned } from "../policies/remedies.ts";
import type { Context } from "./context.ts";
import type { Read, Ready } from "./declaration.ts";
import { writable } from "./written-folder.ts";

/** One live system, and what documents say of it, where there are any. */
export interface Looked {
  readonly ready: Ready;
  readonly inspection: Inspection;
  readonly native: Native;
}

/** Whoever asks for a part is not told of the whole. */
export function asksForHoles({ options }: Context): boolean {
  const { url, as, to, column, classification } = options;
  return url !== undefined && [as, to, column, classification].every((given) => given === undefined);
}

/** The folder for the documents, where one is asked for: refused before anything is connected to. */
export function closingFolder(context: Context): ReturnType<typeof writable> | undefined {
  const { file, app, out } = context.options;
  if (out === undefined) return undefined;
  if (!asksForHoles(context) || file.length > 0 || app !== undefined)
    throw new Refusal([
      error("USAGE", "`--out` goes with `--url` alone", {
        detail:
          "It writes documents for a system that nobody declared. Where documents are, `datumline plan` says what to change in them.",
      }),
    ]);
  return writable(context, out);
}

/** The holes; the documents that close them go into the folder. */
export async function holesOf(
  { ready: { source, engine, declared }, inspection, native }: Looked,
  reached: Read["reached"],
  folder: ReturnType<typeof closingFolder>,
): Promise<readonly Hole[]> {
  const found = await audit({ source, declared, native, inspection });
  const { objects, closed } = closing(found, engine, inspection);
  folder?.write(
    emit(inspectedSource(source, inspection.target, reached?.hasPassword === true), objects, engine, "yaml"),
  );
  return found.map((hole) =>
    closed.has(hole) ? { ...hole, closedBy: [...new Set(hole.closes?.flatMap(concerned))] } : hole,
  );
}
