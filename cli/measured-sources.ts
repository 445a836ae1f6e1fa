import { error } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import type { Measured } from "../core/health/expressions.ts";
import type { Context } from "./context.ts";
import { readDeclaration } from "./declaration.ts";

/** The declared data sources that `datumline health` looks at. */
export async function measuredSources(context: Context): Promise<readonly Measured[]> {
  const { load } = await readDeclaration(context);
  const measured = (await load()).flatMap(({ source, engine }): Measured[] =>
    source.monitored !== false && engine.health ? [{ source, measures: engine.health.measures }] : [],
  );
  if (measured.length > 0) return measured;
  const detail = "Each says `monitored: false`, or is of an engine on which nothing is measured.";
  throw new Refusal([error("NOT_SUPPORTED", "No data source is measured", { detail })]);
}
