import type { Catalog } from "./catalog.ts";
import type { Kind, Spec } from "./kind.ts";
import type { DataSource } from "./specs.ts";

export type Mode = "observe" | "additive" | "authoritative";

/** How far Datumline may go with what it finds. */
export interface Ownership {
  mode(kind: Kind, spec: Spec): Mode;
  /** Is the object in a scope that the declaration manages, so that it is reported when nobody declares it? */
  manages(kind: Kind, spec: Spec): boolean;
  managesSchema(schema: string | undefined): boolean;
}

/** Does a name match a pattern in which `*` stands for any characters? */
export function matches(pattern: string, name: string): boolean {
  if (!pattern.includes("*")) return pattern === name;
  const expression = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${expression.join(".*")}$`, "su").test(name);
}

export function matchesAny(patterns: readonly string[] | undefined, name: string): boolean {
  return patterns?.some((pattern) => matches(pattern, name)) ?? false;
}

/**
 * Ownership as the data source declares it. An override for one run is taken everywhere when it is more careful; an
 * override to `authoritative` reaches only what no narrower declaration speaks of.
 */
export function ownership(source: DataSource, declared: Catalog, override?: Mode): Ownership {
  const { manage = {}, external = {} } = source;
  const fallback = override ?? manage.mode ?? "additive";
  const narrower = override === "observe" || override === "additive" ? {} : manage;
  const schemas = Object.entries(narrower.schemas ?? {});
  const roles = Object.entries(narrower.roles ?? {});
  const declaredSchemas = new Set<string>();
  for (const object of declared.values()) if (object.kind === "Schema") declaredSchemas.add(object.spec.name as string);

  const schemaMode = remembered((schema) => schemas.find(([pattern]) => matches(pattern, schema))?.[1]);
  const roleMode = remembered((role) => roles.find(([pattern]) => matches(pattern, role))?.[1]);
  const externalSchema = remembered((schema) => matchesAny(external.schemas, schema));
  const externalRole = remembered((role) => matchesAny(external.roles, role));
  const managesSchema = (schema: string | undefined): boolean => {
    if (schema === undefined) return fallback === "authoritative";
    if (schemaMode(schema) || declaredSchemas.has(schema)) return true;
    if (matchesAny(Object.keys(manage.schemas ?? {}), schema)) return true;
    return fallback === "authoritative" && !externalSchema(schema);
  };
  return {
    managesSchema,
    mode(kind, spec) {
      const scope = kind.scope(spec);
      const mode =
        (scope.role && roleMode(scope.role)) ||
        (scope.schema && schemaMode(scope.schema)) ||
        narrower.kinds?.[kind.name];
      return mode || fallback;
    },
    manages(kind, spec) {
      const scope = kind.scope(spec);
      if (scope.schema !== undefined) return managesSchema(scope.schema);
      if (scope.role !== undefined) {
        if (roleMode(scope.role) || matchesAny(Object.keys(manage.roles ?? {}), scope.role)) return true;
        return fallback === "authoritative" && !externalRole(scope.role);
      }
      return manage.kinds?.[kind.name] !== undefined || fallback === "authoritative";
    },
  };
}

function remembered<T>(compute: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    if (!known.has(key)) known.set(key, compute(key));
    return known.get(key) as T;
  };
}
