/**
 * What stands behind a text: the bodies of the functions that it calls and the queries of the views that it reads, those
 * behind them included. It finds too much rather than too little: a name without a schema is any of that name.
 */
import type { Judged } from "../core/guardrail.ts";
import { readsSql, runTexts } from "./bodies.ts";
import { key, mentions } from "./mentions.ts";
import { objectsOf } from "./objects.ts";
import { pieces } from "./words.ts";

export interface BehindText {
  /** `app.tenant()`; undefined for the text itself. */
  readonly through: string | undefined;
  readonly text: string;
}

interface Known {
  readonly through: string;
  readonly schema: string;
  readonly texts: readonly string[];
}

/** The texts behind those of the declaration and of what is there, by name. */
export class Behind {
  readonly #functions = new Map<string, Known[]>();
  readonly #views = new Map<string, Known>();

  constructor({ desired, live }: Judged) {
    const both = [desired, live];
    const seen = new Set<string>();
    for (const catalog of both) {
      for (const { address, spec } of objectsOf("Function", catalog)) {
        if (seen.has(address) || !readsSql(spec)) continue;
        seen.add(address);
        const known = {
          through: address.slice(address.indexOf("/") + 1),
          schema: spec.schema,
          texts: runTexts(spec.body),
        };
        this.#functions.set(spec.name, [...(this.#functions.get(spec.name) ?? []), known]);
      }
      for (const { spec } of objectsOf("View", catalog)) {
        const at = key(spec.schema, spec.name);
        const known = { through: `${spec.schema}.${spec.name}`, schema: spec.schema, texts: [spec.query] };
        if (!this.#views.has(at)) this.#views.set(at, known);
      }
    }
  }

  /** The text itself, and all that is behind it. */
  *of(text: string, schema: string): Generator<BehindText> {
    const seen = new Set<Known>();
    const due: { readonly through: string | undefined; readonly text: string; readonly schema: string }[] = [
      { through: undefined, text, schema },
    ];
    for (const one of due) {
      yield one;
      for (const known of this.#named(one.text, one.schema)) {
        if (seen.has(known)) continue;
        seen.add(known);
        due.push(...known.texts.map((each) => ({ through: known.through, text: each, schema: known.schema })));
      }
    }
  }

  *#named(text: string, schema: string): Generator<Known> {
    const all = [...pieces(text)];
    for (const [at, { kind, text: name }] of all.entries()) {
      if ((kind !== "word" && kind !== "name") || all[at + 1]?.text !== "(") continue;
      const of = all[at - 1]?.text === "." ? all[at - 2]?.text : undefined;
      yield* (this.#functions.get(name) ?? []).filter((known) => of === undefined || known.schema === of);
    }
    if (this.#views.size === 0) return;
    for (const at of mentions(text, schema)) {
      const known = this.#views.get(at);
      if (known) yield known;
    }
  }
}
