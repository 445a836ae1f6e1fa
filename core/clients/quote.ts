/** Values as the languages of settings write them. */

/** For any part of a URI: whatever has a meaning somewhere is encoded. */
export function uri(part: string): string {
  return encodeURIComponent(part).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Colons of an address would be taken for that of the port. */
export function uriHost(host: string): string {
  return host.includes(":") ? `[${host}]` : uri(host);
}

/** `a=1&b=2`. */
export function query(parameters: Readonly<Record<string, string | number>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${uri(name)}=${uri(`${value}`)}`)
    .join("&");
}

/** Code that stands for itself among values. */
export class Code {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Value = string | number | boolean | Code | readonly Value[] | { readonly [key: string]: Value | undefined };

/** How a language writes what is not text or number. */
export interface Language {
  readonly indent: string;
  readonly flag: (value: boolean) => string;
  readonly key: (name: string) => string;
}

export const PYTHON: Language = {
  indent: "    ",
  flag: (value) => (value ? "True" : "False"),
  key: (name) => text(name),
};

export const JAVASCRIPT: Language = {
  indent: "  ",
  flag: (value) => `${value}`,
  key: (name) => (/^[a-z]\w*$/i.test(name) ? name : text(name)),
};

/** A value in a language; objects on lines of their own, and what is undefined left out. */
export function literal(language: Language, value: Value, margin = ""): string {
  if (value instanceof Code) return value.text;
  if (typeof value === "string") return text(value);
  if (typeof value === "boolean") return language.flag(value);
  if (typeof value === "number") return `${value}`;
  if (Array.isArray(value)) return `[${value.map((item: Value) => literal(language, item, margin)).join(", ")}]`;
  const inner = margin + language.indent;
  const fields = Object.entries(value).flatMap(([name, field]) =>
    field === undefined ? [] : [`${inner}${language.key(name)}: ${literal(language, field, inner)},\n`],
  );
  return fields.length === 0 ? "{}" : `{\n${fields.join("")}${margin}}`;
}

/** In double quotes JSON, Python and JavaScript agree. */
function text(value: string): string {
  return JSON.stringify(value);
}
