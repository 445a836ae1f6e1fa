import { afterEach, describe, expect, test } from "@jest/globals";
import { setClock } from "../core/clock.ts";
import { ownServer } from "./support/cases.ts";
import { lowered } from "./support/lowered.ts";
import { majors } from "./support/server.ts";

const join = (...documents: readonly string[]): string => documents.filter(Boolean).join("\n---\n");
const role = (name: string, more = ""): string => `kind: Role\nname: ${name}\n${more}`;
const TABLE = "kind: Table\nschema: app\nname: note\ncolumns: [{ name: id, type: bigint }]";
const GLASS = `kind: BreakGlassRole
name: emergency
for: [ann]
until: "2026-06-01T12:00:00Z"
reason: incident 7
bypassrls: true
grants:
  - { privileges: [usage], on: { schema: app } }
  - { privileges: [select, delete], on: { table: app.note } }`;

afterEach(() => setClock());

test("is a role without a login that nobody inherits from, told in every plan while it is open", () => {
  setClock(() => new Date("2026-01-01T00:00:00Z"));
  const { diagnostics, native, spec } = lowered(join(GLASS, TABLE, role("ann")));
  expect(diagnostics.map(({ severity, code, summary }) => [severity, code, summary])).toEqual([
    ["warning", "BREAK_GLASS_OPEN", "ann may take on `emergency` until 2026-06-01T12:00:00Z (incident 7)"],
  ]);
  expect(spec("Role/emergency")).toEqual({ name: "emergency", bypassrls: true });
  expect(spec("Role/ann")?.memberOf).toEqual([{ role: "emergency", inherit: false, until: "2026-06-01T12:00:00Z" }]);
  expect([...native.keys()].filter((at) => at.startsWith("Grant/"))).toHaveLength(3);

  // What it opens can be named: the use of the schema comes along where it is not said.
  const unsaid = GLASS.replace("  - { privileges: [usage], on: { schema: app } }\n", "");
  expect(unsaid).not.toBe(GLASS);
  expect([...lowered(join(unsaid, TABLE, role("ann"))).native.keys()].sort()).toEqual([...native.keys()].sort());

  setClock(() => new Date("2026-06-01T12:00:00Z"));
  const closed = lowered(join(GLASS, TABLE, role("ann")));
  expect(closed.codes).toEqual(["warning BREAK_GLASS_ENDED", "warning MEMBERSHIP_EXPIRED"]);
  expect(closed.diagnostics[0]).toMatchObject({
    summary: "`emergency` ended on 2026-06-01T12:00:00Z: nobody may take it on, and it may nothing",
    origin: { file: "test.yaml", line: 1 },
    detail: "Take the document out, or give it a later end.",
  });
  expect([closed.spec("Role/emergency"), closed.spec("Role/ann")]).toEqual([{ name: "emergency" }, { name: "ann" }]);
  expect([...closed.native.keys()].filter((at) => at.startsWith("Grant/"))).toEqual([]);
});

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database } = ownServer({ major });

  test("is taken on with SET ROLE, and shut at its end", async () => {
    const app = await database();
    setClock(() => new Date("2026-05-01T00:00:00Z"));
    const unsaid = GLASS.replace("  - { privileges: [usage], on: { schema: app } }\n", "");
    const inherits = join("kind: Schema\nname: app", unsaid, TABLE, role("ann", "login: true"));
    const documents = major >= 16 ? inherits : `${inherits}\ninherit: false`;
    if (major < 16) {
      const refused = (await app.plan(inherits)).diagnostics.filter(({ severity }) => severity === "error");
      expect(refused.map(({ code, detail }) => [code, detail])).toEqual([
        ["NOT_SUPPORTED", expect.stringContaining("`inherit: false` on `ann`")],
      ]);
    }
    await app.apply(documents);
    await app.query("INSERT INTO app.note VALUES (1); SET SESSION AUTHORIZATION ann");
    await expect(app.query("SELECT 1 FROM app.note")).rejects.toThrow("permission denied");
    await app.query("SET ROLE emergency");
    expect(await app.query("DELETE FROM app.note RETURNING id::int")).toEqual([{ id: 1 }]);
    await app.query("RESET ROLE; RESET SESSION AUTHORIZATION");

    setClock(() => new Date("2026-06-02T00:00:00Z"));
    await app.apply(documents);
    await app.query("SET SESSION AUTHORIZATION ann");
    await expect(app.query("SET ROLE emergency")).rejects.toThrow("permission denied");
    await app.query("RESET SESSION AUTHORIZATION; SET ROLE emergency");
    await expect(app.query("SELECT 1 FROM app.note")).rejects.toThrow("permission denied");
    await app.query("RESET ROLE");
  });
});
