/** Ways around a mask, as far as the declaration tells: a reader who may read the table as well sees what is masked. */
import { type Diagnostic, error, warning } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { NativeContext } from "../../core/engine.ts";
import type { MaskedView } from "../../core/specs.ts";
import { nameOf } from "./lowering.ts";
import { grantsOn, sameName, wayTo, who } from "./ways.ts";

/** Says of each reader how it can read the masked columns of the table itself. */
export function bypasses(spec: MaskedView, masked: readonly string[], native: NativeContext): Diagnostic[] {
  const shown = spec.columns ? new Set(spec.columns) : undefined;
  const columns = masked.filter((name) => shown?.has(name) ?? true);
  if (columns.length === 0) return [];
  return (spec.to ?? []).flatMap((reader) => {
    const way = wayTo(reader, { table: sameName(spec.from), columns, word: "masked" }, native);
    if (!way || way.live) return [];
    const summary = `The masks of ${quoted(nameOf(spec))} hide nothing from ${who(reader, way)} ${way.says}`;
    return [error("MASK_BYPASSED", summary, { detail: `${way.mend}, or take ${quoted(reader)} out of \`to\`.` })];
  });
}

/** `SELECT` is all that a masked view is for. */
export function writers(spec: MaskedView, { desired }: NativeContext): Diagnostic[] {
  const view = nameOf(spec);
  return grantsOn(view, desired)
    .filter(({ grant }) => grant.privileges.some(writes))
    .map(({ address: at, object: { origin }, grant: { to } }) =>
      warning(
        "WRITES_THROUGH_MASK",
        `${to} would write to ${spec.from} through ${quoted(view)}, with its owner's rights`,
        {
          address: at,
          ...(origin && { origin }),
          detail: "Grant only `select` on the view, and what may be written on the table itself.",
        },
      ),
    );
}

function writes(privilege: string): boolean {
  return /^(all|all privileges|insert|update|delete)$/.test(privilege);
}
