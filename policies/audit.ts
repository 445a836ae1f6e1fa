/**
 * A live system judged as if all of it were declared: what a plan would warn of once somebody takes it over. What looks
 * personal by its name counts as classified, and so does what is computed from it, so that who reads either is told as
 * well, and what closes one hole leaves no way through another.
 */
import type { Address } from "../core/address.ts";
import type { Catalog, DataObject } from "../core/catalog.ts";
import type { Column } from "../core/columns.ts";
import type { Diagnostic } from "../core/diagnostic.ts";
import type { Inspection } from "../core/engine.ts";
import type { Finding, Guardrail, Judged } from "../core/guardrail.ts";
import type { Native } from "../core/lower.ts";
import type { DataSource } from "../core/specs.ts";
import { computedFromClassified } from "./computed-from-classified.ts";
import { GUARDRAILS, GUESSES } from "./index.ts";
import { judgeBy } from "./judge.ts";
import { asFarAsDocuments, withOtherTables } from "./other-tables.ts";
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
  const told = native.diagnostics;
  const live = withOtherTables(inspection.catalog, inspection);
  const known: Judged = { source, declared, desired: asDeclared(live, native.desired), live, inspection, told };
  const { rules: classifying, desired } = classify(known);
  const rules = [
    ...GUARDRAILS.map((rule) => classifying.get(rule) ?? rule),
    ...GUESSES.flatMap((rule) => classifying.get(rule) ?? []),
  ];
  const codes = new Set<string>(rules.map(({ code }) => code));
  const found = (await judgeBy(rules, { ...known, desired })).filter(({ code }) => codes.has(code));
  return asFarAsDocuments(found, live, inspection.catalog);
}

/** Rules whose remedies give columns a class, each of which may be what another goes by. */
const CLASSIFYING: readonly Guardrail[] = [...GUESSES, computedFromClassified];

/** What these rules find, until they find nothing more; and the objects with all the classes that follow. */
function classify(known: Judged): { readonly rules: ReadonlyMap<Guardrail, Guardrail>; readonly desired: Catalog } {
  const found = new Map<Guardrail, Finding[]>(CLASSIFYING.map((rule) => [rule, []]));
  let { desired } = known;
  for (let grown = true; grown; ) {
    grown = false;
    for (const [rule, findings] of found) {
      const told = new Set(findings.map(({ summary }) => summary));
      const more = rule.find({ ...known, desired }).filter(({ summary }) => !told.has(summary));
      if (more.length === 0) continue;
      grown = true;
      findings.push(...more);
      desired = new Map([
        ...desired,
        ...withRemedies(
          more.flatMap(({ closes = [] }) => closes),
          desired,
        ),
      ]);
    }
  }
  const rules = new Map([...found].map(([rule, findings]) => [rule, { ...rule, find: () => findings }]));
  return { rules, desired };
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
