/**
 * What a Policy names must exist: a kind, a hazard or a field that nobody has would match nothing, and the rule would
 * hold of nothing without a word. Fields are looked for in the schemas of the kinds that the policy matches.
 */

import { HAZARDS } from "../codes.ts";
import { CONDITION_TESTS } from "../conditions.ts";
import type { Spec } from "../kind.ts";
import { KINDS } from "../kinds/index.ts";
import { nearest } from "../names.ts";
import type { Json, Schema } from "../schema.ts";
import type { Policy } from "../specs.ts";
import type { Fault } from "./faults.ts";
import { alternatives, didYouMean, quoted } from "./words.ts";

type Steps = readonly string[];
type Fields = { readonly [field: string]: Json };

/** Names in a Policy that mean nothing, each with the nearest that does. */
export function policyFaults(spec: Spec): Fault[] {
  const { match, require, forbid } = spec as unknown as Policy;
  const { kind: kinds = [...KINDS.keys()], hazard = [], where } = match ?? {};
  const wrong = [
    ...unknown("UNKNOWN_KIND", "kind", kinds, [...KINDS.keys()]),
    ...unknown("UNKNOWN_HAZARD", "hazard", hazard, HAZARDS),
  ];
  // Of a kind that does not exist nobody knows the fields.
  if (wrong.some(({ code }) => code === "UNKNOWN_KIND")) return wrong;
  const schemas = kinds.flatMap((name) => KINDS.get(name)?.schema ?? []);
  const of = match?.kind ? kinds.join(", ") : "any kind";
  const conditions: readonly [Steps, unknown][] = [
    [["match", "where"], where],
    [["require"], require],
    [["forbid"], forbid],
  ];
  return [...wrong, ...conditions.flatMap(([path, given]) => ofFields((given ?? {}) as Fields, schemas, path, of))];
}

function unknown(
  code: "UNKNOWN_KIND" | "UNKNOWN_HAZARD",
  what: "kind" | "hazard",
  names: readonly string[],
  known: readonly string[],
): Fault[] {
  return [...names.entries()].flatMap(([at, name]): Fault[] =>
    known.includes(name)
      ? []
      : [
          {
            code,
            path: ["match", what, `${at}`],
            summary: `There is no ${what} ${quoted(name)}`,
            detail: `They are ${known.join(", ")}.`,
            ...didYouMean(nearest(name, known)),
          },
        ],
  );
}

/** Tests by field, of something that has one of these forms. */
function ofFields(conditions: Fields, forms: readonly Schema[], path: Steps, of: string): Fault[] {
  return Object.entries(conditions).flatMap(([field, test]): Fault[] => {
    const found = forms.flatMap((form) => fieldOf(form, field));
    const at = [...path, field];
    if (found.length > 0) return ofTest(test, found, at);
    const known = [...new Set(forms.flatMap(fieldNames))];
    return [
      {
        code: "UNKNOWN_KEY",
        path: at,
        key: true,
        summary: `${quoted(at.join("."))} is no field of ${of}, so the condition would say nothing`,
        detail: known.length === 0 ? "It has no fields." : `The fields are ${known.map(quoted).join(", ")}.`,
        ...didYouMean(nearest(field, known)),
      },
    ];
  });
}

/** A test of a value that has one of these forms. */
function ofTest(test: Json, forms: readonly Schema[], path: Steps): Fault[] {
  if (Array.isArray(test)) return test.flatMap((one, at) => ofWord(one, forms, [...path, `${at}`]));
  if (!isFields(test)) return ofWord(test, forms, path);
  return Object.entries(test).flatMap(([name, argument]) => {
    const at = [...path, name];
    if (name === "not") return ofTest(argument, forms, at);
    if (name === "has") return isFields(argument) ? ofFields(argument, forms, at, quoted(path.join("."))) : [];
    return name === "any" || name === "all" ? ofElement(argument, forms.flatMap(elementOf), at) : [];
  });
}

/** A value that a field of a few words never has. */
function ofWord(value: Json, forms: readonly Schema[], path: Steps): Fault[] {
  const words = forms
    .flatMap(formsOf)
    .map((form) => form.enum ?? (form.const === undefined ? undefined : [form.const]));
  const known = words.flatMap((some) => some ?? []);
  if (words.includes(undefined) || known.includes(value as string)) return [];
  return [
    {
      code: "WRONG_TYPE",
      path,
      summary: `${quoted(path.join("."))} is never ${JSON.stringify(value)}, so the condition would say nothing`,
      detail: `It is ${alternatives(known.map((word) => quoted(`${word}`)))}.`,
      ...(typeof value === "string" && didYouMean(nearest(value, known.map(String)))),
    },
  ];
}

/** Elements that have fields are tested by field, others by their value; of both sorts, as it is written. */
function ofElement(test: Json, forms: readonly Schema[], path: Steps): Fault[] {
  if (!isFields(test)) return [];
  const haveFields = forms.flatMap(formsOf).every(({ type }) => type === "object");
  const isTest = !haveFields && Object.keys(test).every((name) => CONDITION_TESTS.includes(name));
  return isTest
    ? ofTest(test, forms, path)
    : ofFields(test, forms, path, `the elements of ${quoted(path.slice(0, -1).join("."))}`);
}

function formsOf(schema: Schema): readonly Schema[] {
  return schema.anyOf?.flatMap(formsOf) ?? [schema];
}

/** What a field may hold; nothing where there is no such field. */
function fieldOf(schema: Schema, field: string): Schema[] {
  return formsOf(schema).flatMap((form) => {
    if (takesAnything(form)) return [ANYTHING];
    const known = form.properties?.[field];
    if (known) return [known];
    return typeof form.additionalProperties === "object" ? [form.additionalProperties] : [];
  });
}

function fieldNames(schema: Schema): string[] {
  return formsOf(schema).flatMap(({ properties }) => Object.keys(properties ?? {}));
}

function elementOf(schema: Schema): Schema[] {
  return formsOf(schema).flatMap((form) => {
    if (takesAnything(form)) return [ANYTHING];
    if (form.items) return [form.items];
    const values = typeof form.additionalProperties === "object" ? [form.additionalProperties] : [];
    return [...Object.values(form.properties ?? {}), ...values];
  });
}

const ANYTHING: Schema = {};

function takesAnything({ type, properties, additionalProperties, enum: words, const: word }: Schema): boolean {
  if (type === undefined) return words === undefined && word === undefined;
  return type === "object" && !properties && (additionalProperties ?? true) === true;
}

function isFields(value: Json): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
