import type { Address } from "./address.ts";
import { hash } from "./hash.ts";
import type { Kind, Spec } from "./kind.ts";
import { rewrittenTexts, specText } from "./objects.ts";

/**
 * What Datumline has applied to a target, kept in the target itself. It decides three things: how the server spells a
 * declared text, what Datumline may drop because Datumline made it, and what has drifted since.
 */
export interface LedgerEntry {
  readonly address: Address;
  /** The declared fields, texts in the server's spelling as read back after they were applied. */
  readonly applied: Spec;
  /** Hash of each declared text by its path, so that a changed declaration is told from drift. */
  readonly texts: Readonly<Record<string, string>>;
  /** True where Datumline created the object, else the paths of the elements that it added to one that was there. */
  readonly made: true | readonly string[];
  /** Hash of the declared and the live fields between which nothing was left to do; see `settlement`. */
  readonly settled?: string | undefined;
  /** Data source that applied it, where that is another one than this. What others made is not ours to drop. */
  readonly by?: string | undefined;
}

export interface Ledger {
  /** Entries of some addresses, or all there are. */
  entries(of: readonly Address[] | "all"): Promise<ReadonlyMap<Address, LedgerEntry>>;
  /** Written in the transaction of the change where the engine has one. */
  write(entries: readonly NewEntry[], gone: readonly Address[]): Promise<void>;
  /** Makes the ledger where it is missing; throws a Refusal with the SQL for an administrator where it may not. */
  prepare(): Promise<void>;
  /** Keeps that all was tried just now, and how much of it held; does nothing where it may not. */
  proved?(held: number, failed: number): Promise<void>;
}

/** What an entry says when it is written: whose it is follows from who writes. */
export type NewEntry = Omit<LedgerEntry, "by">;

/**
 * While both sides are to the letter what they were when nothing was left to do, nothing is, whatever the mode; so most
 * objects of most plans are not compared field by field.
 */
export function settlement(declared: Spec, live: Spec): string {
  return hash(`${specText(declared)}\n${specText(live)}`);
}

export function isSettled(entry: LedgerEntry | undefined, declared: Spec, live: Spec): boolean {
  return entry?.settled !== undefined && entry.settled === settlement(declared, live);
}

/** Hashes of the declared texts of an object. */
export function textHashes(kind: Kind, spec: Spec): Record<string, string> {
  return Object.fromEntries([...rewrittenTexts(kind, spec)].map(([path, text]) => [path, hash(text)]));
}

/** Did Datumline make the element of an object that a path names? */
export function madeElement(entry: LedgerEntry | undefined, path: string): boolean {
  return entry !== undefined && (entry.made === true ? hasElement(entry.applied, path) : entry.made.includes(path));
}

function hasElement(spec: Spec, path: string): boolean {
  const [field, key] = path.split("/") as [string, string];
  const value = spec[field];
  if (Array.isArray(value)) return value.some((item) => Object.values(item as object).includes(unescaped(key)));
  return typeof value === "object" && value !== null && unescaped(key) in value;
}

function unescaped(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Does the ledger know how the server spells this very text, and is that what is there? */
export function spelledAs(entry: LedgerEntry | undefined, path: string, declared: string): boolean {
  return entry !== undefined && entry.texts[path] === hash(declared);
}
