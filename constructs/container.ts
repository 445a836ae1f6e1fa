/**
 * What is made inside a schema or a table belongs to it: the fields that say so are filled from the nearest construct
 * around that fits. Roles hold nothing in this way, so that nobody gets a privilege by where a construct stands.
 */
import type { Kind } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import type { Reference, Schema } from "../core/schema.ts";

/** A construct that others are made inside of. */
export interface Container {
  readonly kind: string;
  readonly reference: string;
  /** The schema that it is in, where it is in one. */
  readonly schema: string | undefined;
}

/** May an object of this kind stand where the reference is? A DimensionTable stands for a Table. */
export function fits(kind: string, reference: Reference): boolean {
  return [kind, ...(KINDS.get(kind)?.as ?? [])].some((name) => reference.kinds.includes(name));
}

/** Fields that need not be given inside a container. */
export function containedFields(kind: Kind): string[] {
  return Object.entries(kind.schema.properties).flatMap(([name, field]) =>
    isContained(field) || isTarget(kind, name) ? [name] : [],
  );
}

/** The properties with what follows from the containers around, the nearest first. */
export function contained(
  kind: Kind,
  props: { readonly [key: string]: unknown },
  around: readonly Container[],
): { readonly [key: string]: unknown } {
  const filled = { ...props };
  for (const name of containedFields(kind)) {
    const field = kind.schema.properties[name] as Schema;
    filled[name] = isContained(field)
      ? (props[name] ?? holder(field.reference, around))
      : target(field, props[name], around);
  }
  return filled;
}

function isContained(field: Schema): field is Schema & { readonly reference: Reference } {
  return field.reference !== undefined && !field.reference.kinds.includes("Role");
}

/** A required choice among objects of several kinds, such as what a grant is on. */
function isTarget(kind: Kind, name: string): boolean {
  const properties = Object.values(kind.schema.properties[name]?.properties ?? {});
  return kind.schema.required.includes(name) && properties.some((choice) => choice.reference !== undefined);
}

function holder(reference: Reference, around: readonly Container[]): string | undefined {
  for (const { kind, reference: name, schema } of around) {
    if (fits(kind, reference)) return name;
    if (schema !== undefined && reference.kinds.includes("Schema")) return schema;
  }
  return undefined;
}

/** The nearest container that can be the target, unless the user chose one; the columns of a target choose none. */
function target(field: Schema, given: unknown, around: readonly Container[]): unknown {
  if (given !== undefined && (given === null || typeof given !== "object")) return given;
  const choices = Object.entries(field.properties ?? {});
  const isChoice = ([name, choice]: [string, Schema]): boolean =>
    choice.items?.column === undefined && (given as { [key: string]: unknown } | undefined)?.[name] !== undefined;
  if (choices.some(isChoice)) return given;
  for (const { kind, reference: name } of around) {
    const choice = choices.find(([, schema]) => schema.reference && fits(kind, schema.reference));
    if (choice) return { [choice[0]]: name, ...given };
  }
  return given;
}
