import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Diagnostic, place } from "../core/diagnostic.ts";
import type { Document } from "../core/document.ts";
import { type Declared, type DeclareOptions, declare, type OfflineEngine } from "../core/documents/declare.ts";
import { type Loaded, loadDocuments } from "../core/documents/load.ts";
import { checkDocument } from "../core/documents/raw.ts";
import { checkReferences } from "../core/documents/references.ts";
import type { Spec } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import { canonical } from "../core/objects.ts";
import type { Json, ObjectSchema, Schema } from "../core/schema.ts";

const intents = [...KINDS.values()].filter((kind) => kind.intent).map((kind) => kind.name);
const handler = { create: () => [], alter: () => [], drop: () => [] };

/** An engine that holds every kind but sequences, and makes of an intent a table with two columns more. */
const engine: OfflineEngine = {
  name: "postgresql",
  isBuiltIn: (kind, name) => (kind === "Role" && name === "public") || (kind === "Schema" && name === "pg_catalog"),
  handlers: Object.fromEntries(
    [...KINDS.keys()].filter((name) => !intents.includes(name) && name !== "Sequence").map((name) => [name, handler]),
  ),
  intents: Object.fromEntries(
    intents.map((name) => [
      name,
      {
        lower: (spec: Spec) => {
          const {
            schema,
            name: table,
            columns = [],
          } = spec as { schema?: string; name: string; columns?: { name: string; type: string }[] };
          const added = ["made_key", "made_at"].map((column) => ({ name: column, type: "text" }));
          return { objects: [{ kind: "Table", spec: { schema, name: table, columns: [...columns, ...added] } }] };
        },
      },
    ]),
  ),
};

const engines = { get: (name: string) => (name === "postgresql" ? engine : undefined), names: ["postgresql", "mysql"] };
const SOURCE =
  "kind: DataSource\nname: warehouse\nengine: postgresql\nconnection: { user: owner }\nexternal: { schemas: [public, 'ext_*'], roles: ['rds_*', django] }\n---\n";
const SALES = "kind: Schema\nname: sales\n---\n";
const TABLE =
  "kind: Table\nschema: sales\nname: customer\ncolumns: [{ name: id, type: bigint }, { name: email, type: text }]\n---\n";

function load(text: string): Promise<Loaded> {
  return loadDocuments(["-"], { stdin: async () => text });
}

async function declared(text: string, options: Partial<DeclareOptions> = {}): Promise<Declared> {
  const { documents, broken, complete } = await load(text);
  return declare(documents, { engines, broken, complete, ...options });
}

function brief({ code, origin, summary }: Diagnostic): string {
  return `${code} ${place(origin)?.replace("<stdin>:", "")} ${summary}`;
}

/** Everything that is wrong with a text, from its syntax to its references. */
async function wrong(text: string): Promise<Diagnostic[]> {
  const loaded = await load(text);
  const { sources, diagnostics } = declare(loaded.documents, {
    engines,
    broken: loaded.broken,
    complete: loaded.complete,
  });
  const checked = await Promise.all(sources.map((source) => checkReferences(source, engine, loaded.locator)));
  return [...loaded.diagnostics, ...diagnostics, ...checked.flat()];
}

describe("data sources", () => {
  test("of several, a document belongs to the only one of its folder", () => {
    const document = (file: string, kind: string, spec: Spec) => ({ kind, spec, origin: { file } });
    const source = (file: string, name: string) =>
      document(file, "DataSource", { name, engine: "postgresql", connection: {} });
    const { sources, diagnostics } = declare(
      [
        source("a/one.yaml", "a"),
        source("b/one.yaml", "b"),
        document("a/two.yaml", "Schema", { name: "of_a" }),
        document("b/two.yaml", "Schema", { name: "of_b" }),
        document("c/two.yaml", "Schema", { name: "of_none" }),
      ],
      { engines },
    );
    expect(sources.map(({ declared: catalog }) => [...catalog.keys()][0])).toEqual(["Schema/of_a", "Schema/of_b"]);
    expect(diagnostics.map(({ code, origin }) => [code, origin?.file])).toEqual([
      ["AMBIGUOUS_DATA_SOURCE", "c/two.yaml"],
    ]);
  });

  test("none, several, unknown, and one by a URL", async () => {
    expect((await declared(SALES)).diagnostics.map(brief)).toEqual([
      "NO_DATA_SOURCE undefined No DataSource is declared",
    ]);
    const two = `${SOURCE}kind: DataSource\nname: lake\nengine: postgresql\nconnection: {}\n---\n`;
    const text = `${two}${SALES}kind: Schema\nname: a\ndataSource: lake\n---\nkind: Schema\nname: b\ndataSource: lakes\n`;
    const { diagnostics, sources } = await declared(text);
    expect(diagnostics.map(brief)).toEqual([
      "AMBIGUOUS_DATA_SOURCE 12:1 This Schema does not say which data source it belongs to",
      "UNKNOWN_DATA_SOURCE 19:1 There is no data source `lakes`",
    ]);
    expect(diagnostics[1]?.detail).toBe("Did you mean `lake`?");
    expect(sources.map(({ source, declared: catalog }) => [source.name, [...catalog.keys()]])).toEqual([
      ["warehouse", ["DataSource/lake"]],
      ["lake", ["Schema/a", "DataSource/warehouse"]],
    ]);
    expect((await declared(two, { only: "lake" })).sources.map(({ source }) => source.name)).toEqual(["lake"]);
    expect((await declared(two, { only: "late" })).diagnostics.map(({ code }) => code)).toEqual([
      "UNKNOWN_DATA_SOURCE",
    ]);
    const url = { engine: "postgresql", name: "analytics" };
    expect((await declared(SALES, { url })).sources[0]?.source).toEqual({
      name: "analytics",
      engine: "postgresql",
      connection: {},
    });
    expect((await declared(SOURCE, { url })).sources[0]?.source.name).toBe("warehouse");
  });

  test("an engine that does not exist, or lacks a kind", async () => {
    const unknown = await declared(SOURCE.replace("postgresql", "postgresq"));
    expect(unknown.diagnostics).toMatchObject([{ code: "UNKNOWN_ENGINE", detail: "Did you mean `postgresql`?" }]);
    const lacking = await declared(`${SOURCE}kind: Sequence\nschema: sales\nname: s\n`);
    expect(lacking.diagnostics.map(brief)).toEqual(["NOT_SUPPORTED 7:1 The engine postgresql has no Sequence"]);
  });
});

describe("objects", () => {
  test("stand in the form that is compared", async () => {
    const { sources } = await declared(
      `${SOURCE}${TABLE}kind: Grant\nto: b\nprivileges: [update, select]\non: { table: sales.customer }\n`,
    );
    const catalog = sources[0]?.declared;
    expect([...(catalog?.keys() ?? [])]).toEqual([
      "Table/sales.customer",
      "Grant/b/table/sales.customer/update",
      "Grant/b/table/sales.customer/select",
    ]);
    expect(catalog?.values().next().value?.origin).toEqual({ file: "<stdin>", line: 7, column: 1 });
  });

  test("two owners for one fact", async () => {
    const { diagnostics } = await declared(
      `${SOURCE}${SALES}${SALES}${TABLE}kind: DateDimension\nschema: sales\nname: customer\nfrom: "2020-01-01"\nto: "2020-12-31"\n`,
    );
    expect(diagnostics.map(brief)).toEqual([
      "DUPLICATE 10:1 Schema sales is declared twice",
      "DUPLICATE 18:1 DateDimension sales.customer and Table sales.customer are the same object",
    ]);
    expect(diagnostics[0]?.detail).toContain("<stdin>:7:1");
    const grant = (columns: string): string =>
      `kind: Grant\nto: b\nprivileges: [select]\non: { table: sales.customer, columns: [${columns}] }\n---\n`;
    const added = await declared(`${SOURCE}${grant("id")}${grant("email")}`);
    expect(added.diagnostics).toEqual([]);
    expect([...(added.sources[0]?.declared.values() ?? [])].map(({ spec }) => spec.on)).toEqual([
      { table: "sales.customer", columns: ["email", "id"] },
    ]);
    expect(
      (await declared(`${SOURCE}${grant("id")}${grant("email, id")}`)).diagnostics.map(({ code }) => code),
    ).toEqual(["DUPLICATE"]);
  });

  test("an override replaces fields one by one, groups of fields too", async () => {
    const { sources, diagnostics } = await declared(
      `${SOURCE}${TABLE}kind: Table\nschema: sales\nname: customer\noverride: true\nrowSecurity: forced\n---\nkind: DataSource\nname: warehouse\noverride: true\nconnection: { host: db }\nenvironment: production\n`,
    );
    expect(diagnostics).toEqual([]);
    expect(sources[0]?.source).toMatchObject({
      connection: { user: "owner", host: "db" },
      environment: "production",
      engine: "postgresql",
    });
    expect(sources[0]?.declared.get("Table/sales.customer" as never)?.spec).toMatchObject({
      rowSecurity: "forced",
      columns: [{ name: "id" }, { name: "email" }],
    });
    const nothing = await declared(
      `${SOURCE}kind: Schema\nname: a\noverride: true\n---\nkind: DataSource\nname: b\noverride: true\n`,
    );
    expect(nothing.diagnostics.map(({ code }) => code).sort()).toEqual(["NOTHING_TO_OVERRIDE", "NOTHING_TO_OVERRIDE"]);
  });

  test("an override need not say all that a kind asks for; what it makes of the whole must make sense", async () => {
    const check = "kind: QualityCheck\nname: q\non: sales.customer\n";
    const whole = `${SOURCE}${TABLE}${check}notNull: id\n---\n`;
    const sample = await declared(`${whole}kind: QualityCheck\nname: q\noverride: true\nsample: 2\n`);
    expect(sample.diagnostics).toEqual([]);
    const two = await declared(`${whole}kind: QualityCheck\nname: q\noverride: true\nunique: [id]\n`);
    expect(two.diagnostics.map(brief)).toEqual([
      expect.stringMatching(/^WRONG_TYPE 17:1 it takes one of .*, and has notNull, unique$/),
    ]);
  });
});

describe("references", () => {
  test("to what is declared, built in, external or the connected user", async () => {
    const policy = (table: string, to: string): string =>
      `kind: RowPolicy\ntable: ${table}\nname: p\nto: [${to}]\n---\n`;
    const good = ["public", "owner", "rds_admin", "django", "reader"];
    const text = `${SOURCE}${SALES}${TABLE}kind: ReadOnlyRole\nname: reader\nschemas: [sales, ext_a]\nof: [owner]\n---\n${policy("sales.customer", good.join(", "))}${policy("ext_a.t", "public")}${policy("pg_catalog.t", "public")}`;
    expect(await wrong(text)).toEqual([]);
  });

  test("to nothing: at its exact place, with the nearest name", async () => {
    const found = await wrong(
      `${SOURCE}${SALES}${TABLE}kind: RowPolicy\ntable: sales.custmer\nname: p\nto:\n  - public\n  - analyst\n---\nkind: Schema\nname: x\nowner: nobody_at_all\n`,
    );
    expect(found.map(brief)).toEqual([
      "UNKNOWN_REFERENCE 16:8 There is no Table `sales.custmer`",
      "UNKNOWN_REFERENCE 20:5 There is no Role `analyst`",
      "UNKNOWN_REFERENCE 24:8 There is no Role `nobody_at_all`",
    ]);
    expect(found[0]?.detail).toMatch(/^Did you mean `sales\.customer`\? /);
    expect(found[2]?.detail).toMatch(/external\.roles/);
  });

  test("a document with errors still counts as declared", async () => {
    const found = await wrong(
      `${SOURCE}kind: Schema\nname: sales\nownr: x\n---\n${TABLE.replace("bigint", "5")}kind: Tabel\nschema: sales\nname: t\n---\nkind: RowPolicy\ntable: sales.customer\nname: p\n---\nkind: RowPolicy\ntable: sales.t\nname: p\n---\nkind: RowPolicy\ntable: sales.u\nname: p\n`,
    );
    expect(found.map(({ code }) => code)).toEqual(["UNKNOWN_KEY", "WRONG_TYPE", "UNKNOWN_KIND", "UNKNOWN_REFERENCE"]);
    const source = await wrong(
      `${SOURCE.replace("user: owner", "user: 5")}${SALES}${TABLE}kind: Schema\nname: b\nowner: x\n`,
    );
    expect(source.map(({ code }) => code)).toEqual(["WRONG_TYPE", "UNKNOWN_REFERENCE"]);
    const unparsed = await wrong(`${SOURCE}${TABLE}kind: Schema\nname: sales\nname: sales\n`);
    expect(unparsed.map(({ code }) => code)).toEqual(["SYNTAX"]);
  });

  test("columns", async () => {
    const found = await wrong(
      [
        `${SOURCE}${SALES}${TABLE}kind: Grant\nto: public\nprivileges: [select]\non: { table: sales.customer, columns: [id, emial] }\n`,
        "kind: MaskedView\nschema: sales\nname: v\nfrom: sales.customer\nmask:\n  email: redact\n  phone: redact\n",
        "kind: Table\nschema: sales\nname: o\ncolumns: [{ name: c, type: bigint }]\nprimaryKey: [d]\nforeignKeys:\n  - { columns: [c], references: { table: sales.customer, columns: [ix] } }\n",
        "kind: DimensionTable\nschema: sales\nname: dim\ncolumns: { a: text }\nnaturalKey: [b]\n",
        "kind: Index\ntable: sales.dim\nname: i\ncolumns: [a, made_at, mode_key]\n",
        "kind: Index\ntable: public.far\nname: j\ncolumns: [whatever]\n",
      ].join("---\n"),
    );
    expect(found.map(brief)).toEqual([
      "UNKNOWN_COLUMN 18:44 The table `sales.customer` has no column `emial`",
      "UNKNOWN_COLUMN 26:3 The table `sales.customer` has no column `phone`",
      "UNKNOWN_COLUMN 32:14 The table `sales.o` has no column `d`",
      "UNKNOWN_COLUMN 34:68 The table `sales.customer` has no column `ix`",
      "UNKNOWN_COLUMN 40:14 The table `sales.dim` has no column `b`",
      "UNKNOWN_COLUMN 45:23 The table `sales.dim` has no column `mode_key`",
    ]);
    expect(found[0]?.detail).toBe("Did you mean `email`?");
  });

  test("circles", async () => {
    const role = (name: string, of: string): string => `kind: Role\nname: ${name}\nmemberOf: [${of}]\n---\n`;
    const found = await wrong(
      `${SOURCE}${role("a", "b")}${role("b", "c")}${role("c", "a")}${role("d", "d")}${role("e", "a")}`,
    );
    expect(found.map(brief)).toEqual([
      "CYCLE 7:1 Objects need each other in a circle: Role a → Role b → Role c → Role a",
      "CYCLE 19:1 Objects need each other in a circle: Role d → Role d",
    ]);
    const table = (name: string, to: string): string =>
      `kind: Table\nschema: sales\nname: ${name}\ncolumns: [{ name: id, type: bigint }]\nforeignKeys: [{ columns: [id], references: { table: sales.${to} } }]\n---\n`;
    expect(await wrong(`${SOURCE}${SALES}${table("a", "b")}${table("b", "a")}`)).toEqual([]);
  });
});

/** Specs that a schema allows, sparse and full. */
function specs(schema: ObjectSchema): fc.Arbitrary<Spec> {
  return fields(schema) as fc.Arbitrary<Spec>;
}

function values(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(values));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.type === "array") {
    return fc.uniqueArray(values(schema.items ?? {}), {
      minLength: schema.minItems ?? 0,
      maxLength: 3,
      selector: (item) => JSON.stringify(item),
    });
  }
  if (schema.type === "object") {
    return schema.properties
      ? fields(schema)
      : fc.dictionary(fc.stringMatching(/^[a-c]{1,2}$/), values(schema.additionalProperties as Schema), { maxKeys: 3 });
  }
  if (schema.type === "integer" || schema.type === "number")
    return fc.integer({ min: schema.minimum ?? -3, max: schema.maximum ?? 12 });
  if (schema.type === "boolean") return fc.boolean();
  return schema.reference?.parts === 2 ? fc.constantFrom("s.a", "s.b") : fc.constantFrom("a", "b", "1");
}

function fields(schema: Schema): fc.Arbitrary<unknown> {
  const properties = Object.entries(schema.properties ?? {}).map(([name, field]) => [name, values(field)] as const);
  return fc.record(Object.fromEntries(properties), { requiredKeys: [...(schema.required ?? [])] });
}

describe("whatever a document holds, the answer is a diagnostic", () => {
  test.each([...KINDS.values()].map((kind) => [kind.name, kind] as const))("%s", async (_, kind) => {
    const anything = fc.dictionary(
      fc.constantFrom(...Object.keys(kind.schema.properties)),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const origin = { construct: "app/object" };
    await fc.assert(
      fc.asyncProperty(specs(kind.schema), anything, fc.boolean(), async (spec, noise, override) => {
        for (const value of [spec, { ...spec, ...noise }]) {
          const raw = { ...(value as Record<string, Json>), kind: kind.name, override };
          const { document, broken, diagnostics } = checkDocument({ value: raw, origin }, (of) => of);
          expect(diagnostics.length > 0).toBe(document === undefined);
          const source: Document = {
            kind: "DataSource",
            spec: { name: "only", engine: "postgresql", connection: {} },
            origin,
          };
          const documents = [source, ...(document ? [document] : [])].filter(
            (each) => each !== source || kind.name !== "DataSource",
          );
          const { sources } = declare(documents, { engines, broken: broken ? [broken] : [] });
          for (const each of sources) await checkReferences(each, engine);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("the compared form of a compared form is itself", () => {
  test.each([...KINDS.values()].map((kind) => [kind.name, kind] as const))("%s", (_, kind) => {
    fc.assert(
      fc.property(specs(kind.schema), (spec) => {
        const once = canonical(kind.schema, spec);
        expect(canonical(kind.schema, once)).toEqual(once);
        expect(JSON.stringify(canonical(kind.schema, once))).toBe(JSON.stringify(once));
      }),
      { numRuns: 50 },
    );
  });
});
