import { parseAllDocuments } from "yaml";
import type { Catalog } from "../../core/catalog.ts";
import type { Diagnostic } from "../../core/diagnostic.ts";
import type { Document } from "../../core/document.ts";
import { declare } from "../../core/documents/declare.ts";
import type { Spec } from "../../core/kind.ts";
import { lower } from "../../core/lower.ts";
import { postgresql } from "../../providers/postgresql/engine.ts";

/** What documents declare, intents included, by address. */
export function declared(documents: string): Catalog {
  const source = { kind: "DataSource", spec: { name: "test", engine: "postgresql", connection: {} }, origin: {} };
  const read = parseAllDocuments(documents).map((document): Document => {
    const { kind, ...spec } = document.toJS() as { kind: string } & Spec;
    return { kind, spec, origin: { file: "test.yaml", line: 1 } };
  });
  const { sources, diagnostics } = declare([source, ...read], {
    engines: { get: () => postgresql, names: ["postgresql"] },
  });
  if (diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics));
  return sources[0]?.declared ?? new Map();
}

export interface LoweredDocuments {
  readonly native: Catalog;
  readonly diagnostics: readonly Diagnostic[];
  /** Spec of a native object. */
  spec(address: string): Spec | undefined;
  /** `error MISSING_FIELD`, in order. */
  readonly codes: readonly string[];
}

/** The native objects that documents become, beside what is there. */
export function lowered(documents: string, live: Catalog = new Map()): LoweredDocuments {
  const target = {
    engine: "postgresql",
    identity: "",
    location: "",
    version: "18",
    versionNumber: 180000,
    user: "owner",
  };
  const inspection = { catalog: live, facts: { connectedAs: "owner", types: new Map() }, target };
  const { desired, diagnostics } = lower(declared(documents), postgresql, inspection);
  return {
    native: desired,
    diagnostics,
    spec: (address) => desired.get(address as never)?.spec,
    codes: diagnostics.map(({ severity, code }) => `${severity} ${code}`),
  };
}
