import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "@jest/globals";
import { declare, type OfflineEngine } from "../core/documents/declare.ts";
import { loadDocuments } from "../core/documents/load.ts";
import { checkReferences } from "../core/documents/references.ts";
import { KINDS } from "../core/kinds/index.ts";

const EXAMPLE = fileURLToPath(new URL("../examples/constructs-warehouse", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "datumline-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const handler = { create: () => [], alter: () => [], drop: () => [] };
const engine: OfflineEngine = {
  name: "postgresql",
  isBuiltIn: () => false,
  handlers: Object.fromEntries([...KINDS.keys()].map((name) => [name, handler])),
  intents: {},
  backups: {},
};

test("the example runs as a user would run it, and every name in it means something", async () => {
  const { status, stderr } = spawnSync(process.execPath, ["--import", import.meta.resolve("tsx"), "main.ts"], {
    cwd: EXAMPLE,
    env: { ...process.env, DATUMLINE_OUT: folder },
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { documents, diagnostics } = await loadDocuments([folder]);
  expect(diagnostics).toEqual([]);
  const declared = declare(documents, { engines: { get: () => engine, names: ["postgresql"] } });
  expect(declared.diagnostics).toEqual([]);
  const [source] = declared.sources;
  expect(source && (await checkReferences(source, engine))).toEqual([]);
  const kinds = [...(source?.declared.values() ?? [])].map(({ kind }) => kind);
  for (const kind of [
    "DimensionTable",
    "FactTable",
    "DateDimension",
    "View",
    "MaskedView",
    "RowPolicy",
    "Role",
    "Grant",
    "BackupSchedule",
    "RestoreDrill",
  ]) {
    expect(kinds).toContain(kind);
  }
});
