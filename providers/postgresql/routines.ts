/**
 * Functions and procedures. One of a standard SQL body is bound to what it names when it is made, as one with a
 * search_path of its own is when it runs. https://www.postgresql.org/docs/current/sql-createfunction.html
 */
import { formatName } from "../../core/names.ts";
import type { Routine } from "../../core/routine.ts";
import { sql } from "../../core/sql.ts";
import { arrayItems } from "./common.ts";
import { query, type Snapshot } from "./snapshot.ts";

/**
 * oid, schema, name, types of the arguments, owner, settings; five letters: runs as owner, body bound to what it names,
 * volatility, leakproof, trigger.
 */
export const ROUTINES = query(
  ({ version }) => sql`SELECT p.oid, p.pronamespace, p.proname,
  ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n) ORDER BY n), p.proowner, p.proconfig,
  concat(p.prosecdef, ${version >= 140000 ? sql`p.prosqlbody IS NOT NULL` : sql`false`}, p.provolatile, p.proleakproof, p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype))
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`,
  3,
);

const VOLATILITY = { i: "immutable", s: "stable", v: "volatile" } as const;

const READ = new WeakMap<Snapshot, ReadonlyMap<string, Routine>>();

/** Functions and procedures by oid, those of extensions included; taken apart once, however many ask. */
export function readRoutines(snapshot: Snapshot): ReadonlyMap<string, Routine> {
  const known = READ.get(snapshot) ?? read(snapshot);
  READ.set(snapshot, known);
  return known;
}

/** Without those of extensions, which are the extensions' business. */
export function ownRoutine(snapshot: Snapshot, oid: string): Routine | undefined {
  const found = readRoutines(snapshot).get(oid);
  return found?.inExtension ? undefined : found;
}

function read(snapshot: Snapshot): Map<string, Routine> {
  const found = new Map<string, Routine>();
  for (const [oid, namespace, name, types, owner, settings, letters] of snapshot.rows(ROUTINES)) {
    const schema = snapshot.schema(namespace as string);
    if (schema === undefined) continue;
    const taken = arrayItems(types as string);
    const [asOwner, isBound, volatility, leakproof, isTrigger] = letters as string;
    found.set(oid as string, {
      signature: `${formatName([schema, name as string])}(${taken.join(", ")})`,
      schema,
      name: name as string,
      owner: snapshot.role(owner as string),
      asOwner: asOwner === "t",
      fixedPath: isBound === "t" || arrayItems(settings ?? null).some((each) => each.startsWith("search_path=")),
      volatility: VOLATILITY[volatility as keyof typeof VOLATILITY],
      leakproof: leakproof === "t",
      arguments: taken.length,
      isTrigger: isTrigger === "t",
      inExtension: snapshot.inExtension("pg_proc", oid as string),
    });
  }
  return found;
}
