import type { Kind } from "../../core/kind.ts";
import type { Json, Schema } from "../../core/schema.ts";

/** A document with nothing but what the kind requires; valid, so that it can be copied. */
export function leastExample(kind: Kind): Json {
  return { kind: kind.name, ...(sampleOf(kind.schema, kind.name) as object) };
}

/** `hint`: what the value is for, where its schema does not tell. */
function sampleOf(schema: Schema, hint: string): Json {
  const example = schema.examples?.[0] ?? schema.default ?? schema.const ?? schema.enum?.[0];
  if (example !== undefined) return example;
  if (schema.reference) return NAMES[schema.reference.kinds[0] as string] ?? "name";
  if (schema.rewritten) return QUERIES.has(hint) ? "SELECT 1 AS id" : "true";
  if (schema.column !== undefined && schema.type === "string") return "id";
  if (schema.anyOf) return sampleOf(schema.anyOf[0] as Schema, hint);
  if (schema.type === "array") return [sampleOf(schema.items ?? {}, hint)];
  if (schema.properties) return fieldsOf(schema);
  if (schema.type === "object") return { id: sampleOf(schema.additionalProperties as Schema, hint) };
  if (schema.type === "boolean") return true;
  return schema.type === "string" ? (WORDS[hint] ?? hint) : 1;
}

function fieldsOf(schema: Schema): Json {
  const required = schema.required ?? [];
  // Where none is required and one must be given, the one that others are told apart by.
  const names = required.length > 0 || !schema.minProperties ? required : ["table"];
  return Object.fromEntries(names.map((name) => [name, sampleOf(schema.properties?.[name] ?? {}, name)]));
}

const NAMES: Readonly<Record<string, string>> = {
  Role: "analyst",
  Schema: "sales",
  Table: "sales.customer",
  Sequence: "sales.number",
};
const WORDS: Readonly<Record<string, string>> = { name: "example", privileges: "select", values: "first" };
const QUERIES: ReadonlySet<string> = new Set(["query", "rows"]);
