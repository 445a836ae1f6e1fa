/**
 * The declarations that Terraform has in its state, as far as this process was shown them. A declaration that is created
 * while one of the same data source exists takes its place: Terraform destroys the one, and creates the other.
 */
import type { Ready } from "../core/doors/ready.ts";
import { hash } from "../core/hash.ts";
import { UNKNOWN, type Values } from "./plugin/provider.ts";
import { readSettings } from "./settings.ts";
import { declaredBy } from "./spec.ts";

const existing: Values[] = [];
const created = new Set<string>();

export function exists(state: Values): void {
  existing.push(state);
}

export function isGone(state: Values): void {
  const at = existing.findIndex(({ spec, values }) => same([spec, values], [state.spec, state.values]));
  if (at >= 0) existing.splice(at, 1);
}

export function wasCreated({ source }: Ready): void {
  created.add(placeOf(source));
}

/** Was one created in its place before it is destroyed? */
export function isReplaced({ source }: Ready): boolean {
  return created.has(placeOf(source));
}

/** The state of the declaration that this one takes the place of; by name alone where the place is written nowhere. */
export async function replacedBy(ready: Ready, place: "known" | "unknown"): Promise<Values | undefined> {
  for (const state of existing) {
    const source = await sourceOf(state);
    if (source?.name !== ready.source.name) continue;
    if (place === "unknown" || placeOf(source) === placeOf(ready.source)) return state;
  }
  return undefined;
}

function placeOf({ name, connection }: Ready["source"]): string {
  return hash([name, connection]);
}

async function sourceOf(state: Values): Promise<Ready["source"] | undefined> {
  const { settings } = readSettings(state);
  if (!settings) return undefined;
  // What a later version declared in another way is no reason to fail here.
  const declared = await declaredBy(settings).catch(() => undefined);
  return declared === undefined || declared === UNKNOWN ? undefined : declared.ready.source;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
