import type { Catalog } from "../../core/catalog.ts";
import { join, type Sql } from "../../core/sql.ts";
import { id } from "./quote.ts";

/**
 * Where unqualified names of the user's text are looked up: the object's own schema, then the schemas that extensions
 * live in, so that their types and functions need no prefix. Never `public` as such, where anybody may have put a
 * function of a name that is meant for another.
 */
export function searchPath(scope: string | undefined, ...catalogs: readonly Catalog[]): Sql {
  const schemas = new Set<string>(scope === undefined ? [] : [scope]);
  for (const catalog of catalogs) for (const schema of extensionSchemas(catalog)) schemas.add(schema);
  return schemas.size === 0 ? id("pg_catalog") : join([...schemas].map(id));
}

const KNOWN = new WeakMap<Catalog, readonly string[]>();

function extensionSchemas(catalog: Catalog): readonly string[] {
  let schemas = KNOWN.get(catalog);
  if (!schemas) {
    const found = new Set<string>();
    for (const { kind, spec } of catalog.values()) {
      // One that is yet to be made, and says nothing of a schema, goes into `public`.
      if (kind === "Extension") found.add((spec.schema as string | undefined) ?? "public");
    }
    schemas = [...found].sort();
    KNOWN.set(catalog, schemas);
  }
  return schemas;
}
