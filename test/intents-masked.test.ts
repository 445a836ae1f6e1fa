import { createHash } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { type Mask, masked } from "../providers/postgresql/masks.ts";
import { declared, lowered } from "./support/lowered.ts";
import { estate } from "./support/roundtrip.ts";
import { freshDatabase, majors } from "./support/server.ts";

const TABLE = `
kind: Table
schema: sales
name: customer_dim
columns:
  - { name: id, type: bigint }
  - { name: name, type: text }
  - { name: email, type: text }
  - { name: born, type: date }
  - { name: seen, type: timestamptz }
  - { name: card, type: "numeric(16,0)" }
primaryKey: [id]
`;

function view(more: string): string {
  return `kind: MaskedView\nschema: sales\nname: customer_masked\nfrom: sales.customer_dim\n${more}`;
}

const EMAIL = "mask: { email: redact, card: nullify }\nto: [reader]";

describe("MaskedView", () => {
  test("is a barrier that runs with its owner's rights, readable by whom it is for", () => {
    const { spec, codes, native } = lowered(`${TABLE}---\n${view(EMAIL)}\ncomment: No addresses.`);
    expect(codes).toEqual([]);
    expect(spec("View/sales.customer_masked")).toMatchObject({ securityBarrier: true, comment: "No addresses." });
    expect(spec("View/sales.customer_masked")).not.toHaveProperty("securityInvoker");
    expect([...native.keys()].filter((at) => at.startsWith("Grant/"))).toEqual([
      "Grant/reader/table/sales.customer_masked/select",
    ]);
  });

  test("shows the columns of whatever declares the table, of what is there, or those listed", () => {
    const columns = (documents: string, live?: string): string[] => {
      const query = lowered(documents, live === undefined ? undefined : declared(live)).spec(
        "View/sales.customer_masked",
      )?.query as string;
      return [...query.matchAll(/(?:AS |^ {2})(\w+),?$/gm)].map((match) => match[1] as string);
    };
    const masked = view("mask: { email: redact }");
    expect(columns(`${TABLE}---\n${masked}`)).toEqual(["id", "name", "email", "born", "seen", "card"]);
    expect(columns(masked, TABLE)).toEqual(["id", "name", "email", "born", "seen", "card"]);
    expect(columns(`${TABLE}---\n${masked}\ncolumns: [email, id]`)).toEqual(["email", "id"]);
    expect(
      columns(`kind: DimensionTable\nschema: sales\nname: customer_dim\ncolumns: { email: text }\n---\n${masked}`),
    ).toEqual(["customer_key", "email", "created_at", "updated_at"]);
  });

  test.each([
    ["mask: { emial: redact }", ["error UNKNOWN_COLUMN"]],
    ["mask: { email: redact }\ncolumns: [id, emial]", ["error UNKNOWN_COLUMN"]],
    ["mask: { name: yearOfDate }", ["error WRONG_TYPE"]],
    ["mask: { name: redact }\nwhere: 'true) OR (true'", ["error SYNTAX"]],
    ["mask: { name: redact }\nwhere: 'id > 1 -- all'", []],
  ])("%s", (more, expected) => {
    expect(lowered(`${TABLE}---\n${view(more)}`).codes).toEqual(expected);
  });

  test("of a table that nobody knows is no view of nothing", () => {
    const live = declared("kind: Schema\nname: sales");
    expect(lowered(view("mask: { email: redact }"), live).codes).toEqual(["error MISSING_FIELD"]);
    expect(lowered(view("mask: { email: redact }\ncolumns: [email]"), live).codes).toEqual([]);
  });

  test("masks what is classified, and what it names as it says", () => {
    const table = TABLE.replace("name: email, type: text", "name: email, type: text, classification: pii")
      .replace("name: name, type: text", "name: name, type: text, classification: pii")
      .replace("name: card, ", "name: card, classification: secret, ");
    const query = (more: string): string =>
      lowered(`${table}---\n${view(more)}`).spec("View/sales.customer_masked")?.query as string;
    const shown = query("maskClasses: { pii: nullify, secret: hash }\nmask: { email: redact }");
    expect(shown).toMatch(/WHEN email IS NOT NULL THEN '\*\*\*'/);
    expect(shown).toMatch(/CASE WHEN false THEN name END AS name/);
    expect(shown).toMatch(/sha256\(.*card.*\) AS card|sha256\(.*\), 'hex'\) AS card/);
    expect(lowered(`${table}---\n${view("maskClasses: { pi: hash }")}`).codes).toEqual(["error UNKNOWN_CLASS"]);
    const grant = "kind: Grant\nto: reader\nprivileges: [select]\non: { table: sales.customer_dim, columns: [email] }";
    expect(lowered(`${table}---\n${view("maskClasses: { pii: redact }\nto: [reader]")}\n---\n${grant}`).codes).toEqual([
      "error MASK_BYPASSED",
    ]);
    expect(lowered(view("maskClasses: { pii: redact }"), declared(table)).codes).toEqual(["error UNKNOWN_CLASS"]);
  });

  test("sees row policies that another intent switches on", () => {
    const rows = "kind: RowAccess\ntable: sales.customer_dim\nname: own\nto: [reader]\nuser: { column: name }";
    expect(lowered(`${TABLE}---\n${view(EMAIL)}\n---\n${rows}`).codes).toEqual(["warning VIEW_BYPASSES_ROW_SECURITY"]);
  });

  test.each(["on", "forced"])("says that row policies do not reach into it (%s)", (rowSecurity) => {
    const { codes } = lowered(`${TABLE}rowSecurity: ${rowSecurity}\n---\n${view(EMAIL)}`);
    expect(codes).toEqual(["warning VIEW_BYPASSES_ROW_SECURITY"]);
  });
});

test.each([
  ["mask: { id: nullify }", /masks keys of `sales.customer_dim`: `id` \(primary key\)$/],
  ["mask: { email: redact }", /`email` \(unique\)$/],
  ["mask: { boss: redact, name: redact }", /`boss` \(refers to `sales.boss`\)$/],
])("a mask of a key is told of: %s", (more, says) => {
  const table = TABLE.replace("{ name: name,", "{ name: boss, type: bigint }\n  - { name: name,").concat(
    "unique: [[email]]\nforeignKeys: [{ columns: [boss], references: { table: sales.boss } }]\n",
  );
  const boss = "kind: Table\nschema: sales\nname: boss\ncolumns: [{ name: id, type: bigint }]\nprimaryKey: [id]";
  const { diagnostics } = lowered([table, boss, view(more)].join("\n---\n"));
  expect(diagnostics).toEqual([
    expect.objectContaining({
      severity: "note",
      code: "MASK_ON_KEY",
      summary: expect.stringMatching(says),
      detail: expect.stringContaining("`hash` keeps equal values equal"),
      origin: { file: "test.yaml", line: 1 },
    }),
  ]);
  expect(
    lowered([table, boss, view("mask: { id: hash, email: hash, boss: hash }")].join("\n---\n")).codes,
  ).not.toContain("note MASK_ON_KEY");
});

describe("a mask hides nothing", () => {
  const grant = (to: string, columns = "", privileges = "[select]"): string =>
    `kind: Grant\nto: ${to}\nprivileges: ${privileges}\non: { table: sales.customer_dim${columns} }`;
  const role = (name: string, more = ""): string => `kind: Role\nname: ${name}\n${more}`;
  const reader = role("reader", "memberOf: [group]\n");

  test.each([
    ["from whom the whole table is granted", [grant("reader")], /who may read all of sales\.customer_dim/],
    ["from whom a masked column is granted", [grant("reader", ", columns: [card, name]")], /who may read \(card\)/],
    [
      "from a member of such a role",
      [reader, role("group"), grant("group")],
      /reader, a member of group, who may read all/,
    ],
    [
      "from a member of a member",
      [reader, role("group", "memberOf: [{ role: outer, inherit: false }]"), grant("outer")],
      /a member of group and so of outer/,
    ],
    [
      "from the admin of a role, who can grant itself the rest of the membership",
      [role("reader", "memberOf: [{ role: group, admin: true, inherit: false, set: false }]"), grant("group")],
      /a member of group, who may read all/,
    ],
    ["from anybody, where everybody may read it", [grant("public")], /like everybody, who may read all/],
    [
      "from the owner",
      [role("reader"), TABLE.replace("sales\nname", "sales\nowner: reader\nname")],
      /who owns the table/,
    ],
    ["from a superuser", [role("reader", "superuser: true")], /who is a superuser/],
    ["from who reads everything", [role("reader", "memberOf: [pg_read_all_data]")], /which reads every table/],
    ["from a ReadOnlyRole", ["kind: ReadOnlyRole\nname: reader\nschemas: [sales]\nof: [owner]"], /as a ReadOnlyRole/],
  ])("%s", (_, documents, says) => {
    const table = documents.some((document) => document.includes("kind: Table")) ? [] : [TABLE];
    const { diagnostics } = lowered([...table, view(EMAIL), ...documents].join("\n---\n"));
    expect(diagnostics.map(({ severity, code }) => `${severity} ${code}`)).toEqual(["error MASK_BYPASSED"]);
    expect(diagnostics[0]?.summary).toMatch(says);
    expect(diagnostics[0]).toMatchObject({ address: "MaskedView/sales.customer_masked", detail: expect.any(String) });
  });

  test.each([
    ["other columns are granted", [grant("reader", ", columns: [name]")]],
    ["the table is granted to somebody else", [grant("writer")]],
    ["it may be written only", [grant("reader", "", "[insert]")]],
    [
      "the membership gives nothing",
      [role("reader", "memberOf: [{ role: group, inherit: false, set: false }]"), grant("group")],
    ],
    [
      "a ReadOnlyRole leaves the table out",
      ["kind: ReadOnlyRole\nname: reader\nschemas: [sales]\nof: [owner]\nexcept: [sales.customer_dim]"],
    ],
  ])("but hides where %s", (_, documents) => {
    expect(lowered([TABLE, view(EMAIL), ...documents].join("\n---\n")).codes).toEqual([]);
  });

  test.each([
    [
      "kind: ColumnAccess\ntable: sales.customer_dim\nto: [reader]\ncolumns: [email]",
      "ColumnAccess sales.customer_dim/reader",
    ],
    [grant("reader", ", columns: [email]"), "the Grant"],
  ])("says which document to mend: %s", (document, name) => {
    const { diagnostics } = lowered([TABLE, view(EMAIL), role("reader"), document].join("\n---\n"));
    expect(diagnostics.map(({ detail }) => detail)).toEqual([
      `Take \`email\` out of ${name} (test.yaml:1), or take \`reader\` out of \`to\`.`,
    ]);
  });

  test("from a member of a live role that owns the live table", () => {
    const live = declared([role("reader", "memberOf: [boss]"), role("boss"), `${TABLE}owner: boss`].join("\n---\n"));
    expect(lowered(view(EMAIL), live).codes).toEqual(["error MASK_BYPASSED"]);
  });

  test("from whom others granted the table, which the plan may leave", () => {
    const live = declared([TABLE, grant("reader")].join("\n---\n"));
    const { codes, diagnostics } = lowered(`${TABLE}---\n${view(EMAIL)}`, live);
    expect([codes, diagnostics[0]?.detail]).toEqual([
      ["warning MASK_BYPASSED"],
      expect.stringContaining("Revoke SELECT on all of sales.customer_dim from reader"),
    ]);
  });

  test.each([
    ["id: hash, card: hash, email: redact", ["warning shows hashes of `card`, `id`, of which all values"]],
    ["email: hash", ["note shows hashes of `email`, by which"]],
    ["born: hash, name: hash", ["warning shows hashes of `born`", "note shows hashes of `name`"]],
    ["name: redact", []],
  ])("that is guessed: %s", (mask, expected) => {
    const { diagnostics } = lowered(`${TABLE}---\n${view(`mask: { ${mask} }`)}`);
    expect(
      diagnostics.map(({ severity, summary }) => `${severity} ${summary.slice(summary.indexOf("shows"))}`),
    ).toEqual(expected.map((text) => expect.stringContaining(text)));
  });

  test("and lets nobody write through it", () => {
    const write = "kind: Grant\nto: reader\nprivileges: [update]\non: { table: sales.customer_masked }";
    expect(lowered([TABLE, view(EMAIL), write].join("\n---\n")).codes).toEqual(["warning WRITES_THROUGH_MASK"]);
  });
});

describe.each(majors())("PostgreSQL %i", (major) => {
  const masks = (masked: string, more = ""): string => `
kind: Schema
name: sales
---${TABLE}---
${view(`mask: ${masked}${more}`)}`;

  test("shows what it should, to a role that may not read the table", async () => {
    const sales = estate(await freshDatabase(major));
    const reader = `reader_${process.hrtime.bigint().toString(36)}`;
    const documents = `${masks("{ name: redact, email: { partial: { keepStart: 2, keepDomain: true } }, born: yearOfDate, seen: yearOfDate, card: hash }", `\nto: [${reader}]\nwhere: id < 9 -- customers only`)}
---
kind: Role
name: ${reader}
---
kind: Grant
to: ${reader}
privileges: [usage]
on: { schema: sales }`;
    await sales.apply(documents);
    await sales.query(
      "INSERT INTO sales.customer_dim VALUES (1, 'Ada', 'ada@example.com', '1815-12-10', '2024-12-31 23:30:00+00', 4111111111111111), (2, NULL, NULL, NULL, NULL, NULL), (9, 'hidden', NULL, NULL, NULL, NULL)",
    );
    await sales.query(`SET ROLE ${reader}; SET timezone = 'Pacific/Kiritimati'`);
    expect(
      await sales.query(
        "SELECT id::int, name, email, born::text, seen AT TIME ZONE 'UTC' = '2024-01-01' AS seen, card FROM sales.customer_masked",
      ),
    ).toEqual([
      {
        id: 1,
        name: "***",
        email: "ad***@example.com",
        born: "1815-01-01",
        seen: true,
        card: createHash("sha256").update("4111111111111111").digest("hex"),
      },
      { id: 2, name: null, email: null, born: null, seen: null, card: null },
    ]);
    await expect(sales.query("SELECT 1 FROM sales.customer_dim")).rejects.toThrow("permission denied");
    await sales.query(
      "CREATE FUNCTION pg_temp.tell(bigint) RETURNS boolean COST 0.0000001 LANGUAGE plpgsql AS $$ BEGIN IF $1 >= 9 THEN RAISE 'leaked'; END IF; RETURN true; END $$",
    );
    expect(await sales.query("SELECT count(*)::int FROM sales.customer_masked WHERE pg_temp.tell(id)")).toEqual([
      { count: 2 },
    ]);
    await sales.query("RESET ROLE");
  });

  test("a hash of a day is the same whatever the session calls it", async () => {
    const sales = estate(await database(major));
    await sales.apply(masks("{ born: hash, seen: hash }"));
    await sales.query(
      "TRUNCATE sales.customer_dim; INSERT INTO sales.customer_dim (id, born, seen) VALUES (1, '2024-03-01', '2024-03-01 12:00+00')",
    );
    const hashes = (): Promise<unknown> => sales.query("SELECT born, seen FROM sales.customer_masked");
    const before = await hashes();
    await sales.query("SET datestyle = 'German'; SET timezone = 'Asia/Tokyo'");
    expect(await hashes()).toEqual(before);
    expect(before).toEqual([
      {
        born: createHash("sha256").update("2024-03-01").digest("hex"),
        seen: createHash("sha256").update("2024-03-01T12:00:00").digest("hex"),
      },
    ]);
  });

  test("a day that is cut is cut at the same place whatever the session calls it", async () => {
    const sales = estate(await freshDatabase(major));
    await sales.apply(masks("{ born: { partial: { keepStart: 4 } }, seen: { partial: { keepStart: 4 } } }"));
    await sales.query(
      "INSERT INTO sales.customer_dim (id, born, seen) VALUES (1, '1815-12-10', '2024-12-31 23:30+00'), (2, NULL, NULL)",
    );
    const shown = (): Promise<unknown> => sales.query("SELECT born, seen FROM sales.customer_masked ORDER BY id");
    const expected = [
      { born: "1815***", seen: "2024***" },
      { born: null, seen: null },
    ];
    expect(await shown()).toEqual(expected);
    await sales.query("SET datestyle = 'German'; SET timezone = 'Asia/Tokyo'");
    expect(await shown()).toEqual(expected);
  });

  test("nullify keeps the type", async () => {
    const sales = estate(await database(major));
    await sales.apply(masks("{ card: nullify, born: nullify }"));
    expect(
      await sales.query(
        "SELECT attname, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'sales.customer_masked'::regclass AND attname IN ('card', 'born') ORDER BY 1",
      ),
    ).toEqual([
      { attname: "born", type: "date" },
      { attname: "card", type: "numeric" },
    ]);
  });
});

describe("a mask", () => {
  const EDGES: readonly (readonly [mask: Mask, value: string, expected: string | null])[] = [
    [{ partial: { keepStart: 1 } }, "", "***"],
    [{ partial: { keepStart: 1 } }, "A", "***"],
    [{ partial: { keepStart: 1 } }, "Ab", "A***"],
    [{ partial: { keepStart: 2, keepEnd: 2 } }, "abcd", "***"],
    [{ partial: { keepStart: 2, keepEnd: 2 } }, "abcde", "ab***de"],
    [{ partial: { keepEnd: 4, with: "**** " } }, "4111111111111234", "**** 1234"],
    [{ partial: { keepStart: 3, with: "***@***" } }, "ada@example.com", "ada***@***"],
    [{ partial: { keepStart: 1 } }, "👩‍🚀ÄÖ", "👩***"],
    [{ partial: { keepDomain: true } }, "ada@example.com", "***@example.com"],
    [{ partial: { keepStart: 3, keepDomain: true } }, "ada@example.com", "***@example.com"],
    [{ partial: { keepStart: 1, keepEnd: 1, keepDomain: true } }, "ada@example.com", "a***a@example.com"],
    [{ partial: { keepStart: 1, keepDomain: true } }, "no address", "***"],
    [{ partial: { keepStart: 1, keepDomain: true } }, "@example.com", "***"],
    [{ partial: { keepStart: 1, keepDomain: true } }, "ada@", "***"],
    [{ partial: { keepStart: 1, keepDomain: true } }, "a@b@example.com", "a***@example.com"],
    [{ partial: { keepStart: 1, keepDomain: true } }, "x\\ny@example.com", "x***@example.com"],
    [{ partial: { with: "it's \\ it" } }, "x", "it's \\ it"],
    [{ redact: "hidden" }, "x", "hidden"],
    ["nullify", "x", null],
  ];
  test.each(EDGES)("%j of %j", async (mask, value, expected) => {
    const sales = estate(await database(18));
    const shown = masked("value", mask, "text")?.text;
    const types = `pg_typeof(${shown})::text AS type`;
    expect(
      await sales.query(`SELECT ${shown} AS shown, ${types} FROM (VALUES (E'${value}'::text), (NULL)) AS t (value)`),
    ).toEqual([
      { shown: expected, type: "text" },
      { shown: null, type: "text" },
    ]);
  });
});

const DATABASES = new Map<number, Promise<string>>();

/** One for all masks of a major version: each apply is an alteration of the view as well. */
function database(major: number): Promise<string> {
  const known = DATABASES.get(major) ?? freshDatabase(major);
  DATABASES.set(major, known);
  return known;
}
