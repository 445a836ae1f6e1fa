/** What is wrong with a value, in our words: one fault for each thing to mend, from what the validator found. */
import type { ErrorObject } from "ajv";
import type { Code } from "../codes.ts";
import { nearest } from "../names.ts";
import { formOf } from "../objects.ts";
import type { Json, Schema } from "../schema.ts";
import { alternatives, didYouMean, expected, given, pathInWords, quoted } from "./words.ts";

export interface Fault {
  readonly code: Code;
  readonly path: readonly string[];
  /** It is the key that is wrong, not its value. */
  readonly key?: boolean;
  readonly summary: string;
  readonly detail?: string;
}

/** Keys that every document may have beside the fields of its kind. */
export const COMMON_KEYS = ["kind", "dataSource", "override"] as const;

type Found = ErrorObject<string, Record<string, unknown>>;

/** The faults behind the validator's errors; of several forms only those of the form that the value is in. */
export function faults(errors: readonly ErrorObject[], root: Json): Fault[] {
  const found = errors as readonly Found[];
  const hidden = found.filter((error) => error.keyword === "anyOf").map(otherForms);
  const inSecret = found.filter((error) => (error.parentSchema as Schema).secret).map((error) => error.instancePath);
  const result: Fault[] = [];
  for (const error of found) {
    if (hidden.some((hides) => hides(error))) continue;
    const secret = inSecret.some((path) => error.instancePath === path || error.instancePath.startsWith(`${path}/`));
    result.push(secret ? secretFault(error, root) : fault(error, root));
  }
  return result;
}

/** Which errors belong to forms that the value is not in, or to all of them where it is in none. */
function otherForms(of: Found): (error: Found) => boolean {
  const schema = of.parentSchema as Schema;
  const form = meant(schema, of.data as Json);
  const inside = `${of.schemaPath}/`;
  const chosen = form === undefined ? undefined : `${inside}${schema.anyOf?.indexOf(form)}/`;
  return (error) => {
    if (!within(error.instancePath, of.instancePath)) return false;
    if (error === of) return chosen !== undefined;
    return error.schemaPath.startsWith(inside) && (chosen === undefined || !error.schemaPath.startsWith(chosen));
  };
}

/** The form that a value is in, or the only one of its type. */
function meant(schema: Schema, value: Json): Schema | undefined {
  const form = formOf(schema, value);
  if (isOfType(form, value) && (form.required ?? []).every((key) => key in (value as object))) return form;
  const sameType = (schema.anyOf ?? []).filter((each) => isOfType(each, value));
  return sameType.length === 1 ? sameType[0] : undefined;
}

function isOfType(schema: Schema, value: Json): boolean {
  const word = schema.const ?? schema.enum?.[0];
  if (word !== undefined) return typeof word === typeof value;
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  return (schema.type === "integer" ? "number" : schema.type) === type;
}

function within(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}/`);
}

function fault(error: Found, root: Json): Fault {
  const schema = error.parentSchema as Schema;
  const value = error.data as Json;
  const path = steps(error.instancePath);
  const where = path.length === 0 ? "The document" : quoted(pathInWords(root, path));
  const wrong = (what: string, more: Partial<Fault> = {}): Fault => ({
    code: "WRONG_TYPE",
    path,
    summary: `${where} ${what}`,
    ...more,
  });
  const must = (what: string, more: Partial<Fault> = {}): Fault => wrong(`must be ${what}`, more);
  switch (error.keyword) {
    case "additionalProperties":
      return unknownKey(`${error.params.additionalProperty}`, schema, path, root);
    case "required":
      return missing(`${error.params.missingProperty}`, path, root);
    case "enum":
    case "const":
      return must(expected(schema), wordHint(schema, value));
    case "type":
    case "anyOf":
      return must(`${expected(schema)}, not ${given(value)}`, quoteHint(schema, value));
    case "minLength":
    case "minItems":
      return wrong("must not be empty");
    case "minProperties":
      return wrong(`needs ${alternatives(Object.keys(schema.properties ?? {}).map(quoted))}`);
    case "maxProperties":
      return wrong(
        `takes at most ${schema.maxProperties} of ${Object.keys(schema.properties ?? {})
          .map(quoted)
          .join(", ")}`,
      );
    case "minimum":
      return must(`at least ${schema.minimum}`);
    case "maximum":
      return must(`at most ${schema.maximum}`);
    case "uniqueItems":
      return wrong("names the same twice", {
        path: [...path, `${Math.max(Number(error.params.i), Number(error.params.j))}`],
      });
    case "pattern":
      return wrong(
        `is not written as it must be${schema.examples ? `, such as ${quoted(schema.examples[0] as Json)}` : ""}`,
        {
          ...(schema.description && { detail: schema.description }),
        },
      );
    default:
      return wrong(error.message ?? "is not valid");
  }
}

/** Anything else may be a value that slipped into the place of a key, such as a URL with its password. */
const LOOKS_LIKE_A_FIELD = /^[\w$ .-]{1,60}$/;

function unknownKey(key: string, schema: Schema, path: readonly string[], root: Json): Fault {
  const known = [...Object.keys(schema.properties ?? {}), ...(path.length === 0 ? COMMON_KEYS : [])];
  const inside = path.length === 0 ? "" : ` in ${quoted(pathInWords(root, path))}`;
  const near = nearest(key, known);
  return {
    code: "UNKNOWN_KEY",
    path: [...path, key],
    key: true,
    summary: `There is no ${LOOKS_LIKE_A_FIELD.test(key) ? `field ${quoted(key)}` : "such field"}${inside}`,
    ...(near === undefined ? { detail: `The fields are ${known.map(quoted).join(", ")}.` } : didYouMean(near)),
  };
}

function missing(field: string, path: readonly string[], root: Json): Fault {
  const inside = path.length === 0 ? "" : ` in ${quoted(pathInWords(root, path))}`;
  return {
    code: "MISSING_FIELD",
    path,
    summary: `${quoted(field)} is missing${inside}`,
    detail: `Add ${quoted(field)}.`,
  };
}

/** YAML reads some texts as numbers or as true and false. */
function quoteHint(schema: Schema, value: Json): Partial<Fault> {
  const takesText = [schema, ...(schema.anyOf ?? [])].some((form) => form.type === "string");
  return takesText && (typeof value === "number" || typeof value === "boolean") ? { detail: "Put it in quotes." } : {};
}

function wordHint(schema: Schema, value: Json): Partial<Fault> {
  if (typeof value !== "string") return {};
  const words = (schema.enum ?? [schema.const]).filter((word) => typeof word === "string");
  return didYouMean(nearest(value, words));
}

/** Nothing that stands where a secret belongs is repeated, not even a key. */
function secretFault(error: Found, root: Json): Fault {
  const path = steps(error.instancePath);
  const where = quoted(pathInWords(root, path));
  const schema = error.parentSchema as Schema;
  const isLiteral = schema.secret && error.keyword === "type" && error.data !== null && typeof error.data !== "object";
  if (isLiteral) {
    return {
      code: "LITERAL_SECRET",
      path,
      summary: `${where} holds a secret in clear`,
      detail:
        "Write a reference, `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }` or where a secret manager keeps it (`{ vault: … }`, `{ awsSecret: … }` …), and change the secret: it has been seen.",
    };
  }
  if (error.keyword !== "additionalProperties")
    return { code: "WRONG_TYPE", path, summary: `${where} must be ${expected(schema)}` };
  const near = nearest(`${error.params.additionalProperty}`, Object.keys(schema.properties ?? {}));
  return { code: "UNKNOWN_KEY", path, summary: `${where} must be ${expected(schema)}`, ...didYouMean(near) };
}

function steps(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}
