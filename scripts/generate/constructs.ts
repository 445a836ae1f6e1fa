import { containedFields, fits } from "../../constructs/container.ts";
import type { Kind } from "../../core/kind.ts";
import { KINDS } from "../../core/kinds/index.ts";
import type { Reference, Schema } from "../../core/schema.ts";
import { comment, documentation, HEADER, typeOf } from "./types.ts";

/** One class per kind, its properties typed and documented by the schema; a data source has only its properties. */
export function constructClasses(): string {
  const kinds = [...KINDS.values()];
  const objects = kinds.filter((kind) => kind.name !== "DataSource");
  return `${HEADER}import type { Construct } from "constructs";
import type { DataSource } from "./data-source.ts";
import { Declared, type QualifiedName } from "./declared.ts";
import { Judging } from "./judging.ts";
import type { Secret } from "./secret.ts";
import type { SqlText } from "./sql.ts";

${referredTo(objects).map(nameType).join("\n")}
${dataSourceProps(KINDS.get("DataSource") as Kind)}
${objects.map(classOf).join("\n")}`;
}

/** Kinds that some field refers to, with the number of parts of their names. */
function referredTo(kinds: readonly Kind[]): { readonly name: string; readonly parts: 1 | 2 }[] {
  const found = new Map<string, 1 | 2>();
  const look = (schema: Schema): void => {
    for (const name of schema.reference?.kinds ?? []) found.set(name, (schema.reference as Reference).parts);
    for (const inside of [...Object.values(schema.properties ?? {}), ...(schema.anyOf ?? [])]) look(inside);
    if (schema.items) look(schema.items);
    if (typeof schema.additionalProperties === "object") look(schema.additionalProperties);
  };
  for (const kind of kinds) look(kind.schema);
  return [...KINDS.values()].flatMap(({ name }) =>
    found.has(name) ? [{ name, parts: found.get(name) as 1 | 2 }] : [],
  );
}

function nameType({ name, parts }: { readonly name: string; readonly parts: 1 | 2 }): string {
  if (name === "DataSource")
    return `${comment("A data source: its name, or its construct.", "")}export type DataSourceName = string | DataSource;\n`;
  const standing = [...KINDS.keys()].filter((kind) => fits(kind, { kinds: [name], parts }));
  const written = parts === 2 ? "string | QualifiedName" : "string";
  const words = `A ${name}: ${parts === 2 ? "`schema.name`" : "its name"}, or its construct.`;
  const classes = standing.map((kind) => JSON.stringify(kind)).join(" | ");
  return `${comment(words, "")}export type ${name}Name = ${written} | Declared<${classes}>;\n`;
}

/** What the constructs have a type of their own for. */
function leaf(schema: Schema): string | undefined {
  if (schema.reference) return schema.reference.kinds.map((kind) => `${kind}Name`).join(" | ");
  if (schema.secret) return "Secret";
  return schema.rewritten ? "SqlText" : undefined;
}

function dataSourceProps(kind: Kind): string {
  const { name, engine: _, connection, ...rest } = kind.schema.properties;
  const fields = [propOf("name", name as Schema, BY_ID)];
  for (const [field, schema] of Object.entries({ ...connection?.properties, ...rest }))
    fields.push(propOf(field, schema, ""));
  return `${comment(kind.summary, "")}export interface DataSourceProps {\n${fields.join("")}}\n`;
}

const BY_ID = "the id of the construct";
const BY_PLACE = "the construct that it is made in";

function classOf(kind: Kind): string {
  const contained = containedFields(kind);
  const required = kind.schema.required.filter((name) => name !== "name" && !contained.includes(name));
  const fields = Object.entries(kind.schema.properties)
    .filter(([, field]) => !field.computed)
    .map(([name, field]) => {
      if (required.includes(name)) return propOf(name, field, undefined);
      return propOf(name, field, name === "name" ? BY_ID : contained.includes(name) ? BY_PLACE : "");
    });
  const props = `${kind.name}Props`;
  return `export interface ${props} {
${fields.join("")}}

${comment(kind.summary, "")}export class ${kind.name} extends ${kind.judges ? "Judging" : "Declared"}<"${kind.name}"> {
  constructor(scope: Construct, id: string, props: ${props}${required.length === 0 ? " = {}" : ""}) {
    super("${kind.name}", scope, id, props);
  }
}
`;
}

/** `fallback`: undefined for a field that must be given, otherwise what stands in for it, in words. */
function propOf(name: string, field: Schema, fallback: string | undefined): string {
  const words = fallback ? comment(`${field.description} @default ${fallback}`, "  ") : documentation(field, "  ");
  return `${words}  readonly ${name}${fallback === undefined ? "" : "?"}: ${typeOf(field, "  ", leaf)};\n`;
}
