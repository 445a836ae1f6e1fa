import { hasErrors } from "../core/diagnostic.ts";
import { lower } from "../core/lower.ts";
import { counted } from "../core/render/values.ts";
import { judge } from "../policies/judge.ts";
import { exitCodeOf } from "./allowance.ts";
import type { Context } from "./context.ts";
import { readDeclaration } from "./declaration.ts";

/** All that can be told of documents without a connection. */
export async function check(context: Context): Promise<number> {
  const { load } = await readDeclaration(context);
  const judging = (await load()).map(async ({ source, engine, declared, estate }) => {
    const { desired, diagnostics } = lower(declared, engine, undefined);
    const found = await judge({
      source,
      declared,
      estate,
      desired,
      live: new Map(),
      told: diagnostics,
      cwd: context.io.cwd,
    });
    return { name: source.name, declared: declared.size, found };
  });
  const checked = await Promise.all(judging);
  const found = checked.flatMap((one) => one.found);
  context.output.diagnostics(found);
  for (const one of checked) {
    const verdict = hasErrors(one.found) ? "with errors" : "no errors";
    context.output.result(`${one.name}: ${counted(one.declared, "object")} declared, ${verdict}.\n`);
  }
  return exitCodeOf(found);
}
