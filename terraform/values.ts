/**
 * Values that Terraform knows only after something else has been applied: where a text would stand, a document says
 * `{ "$value": NAME }`, and `{ "$value": NAME, "type": "number" }` where a number would.
 */
import { type Diagnostic, error } from "../core/diagnostic.ts";
import type { Replace } from "../core/documents/load.ts";
import { nearest } from "../core/names.ts";
import type { Json } from "../core/schema.ts";
import { UNKNOWN } from "./plugin/provider.ts";
import type { Settings } from "./settings.ts";

export interface Replacing {
  readonly replace: Replace;
  /** Was one asked for that is not known yet? */
  unknown(): boolean;
}

/** Puts values in the place of their names. */
export function replacing(values: Settings["values"]): Replacing {
  let unknown = false;
  const replace: Replace = ({ value: root, origin }) => {
    const diagnostics: Diagnostic[] = [];
    const missing = (summary: string, detail: string): void => {
      diagnostics.push(error("UNKNOWN_VALUE", summary, { origin, detail }));
    };
    const visit = (value: Json): Json => {
      if (typeof value !== "object" || value === null) return value;
      if (Array.isArray(value)) return value.map(visit);
      const fields = value as { readonly [key: string]: Json };
      if ("$value" in fields) return valueFor(fields, missing);
      return Object.fromEntries(Object.entries(fields).map(([key, inner]) => [key, visit(inner)]));
    };
    return { value: visit(root), diagnostics };
  };

  const valueFor = (
    { $value: name, type = "string", ...rest }: { readonly [key: string]: Json },
    missing: (summary: string, detail: string) => void,
  ): Json => {
    // What stands in for a value that is wrong keeps the rest of the document free of errors that follow from it.
    const standIn = type === "number" ? 1 : "value";
    const isForm = typeof name === "string" && (type === "string" || type === "number");
    if (!isForm || Object.keys(rest).length > 0) {
      missing("A value reads `{ $value: NAME }`, or `{ $value: NAME, type: number }`", "Nothing else stands in it.");
      return standIn;
    }
    const given = values === UNKNOWN ? UNKNOWN : values.get(name);
    if (given === UNKNOWN) {
      unknown = true;
      return standIn;
    }
    if (given === undefined) {
      const near = nearest(name, values === UNKNOWN ? [] : values.keys());
      const hint = near === undefined ? `Add it: \`values = { ${name} = … }\`.` : `Did you mean ${near}?`;
      missing(`\`values\` has no \`${name}\`, which this document refers to`, hint);
      return standIn;
    }
    if (type === "string") return given;
    if (given.trim() !== "" && Number.isFinite(Number(given))) return Number(given);
    missing(`The value \`${name}\` is to be a number and is none`, "Give a number as text, such as `tostring(port)`.");
    return standIn;
  };

  return { replace, unknown: () => unknown };
}
