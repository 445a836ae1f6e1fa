/**
 * Conditions on the fields of an object, as a document writes them: a value that a field must have, several of which it
 * must have one, or tests by name. `{ owner: { present: true }, columns: { any: { type: [json, jsonb] } } }`
 */
import { nearest } from "./names.ts";
import { formOf } from "./objects.ts";
import type { Json, Schema } from "./schema.ts";

/** Tests by field. */
export type Conditions = Readonly<Record<string, unknown>>;

type Fields = Readonly<Record<string, unknown>>;

interface Test {
  /** Does the value pass, the argument being of the right form? The schema is the value's. */
  readonly holds: (value: unknown, argument: never, schema: Schema) => boolean;
  /** What is wrong with the argument. */
  readonly fault: (argument: unknown, at: string) => readonly string[];
}

const TESTS: Readonly<Record<string, Test>> = {
  present: {
    holds: (value, wanted: boolean) => (value !== undefined) === wanted,
    fault: (argument, at) => (typeof argument === "boolean" ? [] : [`${at} is true or false`]),
  },
  not: {
    holds: (value, test: unknown, schema) => !passes(value, test, schema),
    fault: (argument, at) => faultsOfTest(argument, at),
  },
  matches: {
    holds: (value, pattern: string) => isPlain(value) && new RegExp(pattern, "u").test(`${value}`),
    fault: (argument, at) => (isPattern(argument) ? [] : [`${at} is no regular expression`]),
  },
  min: {
    holds: (value, least: number) => typeof value === "number" && value >= least,
    fault: (argument, at) => (typeof argument === "number" ? [] : [`${at} is a number`]),
  },
  max: {
    holds: (value, most: number) => typeof value === "number" && value <= most,
    fault: (argument, at) => (typeof argument === "number" ? [] : [`${at} is a number`]),
  },
  any: {
    holds: (value, test: unknown, schema) =>
      elements(value).some((element) => meetsElement(element, test, elementOf(schema, value))),
    fault: (argument, at) => faultsOfElement(argument, at),
  },
  all: {
    holds: (value, test: unknown, schema) =>
      elements(value).every((element) => meetsElement(element, test, elementOf(schema, value))),
    fault: (argument, at) => faultsOfElement(argument, at),
  },
  has: {
    holds: (value, conditions: Conditions, schema) => isFields(value) && meets(value, conditions, schema),
    fault: (argument, at) => (isFields(argument) ? faults(argument, at) : [`${at} is a test by field`]),
  },
};

/** The names that tests go by. */
export const CONDITION_TESTS: readonly string[] = Object.keys(TESTS);

/** Do the fields pass every test? One that is left out is what its schema says it then means. */
export function meets(fields: Fields, conditions: Conditions, schema: Schema): boolean {
  return failing(fields, conditions, schema).length === 0;
}

/** Fields that do not pass their test. */
export function failing(fields: Fields, conditions: Conditions, schema: Schema): string[] {
  const { properties, additionalProperties } = formOf(schema, fields as Json);
  const others = typeof additionalProperties === "object" ? additionalProperties : {};
  return Object.entries(conditions).flatMap(([field, test]) =>
    passes(fields[field], test, properties?.[field] ?? others) ? [] : [field],
  );
}

/** What is wrong with conditions as they are written, in words. */
export function faults(conditions: Conditions, at: string): string[] {
  return Object.entries(conditions).flatMap(([field, test]) => faultsOfTest(test, `${at}.${field}`));
}

/** Only values are compared with a default: a number that stands for none is in no range, and is not given. */
function passes(value: unknown, test: unknown, schema: Schema): boolean {
  const meant = value ?? schema.default;
  if (Array.isArray(test)) return test.some((one) => meant === one);
  if (!isFields(test)) return meant === test;
  return Object.entries(test).every(
    ([name, argument]) => TESTS[name]?.holds(value, argument as never, schema) ?? false,
  );
}

/** An element that has fields is tested by field, any other by its value. */
function meetsElement(element: unknown, test: unknown, schema: Schema): boolean {
  return isFields(element) && isFields(test) ? meets(element, test, schema) : passes(element, test, schema);
}

function elementOf(schema: Schema, value: unknown): Schema {
  const { items, additionalProperties } = formOf(schema, value as Json);
  return items ?? (typeof additionalProperties === "object" ? additionalProperties : {});
}

function faultsOfTest(test: unknown, at: string): string[] {
  if (Array.isArray(test)) return test.every(isPlain) ? [] : [`${at} lists plain values`];
  if (!isFields(test)) return [];
  return Object.entries(test).flatMap(([name, argument]) => {
    const known = TESTS[name];
    if (known) return known.fault(argument, `${at}.${name}`);
    const near = nearest(name, Object.keys(TESTS));
    const names = Object.keys(TESTS).join(", ");
    return [`${at}.${name} is no test; ${near === undefined ? `there are ${names}` : `did you mean ${near}?`}`];
  });
}

function faultsOfElement(test: unknown, at: string): string[] {
  const isTest = isFields(test) && Object.keys(test).every((name) => name in TESTS);
  return isFields(test) && !isTest ? faults(test, at) : faultsOfTest(test, at);
}

/** Elements of a list; of a map its values. */
function elements(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isFields(value) ? Object.values(value) : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPlain(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

function isPattern(value: unknown): boolean {
  try {
    return typeof value === "string" && new RegExp(value, "u") instanceof RegExp;
  } catch {
    return false;
  }
}
