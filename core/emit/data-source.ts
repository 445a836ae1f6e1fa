/** The DataSource document of a system that was inspected. */
import type { Catalog } from "../catalog.ts";
import { kindOfObject } from "../change.ts";
import type { Engine, Target } from "../engine.ts";
import { nameParts } from "../names.ts";
import { meanings, references } from "../objects.ts";
import type { DataSource } from "../specs.ts";

/** The data source with what its objects refer to and no document declares. */
export function withExternal(source: DataSource, catalog: Catalog, engine: Pick<Engine, "isBuiltIn">): DataSource {
  const roles = new Set(source.external?.roles);
  const schemas = new Set(source.external?.schemas);
  for (const object of catalog.values()) {
    for (const { reference, name } of references(kindOfObject(object), object.spec)) {
      if (meanings(reference, name).some((address) => catalog.has(address))) continue;
      if (reference.kinds.some((kind) => engine.isBuiltIn(kind, name))) continue;
      if (reference.parts === 2) schemas.add(nameParts(name)[0] as string);
      else if (reference.kinds.includes("Role")) roles.add(name);
      else if (reference.kinds.includes("Schema")) schemas.add(name);
    }
  }
  if (roles.size + schemas.size === 0) return source;
  return {
    ...source,
    external: {
      ...(schemas.size > 0 && { schemas: [...schemas].sort() }),
      ...(roles.size > 0 && { roles: [...roles].sort() }),
    },
  };
}

/** Where an inspected system is, and how to log in without the password itself. */
export function inspectedSource(source: DataSource, target: Target, hasPassword: boolean): DataSource {
  const { url: _, ...connection } = source.connection;
  const { user = target.user, database = target.database, ...rest } = connection;
  return {
    ...source,
    connection: {
      ...(rest.host !== undefined && { host: rest.host }),
      ...(rest.port !== undefined && { port: rest.port }),
      ...(database !== undefined && { database }),
      user,
      ...(hasPassword && { password: { env: "PGPASSWORD" } }),
      ...rest,
    },
  };
}
