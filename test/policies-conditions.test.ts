/** Rules that a document writes as conditions: what they mean of fields that are left out. */
import { expect, test } from "@jest/globals";
import type { Spec } from "../core/kind.ts";
import type { Policy } from "../core/specs.ts";
import { ownFindings } from "../policies/own-rules.ts";
import { catalog, judged } from "./support/judged.ts";

const TABLE: Spec = { schema: "s", name: "t", columns: [{ name: "a", type: "int" }] };

function isBroken(kind: string, spec: Spec, rule: Omit<Policy, "name" | "match">, where?: Spec): boolean {
  const match = { kind: [kind], ...(where && { where }) };
  return ownFindings({ name: "p", match, ...rule }, judged(catalog([kind, spec]))).length > 0;
}

test("one that is left out is its default where it is compared with a value", () => {
  expect(isBroken("Table", TABLE, {}, { rowSecurity: "off" })).toBe(true);
  expect(isBroken("Table", { ...TABLE, rowSecurity: "on" }, {}, { rowSecurity: "off" })).toBe(false);
  expect(isBroken("Table", TABLE, { require: { rowSecurity: ["on", "off"] } })).toBe(false);
  expect(isBroken("Table", TABLE, { require: { rowSecurity: { not: "off" } } })).toBe(true);
  expect(isBroken("Table", TABLE, { forbid: { columns: { any: { notNull: false } } } })).toBe(true);
});

test("it is not given, and a default that stands for none is in no range", () => {
  expect(isBroken("Table", TABLE, { require: { rowSecurity: { present: true } } })).toBe(true);
  const limited = { require: { connectionLimit: { max: 100 } } };
  expect(isBroken("Role", { name: "r" }, limited)).toBe(true);
  expect(isBroken("Role", { name: "r", connectionLimit: 5 }, limited)).toBe(false);
});
