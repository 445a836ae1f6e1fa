/**
 * What a schema finds wrong with a value. To compile the schema of a kind takes Ajv up to half a second, and a document
 * uses little of it: the schema of a field is compiled when the first value stands there, level by level.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { type Json, type Schema, VOCABULARY } from "../schema.ts";

const ajv = new Ajv({ allErrors: true, verbose: true, addUsedSchema: false, validateSchema: false });
ajv.addVocabulary([...VOCABULARY]);
const COMPILED = new WeakMap<Schema, ValidateFunction>();

/** All of them; none where the value is as it must be. */
export function schemaErrors(schema: Schema, value: Json): ErrorObject[] {
  const validate = compiled(schema);
  const found = validate(value) ? [] : [...(validate.errors ?? [])];
  if (!schema.properties || value === null || typeof value !== "object" || Array.isArray(value)) return found;
  for (const [name, inner] of Object.entries(value)) {
    const field = Object.hasOwn(schema.properties, name) && schema.properties[name];
    if (!field) continue;
    const step = `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    for (const error of schemaErrors(field, inner))
      found.push({ ...error, instancePath: `${step}${error.instancePath}` });
  }
  return found;
}

/** Without what its fields hold. */
function compiled(schema: Schema): ValidateFunction {
  const known = COMPILED.get(schema);
  if (known) return known;
  const validate = ajv.compile(schema.properties ? { ...schema, properties: named(schema.properties) } : schema);
  COMPILED.set(schema, validate);
  return validate;
}

function named(properties: Readonly<Record<string, Schema>>): Record<string, Schema> {
  return Object.fromEntries(Object.keys(properties).map((name) => [name, {}]));
}
