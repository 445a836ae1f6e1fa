import { stringify } from "yaml";
import type { Kind } from "../../core/kind.ts";
import { KINDS } from "../../core/kinds/index.ts";
import type { Json, Schema } from "../../core/schema.ts";
import { leastExample } from "./example.ts";

/** The reference: a page for each kind and an index, by path. */
export function referencePages(): Record<string, string> {
  const pages = [...KINDS.values()].map((kind) => [`${FOLDER}/${fileOf(kind.name)}`, page(kind)]);
  return { [`${FOLDER}/README.md`]: index(), ...Object.fromEntries(pages) };
}

const FOLDER = "docs/reference";
const HEADER = "<!-- Generated from core/kinds by `npm run generate`; not to be edited by hand. -->\n\n";

/** `RowPolicy` → `row-policy.md`. */
function fileOf(kind: string): string {
  return `${kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()}.md`;
}

function linkTo(kind: string): string {
  return `[${kind}](${fileOf(kind)})`;
}

function index(): string {
  const kinds = [...KINDS.values()];
  const rows = (of: readonly Kind[]): string =>
    of.map(({ name, summary }) => `| ${linkTo(name)} | ${cell(summary)} |\n`).join("");
  return `${HEADER}# Kinds

What can be declared. Every document has \`kind\`, may have \`dataSource\` (its data source, where there are several) and
\`override\` (it replaces fields of an earlier document), and holds the fields of its kind beside them. A field inside another,
such as \`columns[].type\`, is required where the outer one is written out in fields.

| kind | what it is |
|---|---|
${rows(kinds.filter((kind) => !kind.intent && (kind.planned || kind.name === "DataSource")))}
## Intents

Portable wishes: an engine turns each into objects of the kinds above, which \`datumline plan --verbose\` shows.

| kind | what it is |
|---|---|
${rows(kinds.filter((kind) => kind.intent))}
## Proofs

What must be so of the live system. \`datumline test\` tries it there; nothing of it is planned or made.

| kind | what it is |
|---|---|
${rows(kinds.filter((kind) => kind.proves))}
## Policies

What judges declarations and plans, beside the [built-in guardrails](guardrails.md). [Guardrails](../guardrails.md) says how.

| kind | what it is |
|---|---|
${rows(kinds.filter((kind) => kind.judges))}`;
}

function page(kind: Kind): string {
  const rows: string[] = [];
  for (const [name, field] of Object.entries(kind.schema.properties)) {
    if (!field.computed) addRows(rows, name, field, kind.schema.required.includes(name));
  }
  const standsFor = kind.as ? ` Stands wherever a ${kind.as.map(linkTo).join(" or ")} is referred to.` : "";
  return `${HEADER}# ${kind.name}

${kind.summary}${standsFor}

| field | type | default | meaning |
|---|---|---|---|
${rows.join("")}
The least that it takes:

\`\`\`yaml
${stringify(leastExample(kind), { flowCollectionPadding: true })}\`\`\`

[All kinds](README.md)
`;
}

/** A row for a field and one for each field inside it. */
function addRows(rows: string[], name: string, field: Schema, required: boolean): void {
  const fallback = field.default === undefined ? "" : `\`${JSON.stringify(field.default)}\``;
  const examples = field.examples
    ? ` For example ${field.examples.map((each) => `\`${plainText(each)}\``).join(", ")}.`
    : "";
  const meaning = cell(`${field.description ?? ""}${examples}`);
  rows.push(`| \`${name}\` | ${cell(typeOf(field))} | ${required ? "required" : cell(fallback)} | ${meaning} |\n`);
  for (const [inside, schema, isRequired] of fieldsInside(name, field)) addRows(rows, inside, schema, isRequired);
}

function* fieldsInside(name: string, schema: Schema): Generator<readonly [string, Schema, boolean]> {
  if (schema.secret) return;
  for (const form of schema.anyOf ?? []) yield* fieldsInside(name, form);
  if (schema.items) yield* fieldsInside(`${name}[]`, schema.items);
  if (typeof schema.additionalProperties === "object") yield* fieldsInside(`${name}.*`, schema.additionalProperties);
  for (const [field, inside] of Object.entries(schema.properties ?? {})) {
    yield [`${name}.${field}`, inside, schema.required?.includes(field) ?? false];
  }
}

/** What a field takes, in words. */
function typeOf(schema: Schema): string {
  if (schema.reference) return `name of a ${schema.reference.kinds.map((kind) => linkTo(kind)).join(" or ")}`;
  if (schema.secret) return "secret by reference";
  if (schema.rewritten) return "SQL";
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(", or ");
  if (schema.const !== undefined) return `\`${plainText(schema.const)}\``;
  if (schema.enum) return schema.enum.map((word) => `\`${plainText(word)}\``).join(", ");
  if (schema.type === "array")
    return `${schema.collection === "set" ? "set" : "list"} of ${many(typeOf(schema.items ?? {}))}`;
  if (schema.properties) return "fields";
  if (schema.type === "object") return `${typeOf(schema.additionalProperties as Schema)}, by name`;
  return schema.column === undefined ? (WORDS[schema.type ?? "string"] ?? "text") : "name of a column";
}

const WORDS: Readonly<Record<string, string>> = {
  integer: "whole number",
  number: "number",
  boolean: "true or false",
  string: "text",
};

function many(type: string): string {
  return type.includes(", or ") ? `(${type})` : type.replace(/^name of a /, "names of a ");
}

function plainText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A bar in a cell would end it. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
