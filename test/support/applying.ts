/** A process of its own that applies documents, so that it can be killed: `applying.ts URL FILE`. */
import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { apply } from "../../core/apply.ts";
import type { Document } from "../../core/document.ts";
import { declare } from "../../core/documents/declare.ts";
import { failure } from "../../core/doors/failure.ts";
import { type Declaration, plan, probes } from "../../core/reconcile.ts";
import type { DataSource } from "../../core/specs.ts";
import { postgresql } from "../../providers/postgresql/engine.ts";

const [url, file] = process.argv.slice(2) as [string, string];
const source: DataSource = { name: "test", engine: "postgresql", connection: {} };
const documents = parseAllDocuments(readFileSync(file, "utf8")).map((document): Document => {
  const { kind, ...spec } = document.toJS() as { kind: string };
  return { kind, spec, origin: {} };
});
const { sources } = declare([{ kind: "DataSource", spec: { ...source }, origin: {} }, ...documents], {
  engines: { get: () => postgresql, names: ["postgresql"] },
});
const declared: Declaration = { ...(sources[0] as NonNullable<(typeof sources)[0]>), diagnostics: [] };
const session = await postgresql.connect(source, { url, readOnly: false, secret: async () => "" });
const made = await plan(session, postgresql, declared);
process.stdout.write("applying\n");
try {
  await apply(session, postgresql, made, { progress: () => undefined, probes: probes(declared.declared, postgresql) });
  process.stdout.write("applied\n");
} catch (problem) {
  process.stdout.write(
    `failed: ${failure(problem)
      .diagnostics.map(({ code }) => code)
      .join()}\n`,
  );
} finally {
  await session.close();
}
