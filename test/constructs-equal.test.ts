import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import * as constructs from "../constructs/index.ts";
import type { Document } from "../core/document.ts";
import { checkDocument } from "../core/documents/raw.ts";
import type { Kind, Spec } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import { canonical, walk } from "../core/objects.ts";
import type { Json } from "../core/schema.ts";
import { arbitrarySpec } from "./support/arbitrary-spec.ts";

type Class = new (scope: constructs.Declared | constructs.DataSource, id: string, props: object) => constructs.Declared;

/** The document that a value is read as, from YAML or from a construct. */
function read(value: object): Document {
  const { document, diagnostics } = checkDocument({ value: value as Json, origin: {} }, (origin) => origin);
  expect(diagnostics).toEqual([]);
  return document as Document;
}

function compared(kind: Kind, spec: Spec): string {
  return JSON.stringify(canonical(kind.schema, kind.normalise?.(spec) ?? spec));
}

/** As a user would write it: SQL by the tag. */
function props(kind: Kind, spec: Spec): object {
  return walk(kind.schema, spec, ({ schema, value }) =>
    schema.rewritten && typeof value === "string" ? (constructs.sql.raw(value) as unknown as Json) : undefined,
  );
}

const kinds = [...KINDS.values()].map((kind) => [kind.name, kind] as const);

describe("a construct and the YAML for the same thing give the same spec", () => {
  test.each(kinds.filter(([name]) => name !== "DataSource"))("%s", (name, kind) => {
    const Kind = (constructs as unknown as Record<string, Class>)[name] as Class;
    fc.assert(
      fc.property(arbitrarySpec(kind), (spec) => {
        const project = new constructs.Project();
        const source = new constructs.PostgresDataSource(project, "warehouse");
        const built = read(new Kind(source, "an id", props(kind, spec)).toDocument());
        const written = read(parse(stringify({ kind: name, dataSource: "warehouse", ...spec })) as object);
        expect(compared(kind, built.spec)).toBe(compared(kind, written.spec));
        expect({ ...built, spec: {} }).toEqual({ ...written, spec: {} });
      }),
      { numRuns: 60 },
    );
  });

  test("DataSource", () => {
    const kind = KINDS.get("DataSource") as Kind;
    fc.assert(
      fc.property(arbitrarySpec(kind), (drawn) => {
        const spec = { ...drawn, engine: "postgresql" };
        const { connection, engine: _, ...rest } = spec as unknown as { connection: object; engine: string };
        const source = new constructs.PostgresDataSource(new constructs.Project(), "id", { ...connection, ...rest });
        const written = read(parse(stringify({ kind: "DataSource", ...spec })) as object);
        expect(compared(kind, read(source.toDocument()).spec)).toBe(compared(kind, written.spec));
      }),
      { numRuns: 60 },
    );
  });
});

test("fields stand in the order of the schema, whatever the order in which they are given", () => {
  const source = new constructs.PostgresDataSource(new constructs.Project(), "w");
  const table = new constructs.Table(source, "t", {
    comment: "c",
    columns: [{ notNull: true, type: "text", name: "a" }],
    schema: "s",
  });
  expect(JSON.stringify(table.toDocument())).toBe(
    '{"kind":"Table","dataSource":"w","schema":"s","name":"t","columns":[{"name":"a","type":"text","notNull":true}],"comment":"c","$construct":"w/t"}',
  );
});
