/** Checks documents against the schema of their kind; what a schema cannot say is checked after it. */
import { type Diagnostic, error } from "../diagnostic.ts";
import type { Document } from "../document.ts";
import type { Kind, Spec } from "../kind.ts";
import { KINDS } from "../kinds/index.ts";
import { nearest, parseName } from "../names.ts";
import { elementKey, walk } from "../objects.ts";
import type { Json, ObjectSchema, Schema } from "../schema.ts";
import { type Fault, faults } from "./faults.ts";
import type { Locate } from "./locate.ts";
import { policyFaults } from "./policy-names.ts";
import { schemaErrors } from "./schema-errors.ts";
import { didYouMean, pathInWords, quoted } from "./words.ts";

/** What is wrong with a document; nothing where all is well. */
export function validateDocument(document: Document, locate: Locate = (origin) => origin): Diagnostic[] {
  return faultsOf(document).map((fault) => toDiagnostic(fault, document, locate));
}

export function toDiagnostic(fault: Fault, document: Pick<Document, "origin">, locate: Locate): Diagnostic {
  return error(fault.code, fault.summary, {
    ...(fault.detail !== undefined && { detail: fault.detail }),
    origin: locate(document.origin, fault.path, { key: fault.key === true }),
  });
}

/** The faults of a document's fields by path. */
export function faultsOf(document: Document): Fault[] {
  const kind = KINDS.get(document.kind);
  if (!kind) return [unknownKind(document.kind)];
  const root = document.spec as Json;
  const errors = schemaErrors(declarable(kind), root);
  // An override leaves out what stays as it is.
  const isLeftOut = (error: (typeof errors)[number]): boolean =>
    document.override === true && error.keyword === "required" && error.instancePath === "";
  const found = faults(
    errors.filter((error) => !isLeftOut(error)),
    root,
  );
  if (document.override) found.push(...unaddressed(kind, document.spec));
  // What follows takes a spec of the right shape for granted; an override has it once it is merged.
  if (found.length > 0) return found;
  const named = [...nameFaults(kind, document.spec), ...(kind.name === "Policy" ? policyFaults(document.spec) : [])];
  if (document.override) return named;
  const checked = (kind.check?.(document.spec) ?? []).map((summary) => ({
    code: "WRONG_TYPE" as const,
    path: [],
    summary,
  }));
  return [...named, ...checked];
}

function unknownKind(name: string): Fault {
  const near = nearest(name, KINDS.keys());
  return {
    code: "UNKNOWN_KIND",
    path: ["kind"],
    summary: `There is no kind ${quoted(name)}`,
    ...(near === undefined ? { detail: `The kinds are ${[...KINDS.keys()].join(", ")}.` } : didYouMean(near)),
  };
}

const DECLARABLE = new WeakMap<Kind, ObjectSchema>();

/** The schema without what only inspection fills. */
function declarable(kind: Kind): ObjectSchema {
  const known = DECLARABLE.get(kind);
  if (known) return known;
  const properties = Object.entries(kind.schema.properties).filter(([, field]) => field.computed !== true);
  const schema = { ...kind.schema, properties: Object.fromEntries(properties) };
  DECLARABLE.set(kind, schema);
  return schema;
}

/** An override gives what it replaces and what its address is made of: the fields that the address reads. */
function unaddressed(kind: Kind, spec: Spec): Fault[] {
  const absent = new Set<string>();
  const recorded = new Proxy(spec, {
    get: (fields, field) => {
      const value = fields[field as string];
      if (value === undefined && kind.schema.required.includes(field as string)) absent.add(field as string);
      return value;
    },
  });
  try {
    kind.address(recorded);
  } catch {
    // The first absent field may already be too much for it; one is enough to tell.
  }
  return [...absent].map((field) => ({
    code: "MISSING_FIELD",
    path: [],
    summary: `${quoted(field)} is missing`,
    detail: "A document that overrides another repeats the fields that name the object.",
  }));
}

/** Names with the wrong number of parts, and elements of a list that stand twice. */
function nameFaults(kind: Kind, spec: Spec): Fault[] {
  const found: Fault[] = [];
  walk(kind.schema, spec, ({ schema, value, path }) => {
    if (schema.reference?.parts === 2 && typeof value === "string" && parseName(value)?.length !== 2) {
      found.push({
        code: "WRONG_TYPE",
        path,
        summary: `${quoted(pathInWords(spec as Json, path))} needs \`schema.name\`, not ${quoted(value)}`,
        detail: 'A part that holds a dot is written in double quotes: `sales."a.b"`.',
      });
    }
    if (schema.collection === "keyed" && Array.isArray(value)) found.push(...twice(schema, value, path));
    return undefined;
  });
  return found;
}

function twice(schema: Schema, elements: readonly Json[], path: readonly string[]): Fault[] {
  const seen = new Set<string>();
  const found: Fault[] = [];
  for (const [index, element] of elements.entries()) {
    const key = Array.isArray(element) ? "" : elementKey(schema, element);
    if (key !== "" && seen.has(key)) {
      found.push({
        code: "DUPLICATE",
        path: [...path, `${index}`],
        summary: `${quoted(key)} stands twice in ${quoted(path.join("."))}`,
      });
    }
    seen.add(key);
  }
  return found;
}
