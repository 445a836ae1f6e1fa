/** Documents as one constructs app: a class for each kind, the same words as the fields. */
import type { Json } from "../schema.ts";
import type { DataSource } from "../specs.ts";
import type { EmittedDocument } from "./layout.ts";

const LONGEST = 110;

export function appTypescript(source: DataSource, documents: readonly EmittedDocument[]): string {
  const ids = new Set<string>();
  const body = documents.map((document) => construct(document, ids));
  const usesSecret = source.connection.password !== undefined;
  const names = ["PostgresDataSource", "Project", ...new Set(documents.map(({ kind }) => kind.name))].sort();
  return `import { ${[...names, ...(usesSecret ? ["secret"] : [])].join(", ")} } from "datumline/constructs";

const project = new Project();
${dataSource(source)}

${body.join("\n")}

project.synth();
`;
}

function dataSource({ name, engine: _, connection, ...rest }: DataSource): string {
  const { password, ...fields } = connection;
  const props = literal({ ...fields, ...(password && { password: MARK }), ...rest } as Json, 0);
  const env = password && "env" in password ? password.env : undefined;
  return `const source = new PostgresDataSource(project, ${JSON.stringify(name)}, ${props.replace(JSON.stringify(MARK), `secret.env(${JSON.stringify(env)})`)});`;
}

/** Takes the place of an expression while the rest is printed. */
const MARK = "\u0000secret";

function construct({ kind, spec }: EmittedDocument, ids: Set<string>): string {
  const id = idOf(kind.name, kind.address(kind.normalise?.(spec) ?? spec), ids);
  const { name, ...rest } = spec;
  // The id is the name where nothing else says so.
  const props = "name" in kind.schema.properties && name !== id ? spec : "name" in kind.schema.properties ? rest : spec;
  const given = Object.keys(props).length > 0 ? `, ${literal(props as Json, 0)}` : "";
  return `new ${kind.name}(source, ${JSON.stringify(id)}${given});`;
}

/** The name of the object, with its kind before it where another object has the same. */
function idOf(kind: string, address: string, ids: Set<string>): string {
  const name = address.slice(address.indexOf("/") + 1).replaceAll("/", " ");
  const id = ids.has(name) ? `${kind} ${name}` : name;
  ids.add(id);
  return id;
}

function literal(value: Json, depth: number): string {
  const flat = oneLine(value);
  if (flat !== undefined && flat.length + depth * 2 <= LONGEST) return flat;
  const inner = "  ".repeat(depth + 1);
  const end = "  ".repeat(depth);
  if (typeof value === "string") return value.includes("\n") ? template(value) : JSON.stringify(value);
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value))
    return `[\n${value.map((item) => `${inner}${literal(item, depth + 1)},\n`).join("")}${end}]`;
  const fields = Object.entries(value as { readonly [key: string]: Json });
  return `{\n${fields.map(([key, field]) => `${inner}${propertyName(key)}: ${literal(field, depth + 1)},\n`).join("")}${end}}`;
}

/** Undefined where it holds a text of several lines. */
function oneLine(value: Json): string | undefined {
  if (typeof value === "string") return value.includes("\n") ? undefined : JSON.stringify(value);
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) {
    const items = value.map(oneLine);
    return items.includes(undefined) ? undefined : `[${items.join(", ")}]`;
  }
  const fields = Object.entries(value as { readonly [key: string]: Json }).map(([key, field]) => {
    const text = oneLine(field);
    return text === undefined ? undefined : `${propertyName(key)}: ${text}`;
  });
  return fields.includes(undefined) ? undefined : fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

function propertyName(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}

function template(text: string): string {
  return `\`${text.replace(/[\\`]|\$\{/g, "\\$&").replaceAll("\r", "\\r")}\``;
}
