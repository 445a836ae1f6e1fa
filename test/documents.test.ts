import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { type Diagnostic, place } from "../core/diagnostic.ts";
import { type Loaded, loadDocuments } from "../core/documents/load.ts";
import { validateDocument } from "../core/documents/validate.ts";

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "datumline-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

function load(files: Readonly<Record<string, string>>, paths: readonly string[] = ["."]): Promise<Loaded> {
  return loadDocuments(paths, { cwd: folderOf(files) });
}

/** Loads one YAML file, and shows what is wrong with it as `CODE line:column summary`. */
async function wrong(text: string, name = "a.yaml"): Promise<string[]> {
  return (await load({ [name]: text })).diagnostics.map(brief);
}

function brief({ code, origin, summary }: Diagnostic): string {
  return `${code} ${place(origin)} ${summary}`;
}

function field(at: string, path: string, of = "Table"): string {
  return `UNKNOWN_KEY a.yaml:${at} \`${path}\` is no field of ${of}, so the condition would say nothing`;
}

describe("files", () => {
  test("several documents in a file, each with its place", async () => {
    const { documents, diagnostics } = await load({
      "a.yaml": "# roles\nkind: Role\nname: a\n---\n\nkind: Role\nname: b\n---\n",
    });
    expect(diagnostics).toEqual([]);
    expect(documents).toEqual([
      { kind: "Role", spec: { name: "a" }, origin: { file: "a.yaml", line: 2, column: 1 } },
      { kind: "Role", spec: { name: "b" }, origin: { file: "a.yaml", line: 6, column: 1 } },
    ]);
  });

  test("a folder in order, without hidden folders, node_modules and circles; paths in the order given", async () => {
    const role = (name: string): string => `kind: Role\nname: ${name}\n`;
    const cwd = folderOf({
      "b/z.yml": role("z"),
      "b/a/1.json": '{"kind": "Role", "name": "one"}',
      "b/.git/x.yaml": role("hidden"),
      "b/node_modules/x.yaml": role("package"),
      "b/notes.txt": "not read",
      "a.yaml": role("a"),
    });
    symlinkSync(join(cwd, "b"), join(cwd, "b", "a", "loop"));
    symlinkSync(join(cwd, "b", "self"), join(cwd, "b", "self"));
    const { documents, diagnostics } = await loadDocuments(["b", "a.yaml", "b/z.yml"], { cwd });
    expect(diagnostics.map(brief)).toEqual([
      "UNREADABLE b/self Cannot read b/self: its symbolic links lead in a circle",
    ]);
    expect(documents.map(({ spec, origin }) => [spec.name, origin.file])).toEqual([
      ["one", "b/a/1.json"],
      ["z", "b/z.yml"],
      ["a", "a.yaml"],
    ]);
  });

  test("stdin", async () => {
    const { documents } = await loadDocuments(["-"], { stdin: async () => '[{"kind": "Role", "name": "a"}]' });
    expect(documents).toEqual([{ kind: "Role", spec: { name: "a" }, origin: { file: "<stdin>", line: 1, column: 2 } }]);
  });

  test("JSON: an array, and what constructs wrote", async () => {
    const { documents, diagnostics } = await load({
      "a.json": '[\n  {"kind": "Role", "name": "a"},\n  {"kind": "Role", "name": "b"}\n]\n',
      "b.json": JSON.stringify({ documents: [{ kind: "Schema", name: "sales", $construct: "stack/warehouse/sales" }] }),
    });
    expect(diagnostics).toEqual([]);
    expect(documents.map(({ origin }) => place(origin))).toEqual(["a.json:2:3", "a.json:3:3", "stack/warehouse/sales"]);
    expect(documents[2]?.spec).toEqual({ name: "sales" });
  });

  test("anchors, aliases and merges", async () => {
    const { documents, diagnostics } = await load({
      "a.yaml":
        "kind: Table\nschema: s\nname: t\ncolumns:\n  - &key { name: a, type: bigint }\n  - { <<: *key, name: b }\nprimaryKey: &k [a]\nunique: [*k]\n",
    });
    expect(diagnostics).toEqual([]);
    expect(documents[0]?.spec).toMatchObject({
      columns: [{ name: "a" }, { name: "b", type: "bigint" }],
      unique: [["a"]],
    });
  });

  test("the hash tells contents, names and order apart", async () => {
    const a = "kind: Role\nname: a\n";
    const b = "kind: Role\nname: b\n";
    const hashes = await Promise.all(
      [
        { "1.yaml": a, "2.yaml": b },
        { "1.yaml": b, "2.yaml": a },
        { "1.yaml": a, "3.yaml": b },
      ].map((files) => load(files)),
    );
    expect(new Set(hashes.map(({ contentHash }) => contentHash)).size).toBe(3);
    expect((await load({ "1.yaml": a, "2.yaml": b })).contentHash).toBe(hashes[0]?.contentHash);
  });

  test("nothing there", async () => {
    expect((await load({}, ["."])).diagnostics.map(brief)).toEqual(["NOTHING_DECLARED . No document in the folder ."]);
    expect((await load({ "a.yaml": "# soon\n" })).diagnostics.map(brief)).toEqual([
      "NOTHING_DECLARED a.yaml No document was found",
    ]);
    expect((await load({}, [])).diagnostics.map(({ code }) => code)).toEqual(["NOTHING_DECLARED"]);
    const plans = { "a.yaml": "kind: Schema\nname: s\n", "plan.json": '{ "version": 1, "plans": [] }' };
    const { documents, diagnostics } = await load(plans);
    expect([documents.length, ...diagnostics.map(brief)]).toEqual([
      1,
      "PLAN_PASSED_OVER plan.json:1:1 This is a plan, and declares nothing",
    ]);
    expect((await load({}, ["no.yaml"])).diagnostics.map(brief)).toEqual([
      "UNREADABLE no.yaml Cannot read no.yaml: there is no such file or folder",
    ]);
  });
});

describe("syntax", () => {
  test("YAML", async () => {
    expect(await wrong("kind: Role\nname: a\nname: b\n")).toEqual([
      "SYNTAX a.yaml:3:1 Not valid YAML: map keys must be unique",
    ]);
    expect(await wrong("kind: Role\nsettings:\n\ta: b\n")).toEqual([
      "SYNTAX a.yaml:3:1 Not valid YAML: tabs are not allowed as indentation",
    ]);
    expect((await wrong("kind: Role\nname: [a\n"))[0]).toMatch(/^SYNTAX a\.yaml:3:1 /);
    expect((await wrong("kind: Role\nname: *a\n"))[0]).toMatch(/^SYNTAX a\.yaml:1:1 .*alias/);
    expect((await wrong("kind: Role\n<<: 5\n"))[0]).toMatch(/^SYNTAX a\.yaml:1:1 .*merge/);
    expect((await wrong("kind: Role\nname: !x a\n"))[0]).toMatch(/^SYNTAX a\.yaml:2:7 .*tag/);
    expect((await wrong("&a [*a]\n"))[0]).toMatch(/^(SYNTAX|WRONG_TYPE) a\.yaml:1:/);
    expect((await wrong("[".repeat(20_000)))[0]).toMatch(/^SYNTAX/);
  });

  test("JSON", async () => {
    expect(await wrong('{"kind": "Role",\n "name": "a",}', "a.json")).toEqual([
      "SYNTAX a.json:2:14 Not valid JSON: expected a key in double quotes",
    ]);
    expect(await wrong('{"kind": "Role",\n "name": "a",\n "name": "b"}', "a.json")).toEqual([
      "SYNTAX a.json:3:2 Not valid JSON: the key stands twice in one object",
    ]);
    expect(await wrong('{"kind": "Role"', "a.json")).toEqual([
      "SYNTAX a.json:1:16 Not valid JSON: the text ends in an object",
    ]);
    expect((await wrong("", "a.json"))[0]).toMatch(/^SYNTAX a\.json:1:1 /);
    expect((await wrong(`${"[".repeat(20_000)}`, "a.json"))[0]).toMatch(/^SYNTAX/);
  });

  test("the sound documents of a file count, and the rest is said not to be whole", async () => {
    const { documents, complete } = await load({
      "a.yaml": "kind: Role\nname: a\n---\nkind: Role\nname: b\nname: b\n",
    });
    expect(documents).toHaveLength(1);
    expect(complete).toBe(false);
  });
});

describe("documents against their schema", () => {
  const table = "kind: Table\nschema: sales\nname: t\ncolumns:\n  - { name: a, type: text }\n";

  test("everything that is wrong is told at once", async () => {
    const { diagnostics } = await load({
      "1.yaml": "kind: Tabel\nname: t\n---\nkind: Role\nname: a\nlogon: true\n",
      "2.yaml": "kind: Role\nlogin: maybe\n",
      "3.yaml": "kind: Role\nname: a\nname: b\n",
    });
    expect(diagnostics.map(brief)).toEqual([
      "UNKNOWN_KIND 1.yaml:1:7 There is no kind `Tabel`",
      "UNKNOWN_KEY 1.yaml:6:1 There is no field `logon`",
      "MISSING_FIELD 2.yaml:1:1 `name` is missing",
      "WRONG_TYPE 2.yaml:2:8 `login` must be true or false, not text",
      "SYNTAX 3.yaml:3:1 Not valid YAML: map keys must be unique",
    ]);
    expect(diagnostics.map(({ detail }) => detail).slice(0, 2)).toEqual([
      "Did you mean `Table`?",
      "Did you mean `login`?",
    ]);
  });

  test("common keys", async () => {
    expect(await wrong("name: a\n")).toEqual(["MISSING_FIELD a.yaml:1:1 `kind` is missing"]);
    expect(await wrong("kind: [Role]\n")).toEqual(["WRONG_TYPE a.yaml:1:7 `kind` must be text, not a list"]);
    expect(await wrong("- kind: Role\n")).toEqual(["WRONG_TYPE a.yaml:1:1 A document must be fields, not a list"]);
    expect(await wrong("kind: Role\nname: a\ndataSource: 5\noverride: perhaps\n")).toEqual([
      "WRONG_TYPE a.yaml:3:13 `dataSource` must be a name, not a number",
      "WRONG_TYPE a.yaml:4:11 `override` must be true or false, not text",
    ]);
    const { diagnostics } = await load({ "a.yaml": "kind: Role\nname: a\ndatasource: x\n" });
    expect(diagnostics[0]?.detail).toBe("Did you mean `dataSource`?");
  });

  test("keys and values deep inside", async () => {
    expect(
      await wrong(
        "kind: Table\nschema: sales\nname: t\ncolumns:\n  - name: a\n    type: text\n    not_null: true\n  - { name: b, type: 5 }\n  - name: c\n",
      ),
    ).toEqual([
      "UNKNOWN_KEY a.yaml:7:5 There is no field `not_null` in `columns.a`",
      "WRONG_TYPE a.yaml:8:22 `columns.b.type` must be text, not a number",
      "MISSING_FIELD a.yaml:9:5 `type` is missing in `columns.c`",
    ]);
    expect(await wrong(`--- # second\n${table}rowSecurity: forcd\n`)).toEqual([
      "WRONG_TYPE a.yaml:7:14 `rowSecurity` must be one of `off`, `on`, `forced`",
    ]);
    expect(await wrong(`${table}owner:\n`)).toEqual([
      expect.stringMatching(/^WRONG_TYPE a\.yaml:6:\d `owner` must be a name, not nothing$/),
    ]);
  });

  test("a second document, in JSON too", async () => {
    expect(await wrong('[{"kind": "Role", "name": "a"},\n {"kind": "Role",\n  "name": 5}]', "a.json")).toEqual([
      "WRONG_TYPE a.json:3:11 `name` must be text, not a number",
    ]);
    expect(await wrong('{"documents": [{"kind": "Role", "name": 5, "$construct": "app/role"}]}', "a.json")).toEqual([
      "WRONG_TYPE app/role `name` must be text, not a number",
    ]);
  });

  test("of several forms, the one that is meant", async () => {
    expect(await wrong(`${table}primaryKey: { columns: [a], deferable: true }\n`)).toEqual([
      "UNKNOWN_KEY a.yaml:6:29 There is no field `deferable` in `primaryKey`",
    ]);
    expect(await wrong(`${table}primaryKey: a\n`)).toEqual([
      "WRONG_TYPE a.yaml:6:13 `primaryKey` must be a list or fields with `columns`, not text",
    ]);
    expect(
      await wrong("kind: DimensionTable\nschema: s\nname: t\ncolumns:\n  a: text\n  b: { notNull: true }\n"),
    ).toEqual(["MISSING_FIELD a.yaml:6:6 `type` is missing in `columns.b`"]);
    expect(
      await wrong(
        "kind: MaskedView\nschema: s\nname: v\nfrom: s.t\nmask: { a: redactt, b: { partial: { keepStrat: 1 } } }\n",
      ),
    ).toEqual([
      "WRONG_TYPE a.yaml:5:12 `mask.a` must be one of `redact`, `hash`, `nullify`, `yearOfDate`",
      "UNKNOWN_KEY a.yaml:5:37 There is no field `keepStrat` in `mask.b.partial`",
    ]);
  });

  test("what only inspection fills is no field of a document", async () => {
    expect(await wrong("kind: View\nschema: s\nname: v\nquery: SELECT 1\noutput: [a]\n")).toEqual([
      "UNKNOWN_KEY a.yaml:5:1 There is no field `output`",
    ]);
  });

  test("references in both forms, and names with the wrong number of parts", async () => {
    const policy = (of: string): string => `kind: RowPolicy\ntable: ${of}\nname: p\n`;
    const { documents } = await load({ "a.yaml": policy('{ schema: sales, name: "odd.name" }') });
    expect(documents[0]?.spec.table).toBe('sales."odd.name"');
    expect(await wrong(policy("customer"))).toEqual([
      "WRONG_TYPE a.yaml:2:8 `table` needs `schema.name`, not `customer`",
    ]);
    expect(await wrong(policy("a.b.c"))).toEqual(["WRONG_TYPE a.yaml:2:8 `table` needs `schema.name`, not `a.b.c`"]);
    expect(await wrong(policy("{ schema: sales }"))).toEqual([
      "WRONG_TYPE a.yaml:2:8 `table` must be a name such as `schema.name`, not fields",
    ]);
  });

  test("what a schema cannot say", async () => {
    expect(await wrong(`${table}  - { name: a, type: text }\n`)).toEqual([
      "DUPLICATE a.yaml:6:5 `a` stands twice in `columns`",
    ]);
    const grant = (on: string): string => `kind: Grant\nto: a\nprivileges: [select]\non: ${on}\n`;
    expect((await wrong(grant("{ columns: [a] }"))).length).toBeGreaterThan(0);
    expect((await wrong(grant("{ schema: s, database: d }"))).length).toBe(1);
    expect((await wrong(grant("{ function: margin }"))).length).toBe(1);
    expect((await wrong("kind: Index\ntable: s.t\nname: i\ncolumns: [{ order: desc }]\n")).length).toBe(1);
  });

  test.each([
    ["match: { kind: [Tabel] }", "UNKNOWN_KIND a.yaml:3:17 There is no kind `Tabel`", "Table"],
    ["match: { hazard: [DELETE_DATA] }", "UNKNOWN_HAZARD a.yaml:3:19 There is no hazard `DELETE_DATA`", "DELETES_DATA"],
    ['match: { kind: [Table], where: { rowSecurty: "off" } }', field("3:34", "match.where.rowSecurty"), "rowSecurity"],
    [
      "match: { kind: [Table, View] }\nforbid: { columms: { any: { name: a } } }",
      field("4:11", "forbid.columms", "Table, View"),
      "columns",
    ],
    ["match: { name: s.* }\nrequire: { ownr: { present: true } }", field("4:12", "require.ownr", "any kind"), "owner"],
    [
      "match: { kind: [Table] }\nforbid: { columns: { any: { nam: a } } }",
      field("4:29", "forbid.columns.any.nam", "the elements of `forbid.columns`"),
      "name",
    ],
    [
      "match: { kind: [Grant] }\nforbid: { on: { has: { scheme: a } } }",
      field("4:24", "forbid.on.has.scheme", "`forbid.on`"),
      "schema",
    ],
    [
      "match: { kind: [Table] }\nrequire: { rowSecurity: [on, forcd] }",
      'WRONG_TYPE a.yaml:4:30 `require.rowSecurity.1` is never "forcd", so the condition would say nothing',
      "forced",
    ],
    ["match: { kind: [Tabel] }\noverride: true", "UNKNOWN_KIND a.yaml:3:17 There is no kind `Tabel`", "Table"],
  ])("a Policy names nothing that nobody has: %s", async (rule, told, near) => {
    const { diagnostics } = await load({ "a.yaml": `kind: Policy\nname: p\n${rule}\n` });
    expect(diagnostics.map(brief)).toEqual([told]);
    expect(diagnostics[0]?.detail).toBe(`Did you mean \`${near}\`?`);
  });

  test("a Policy may name what a field of any form holds, and fields of each form", async () => {
    const policies = [
      "match: { kind: [Role], where: { settings: { has: { work_mem: 4MB } } } }",
      "match: { kind: [Role], where: { memberOf: { any: { role: admin } } } }",
      "match: { kind: [Grant], where: { to: { not: [a, b] }, privileges: { any: { matches: ^s } } } }",
      "match: { kind: [Table], where: { primaryKey: { any: id } } }",
      "match: { kind: [View], where: { output: { present: true } } }",
      "match: { hazard: [DELETES_DATA], where: { schema: s } }",
    ];
    for (const rule of policies) expect(await wrong(`kind: Policy\nname: p\n${rule}\n`)).toEqual([]);
  });

  test("an override repeats only what names the object", async () => {
    expect(await wrong("kind: Table\nschema: s\nname: t\noverride: true\nrowSecurity: off\n")).toEqual([]);
    expect(await wrong("kind: Table\nname: t\noverride: true\n")).toEqual([
      "MISSING_FIELD a.yaml:1:1 `schema` is missing",
    ]);
    expect(await wrong("kind: RowPolicy\nname: t\noverride: true\n")).toEqual([
      "MISSING_FIELD a.yaml:1:1 `table` is missing",
    ]);
  });

  test("a document without a file", () => {
    const found = validateDocument({ kind: "Role", spec: { name: 5 }, origin: { construct: "app/role" } });
    expect(found.map(brief)).toEqual(["WRONG_TYPE app/role `name` must be text, not a number"]);
  });
});

describe("secrets", () => {
  const CANARY = "hunter2canary";
  const source = (connection: string): string =>
    `kind: DataSource\nname: w\nengine: postgresql\nconnection: ${connection}\n`;

  test("a secret in clear is refused with its place", async () => {
    expect(await wrong(source(`\n  password: ${CANARY}`))).toEqual([
      "LITERAL_SECRET a.yaml:5:13 `connection.password` holds a secret in clear",
    ]);
    expect(await wrong(source("{ url: 12345 }"))).toEqual([
      "LITERAL_SECRET a.yaml:4:20 `connection.url` holds a secret in clear",
    ]);
    expect(await wrong("kind: Role\nname: a\npassword: secret\n")).toEqual([
      "LITERAL_SECRET a.yaml:3:11 `password` holds a secret in clear",
    ]);
    expect(await wrong(source("{ password: { env: A, file: B } }"))).toHaveLength(1);
    expect(await wrong(source("{ password: {} }"))).toHaveLength(1);
    expect(await wrong(source("{ password: { evn: A } }"))).toHaveLength(1);
  });

  test.each([
    source(`{ password: ${CANARY} }`),
    source(`{ password: [${CANARY}] }`),
    source(`{ password: { ${CANARY} } }`),
    source(`{ password: { ${CANARY}: x } }`),
    source(`{ password: { exec: ${CANARY} } }`),
    source(`{ url: "postgresql://u:${CANARY}@h/d" }`),
    source(`postgresql://u:${CANARY}@h/d`),
    source(`{ postgresql://u:${CANARY}@h/d }`),
    source(`{ port: ${CANARY} }`),
    source(`{ tls: { mode: ${CANARY}, key: ${CANARY} } }`),
    source(`{ password: *${CANARY} }`),
    source(`{ password: !${CANARY} }`),
    source(`{ password: "\\${CANARY}" }`),
    source(`{ password: @${CANARY} }`),
    source(`{ password: ${CANARY}`),
    source(`{ password: '${CANARY} }`),
    source(`\n  password: ${CANARY}: ${CANARY}`),
    source(`\n  password: |${CANARY}\n`),
    source(`\n  password: ${CANARY}\n  password: ${CANARY}`),
    source(`\n\tpassword: ${CANARY}`),
    `password: ${CANARY}\n`,
    `{"kind": "Role", "password": "${CANARY}" oops`,
    `${CANARY}\n`,
  ])("it is in no diagnostic: %#", async (text) => {
    for (const name of ["a.yaml", "a.json"]) {
      const { diagnostics } = await load({ [name]: text });
      expect(diagnostics.length).toBeGreaterThan(0);
      expect(JSON.stringify(diagnostics)).not.toContain(CANARY);
      // The validator's own words are not ours to trust either.
      expect(JSON.stringify(diagnostics)).not.toContain("undefined");
    }
  });
});
