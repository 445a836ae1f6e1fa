/** Options of `backup` that only some of what it does takes: what is not heeded is refused, not passed over. */
import { resolve } from "node:path";
import { error } from "../core/diagnostic.ts";
import type { PlaceAsked } from "../core/doors/backups.ts";
import { Refusal } from "../core/errors.ts";
import type { Context } from "./context.ts";
import { BACKUP, type Options } from "./options.ts";

export type OwnOption = (typeof BACKUP)[number];

/** What was given and is not among those that it takes. */
export function foreignTo(options: Options, takes: readonly OwnOption[]): OwnOption[] {
  return BACKUP.filter((name) => isGiven(options, name) && !takes.includes(name));
}

function isGiven(options: Options, name: OwnOption): boolean {
  const value = options[name.replaceAll(/-./g, (dash) => dash.slice(1).toUpperCase()) as keyof Options];
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** An option as it is written. */
export function named(option: OwnOption): string {
  return `\`--${option}\``;
}

export function refuseForeign(what: string, options: Options, takes: readonly OwnOption[]): void {
  const foreign = foreignTo(options, takes);
  if (foreign.length === 0) return;
  const detail = takes.length === 0 ? "Leave it out." : `Of those it takes ${takes.map(named).join(", ")}.`;
  throw new Refusal([error("USAGE", `\`backup ${what}\` takes no ${foreign.map(named).join(", ")}`, { detail })]);
}

/** The place that `--place` says; undefined for all of them. */
export function placeAsked({ options: { place }, io }: Context): PlaceAsked | undefined {
  return place === undefined ? undefined : { said: place, path: resolve(io.cwd, place) };
}
