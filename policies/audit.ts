/**
 * A live system judged as if all of it were declared: what a plan would warn of once somebody takes it over. What looks
 * personal by its name counts as classified, so that who reads it is told as well.
 */
import type { Address } from "../core/address.ts";
import type { Catalog, DataObject } from "../core/catalog.ts";
import type { Column } from "../core/columns.ts";
import type { Diagnostic } from "../core/diagnostic.ts";
import type { Inspection } from "../core/engine.ts";
import type { Judged } from "../core/guardrail.ts";
import type { Native } from "../core/lower.ts";
import type { DataSource } from "../core/specs.ts";
import { GUARDRAILS, GUESSES } from "./index.ts";
import { judgeBy } from "./judge.ts";
import { withRemedies } from "./remedies.ts";

/** A live system, and what documents say of it, where there are any. */
export interface Audited {
  readonly source: DataSource;
  readonly declared: Catalog;
  readonly native: Pick<Native, "desired" | "diagnostics">;
  readonly inspection: Inspection;
}

/** What the built-in rules find there. */
export async function audit({ source, declared, native, inspection }: Audited): Promise<readonly Diagnostic[]> {
  const { catalog: live } = inspection;
  const told = native.diagnostics;
  const known: Judged = { source, declared, desired: asDeclared(live, native.desired), live, inspection, told };
  const guessed = GUESSES.map(({ find, ...guess }) => {
    const findings = find(known);
    return { ...guess, find: () => findings };
  });
  const remedies = guessed.flatMap(({ find }) => find()).flatMap(({ closes = [] }) => closes);
  const desired = new Map([...known.desired, ...withRemedies(remedies, known.desired)]);
  const rules = [...GUARDRAILS, ...guessed];
  const codes = new Set<string>(rules.map(({ code }) => code));
  return (await judgeBy(rules, { ...known, desired })).filter(({ code }) => codes.has(code));
}

/** The live objects, with what only documents know of them: their place, the intent that they are from, their classes. */
function asDeclared(live: Catalog, native: Catalog): Map<Address, DataObject> {
  const found = new Map<Address, DataObject>();
  for (const [address, object] of live) {
    const { intent, origin, spec } = native.get(address) ?? {};
    const more = { ...(intent && { intent }), ...(origin && { origin }) };
    found.set(address, {
      ...object,
      ...more,
      spec: classified(object, spec?.columns as readonly Column[] | undefined),
    });
  }
  return found;
}

function classified({ kind, spec }: DataObject, declared: readonly Column[] = []): DataObject["spec"] {
  const classes = new Map(
    declared.flatMap(({ name, classification }) => (classification ? [[name, classification]] : [])),
  );
  if (kind !== "Table" || classes.size === 0) return spec;
  const columns = (spec.columns as unknown as readonly Column[]).map((column) => {
    const classification = classes.get(column.name);
    return classification === undefined ? column : { ...column, classification };
  });
  return { ...spec, columns } as unknown as DataObject["spec"];
}
