/** Fields and their values in few words, for every form of a plan. */
import { type Address, kindOf } from "../address.ts";
import type { FieldChange } from "../engine.ts";
import { KINDS } from "../kinds/index.ts";
import { formatName } from "../names.ts";
import type { Step } from "../plan.ts";
import type { Json, Schema } from "../schema.ts";
import { type SecretHole, secretPlace } from "../sql.ts";

export const SIGNS: Readonly<Record<Step["action"], string>> = {
  create: "+",
  alter: "~",
  replace: "±",
  rename: "→",
  drop: "-",
};

/** A value in one line, as it could stand in a document. */
export function brief(value: Json | undefined): string {
  if (value === undefined) return "none";
  if (typeof value === "string") return PLAIN.test(value) ? value : JSON.stringify(value);
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map(brief).join(", ")}]`;
  const fields = Object.entries(value as { readonly [key: string]: Json });
  return fields.length === 0 ? "{}" : `{ ${fields.map(([key, inner]) => `${key}: ${brief(inner)}`).join(", ")} }`;
}

/** Texts that nobody would take for several values or for something else than text. */
const PLAIN = /^(?!(true|false|null|none|-?[\d.]+)$)[^\s"'`[\]{},:#][^\n"`[\]{},#]*(?<!\s)$/;

/** What changed in a field, in one line, or line by line where the text has several. */
export interface ShownChange {
  readonly field: string;
  /** `before → after`. */
  readonly line?: string;
  /** Lines that go and lines that come, with a few of what stays around them. */
  readonly lines?: readonly string[];
}

export function shownChange(of: Address, { path, from: before, to: after }: FieldChange): ShownChange {
  const field = formatName(path);
  const usual = defaultAt(of, path);
  const [from, to] = [before ?? usual, after ?? usual];
  if (isLong(from) || isLong(to)) return { field, lines: lineChanges(`${from ?? ""}`, `${to ?? ""}`) };
  if (from === undefined) return { field, line: `+ ${brief(to)}` };
  if (to === undefined) return { field, line: `- ${brief(from)}` };
  const moved = memberChanges(from, to);
  return { field, line: moved ?? `${brief(from)} → ${brief(to)}` };
}

/** What an absent field means: `false → true` tells more than that there is something new. */
function defaultAt(of: Address, path: readonly string[]): Json | undefined {
  let schema: Schema | undefined = KINDS.get(kindOf(of))?.schema;
  for (const part of path) {
    if (schema?.properties) schema = schema.properties[part];
    else if (schema?.collection === "keyed")
      schema = schema.items?.anyOf?.find((form) => form.properties) ?? schema.items;
    else if (typeof schema?.additionalProperties === "object") schema = schema.additionalProperties;
    else return undefined;
  }
  return schema?.default;
}

function isLong(value: Json | undefined): boolean {
  return typeof value === "string" && value.includes("\n");
}

/** What joins and what leaves a list of many words tells more than both lists. */
function memberChanges(from: Json, to: Json): string | undefined {
  if (!isWords(from) || !isWords(to) || from.length + to.length < 6) return undefined;
  const gone = from.filter((word) => !to.includes(word));
  const come = to.filter((word) => !from.includes(word));
  if (gone.length + come.length === 0) return undefined;
  return [...gone.map((word) => `- ${brief(word)}`), ...come.map((word) => `+ ${brief(word)}`)].join(", ");
}

function isWords(value: Json): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

const AROUND = 2;

/** The lines between the first and the last that differ. */
export function lineChanges(from: string, to: string): string[] {
  const before = from === "" ? [] : from.split("\n");
  const after = to === "" ? [] : to.split("\n");
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const same = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
  return [
    ...same(before.slice(Math.max(0, head - AROUND), head)),
    ...before.slice(head, before.length - tail).map((line) => `- ${line}`),
    ...after.slice(head, after.length - tail).map((line) => `+ ${line}`),
    ...same(after.slice(after.length - tail, after.length - tail + AROUND)),
  ];
}

/** What stands in a shown statement where a secret goes: enough to know which, and nothing that would run. */
export function secretMark({ secret, form }: SecretHole): string {
  return `/* secret from ${secretPlace(secret)}, as ${form} */`.replace(/(?<=.)\*\/(?=.)/g, "* /");
}

export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
