/** Guardrails without a server: catalogs made by hand, and what is found in them. */
import type { Address } from "../../core/address.ts";
import type { Catalog, DataObject } from "../../core/catalog.ts";
import type { Inspection } from "../../core/engine.ts";
import type { Finding, Judged } from "../../core/guardrail.ts";
import type { Kind, Spec } from "../../core/kind.ts";
import { KINDS } from "../../core/kinds/index.ts";
import type { Routine } from "../../core/routine.ts";
import { GUARDRAILS } from "../../policies/index.ts";

export type Named = readonly [kind: string, spec: Spec];

/** Objects by their addresses. */
export function catalog(...objects: readonly Named[]): Catalog {
  return new Map(
    objects.map(([name, spec]): [Address, DataObject] => [
      (KINDS.get(name) as Kind).address(spec),
      { kind: name, spec },
    ]),
  );
}

/** What guardrails look at. */
export function judged(desired: Catalog, live: Catalog = new Map(), routines: readonly Routine[] = []): Judged {
  const source = { name: "w", engine: "postgresql", connection: {} };
  const inspection = { catalog: live, routines } as Partial<Inspection> as Inspection;
  return { source, declared: new Map(), desired, live, told: [], inspection };
}

/** What one rule finds. */
export function found(code: string, on: Judged): readonly Finding[] {
  return GUARDRAILS.find((guardrail) => guardrail.code === code)?.find(on) ?? [];
}

/** The codes of all that is found. */
export function codes(desired: Catalog, live: Catalog = new Map(), routines: readonly Routine[] = []): string[] {
  return GUARDRAILS.flatMap(({ code, find }) => find(judged(desired, live, routines)).map(() => code));
}

/** A function `s.NAME(integer)` that does no harm, but for what is said otherwise. */
export function routine(name: string, more: Partial<Routine> = {}): Routine {
  return {
    signature: `s.${name}(integer)`,
    schema: "s",
    name,
    owner: "keeper",
    asOwner: false,
    fixedPath: false,
    volatility: "stable",
    leakproof: false,
    arguments: 1,
    isTrigger: false,
    inExtension: false,
    ...more,
  };
}
