import { error } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import { nearest } from "../core/names.ts";
import { packageText } from "../core/package.ts";
import type { Context } from "./context.ts";

/** The JSON Schema with which editors complete and check documents. */
export async function schema({ operands, output }: Context): Promise<number> {
  const text = packageText("schema/datumline.schema.json");
  const [kind] = operands;
  if (kind === undefined) {
    output.result(text);
    return 0;
  }
  const { $schema, $defs } = JSON.parse(text) as {
    readonly $schema: string;
    readonly $defs: Readonly<Record<string, object>>;
  };
  const found = Object.hasOwn($defs, kind) ? $defs[kind] : undefined;
  if (!found) {
    const near = nearest(kind, Object.keys($defs));
    const detail = near === undefined ? `The kinds are ${Object.keys($defs).join(", ")}.` : `Did you mean ${near}?`;
    throw new Refusal([error("UNKNOWN_KIND", `There is no kind ${kind}`, { detail })]);
  }
  output.result(`${JSON.stringify({ $schema, title: kind, ...found }, null, 2)}\n`);
  return 0;
}
