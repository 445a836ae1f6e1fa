/** Plans shown, and written to the file that was asked for. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { error } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import { plansToJson } from "../core/plan-file.ts";
import { type PlanFormat, renderPlans } from "../core/render/plan.ts";
import type { Context } from "./context.ts";

/** Forms that are run, so that nothing in them may be replaced. */
const EXECUTABLE: ReadonlySet<string> = new Set(["json", "sql"]);

/** Prints plans as asked. Diagnostics stand in the text only where they are not told on stderr. */
export function showPlans(context: Context, plans: readonly Plan[], { diagnostics = false } = {}): void {
  const { options, output, io } = context;
  const { verbose, out } = options;
  const format = (options.format ?? "text") as PlanFormat;
  const text = renderPlans(plans, format, { colour: output.colour, verbose, diagnostics });
  if (EXECUTABLE.has(format)) output.exactly(withoutSecrets(context, text));
  else output.result(text);
  if (out !== undefined) writeWhole(resolve(io.cwd, out), withoutSecrets(context, plansToJson(plans)), out);
}

/** A plan holds references to secrets. One that holds a secret got it from a text that somebody wrote or a server sent. */
function withoutSecrets({ secrets }: Context, text: string): string {
  if (!secrets.holds(text)) return text;
  const detail =
    "A comment, a query or a default, declared or live, repeats a secret of this run. Take it out there, change the secret, and plan again.";
  throw new Refusal([error("LITERAL_SECRET", "The plan would hold a secret in clear", { detail })]);
}

/** A reader finds the former file or the new one, never half of it. */
export function writeWhole(path: string, text: string, shown: string): void {
  const temporary = `${path}.${process.pid}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (cause) {
    throw cannotWrite(shown, cause);
  }
}

export function cannotWrite(shown: string, cause: unknown): Refusal {
  const { code = "an unknown error" } = cause as NodeJS.ErrnoException;
  const reason = {
    EACCES: "permission denied",
    EISDIR: "it is a folder",
    ENOSPC: "the disk is full",
    ENOTDIR: "its folder is a file",
  }[code];
  return new Refusal([
    error("NOT_WRITTEN", `Cannot write ${shown}: ${reason ?? `the system says ${code}`}`, {
      detail: "Check the path and its permissions.",
    }),
  ]);
}
