/** Plan files as arguments. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Diagnostic, error, hasErrors } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import { plansFromJson } from "../core/plan-file.ts";
import type { Context } from "./context.ts";

export function readPlans({ io }: Context, file: string): readonly Plan[] {
  const { plans, diagnostics } = plansFromJson(textOf(resolve(io.cwd, file), file), file);
  if (hasErrors(diagnostics)) throw new Refusal(diagnostics, 1);
  return plans;
}

function textOf(path: string, shown: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EISDIR"
          ? "it is a folder; documents are named with `-f`"
          : `the system says ${code}`;
    const found: Diagnostic = error("UNREADABLE", `Cannot read ${shown}: ${reason}`, {
      origin: { file: shown },
      detail: "Name a file that `datumline plan --out FILE` wrote.",
    });
    throw new Refusal([found], 1);
  }
}
