/** The attributes of a declaration as they were written, in plain values. */
import { type Allowance, parseAllow } from "../core/guard.ts";
import type { Mode } from "../core/ownership.ts";
import { told } from "./diagnostics.ts";
import { type Diagnostic, UNKNOWN, type Value, type Values } from "./plugin/provider.ts";

export interface Settings {
  readonly spec: string;
  /** By name; one may be known only after something else has been applied. */
  readonly values: ReadonlyMap<string, string | typeof UNKNOWN> | typeof UNKNOWN;
  readonly mode: Mode | undefined;
  readonly allow: Allowance["allow"];
  readonly maxDrops: number | undefined;
  readonly maxRevokes: number | undefined;
  readonly planOffline: boolean;
  /** Write-only: in the configuration alone. */
  readonly password: string | undefined;
  readonly url: string | undefined;
}

export interface ReadSettings {
  /** Absent where one of them is not known yet, or wrong. */
  readonly settings?: Settings;
  /** One that decides what is done is known only after something else has been applied. */
  readonly unknown: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

const MODES = ["observe", "additive", "authoritative"] as const satisfies readonly Mode[];
const DECISIVE = ["spec", "mode", "allow", "max_drops", "max_revokes", "plan_offline", "password", "url"] as const;

export function readSettings(values: Values): ReadSettings {
  const diagnostics: Diagnostic[] = [];
  const unknown = DECISIVE.some((name) => isUnknown(values[name]));
  const mode = MODES.find((word) => word === values.mode);
  if (typeof values.mode === "string" && !mode)
    diagnostics.push(wrong("mode", `must be one of ${MODES.map((word) => `"${word}"`).join(", ")}`));
  const { allow, diagnostics: unknownHazards } = parseAllow(texts(values.allow));
  diagnostics.push(...told(unknownHazards));
  const spec = values.spec;
  const settings: Settings = {
    spec: typeof spec === "string" ? spec : "",
    values: valuesOf(values.values),
    mode,
    allow,
    maxDrops: wholeNumber("max_drops", values.max_drops, diagnostics),
    maxRevokes: wholeNumber("max_revokes", values.max_revokes, diagnostics),
    planOffline: values.plan_offline === true,
    password: textOf(values.password),
    url: textOf(values.url),
  };
  return { unknown, diagnostics, ...(!unknown && diagnostics.length === 0 && { settings }) };
}

function isUnknown(value: Value | undefined): boolean {
  return value === UNKNOWN || (Array.isArray(value) && value.includes(UNKNOWN));
}

/** An empty text is what an unset variable of Terraform often is. */
function textOf(value: Value | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function texts(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

function valuesOf(value: Value | undefined): Settings["values"] {
  if (value === UNKNOWN) return UNKNOWN;
  const given = Object.entries((value ?? {}) as { readonly [name: string]: Value });
  return new Map(
    given.filter(
      (each): each is [string, string | typeof UNKNOWN] => typeof each[1] === "string" || each[1] === UNKNOWN,
    ),
  );
}

function wholeNumber(name: string, value: Value | undefined, diagnostics: Diagnostic[]): number | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  diagnostics.push(wrong(name, "must be a whole number"));
  return undefined;
}

/** What was written is not repeated: it may be a secret that slipped into the wrong place. */
function wrong(attribute: string, what: string): Diagnostic {
  return { severity: "error", summary: `WRONG_TYPE: \`${attribute}\` ${what}`, attribute };
}
