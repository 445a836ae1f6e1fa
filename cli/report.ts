/** Plans shown, and written to the file that was asked for. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { error } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import { plansToJson } from "../core/plan-file.ts";
import { renderPlans } from "../core/render/plan.ts";
import type { Context } from "./context.ts";

export function showPlans({ options, output, secrets, io }: Context, plans: readonly Plan[]): void {
  const { format = "text", verbose, out } = options;
  // On a terminal the diagnostics follow on stderr; twice would be once too often.
  output.result(renderPlans(plans, format, { colour: output.colour, verbose, diagnostics: false }));
  if (out !== undefined) writeWhole(resolve(io.cwd, out), secrets.redact(plansToJson(plans)), out);
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
  const reason = { EACCES: "permission denied", EISDIR: "it is a folder", ENOSPC: "the disk is full", ENOTDIR: "its folder is a file" }[code];
  return new Refusal([error("NOT_WRITTEN", `Cannot write ${shown}: ${reason ?? `the system says ${code}`}`, { detail: "Check the path and its permissions." })]);
}
