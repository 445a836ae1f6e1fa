/** `datumline/policies`: what rules of one's own are written with. */
export type { Address } from "../core/address.ts";
export type { Catalog, DataObject } from "../core/catalog.ts";
export type { Diagnostic, Origin } from "../core/diagnostic.ts";
export type { Finding, Judged } from "../core/guardrail.ts";
export type { Plan, Step } from "../core/plan.ts";
export type { Remedy } from "../core/remedy.ts";
export type { Routine } from "../core/routine.ts";
export type { Specs } from "../core/specs.ts";
export type { Rule } from "./modules.ts";
export { type ObjectOf, objectsOf } from "./objects.ts";
