/**
 * Values that are not known while the app runs, such as tokens of Terraform. They may stand where the value is only
 * passed on. What Datumline must know by then is refused where it is written: names, the choice among words, yes or no,
 * how many there are.
 */
import type { Fault } from "../core/documents/faults.ts";
import type { Kind, Spec } from "../core/kind.ts";
import { elementKey, walk } from "../core/objects.ts";
import type { Json, Schema } from "../core/schema.ts";
import { refuse } from "./refuse.ts";

/** What such a value is; `other` may be anything. */
export type LaterForm = "text" | "number" | "list" | "map" | "other";

/** How the library above Datumline writes values that are known later. */
export interface Later {
  /** Undefined where the value is known. */
  formOf(value: unknown): LaterForm | undefined;
  /** Secrets that it hands on to the system and forgets, by path; no other may be known later. */
  readonly handedOn: ReadonlySet<string>;
  asText(value: unknown): string;
  asNumber(value: unknown): number;
}

interface Field {
  readonly path: readonly string[];
  readonly standIn: string | number;
}

/** The values of one construct that are known later. */
export class LaterValues {
  readonly #later: Later | undefined;
  readonly #construct: string;
  readonly #fields: Field[] = [];

  constructor(later: Later | undefined, construct: string) {
    this.#later = later;
    this.#construct = construct;
  }

  /** The value as text or number where it is one of these and may stand here; undefined where it is known. */
  take(schema: Schema, value: unknown, path: readonly string[]): Json | undefined {
    const later = this.#later;
    const form = later?.formOf(value);
    if (later === undefined || form === undefined) return undefined;
    const reason = later.handedOn.has(path.join(".")) ? undefined : unsuitable(schema, form);
    if (reason !== undefined) this.#refuse(path, reason);
    const wanted = typesOf(schema);
    const isNumber = wanted.has("number") && (form === "number" || !wanted.has("string"));
    const minimum = Math.max(1, schema.minimum ?? 1);
    this.#fields.push({ path, standIn: isNumber ? minimum : `known later (${this.#fields.length})` });
    if (isNumber) return form === "number" ? (value as number) : later.asNumber(value);
    return form === "text" ? (value as string) : later.asText(value);
  }

  /** The spec with something known in each place, for checks; refuses what names the object or a part of it. */
  known(kind: Kind, spec: Spec): Spec {
    if (this.#fields.length === 0) return spec;
    const known = this.#fields.reduce((value, { path, standIn }) => put(value, path, standIn), spec as Json) as Spec;
    let names: string;
    try {
      names = (kind.expand?.(known) ?? [known]).map((each) => kind.address(each)).join(" ");
    } catch {
      // A name of a form that cannot be taken apart is one that was not known.
      names = this.#fields.map(({ standIn }) => standIn).join(" ");
    }
    walk(kind.schema, known, ({ schema, value }) => {
      if (schema.collection === "keyed" && Array.isArray(value))
        for (const element of value) names += ` ${elementKey(schema, element)}`;
      return undefined;
    });
    for (const { path, standIn } of this.#fields) {
      if (typeof standIn === "string" && names.includes(standIn)) this.#refuse(path, NAME);
    }
    return known;
  }

  /** Does a fault speak of a value that is not known? What depends on such a value is checked when it is. */
  concerns({ code, path, key }: Fault): boolean {
    if (this.#fields.length === 0 || key) return false;
    if (path.length === 0) return code === "WRONG_TYPE";
    return this.#fields.some((field) => field.path.every((step, index) => path[index] === step));
  }

  #refuse(path: readonly string[], reason: string): never {
    refuse(this.#construct, `\`${path.join(".")}\` cannot be a token`, reason);
  }
}

const NAME = "Datumline must know it when the app runs, because it names something; write the name itself.";

function unsuitable(schema: Schema, form: LaterForm): string | undefined {
  const forms = [schema, ...(schema.anyOf ?? [])];
  if (schema.secret) {
    return "A secret stands in no declaration, since Terraform would keep it in its state; use secret.env, secret.file or secret.exec.";
  }
  if (form === "list") return "How many there are must be known when the app runs; write the elements one by one.";
  if (form === "map") return "The keys must be known when the app runs; write the entries one by one.";
  if (forms.some((each) => each.reference || each.column)) return NAME;
  const types = typesOf(schema);
  if (types.has("string") || types.has("number")) return undefined;
  const words = forms.flatMap((each) => each.enum ?? (each.const === undefined ? [] : [each.const]));
  if (words.length > 0) return `It is a choice made when the app runs; write one of ${words.join(", ")}.`;
  if (types.has("boolean")) return "It is a choice made when the app runs; write true or false.";
  if (types.size > 0) return "Its shape must be known when the app runs; write its fields one by one.";
  return undefined;
}

/** The types that a field takes, beside words to choose from; none where the schema says nothing. */
function typesOf(schema: Schema): ReadonlySet<string> {
  const forms = (schema.anyOf ?? [schema]).filter((form) => form.enum === undefined && form.const === undefined);
  return new Set(forms.flatMap(({ type }) => (type === "integer" ? "number" : (type ?? []))));
}

function put(value: Json, [step, ...rest]: readonly string[], at: Json): Json {
  if (step === undefined) return at;
  if (Array.isArray(value)) return value.map((item, index) => (`${index}` === step ? put(item, rest, at) : item));
  const fields = value as { readonly [key: string]: Json };
  return { ...fields, [step]: put(fields[step] as Json, rest, at) };
}
