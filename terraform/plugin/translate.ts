/** Schemas, diagnostics and private texts in the shape of the wire. */
import type { diagnostic, WireSchema } from "./messages.ts";
import type { Written } from "./protobuf.ts";
import type { Answer, Attribute, Block, Diagnostic, Private } from "./provider.ts";

type WireDiagnostic = Written<typeof diagnostic>;

export interface WireDiagnostics {
  readonly diagnostics: readonly WireDiagnostic[];
}

const SEVERITY = { error: 1, warning: 2 } as const;

export function answered({ diagnostics }: Answer): WireDiagnostics {
  return { diagnostics: diagnostics.map(wireDiagnostic) };
}

function wireDiagnostic({ severity, summary, detail, attribute }: Diagnostic): WireDiagnostic {
  return {
    severity: SEVERITY[severity],
    summary,
    detail,
    attribute: attribute === undefined ? undefined : { steps: [{ attribute_name: attribute }] },
  };
}

export function schemaOf({ version, description, attributes }: Block): WireSchema {
  return {
    version,
    block: { version, description, attributes: Object.entries(attributes).map(wireAttribute) },
  };
}

export function schemasOf(types: Readonly<Record<string, { readonly schema: Block }>>): Record<string, WireSchema> {
  return Object.fromEntries(Object.entries(types).map(([name, { schema }]) => [name, schemaOf(schema)]));
}

function wireAttribute([name, attribute]: [string, Attribute]) {
  const { type, description, required, optional, computed, sensitive, writeOnly } = attribute;
  return {
    name,
    type: new TextEncoder().encode(JSON.stringify(type)),
    description,
    required,
    optional,
    computed,
    sensitive,
    write_only: writeOnly,
  };
}

export function kept(bytes: Uint8Array): Private {
  return bytes.length === 0 ? undefined : new TextDecoder().decode(bytes);
}

export function keep(text: Private): Uint8Array | undefined {
  return text === undefined ? undefined : new TextEncoder().encode(text);
}
