import type { Catalog } from "../core/catalog.ts";
import type { Diagnostic } from "../core/diagnostic.ts";
import type { Engine, Inspection } from "../core/engine.ts";
import { lower } from "../core/lower.ts";
import { concerned, withRemedies } from "./remedies.ts";

/** Documents that close holes, and which of the holes they close. */
export interface Closing {
  readonly objects: Catalog;
  readonly closed: ReadonlySet<Diagnostic>;
}

/** As many as the engine and its version can make; for the rest it is said what to do by hand. */
export function closing(holes: readonly Diagnostic[], engine: Engine, inspection: Inspection): Closing {
  let closed = holes.filter(({ closes = [] }) => closes.length > 0);
  for (;;) {
    const objects = withRemedies(
      closed.flatMap(({ closes = [] }) => closes),
      inspection.catalog,
    );
    const wrong = lower(objects, engine, inspection).diagnostics.filter(({ severity }) => severity === "error");
    const refused = new Set(wrong.map(({ address }) => address));
    const left = closed.filter(({ closes = [] }) => !closes.flatMap(concerned).some((at) => refused.has(at)));
    if (left.length === closed.length) return { objects, closed: new Set(closed) };
    closed = left;
  }
}
