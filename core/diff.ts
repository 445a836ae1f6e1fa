import type { FieldChange } from "./engine.ts";
import type { Spec } from "./kind.ts";
import { elementKey, fieldsOf, formOf, type Path, sameJson } from "./objects.ts";
import type { Json, ObjectSchema, Schema } from "./schema.ts";

/**
 * The fields in which two specs of a kind differ. What a field is (a list, a set, keyed elements, known to the
 * declaration only) comes from the schema; nothing here knows a kind.
 */
export function diffSpec(schema: ObjectSchema, before: Spec, after: Spec): FieldChange[] {
  const ignored = new Set((after.ignore as readonly string[] | undefined) ?? []);
  const changes: FieldChange[] = [];
  diffFields(schema, before as Fields, after as Fields, [], changes, ignored);
  return changes;
}

type Fields = { readonly [key: string]: Json };

const NONE: ReadonlySet<string> = new Set();

function diffFields(
  schema: Schema,
  before: Fields,
  after: Fields,
  path: Path,
  changes: FieldChange[],
  ignored = NONE,
): void {
  for (const [name, field] of fieldsOf(schema)) {
    const from = before[name];
    const to = after[name];
    if (from === to || field.local || ignored.has(name)) continue;
    if (field.computed && field.default === undefined) continue;
    if (to === undefined && field.absent === "keep") {
      for (const inner of madeFields(field))
        diffValue(
          inner.field,
          (from as Fields | undefined)?.[inner.name],
          undefined,
          [...path, name, inner.name],
          changes,
        );
      continue;
    }
    diffValue(field, from, to, [...path, name], changes);
  }
}

function diffValue(
  schema: Schema,
  from: Json | undefined,
  to: Json | undefined,
  path: Path,
  changes: FieldChange[],
): void {
  if (sameJson(from, to)) return;
  const form = formOf(schema, (to ?? from) as Json);
  if (form.collection === "keyed") {
    diffKeyed(form, (from ?? []) as readonly Json[], (to ?? []) as readonly Json[], path, changes);
    return;
  }
  if (isFields(from ?? {}) && isFields(to ?? {}) && !form.secret) {
    if (form.properties) {
      // What stays where nobody declares it is told apart, field by field.
      if ((from === undefined || to === undefined) && form.absent !== "keep") changes.push({ path, from, to });
      else diffFields(form, (from ?? {}) as Fields, (to ?? {}) as Fields, path, changes);
      return;
    }
    diffMap(form.additionalProperties as Schema, (from ?? {}) as Fields, (to ?? {}) as Fields, path, changes);
    return;
  }
  if (form.collection === "set" && Array.isArray(from) && Array.isArray(to)) {
    if (sameJson([...from].sort(), [...to].sort())) return;
  }
  changes.push({ path, from, to });
}

/** Fields of a group that stay only where others made them. */
function madeFields({ properties = {} }: Schema): { readonly name: string; readonly field: Schema }[] {
  return Object.entries(properties).flatMap(([name, field]) => (field.absent === "made" ? [{ name, field }] : []));
}

/** The schema of the field that a path names, as far as groups of fields lead to it. */
export function fieldAt(schema: ObjectSchema, path: Path): Schema | undefined {
  let at: Schema | undefined = schema;
  for (const part of path) at = at?.properties?.[part];
  return at;
}

function isFields(value: Json): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function diffMap(values: Schema, from: Fields, to: Fields, path: Path, changes: FieldChange[]): void {
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    diffValue(values, from[key], to[key], [...path, key], changes);
  }
}

function diffElement(schema: Schema, from: Json, to: Json, path: Path, changes: FieldChange[]): void {
  if (!isFields(from) || !isFields(to) || sameJson(from, to)) return;
  diffFields(formOf(schema.items ?? {}, to), from, to, [...path, elementKey(schema, to)], changes);
}

function diffKeyed(
  schema: Schema,
  from: readonly Json[],
  to: readonly Json[],
  path: Path,
  changes: FieldChange[],
): void {
  const inStep =
    from.length === to.length &&
    from.every((element, index) => elementKey(schema, element) === elementKey(schema, to[index] as Json));
  if (inStep) {
    for (const [index, element] of to.entries()) diffElement(schema, from[index] as Json, element, path, changes);
    return;
  }
  const before = new Map(from.map((element) => [elementKey(schema, element), element]));
  const after = new Map(to.map((element) => [elementKey(schema, element), element]));
  const renamed = new Set<string>();
  for (const [key, element] of after) {
    let old = before.get(key);
    const former = isFields(element) ? element.renamedFrom : undefined;
    if (old === undefined && typeof former === "string" && before.has(former) && !after.has(former)) {
      old = before.get(former);
      renamed.add(former);
      changes.push({ path: [...path, key, schema.key as string], from: former, to: key });
      if (isFields(old as Json)) old = { ...(old as Fields), [schema.key as string]: key };
    }
    if (old === undefined) changes.push({ path: [...path, key], from: undefined, to: element });
    else diffElement(schema, old, element, path, changes);
  }
  for (const [key, element] of before) {
    if (!after.has(key) && !renamed.has(key)) changes.push({ path: [...path, key], from: element, to: undefined });
  }
}

/** The schema of the collection that a path leads into, when the path is that of one of its elements. */
export function openCollection(schema: ObjectSchema, path: Path): Schema | undefined {
  if (path.length !== 2 && !(path.length === 3)) return undefined;
  let at: Schema = schema;
  for (const part of path.slice(0, -1)) {
    const next: Schema | undefined = at.properties?.[part];
    if (!next) return undefined;
    at = next;
  }
  return at.open && at.collection !== "set" ? at : undefined;
}
