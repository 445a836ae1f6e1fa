import { readable } from "../core/address.ts";
import type { Finding, Guardrail } from "../core/guardrail.ts";
import { objectsOf } from "./objects.ts";
import { pieces } from "./words.ts";

/** What is computed from a classified column tells of it, and is kept back from nobody while it has no class itself. */
export const computedFromClassified: Guardrail = {
  code: "COMPUTED_FROM_CLASSIFIED",
  pack: "classification",
  find: ({ desired }) =>
    objectsOf("Table", desired).flatMap(({ address, spec: { schema, name, columns } }): Finding[] => {
      const classes = new Map(
        columns.flatMap(({ name: column, classification: word }) =>
          word === undefined || word === "public" ? [] : [[column, word]],
        ),
      );
      if (classes.size === 0) return [];
      const found = columns.flatMap(({ name: column, type, generated, classification }) => {
        if (generated === undefined || classification !== undefined) return [];
        const used = new Set([...pieces(generated)].filter(({ kind }) => kind !== "text").map(({ text }) => text));
        const from = [...classes].filter(([of]) => used.has(of));
        return from.length > 0 ? [{ column, type, from }] : [];
      });
      if (found.length === 0) return [];
      const inWords = found.map(
        ({ column, from }) => `${column} is computed from ${from.map(([of, word]) => `${of} [${word}]`).join(", ")}`,
      );
      return [
        {
          address,
          summary: `${readable(address)}: ${inWords.join(", ")}`,
          detail:
            "Give it the same `classification`, so that masks, ColumnAccess and proofs mean it too; or `classification: public`, where it tells nothing of what it is computed from.",
          closes: [
            {
              kind: "Table",
              spec: {
                schema,
                name,
                columns: found.map(({ column, type, from: [first] }) => ({
                  name: column,
                  type,
                  classification: first?.[1] as string,
                })),
              },
            },
          ],
        },
      ];
    }),
};
