/** From the value of a document, whatever it holds, to a document. */
import { type Diagnostic, note } from "../diagnostic.ts";
import type { Document } from "../document.ts";
import type { Kind, Spec } from "../kind.ts";
import { KINDS } from "../kinds/index.ts";
import { formatName, nearest } from "../names.ts";
import { walk } from "../objects.ts";
import { looksLikePlan } from "../plan-file.ts";
import type { Json } from "../schema.ts";
import type { Fault } from "./faults.ts";
import type { Locate } from "./locate.ts";
import type { RawDocument } from "./parse.ts";
import { faultsOf, toDiagnostic } from "./validate.ts";
import { given } from "./words.ts";

export interface Checked {
  readonly document?: Document;
  /** What can be told of a document with errors: its sound fields, so that what refers to it is not wrong as well. */
  readonly broken?: Document;
  readonly diagnostics: readonly Diagnostic[];
}

/** Takes a document apart and checks it. */
export function checkDocument({ value, origin }: RawDocument, locate: Locate): Checked {
  const report = (faults: readonly Fault[]): Diagnostic[] =>
    faults.map((fault) => toDiagnostic(fault, { origin }, locate));
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    const detail = Array.isArray(value)
      ? "Separate documents by a line `---`; only a .json file may hold them as an array."
      : "A document begins with `kind: …`.";
    return {
      diagnostics: report([
        { code: "WRONG_TYPE", path: [], summary: `A document must be fields, not ${given(value as Json)}`, detail },
      ]),
    };
  }
  if (looksLikePlan(value)) {
    const detail = "`datumline apply FILE` applies it. In another folder it is not taken for a document.";
    return { diagnostics: [note("PLAN_PASSED_OVER", "This is a plan, and declares nothing", { origin, detail })] };
  }
  const { kind, dataSource, override, $construct: _, ...spec } = value as { readonly [key: string]: Json };
  const common = commonFaults(kind, dataSource, override);
  if (typeof kind !== "string") return { diagnostics: report(common) };
  const known = KINDS.get(kind);
  const document: Document = {
    kind,
    spec: known ? withNames(known, spec) : spec,
    ...(typeof dataSource === "string" && { dataSource }),
    ...(override === true && { override }),
    origin,
  };
  const faults = [...common, ...faultsOf(document)];
  if (faults.length === 0) return { document, diagnostics: [] };
  return { broken: soundPart(document, faults), diagnostics: report(faults) };
}

function commonFaults(kind: Json | undefined, dataSource: Json | undefined, override: Json | undefined): Fault[] {
  const faults: Fault[] = [];
  if (kind === undefined) {
    faults.push({
      code: "MISSING_FIELD",
      path: [],
      summary: "`kind` is missing",
      detail: "Every document says what it declares, such as `kind: Table`.",
    });
  } else if (typeof kind !== "string") {
    faults.push({ code: "WRONG_TYPE", path: ["kind"], summary: `\`kind\` must be text, not ${given(kind)}` });
  }
  if (dataSource !== undefined && kind === "DataSource") {
    faults.push({
      code: "UNKNOWN_KEY",
      path: ["dataSource"],
      key: true,
      summary: "A DataSource belongs to no other",
      detail: "Leave `dataSource` out.",
    });
  } else if (dataSource !== undefined && typeof dataSource !== "string") {
    faults.push({
      code: "WRONG_TYPE",
      path: ["dataSource"],
      summary: `\`dataSource\` must be a name, not ${given(dataSource)}`,
    });
  }
  if (override !== undefined && typeof override !== "boolean") {
    faults.push({
      code: "WRONG_TYPE",
      path: ["override"],
      summary: `\`override\` must be true or false, not ${given(override)}`,
    });
  }
  return faults;
}

/** References written as `{ schema, name }` become the one form that is compared. */
function withNames(kind: Kind, spec: Spec): Spec {
  return walk(kind.schema, spec, ({ schema, value }) => {
    if (schema.reference?.parts !== 2 || typeof value !== "object" || value === null || Array.isArray(value))
      return undefined;
    const { schema: of, name, ...rest } = value as { readonly [key: string]: Json };
    return typeof of === "string" && typeof name === "string" && Object.keys(rest).length === 0
      ? formatName([of, name])
      : undefined;
  });
}

function soundPart(document: Document, faults: readonly Fault[]): Document {
  const unsound = new Set(faults.map((fault) => fault.path[0]));
  return {
    ...document,
    kind: KINDS.has(document.kind) ? document.kind : (nearest(document.kind, KINDS.keys()) ?? document.kind),
    spec: Object.fromEntries(Object.entries(document.spec).filter(([field]) => !unsound.has(field))),
  };
}
