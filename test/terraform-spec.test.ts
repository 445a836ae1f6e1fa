/** What a spec of several data sources declares, and when two of them say the same of one. */
import { expect, test } from "@jest/globals";
import { Refusal } from "../core/errors.ts";
import type { Json } from "../core/schema.ts";
import { sameMeaning } from "../terraform/meaning.ts";
import { UNKNOWN } from "../terraform/plugin/provider.ts";
import { declaredBy } from "../terraform/spec.ts";

const WAREHOUSE = { kind: "DataSource", name: "warehouse", engine: "postgresql", connection: { host: "db" } };
const WEB = { kind: "Role", dataSource: "warehouse", name: "web", login: true };
const TABLE = { kind: "Schema", dataSource: "warehouse", name: "sales" };
const POOLER = { kind: "DataSource", name: "pooler", engine: "pgbouncer", connection: { host: "localhost" } };
const POOL = {
  kind: "ConnectionPool",
  dataSource: "pooler",
  name: "app",
  to: "warehouse",
  size: 4,
  users: ["web"],
  auth: { user: "lookup", password: { env: "LOOKUP_PASSWORD" } },
};
const ALL = [WAREHOUSE, WEB, TABLE, POOLER, POOL];

const spec = (dataSource: Json | undefined, documents: readonly object[] = ALL): string =>
  JSON.stringify({ documents, dataSource });

/** All documents, with other fields in one of them. */
function but(changed: { readonly name: string }, fields: object): object[] {
  return ALL.map((each) => (each === changed ? { ...each, ...fields } : each));
}

async function refused(text: string): Promise<string> {
  const problem: unknown = await declaredBy({ spec: text, values: new Map() }).catch((caught: unknown) => caught);
  if (!(problem instanceof Refusal)) throw new Error("It was not refused");
  return problem.diagnostics.map(({ code, summary, detail }) => `${code}: ${summary}. ${detail}`).join("\n");
}

test("the one that is named is declared, with what the others ask of it", async () => {
  const declared = await declaredBy({ spec: spec("warehouse"), values: new Map() });
  if (declared === UNKNOWN) throw new Error("Nothing is unknown");
  expect(declared.ready.source.name).toBe("warehouse");
  expect([...declared.ready.declared.values()].map(({ kind }) => kind)).toEqual([
    "Role",
    "Schema",
    "PoolerAccess",
    "DataSource",
  ]);
  const form = JSON.stringify({ files: { "all.json": JSON.stringify(ALL) }, dataSource: "pooler" });
  const inFiles = await declaredBy({ spec: form, values: new Map() });
  expect(inFiles).toMatchObject({ ready: { source: { name: "pooler" } } });
});

test("which one it is must be said where there are several, and be one of them", async () => {
  expect(await refused(spec(undefined))).toMatch(
    /^AMBIGUOUS_DATA_SOURCE: .* 2 data sources.*`dataSource = "NAME"`.*Declared are warehouse, pooler\.$/,
  );
  expect(await refused(spec("wharehouse"))).toMatch(/^UNKNOWN_DATA_SOURCE: There is no data source/);
  expect(await refused(spec(["warehouse"]))).toMatch(/^WRONG_TYPE: `dataSource` of `spec` must be the name/);
});

test("what others change in themselves alone is no change of it", async () => {
  const same = (of: string, documents: readonly object[]): Promise<boolean> =>
    sameMeaning(spec(of, documents), spec(of));
  expect(await same("pooler", but(TABLE, { comment: "another" }))).toBe(true);
  expect(await same("pooler", but(WAREHOUSE, { owner: "data" }))).toBe(true);
  expect(await same("pooler", but(WAREHOUSE, { connection: { host: "db2" } }))).toBe(false);
  expect(await same("pooler", but(POOL, { size: 5 }))).toBe(false);
  expect(await same("pooler", but(POOLER, { comment: "another" }))).toBe(false);
  // Its own documents count as they are; those that it is asked for count by what comes of them.
  expect(await same("warehouse", but(POOL, { size: 5 }))).toBe(true);
  expect(await same("warehouse", but(POOLER, { connection: { host: "elsewhere" } }))).toBe(true);
  expect(await same("warehouse", but(POOL, { auth: { ...POOL.auth, user: "another" } }))).toBe(false);
  expect(await same("warehouse", but(POOL, { auth: { ...POOL.auth, password: { env: "OTHER" } } }))).toBe(false);
  expect(await same("warehouse", but(TABLE, { protect: true }))).toBe(false);
});

test("values count by their names, and none that was given may be missing", async () => {
  const value = (name: string): object => ({ $value: name });
  const hosted = (name: string): object[] => but(WAREHOUSE, { connection: { host: value(name) } });
  const commented = (name: string): object[] => but(TABLE, { comment: value(name) });
  expect(await sameMeaning(spec("pooler", hosted("a")), spec("pooler", hosted("a")))).toBe(true);
  expect(await sameMeaning(spec("pooler", hosted("a")), spec("pooler", hosted("b")))).toBe(false);
  expect(await sameMeaning(spec("pooler", commented("a")), spec("pooler"))).toBe(true);
  expect(await sameMeaning(spec("pooler"), spec("pooler", commented("a")))).toBe(false);
});

test("a spec of one data source is what it says", async () => {
  const alone = (comment: string): string => spec(undefined, [WAREHOUSE, { ...TABLE, comment }]);
  expect(await sameMeaning(alone("a"), alone("a"))).toBe(false);
  // It may have been one before others came to it.
  const before = JSON.stringify({ documents: [WAREHOUSE, WEB, TABLE] });
  const beside = [WAREHOUSE, WEB, TABLE, { ...POOLER, connection: {} }];
  expect(await sameMeaning(spec("warehouse", beside), before)).toBe(true);
});
