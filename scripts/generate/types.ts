import { KINDS } from "../../core/kinds/index.ts";
import type { Schema } from "../../core/schema.ts";

/** One TypeScript type per kind, with the descriptions of the schema as doc comments. */
export function specTypes(): string {
  const kinds = [...KINDS.values()];
  const types = kinds.map(
    (kind) => `${comment(kind.summary, "")}export type ${kind.name} = ${typeOf(kind.schema, "")};\n`,
  );
  const byName = kinds.map(({ name }) => `  readonly ${name}: ${name};\n`);
  const all = `${comment("The fields of every kind, by its name.", "")}export interface Specs {\n${byName.join("")}}\n`;
  return `${HEADER}${[...types, all].join("\n")}`;
}

export const HEADER =
  "// Generated from the schemas in core/kinds by `npm run generate`; not to be edited by hand.\n\n";

/** The TypeScript type of a schema; `leaf` may answer for a schema in its own way. */
export function typeOf(
  schema: Schema,
  indent: string,
  leaf: (schema: Schema) => string | undefined = () => undefined,
): string {
  const special = leaf(schema);
  if (special) return special;
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf) return schema.anyOf.map((option) => typeOf(option, indent, leaf)).join(" | ");
  if (schema.type === "array") return `readonly ${parenthesised(typeOf(schema.items ?? {}, indent, leaf))}[]`;
  if (schema.properties) return objectType(schema, indent, leaf);
  if (schema.type === "object")
    return `{ readonly [name: string]: ${typeOf(schema.additionalProperties as Schema, indent, leaf)} }`;
  return schema.type === "integer" ? "number" : (schema.type ?? "unknown");
}

function objectType(schema: Schema, indent: string, leaf: (schema: Schema) => string | undefined): string {
  const inner = `${indent}  `;
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const mark = schema.required?.includes(name) ? "" : "?";
    return `${documentation(field, inner)}${inner}readonly ${name}${mark}: ${typeOf(field, inner, leaf)};\n`;
  });
  return `{\n${fields.join("")}${indent}}`;
}

export function documentation(field: Schema, indent: string): string {
  const fallback = field.default === undefined ? "" : ` @default ${JSON.stringify(field.default)}`;
  return field.description || fallback ? comment(`${field.description ?? ""}${fallback}`.trim(), indent) : "";
}

export function comment(words: string, indent: string): string {
  return `${indent}/** ${words.replaceAll("*/", "*\\/")} */\n`;
}

function parenthesised(type: string): string {
  if (type.startsWith("readonly ")) return `(${type})`;
  return / \| /.test(type) && !type.startsWith("{")
    ? `(${type})`
    : type.includes("} |") || type.includes("| {")
      ? `(${type})`
      : type;
}
