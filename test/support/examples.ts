/** The examples, each on a server of its own. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "@jest/globals";
import { declare } from "../../core/documents/declare.ts";
import { loadDocuments } from "../../core/documents/load.ts";
import { checkReferences } from "../../core/documents/references.ts";
import type { Plan } from "../../core/plan.ts";
import type { Declaration } from "../../core/reconcile.ts";
import { judge } from "../../policies/judge.ts";
import { postgresql } from "../../providers/postgresql/engine.ts";
import { type Estate, estate, type Options } from "./roundtrip.ts";
import { freshServer } from "./server.ts";

export const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));
export const OPTIONS: Options = { secrets: { BI_READER_PASSWORD: "not a secret" }, judge };

/** An example as it is read: without a fault, as far as can be told offline. */
async function load(name: string): Promise<Declaration> {
  const { documents, diagnostics } = await loadDocuments([name], { cwd: EXAMPLES });
  const declared = declare(documents, { engines: { get: () => postgresql, names: ["postgresql"] } });
  const [source] = declared.sources;
  if (!source) throw new Error("no data source is declared");
  expect([...diagnostics, ...declared.diagnostics, ...(await checkReferences(source, postgresql))]).toEqual([]);
  return { ...source, cwd: EXAMPLES, diagnostics: [] };
}

interface Applied {
  readonly on: Estate;
  readonly url: string;
  readonly declaration: Declaration;
  readonly plan: Plan;
}

const APPLIED = new Map<string, Promise<Applied>>();

/** An example on a server of its own, with what was there before it; each is applied once. */
export function applied(name: string): Promise<Applied> {
  const known = APPLIED.get(name) ?? apply(name);
  APPLIED.set(name, known);
  return known;
}

async function apply(name: string): Promise<Applied> {
  const url = (await freshServer()).url({ database: "postgres" });
  const on = estate(url);
  const before = join(EXAMPLES, name, "before.sql");
  if (existsSync(before)) await on.query(readFileSync(before, "utf8"));
  const declaration = await load(name);
  return { on, url, declaration, plan: await on.apply(declaration, OPTIONS) };
}

/** What a role is shown; nothing that it does stays. */
export async function as(
  on: Estate,
  role: string,
  query: string,
  setting?: string,
): Promise<readonly (readonly unknown[])[]> {
  await on.query(`BEGIN; SET LOCAL ROLE ${role}${setting ? `; SET LOCAL ${setting}` : ""}`);
  try {
    return (await on.query(query)).map((row) => Object.values(row));
  } finally {
    await on.query("ROLLBACK");
  }
}

export const DENIED = /permission denied/;
