/** What is there, as files: the same catalog gives the same bytes. */
import type { Catalog } from "../catalog.ts";
import type { Engine } from "../engine.ts";
import type { Kind, Spec } from "../kind.ts";
import { KINDS } from "../kinds/index.ts";
import type { DataSource } from "../specs.ts";
import { withExternal } from "./data-source.ts";
import { type EmittedDocument, layout } from "./layout.ts";
import { appTypescript } from "./typescript.ts";
import { documentsYaml } from "./yaml.ts";

export const EMIT_FORMS = ["yaml", "json", "typescript"] as const;

export type EmitForm = (typeof EMIT_FORMS)[number];

export interface EmittedFile {
  /** Relative, with `/` between its parts. */
  readonly path: string;
  readonly text: string;
}

/** Documents, or a constructs app, that declare everything of a catalog. */
export function emit(
  source: DataSource,
  catalog: Catalog,
  engine: Pick<Engine, "isBuiltIn">,
  form: EmitForm,
): EmittedFile[] {
  const complete = withExternal(source, catalog, engine);
  const files = layout(catalog);
  if (form === "typescript") {
    const inOrder = files.flatMap(({ documents }) => documents).sort((a, b) => a.kind.rank - b.kind.rank);
    return [{ path: "main.ts", text: appTypescript(complete, inOrder) }];
  }
  const root: EmittedDocument = { kind: KINDS.get("DataSource") as Kind, spec: complete as unknown as Spec };
  const all = [{ path: "datasource", documents: [root] }, ...files];
  return all.map(({ path, documents }) => ({
    path: `${path}.${form}`,
    text: form === "yaml" ? documentsYaml(documents) : documentsJson(documents),
  }));
}

function documentsJson(documents: readonly EmittedDocument[]): string {
  return `${JSON.stringify(
    documents.map(({ kind, spec }) => ({ kind: kind.name, ...spec })),
    null,
    2,
  )}\n`;
}
