import type { Kind } from "../../core/kind.ts";
import { KINDS } from "../../core/kinds/index.ts";
import { type Json, type Schema, VOCABULARY } from "../../core/schema.ts";

type JsonSchema = { readonly [keyword: string]: Json };

/**
 * The JSON Schema by which editors complete and check documents. Each kind stands behind a condition on `kind`: of
 * what is wrong an editor then shows what is wrong for this kind, not that none of nineteen forms fits.
 */
export function editorSchema(): string {
  const kinds = [...KINDS.values()];
  const schema: JsonSchema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Datumline document",
    type: "object",
    properties: { kind: { description: "What is declared.", enum: kinds.map(({ name }) => name) } },
    required: ["kind"],
    // biome-ignore lint/suspicious/noThenProperty: the word of JSON Schema; nobody awaits it.
    allOf: kinds.map(({ name }) => ({ if: ofKind(name), then: { $ref: `#/$defs/${name}` } })),
    $defs: Object.fromEntries(kinds.map((kind) => [kind.name, documentSchema(kind)])),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function ofKind(name: string): JsonSchema {
  return { properties: { kind: { const: name } }, required: ["kind"] };
}

function documentSchema(kind: Kind): JsonSchema {
  const fields = Object.entries(kind.schema.properties).filter(([, field]) => !field.computed);
  return {
    type: "object",
    description: kind.summary,
    properties: {
      kind: { const: kind.name, description: kind.summary },
      ...(kind.name !== "DataSource" && {
        dataSource: {
          type: "string",
          description: "Name of the data source it belongs to; with a single one it may be left out.",
        },
      }),
      override: {
        type: "boolean",
        description: "Replaces fields of an earlier document of the same object, one by one.",
        default: false,
      },
      ...Object.fromEntries(fields.map(([name, field]) => [name, plainSchema(field)])),
    },
    // An override gives only what it replaces.
    if: { properties: { override: { const: true } }, required: ["override"] },
    else: { required: kind.schema.required },
    additionalProperties: false,
  };
}

/** The schema in standard words; names of two parts may also be written as `{ schema, name }`. */
function plainSchema(schema: Schema): JsonSchema {
  const kept = Object.entries(schema).filter(([keyword]) => !(VOCABULARY as readonly string[]).includes(keyword));
  const plain = Object.fromEntries(kept.map(([keyword, value]) => [keyword, inStandardWords(keyword, value as Json)]));
  if (schema.reference?.parts !== 2) return plain;
  const { description, ...name } = plain;
  return { ...(description !== undefined && { description }), anyOf: [name, QUALIFIED_NAME] };
}

const QUALIFIED_NAME: JsonSchema = {
  type: "object",
  properties: { schema: { type: "string" }, name: { type: "string" } },
  required: ["schema", "name"],
  additionalProperties: false,
};

function inStandardWords(keyword: string, value: Json): Json {
  if (keyword === "anyOf") return (value as readonly Schema[]).map(plainSchema);
  if (keyword === "items") return plainSchema(value as Schema);
  if (keyword === "additionalProperties" && typeof value === "object") return plainSchema(value as Schema);
  if (keyword !== "properties") return value;
  return Object.fromEntries(
    Object.entries(value as Record<string, Schema>).map(([name, field]) => [name, plainSchema(field)]),
  );
}
