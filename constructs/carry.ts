/**
 * Documents as a Terraform resource takes them: one JSON text, and beside it the values that are known later. In the text
 * `{"$value": NAME}` stands for each, so that the rest is known when Terraform plans.
 */
import { isAbsolute, join } from "node:path";
import { KINDS } from "../core/kinds/index.ts";
import { walk } from "../core/objects.ts";
import type { Json } from "../core/schema.ts";
import type { PlainDocument } from "./document.ts";
import type { Later } from "./later.ts";

export interface Carried {
  /** `{"documents": […]}`, and beside them whose resource it is where others are among them. */
  readonly spec: string;
  /** The values as the app has them, by name. */
  readonly values: ReadonlyMap<string, string | number>;
  /** Those that are handed on in a way of their own, by path. */
  readonly secrets: ReadonlyMap<string, string | number>;
}

/** What a data source is called, and where it stands in the app: the names of its values do not repeat that. */
export interface Carrying {
  readonly name: string;
  readonly node: { readonly path: string };
}

/** Documents of a data source, and of others around it. */
export function carry(
  documents: readonly PlainDocument[],
  { name: dataSource, node: { path: root } }: Carrying,
  later: Later,
): Carried {
  const values = new Map<string, string | number>();
  const secrets = new Map<string, string | number>();
  const carried = documents.map((document) =>
    replaced(document, later, (value, path) => {
      const inside = insideOf(document.$construct, root);
      const field = path.join(".");
      if (document.kind === "DataSource" && later.handedOn.has(field)) {
        // Those of others are handed on to their own resources.
        if (inside === "") secrets.set(field, value);
        return undefined;
      }
      const name = freeName(`${inside === "" ? "" : `${inside}.`}${field}`, values);
      values.set(name, value);
      return typeof value === "number" ? { $value: name, type: "number" } : { $value: name };
    }),
  );
  const isAlone = documents.every(({ kind, name }) => kind !== "DataSource" || name === dataSource);
  return {
    spec: escaped(JSON.stringify({ documents: carried, ...(!isAlone && { dataSource }) })),
    values,
    secrets,
  };
}

/** The path below the data source: nothing for itself, the whole path for what stands outside. */
function insideOf(path: string, root: string): string {
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

/**
 * The documents with files named from another folder than the app's: `up` leads from there to here. What is
 * known later may be a path from anywhere.
 */
export function withFilesFrom(up: string, documents: readonly PlainDocument[], later: Later): PlainDocument[] {
  return documents.map((document) => {
    const schema = KINDS.get(document.kind)?.schema;
    if (!schema) return document;
    return walk(schema, document as { readonly [field: string]: Json }, ({ schema: field, value }) => {
      const { file } = (field.secret && typeof value === "object" ? value : {}) as { readonly file?: Json };
      const isOurs = (path: Json | undefined): path is string =>
        typeof path === "string" && !isAbsolute(path) && later.formOf(path) === undefined;
      if (isOurs(file)) return { file: join(up, file) };
      return field.path && isOurs(value) ? join(up, value) : undefined;
    }) as PlainDocument;
  });
}

/** Where values stand that are known later. */
export function laterIn(
  documents: readonly PlainDocument[],
  later: Later,
): { readonly construct: string; readonly field: string }[] {
  const found: { construct: string; field: string }[] = [];
  for (const document of documents) {
    replaced(document, later, (_, path) => {
      found.push({ construct: document.$construct, field: path.join(".") });
      return undefined;
    });
  }
  return found;
}

type Replace = (value: string | number, path: readonly string[]) => Json | undefined;

/** The value with another one in place of each that is known later, or none. */
function replaced(document: PlainDocument, later: Later, replace: Replace): Json {
  const visit = (value: Json | undefined, path: readonly string[]): Json | undefined => {
    if (typeof value === "string" || typeof value === "number") {
      return later.formOf(value) === undefined ? value : replace(value, path);
    }
    if (value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) {
      const items = value.map((item, index) => visit(item, [...path, stepOf(item, index)]));
      return items.filter((item) => item !== undefined);
    }
    const fields = Object.entries(value).map(([key, inside]) => [key, visit(inside, [...path, key])] as const);
    return Object.fromEntries(fields.filter(([, inside]) => inside !== undefined)) as Json;
  };
  return visit(document as Json, []) as Json;
}

function freeName(path: string, taken: ReadonlyMap<string, unknown>): string {
  const plain = path.replace(/[^\p{L}\p{N}_./ -]/gu, "_");
  let name = plain;
  for (let count = 2; taken.has(name); count++) name = `${plain} ${count}`;
  return name;
}

/** A name stays when an element is put before it. */
function stepOf(item: Json, index: number): string {
  const { name } = (item ?? {}) as { readonly name?: Json };
  return typeof name === "string" ? name : `${index}`;
}

/**
 * Text in which Terraform finds nothing to fill in.
 * https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences
 */
export function escaped(text: string): string {
  return text.replace(/([$%])\{/g, "$1$1{");
}
