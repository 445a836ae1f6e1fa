/**
 * Who can do what: effective access as an engine computes it from a catalog alone, declared or live. What a role has
 * may come to it directly or on a path: through memberships, ownership, everybody's privileges, a view that runs with
 * other rights. Nothing is spread out into a matrix here: an estate of 500 roles and 5,000 tables has 50 million cells.
 */
import type { Address } from "../address.ts";

/** The pseudo-role that stands for every role. */
export const EVERYBODY = "public";

/** One way in which a role comes to a privilege. */
export interface Holding {
  /** Columns that it reaches so; "all" includes those to come. */
  readonly columns: "all" | ReadonlySet<string>;
  /** From the role that holds it towards the role asked about, which is left out: `["bi_reader"]`; empty where it is its own. */
  readonly path: readonly string[];
  /** Why the holder has it. */
  readonly by: "grant" | "owner" | "superuser" | "predefined" | "everybody";
  /** Only after `SET ROLE` to a role of the path. */
  readonly setRole?: true;
  /** "none", or the condition that rows must meet, as whoever acts; absent for all of them, and where there are none. */
  readonly rows?: string;
  /** Why it meets all rows where policies hide some; absent where an owner has it for being the owner. */
  readonly allRows?: AllRows;
  /** It may not use the schema, so that statements cannot name the object; what is behind a view it reads all the same. */
  readonly outside?: true;
}

export type AllRows = "bypassrls" | "owner" | "policies";

/** What a role will have of objects that do not exist yet. */
export interface Future extends Pick<Holding, "path" | "setRole"> {
  readonly privileges: readonly string[];
  /** `new tables that loader makes in sales` */
  readonly of: string;
  readonly by: "grant" | "everybody";
  /** Schema that it may not use. */
  readonly outside?: string;
}

/** What a role reads of one object through another that does not run with the reader's own rights. */
export interface Through {
  /** The view, or what else stands between. */
  readonly by: Address;
  readonly object: Address;
  /** Columns that it uses; undefined where nobody can tell before it is made. */
  readonly columns?: readonly string[];
  /** Rows that it shows: "all", "none", or the condition that they must meet; those of the role whose rights it runs with. */
  readonly rows: string;
  /** Role that filled it with these rows, and that the condition means by the current user; absent where it is whoever reads. */
  readonly filledBy?: string;
  /** Only after `SET ROLE`. */
  readonly setRole?: true;
}

/** What one role can do with one object. */
export interface Effective {
  /**
   * By privilege, every holder that the role has it from, nearest first, each with the columns that it has: they add up. What everybody has stands there
   * where it adds something, and so does what is had after SET ROLE alone, which comes last.
   */
  readonly privileges: ReadonlyMap<string, readonly Holding[]>;
}

/** Columns of several holdings together. */
export function columnsOf(holdings: readonly Pick<Holding, "columns">[]): "all" | ReadonlySet<string> {
  const found = new Set<string>();
  for (const { columns } of holdings) {
    if (columns === "all") return "all";
    for (const column of columns) found.add(column);
  }
  return found;
}

/** Columns of `one` that are not in `other`; "all" minus some is still "all", because it includes those to come. */
export function columnsBeyond(one: Holding["columns"], other: Holding["columns"]): Holding["columns"] {
  if (other === "all") return new Set();
  return one === "all" ? "all" : new Set([...one].filter((column) => !other.has(column)));
}

/** The schema that an object is in, as it stands in its address. */
export function schemaIn(object: Address): string {
  return /^[^/]+\/("(?:[^"]|"")+"|[^."(]+)/.exec(object)?.[1] ?? "";
}

/** Is it had because everybody has it, with the same rows and from as far? */
export function isEverybodys({ by, setRole, rows, outside }: Holding, everybodys: readonly Holding[] = []): boolean {
  if (by !== "everybody" || setRole) return false;
  return everybodys.some((one) => one.rows === rows && one.outside === outside);
}

export interface AccessModel {
  /** `public` first, then by name. */
  readonly roles: readonly string[];
  /** Whatever privileges can be granted on. */
  readonly objects: readonly Address[];
  of(role: string, object: Address): Effective;
  /** The same for each of `objects`, in their order. */
  ofEach(role: string): readonly Effective[];
  /** How it comes to pass every check, where it does; what else it can do need not be told unless that takes SET ROLE. */
  passes(role: string): Omit<Holding, "columns"> | undefined;
  /** What it will have of what is made later, everybody's privileges among it. */
  futures(role: string): readonly Future[];
  /** Columns of a table, and of whatever else they are known of. */
  columns(object: Address): readonly string[] | undefined;
  /** Whose rights a function runs with, where they are not those of whoever calls it. */
  runsAs(object: Address): string | undefined;
  /** What the role reads through views and the like. */
  through(role: string): readonly Through[];
  /** Equal keys of two models of one system: the role has the same ways to come to privileges. */
  roleKey(role: string): string;
  /** Equal keys: the object gives the same privileges to the same roles and hides the same rows. */
  objectKey(object: Address): string;
}
