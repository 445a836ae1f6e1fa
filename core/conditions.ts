/**
 * Conditions on the fields of an object, as a document writes them: a value that a field must have, several of which it
 * must have one, or tests by name. `{ owner: { present: true }, columns: { any: { type: [json, jsonb] } } }`
 */
import { nearest } from "./names.ts";

/** Tests by field. */
export type Conditions = Readonly<Record<string, unknown>>;

type Fields = Readonly<Record<string, unknown>>;

interface Test {
  /** Does the value pass, the argument being of the right form? */
  readonly holds: (value: unknown, argument: never) => boolean;
  /** What is wrong with the argument. */
  readonly fault: (argument: unknown, at: string) => readonly string[];
}

const TESTS: Readonly<Record<string, Test>> = {
  present: {
    holds: (value, wanted: boolean) => (value !== undefined) === wanted,
    fault: (argument, at) => (typeof argument === "boolean" ? [] : [`${at} is true or false`]),
  },
  not: {
    holds: (value, test: unknown) => !passes(value, test),
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
    holds: (value, test: unknown) => elements(value).some((element) => meetsElement(element, test)),
    fault: (argument, at) => faultsOfElement(argument, at),
  },
  all: {
    holds: (value, test: unknown) => elements(value).every((element) => meetsElement(element, test)),
    fault: (argument, at) => faultsOfElement(argument, at),
  },
  has: {
    holds: (value, conditions: Conditions) => isFields(value) && meets(value, conditions),
    fault: (argument, at) => (isFields(argument) ? faults(argument, at) : [`${at} is a test by field`]),
  },
};

/** Do the fields pass every test? */
export function meets(fields: Fields, conditions: Conditions): boolean {
  return failing(fields, conditions).length === 0;
}

/** Fields that do not pass their test. */
export function failing(fields: Fields, conditions: Conditions): string[] {
  return Object.entries(conditions).flatMap(([field, test]) => (passes(fields[field], test) ? [] : [field]));
}

/** What is wrong with conditions as they are written, in words. */
export function faults(conditions: Conditions, at: string): string[] {
  return Object.entries(conditions).flatMap(([field, test]) => faultsOfTest(test, `${at}.${field}`));
}

function passes(value: unknown, test: unknown): boolean {
  if (Array.isArray(test)) return test.some((one) => value === one);
  if (!isFields(test)) return value === test;
  return Object.entries(test).every(([name, argument]) => TESTS[name]?.holds(value, argument as never) ?? false);
}

/** An element that has fields is tested by field, any other by its value. */
function meetsElement(element: unknown, test: unknown): boolean {
  return isFields(element) && isFields(test) ? meets(element, test) : passes(element, test);
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
