/**
 * Who can do what: effective access as an engine computes it from a catalog alone, declared or live. What a role has
 * may come to it directly or on a path: through memberships, ownership, everybody's privileges, a view that runs with
 * other rights. Nothing is spread out into a matrix here: an estate of 500 roles and 5,000 tables has 50 million cells.
 */
import type { Address } from "../address.ts";

/** The pseudo-role that stands for every role. */
export const EVERYBODY = "public";

export type RowCommand = "select" | "insert" | "update" | "delete";

/** How a role comes to a privilege. */
export interface Holding {
  /** Columns that it reaches; "all" includes those to come. */
  readonly columns: "all" | ReadonlySet<string>;
  /** From the role that holds it towards the role asked about, which is left out: `["bi_reader"]`; empty where it is its own. */
  readonly path: readonly string[];
  /** Why the holder has it. */
  readonly by: "grant" | "owner" | "superuser" | "predefined" | "everybody";
  /** Only after `SET ROLE` to a role of the path. */
  readonly setRole?: true;
}

/** What a role reads of one object through another that does not run with the reader's own rights. */
export interface Through {
  /** The view, or what else stands between. */
  readonly by: Address;
  readonly object: Address;
  /** Columns that it uses; undefined where nobody can tell before it is made. */
  readonly columns?: readonly string[];
  /** Rows that it shows: those of the role whose rights it runs with. */
  readonly rows: string;
}

/** What one role can do with one object. */
export interface Effective {
  /** By privilege. A privilege on some columns only is there with these columns. */
  readonly privileges: ReadonlyMap<string, Holding>;
  /** "all", "none", or the condition that rows must meet; absent where the object has no rows. */
  readonly rows?: Readonly<Record<RowCommand, string>>;
}

export interface AccessModel {
  /** `public` first, then by name. */
  readonly roles: readonly string[];
  /** Whatever privileges can be granted on. */
  readonly objects: readonly Address[];
  of(role: string, object: Address): Effective;
  /** Passes every check, so that nothing it can do needs to be told. */
  passes(role: string): boolean;
  /** What the role reads through views and the like. */
  through(role: string): readonly Through[];
  /** Equal keys of two models of one system: the role has the same ways to come to privileges. */
  roleKey(role: string): string;
  /** Equal keys: the object gives the same privileges to the same roles and hides the same rows. */
  objectKey(object: Address): string;
}
