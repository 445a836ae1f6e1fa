import { describe, expect, test } from "@jest/globals";
import { actions, type Case, ownServer, type Reached, takeTurns } from "./support/cases.ts";
import { majors } from "./support/server.ts";

/** A table with a key and what a case is about. */
const table = (columns: string, more = ""): string => `
kind: Table
schema: $
name: t
columns:
  - { name: id, type: int }
  ${columns.trim().replaceAll("\n", "\n  ")}
${more.trim()}
`;
const column = (fields: string): string => table(`- { name: x, ${fields} }`);

const altered = ({ steps }: Reached): void => expect(actions(steps)).toEqual(["alter Table"]);

/** A value put in at one state is still there, as the next state would have it. */
const put =
  (value: string) =>
  ({ on, name }: Reached) =>
    on.query(`INSERT INTO ${name}.t (x) VALUES (${value})`);
const is =
  (value: unknown) =>
  async ({ on, name }: Reached) =>
    expect(await on.query(`SELECT x::text FROM ${name}.t`)).toEqual([{ x: value }]);

const DEFAULTS: readonly (readonly [type: string, value: string])[] = [
  ["text", `"'EU'"`],
  ["varchar(10)", `"'new'"`],
  ["char(3)", `"'abc'"`],
  ["int", "-1"],
  ["int", `"-1"`],
  ["bigint", "42"],
  ["numeric", "0"],
  ["numeric(10,2)", "1.50"],
  ["double precision", "1e3"],
  ["boolean", `"'t'"`],
  ["boolean", "true"],
  ["boolean", `"'no'::boolean"`],
  ["jsonb", `"'{}'"`],
  ["text[]", `"'{}'"`],
  ["int[]", `"ARRAY[1, 2]"`],
  ["timestamptz", "now()"],
  ["timestamptz", "CURRENT_TIMESTAMP"],
  ["timestamp", `"'2024-01-01'"`],
  ["date", "CURRENT_DATE + 1"],
  ["interval", `"interval '1 month'"`],
  ["uuid", "gen_random_uuid()"],
  ["text", `"null"`],
  ["text", "current_user"],
  ["text", `"lower('A') || 'b' -- why"`],
  ["bytea", String.raw`"'\\xdead'"`],
  ["inet", `"'10.0.0.1'"`],
];

const COLUMNS: readonly Case[] = [
  ["not null", column("type: text"), put("'a'"), column("type: text, notNull: true"), altered],
  [
    "comment",
    column("type: text"),
    column(`type: text, comment: "it's"`),
    altered,
    column("type: text, comment: other"),
  ],
  [
    "collation",
    column("type: text"),
    put("'a'"),
    column("type: text, collation: C"),
    is("a"),
    column("type: text, collation: POSIX"),
  ],
  ["a column more, and one less", table(""), column("type: text"), altered],
  [
    "a column with everything",
    table(""),
    table(`- { name: x, type: "varchar(10)", notNull: true, default: "'a'", collation: C, comment: c }`),
    altered,
  ],
  [
    "widening",
    column("type: varchar(5)"),
    put("'abc'"),
    column("type: varchar(10)"),
    is("abc"),
    column("type: text"),
    is("abc"),
  ],
  [
    "numbers to text and back",
    column('type: "numeric(10,2)"'),
    put("12"),
    column("type: text"),
    is("12.00"),
    column("type: numeric"),
    column("type: integer"),
    is("12"),
    column("type: bigint"),
  ],
  ["text to integer", column("type: text"), put("'7'"), column("type: integer"), is("7")],
  [
    "dates",
    column("type: date"),
    put("'2024-01-02'"),
    column("type: timestamp"),
    column("type: timestamptz"),
    column('type: "timestamptz(3)"'),
    column("type: text"),
  ],
  ["json", column("type: text"), put(`'{"a": 1}'`), column("type: json"), column("type: jsonb"), is(`{"a": 1}`)],
  [
    "arrays",
    column('type: "text[]"'),
    put("'{1,2}'"),
    column('type: "int[]"'),
    is("{1,2}"),
    column('type: "varchar(3)[]"'),
    column("type: int array"),
  ],
  ["boolean and numbers", column("type: boolean"), put("true"), column("type: int"), column("type: boolean")],
  [
    "bits and others",
    column('type: "bit(3)"'),
    column('type: "varbit(5)"'),
    column('type: "interval day to second(3)"'),
    column("type: float(20)"),
    column("type: float"),
    column("type: name"),
    column('type: "char"'),
  ],
  [
    "a type with its default",
    column(`type: text, default: "'1'"`),
    put("DEFAULT"),
    column("type: integer, default: 1"),
    is("1"),
    column("type: integer"),
    column("type: text, default: upper('a')"),
  ],
  [
    "an enum",
    `kind: Enum\nschema: $\nname: level\nvalues: [low, high]\n---\n${column("type: text")}`,
    put("'low'"),
    `kind: Enum\nschema: $\nname: level\nvalues: [low, high]\n---\n${column(`type: level, default: "'high'"`)}`,
    is("low"),
    `kind: Enum\nschema: $\nname: level\nvalues: [low, high]\n---\n${column("type: level[]")}`,
  ],
  [
    "an extension's type without its schema",
    column("type: text"),
    put("'A'"),
    column("type: citext"),
    is("A"),
    column(`type: citext, default: "'b'"`),
    column("type: citext[]"),
  ],
  [
    "identity",
    column("type: int"),
    column("type: int, identity: always"),
    column("type: int, identity: by default"),
    column("type: int, default: 5"),
    column("type: int, notNull: true"),
    column("type: bigint, identity: by default"),
  ],
  [
    "how identity counts",
    column("type: bigint, identity: always"),
    column(
      "type: bigint, identity: always, sequence: { start: 100, increment: 5, minValue: 10, maxValue: 1000, cache: 3, cycle: true }",
    ),
    column("type: bigint, identity: always, sequence: { start: -5, increment: -1, minValue: -1000, maxValue: -1 }"),
    column("type: bigint, identity: by default, sequence: { cache: 2 }"),
    column("type: smallint, identity: by default, sequence: { maxValue: 100 }"),
  ],
  [
    "generated",
    column("type: int"),
    column('type: int, generated: "id * 2"'),
    altered,
    column('type: int, generated: "id * 3"'),
    column('type: bigint, generated: "id * 3"'),
    column('type: bigint, generated: "id * 3", notNull: true, comment: c'),
  ],
  [
    "a type that a generated column is made of",
    table(`- { name: y, type: int }\n- { name: x, type: bigint, generated: "y * 2" }`),
    table(`- { name: y, type: bigint }\n- { name: x, type: bigint, generated: "y * 2" }`),
    table(`- { name: y, type: numeric }\n- { name: x, type: bigint, generated: "y * 2" }`),
  ],
  [
    "a type that a check speaks of",
    table("- { name: x, type: int }", `checks: [{ name: positive, expression: "x > 0 AND x <> 7" }]`),
    table("- { name: x, type: numeric }", `checks: [{ name: positive, expression: "x > 0 AND x <> 7" }]`),
    table(`- { name: x, type: "varchar(9)" }`, `checks: [{ name: positive, expression: "x > 'a'" }]`),
  ],
  [
    "names that need quotes",
    table(
      `- { name: "Odd \\"name\\".x", type: text, default: "'a'", comment: c }\n- { name: select, type: int, notNull: true }`,
      `unique: [[select]]\nchecks: [{ name: "Is it?", expression: '"Odd ""name"".x" <> ''''' }]`,
    ),
    table(
      `- { name: "Odd \\"name\\".x", type: "varchar(8)" }\n- { name: select, type: bigint }`,
      "primaryKey: [select]",
    ),
  ],
];

/** Since PostgreSQL 18. */
const VIRTUAL: readonly Case[] = [
  [
    "computed when read",
    column("type: int"),
    column('type: int, generated: "id * 2", virtual: true'),
    column('type: int, generated: "id * 3", virtual: true'),
    column('type: bigint, generated: "id * 3", virtual: true, comment: c'),
    column('type: bigint, generated: "id * 3"'),
    column('type: bigint, generated: "id * 3", virtual: true, notNull: true'),
  ],
];

const TABLES: readonly Case[] = [
  ["comment", table(""), table("", "comment: a table"), altered, table("", `comment: "it's \\\\ another"`)],
  ["unlogged", table(""), table("", "postgresql: { unlogged: true }"), altered],
  [
    "parameters",
    table("- { name: x, type: text }"),
    table("- { name: x, type: text }", "postgresql: { parameters: { fillfactor: 70, autovacuum_enabled: false } }"),
    altered,
    table(
      "- { name: x, type: text }",
      "postgresql: { parameters: { fillfactor: 80, toast.autovacuum_enabled: false } }",
    ),
    table("- { name: x, type: text }", "postgresql: { unlogged: true, parameters: { fillfactor: 80 } }"),
  ],
  [
    "owner",
    table(""),
    table("", "owner: keeper_a"),
    altered,
    table("", "owner: keeper_b"),
    table("", "owner: postgres"),
  ],
  ...[
    ["on", "off"],
    ["forced", "off"],
    ["on", "forced"],
    ["forced", "on"],
  ].map(
    ([one, two]): Case => [
      `row security ${one} and ${two}`,
      table("", `rowSecurity: ${one}`),
      table("", `rowSecurity: ${two}`),
      altered,
    ],
  ),
  [
    "primary key",
    table("- { name: x, type: int }"),
    table("- { name: x, type: int }", "primaryKey: [id]"),
    altered,
    table("- { name: x, type: int }", "primaryKey: [id, x]"),
    table("- { name: x, type: int }", "primaryKey: { name: own, columns: [x], include: [id] }"),
    table("- { name: x, type: int }", "primaryKey: { columns: [x], deferrable: true, initiallyDeferred: true }"),
  ],
  [
    "unique",
    table("- { name: x, type: int }"),
    table("- { name: x, type: int }", "unique: [[x], [id, x]]"),
    altered,
    table(
      "- { name: x, type: int }",
      "unique: [{ columns: [x], include: [id] }, { columns: [id, x], deferrable: true }]",
    ),
    table(
      "- { name: x, type: int }",
      "unique: [{ columns: [x], deferrable: true, initiallyDeferred: true }, { name: named, columns: [id] }]",
    ),
  ],
  [
    "unique, nulls too (15+)",
    table("- { name: x, type: int }", "unique: [[x]]"),
    table("- { name: x, type: int }", "unique: [[x], { columns: [x], nullsNotDistinct: true, name: also }]"),
    altered,
  ],
  [
    "a unique constraint and the primary key on the same columns",
    table("", "primaryKey: [id]\nunique: [[id]]"),
    table("", "unique: [[id]]"),
  ],
  [
    "checks",
    table("- { name: x, type: text }"),
    table(
      "- { name: x, type: text }",
      `checks: [{ name: a, expression: "x IN ('new','open','done')" }, { name: b, expression: id BETWEEN 0 AND 100, noInherit: true }]`,
    ),
    altered,
    table(
      "- { name: x, type: text }",
      `checks: [{ name: a, expression: "x IN ('new','open')" }, { name: b, expression: id BETWEEN 0 AND 100 }, { name: c, expression: "x LIKE '%@x.com' -- mail" }]`,
    ),
  ],
];

const other = (more = "", columns = ""): string => `
kind: Table
schema: $
name: o
columns: [{ name: a, type: int }, { name: b, type: int }${columns}]
${more || "primaryKey: [a]\nunique: [[b], [a, b]]"}
`;
const both = (more: string, ofOther = "", columns = ""): string =>
  `${table("- { name: x, type: int }\n- { name: y, type: int }", more)}\n---\n${other(ofOther, columns)}`;

const KEYS: readonly Case[] = [
  [
    "foreign key",
    both(""),
    both("foreignKeys: [{ columns: [x], references: { table: $.o } }]"),
    altered,
    both("foreignKeys: [{ columns: [x], references: { table: $.o, columns: [b] } }]"),
    altered,
  ],
  ...["restrict", "cascade", "set null", "set default", "no action"].map(
    (action): Case => [
      `on delete and on update ${action}`,
      both("foreignKeys: [{ columns: [x], references: { table: $.o } }]"),
      both(`foreignKeys: [{ columns: [x], references: { table: $.o }, onDelete: ${action} }]`),
      both(`foreignKeys: [{ columns: [x], references: { table: $.o }, onUpdate: ${action} }]`),
    ],
  ),
  [
    "foreign key with options",
    both("foreignKeys: [{ columns: [x, y], references: { table: $.o, columns: [a, b] } }]"),
    both("foreignKeys: [{ columns: [x, y], references: { table: $.o, columns: [a, b] }, match: full, name: own }]"),
    both("foreignKeys: [{ columns: [x, y], references: { table: $.o, columns: [a, b] }, deferrable: true }]"),
    both(
      "foreignKeys: [{ columns: [x, y], references: { table: $.o, columns: [a, b] }, deferrable: true, initiallyDeferred: true }]",
    ),
  ],
  [
    "the key that is referred to changes",
    both("foreignKeys: [{ columns: [x], references: { table: $.o, columns: [a] } }]"),
    both(
      "foreignKeys: [{ columns: [x], references: { table: $.o, columns: [a] } }]",
      "primaryKey: { columns: [a], include: [b] }\nunique: [[b], [a, b]]",
    ),
  ],
  [
    "another key is referred to",
    both("foreignKeys: [{ columns: [x], references: { table: $.o } }]"),
    both("foreignKeys: [{ columns: [x], references: { table: $.o } }]", "primaryKey: [b]"),
  ],
  [
    "the type of a key and of what refers to it",
    both("foreignKeys: [{ columns: [x], references: { table: $.o } }]"),
    both("foreignKeys: [{ columns: [x], references: { table: $.o } }]")
      .replaceAll("name: x, type: int", "name: x, type: text")
      .replace("name: a, type: int", "name: a, type: text"),
  ],
  [
    "to itself",
    table("- { name: x, type: int }", "primaryKey: [id]"),
    table("- { name: x, type: int }", "primaryKey: [id]\nforeignKeys: [{ columns: [x], references: { table: $.t } }]"),
    altered,
  ],
  [
    "to each other",
    both(
      "primaryKey: [id]\nforeignKeys: [{ columns: [x], references: { table: $.o } }]",
      "primaryKey: [a]\nforeignKeys: [{ columns: [b], references: { table: $.t } }]",
    ),
    both("primaryKey: [id]", "primaryKey: [a]"),
  ],
  [
    "to each other, gone at once",
    both(
      "primaryKey: [id]\nforeignKeys: [{ columns: [x], references: { table: $.o } }]",
      "primaryKey: [a]\nforeignKeys: [{ columns: [b], references: { table: $.t } }]",
    ),
    "",
  ],
  [
    "to a table that goes",
    both("foreignKeys: [{ columns: [x], references: { table: $.o } }]"),
    table("- { name: x, type: int }\n- { name: y, type: int }"),
  ],
  [
    "with a column that goes",
    both(
      "foreignKeys: [{ columns: [x], references: { table: $.o } }]\nunique: [[x, y]]\nchecks: [{ name: c, expression: x > y }]",
    ),
    `${table("- { name: y, type: int }")}\n---\n${other()}`,
  ],
];

const BASE = `
{ kind: Role, name: keeper_a }
---
{ kind: Role, name: keeper_b }
---
{ kind: Extension, name: citext }
`;

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database } = ownServer({ major });

  test("columns", () => takeTurns(database, major >= 18 ? [...COLUMNS, ...VIRTUAL] : COLUMNS, BASE));
  test("defaults", () =>
    takeTurns(
      database,
      DEFAULTS.map(
        ([type, value], index): Case => [
          `${type} ${value} ${index}`,
          column(`type: "${type}"`),
          column(`type: "${type}", default: ${value}`),
          column(`type: "${type}", default: "NULL"`),
        ],
      ),
    ));
  test("tables", () => takeTurns(database, TABLES, BASE));
  test("foreign keys", () => takeTurns(database, KEYS));
});
