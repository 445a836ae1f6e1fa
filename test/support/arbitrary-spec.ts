/** Random specs that a kind accepts, drawn from its own schema. */
import fc from "fast-check";
import { validateDocument } from "../../core/documents/validate.ts";
import type { Kind, Spec } from "../../core/kind.ts";
import { elementKey } from "../../core/objects.ts";
import type { Json, Schema } from "../../core/schema.ts";

export interface SpecOptions {
  /** Answers for a field in its own way: names of objects that exist, expressions that an engine accepts. */
  readonly leaf?: (schema: Schema, path: readonly string[]) => fc.Arbitrary<Json> | undefined;
  /** Most elements of a list or a map. @default 3 */
  readonly most?: number;
}

/** Specs of a kind, sparse and full, with nothing that only inspection fills. */
export function arbitrarySpec(kind: Kind, options: SpecOptions = {}): fc.Arbitrary<Spec> {
  const drawn = fields(kind.schema, [], options) as fc.Arbitrary<Spec>;
  // What a schema cannot say: which fields exclude each other, elements that stand twice.
  return drawn.filter((spec) => validateDocument({ kind: kind.name, spec, origin: {} }).length === 0);
}

/** Fields of which hardly any value that is drawn would fit the others. */
const KNOWN: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  "schedule.cron": fc.constantFrom("30 3 * * *", "@daily", "0 6 * * 1-5"),
  "schedule.timeZone": fc.constantFrom("UTC", "Europe/Berlin"),
  how: fc.constantFrom<Json>(
    { format: "directory", jobs: 3 },
    { compression: "gzip", level: 5 },
    { tool: "pg_dump", format: "plain" },
  ),
  runner: fc.constantFrom<Json>(
    { on: "host", as: "systemd", user: "x", declaration: "d", environmentFile: "/e" },
    { on: "host", as: "kubernetes", image: "i", declaration: "d", command: ["npx", "datumline"] },
    { on: "host", as: "systemd", declaration: "d", environment: { b: "ünï ✓", a: "O'Hara" } },
  ),
};

/** Values that a schema accepts. */
export function arbitraryValue(schema: Schema, path: readonly string[], options: SpecOptions): fc.Arbitrary<Json> {
  const own = options.leaf?.(schema, path) ?? KNOWN[path.join(".")];
  if (own) return own;
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((form) => arbitraryValue(form, path, options)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.type === "array") return list(schema, path, options);
  if (schema.properties) return fields(schema, path, options);
  if (schema.type === "object") {
    const values = arbitraryValue(schema.additionalProperties as Schema, [...path, "*"], options);
    return fc.dictionary(WORD, values, { maxKeys: options.most ?? 3 });
  }
  if (schema.type === "boolean") return fc.boolean();
  if (schema.type === "integer") return fc.integer({ min: schema.minimum ?? -1000, max: schema.maximum ?? 100_000 });
  if (schema.type === "number")
    return fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    );
  return text(schema);
}

function list(schema: Schema, path: readonly string[], options: SpecOptions): fc.Arbitrary<Json> {
  const key = (item: Json): string =>
    schema.collection === "keyed" && !Array.isArray(item) ? elementKey(schema, item) : JSON.stringify(item);
  return fc.uniqueArray(arbitraryValue(schema.items ?? {}, [...path, "[]"], options), {
    minLength: schema.minItems ?? 0,
    maxLength: Math.max(schema.minItems ?? 0, options.most ?? 3),
    selector: key,
  });
}

function fields(schema: Schema, path: readonly string[], options: SpecOptions): fc.Arbitrary<Json> {
  const declared = Object.entries(schema.properties ?? {}).filter(([, field]) => !field.computed);
  const arbitraries = new Map(
    declared.map(([name, field]) => [name, arbitraryValue(field, [...path, name], options)] as const),
  );
  const names = declared.map(([name]) => name);
  const required = names.filter((name) => schema.required?.includes(name));
  const least = Math.max(required.length, schema.minProperties ?? 0);
  const optional = names.filter((name) => !required.includes(name));
  return fc
    .subarray(optional, {
      minLength: least - required.length,
      maxLength: Math.min(optional.length, (schema.maxProperties ?? names.length) - required.length),
    })
    .chain((chosen) => {
      const names = new Set([...required, ...chosen]);
      // With a prototype, as a parser gives them.
      return fc.record(Object.fromEntries([...arbitraries].filter(([name]) => names.has(name))), {
        noNullPrototype: true,
      });
    });
}

/** Plain words, and words that YAML or SQL would take for something else. */
const WORD = fc.oneof(
  fc.stringMatching(/^[a-z][a-z_]{0,8}$/),
  fc.constantFrom(
    "no",
    "null",
    "~",
    "1e3",
    "0x1F",
    "2024-01-01",
    "a b",
    "O'Hara",
    'quo"ted',
    "ünï ✓",
    "- x",
    "#x",
    "k: v",
    "<<",
    "=",
    "&a",
    "*",
    "%d",
    "@x",
  ),
);
const TEXT = fc.oneof(
  WORD,
  fc.constantFrom("two\nlines", " padded ", "tab\tbed", "ends\n", "x = 1 AND y = 'a''b'", "back\\slash", "{ a }"),
);

function text(schema: Schema): fc.Arbitrary<string> {
  if (schema.reference?.parts === 2) return fc.tuple(PART, PART).map(([of, name]) => `${of}.${name}`);
  if (schema.pattern) return fc.stringMatching(new RegExp(schema.pattern), { maxLength: 40 });
  return schema.rewritten || schema.column === undefined ? TEXT : WORD;
}

const PART = fc.constantFrom("sales", "Sales", "customer", '"with.dot"', '"a ""b"""', "ünï");
