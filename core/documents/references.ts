/**
 * Every name that an object gives to another must mean something: an object that is declared, one that the engine has
 * built in, or one that the DataSource names as external. So a typo is found without a connection.
 */
import { type Address, address as addressOf, kindOf, readable } from "../address.ts";
import type { DataObject } from "../catalog.ts";
import type { Code } from "../codes.ts";
import { type Diagnostic, error } from "../diagnostic.ts";
import type { Kind, Spec } from "../kind.ts";
import { KINDS } from "../kinds/index.ts";
import { nameParts, nearest } from "../names.ts";
import { meanings, type Path, seeking, type Visitor, walk } from "../objects.ts";
import { matchesAny } from "../ownership.ts";
import type { Json, Reference } from "../schema.ts";
import { circles } from "./circles.ts";
import { ColumnBook } from "./columns.ts";
import { aliases, type DeclaredSource, type OfflineEngine } from "./declare.ts";
import type { Locate } from "./locate.ts";
import { alternatives, quoted } from "./words.ts";

/** A name that is wrong, and where in the object it stands. */
interface Finding {
  readonly code: Code;
  readonly address: Address;
  readonly object: DataObject;
  readonly path: Path;
  readonly value?: Json;
  readonly key?: boolean;
  readonly summary: string;
  readonly detail?: string;
}

/** Checks the names of a data source; the locator is asked for only where something is wrong. */
export async function checkReferences(
  source: DeclaredSource,
  engine: OfflineEngine,
  locator?: () => Promise<Locate>,
): Promise<Diagnostic[]> {
  const findings = findWrongNames(source, engine);
  const locate: Locate = findings.length > 0 && locator ? await locator() : (origin) => origin;
  return findings.map(({ code, address, object, path, value, key, summary, detail }) =>
    error(code, summary, {
      address,
      ...(detail !== undefined && { detail }),
      ...(object.origin && {
        origin: locate(object.origin, path, { ...(value !== undefined && { value }), ...(key && { key }) }),
      }),
    }),
  );
}

function findWrongNames(source: DeclaredSource, engine: OfflineEngine): Finding[] {
  const { declared } = source;
  const known = knownNames(source, engine);
  const columns = new ColumnBook(source, engine);
  const findings: Finding[] = [];
  const needs = new Map<Address, Address[]>();
  for (const [address, object] of withItself(source)) {
    const kind = KINDS.get(object.kind) as Kind;
    const found = (finding: Omit<Finding, "address" | "object">): void => {
      findings.push({ address, object, ...finding });
    };
    const visitor: Visitor = (visit) => {
      const { schema, value } = visit;
      if (schema.reference && typeof value === "string") {
        const target = known.resolve(schema.reference, value);
        if (target === undefined) found(known.unknown(schema.reference, value, visit.path));
        else if (target !== true && schema.reference.orders !== false) push(needs, address, target);
      }
      const around = schema.column === undefined ? [] : visit.around;
      if (schema.column !== undefined && !around.some((fields) => (schema.columnUnless ?? "") in fields)) {
        for (const name of columnNames(value)) {
          const missing = columns.missing(schema.column, name, address, around);
          if (missing)
            found({
              code: "UNKNOWN_COLUMN",
              path: typeof value === "string" ? visit.path : [...visit.path, name],
              value: name,
              key: typeof value !== "string",
              ...missing,
            });
        }
      }
      return undefined;
    };
    walk(kind.schema, object.spec, visitor, NAMES);
  }
  for (const circle of circles(needs)) {
    const first = circle[0] as Address;
    findings.push({
      code: "CYCLE",
      address: first,
      object: declared.get(first) as DataObject,
      path: [],
      summary: `Objects need each other in a circle: ${[...circle, first].map(readable).join(" → ")}`,
      detail: "Take one of these references away.",
    });
  }
  return findings;
}

/** Names mean objects of the data source that says them: of the others, each is looked through with its own. */
function withItself({ source, origin, declared }: DeclaredSource): [Address, DataObject][] {
  const itself: DataObject = { kind: "DataSource", spec: source as unknown as Spec, ...(origin && { origin }) };
  return [
    [addressOf("DataSource", source.name), itself],
    ...[...declared].filter(([, { kind }]) => kind !== itself.kind),
  ];
}

/** A column by itself, or the keys of a map of columns. */
function columnNames(value: Json): readonly string[] {
  if (typeof value === "string") return [value];
  return value === null || typeof value !== "object" || Array.isArray(value) ? [] : Object.keys(value);
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

interface KnownNames {
  /** The declared object, true for one that need not be declared, undefined for none. */
  resolve(reference: Reference, name: string): Address | true | undefined;
  unknown(reference: Reference, name: string, path: Path): Omit<Finding, "address" | "object">;
}

function knownNames({ source, declared, broken, complete }: DeclaredSource, engine: OfflineEngine): KnownNames {
  const byAlias = new Map<Address, Address>();
  for (const [address, object] of declared) for (const alias of aliases(object)) byAlias.set(alias, address);

  const isGiven = (kind: string, name: string): boolean => {
    if (engine.isBuiltIn(kind, name)) return true;
    if (kind === "Schema") return matchesAny(source.external?.schemas, name);
    return kind === "Role" && (matchesAny(source.external?.roles, name) || name === source.connection.user);
  };

  const look = (reference: Reference, name: string): Address | true | undefined => {
    const addresses = meanings(reference, name);
    for (const address of addresses) {
      if (declared.has(address)) return address;
      const intent = byAlias.get(address);
      if (intent !== undefined) return intent;
    }
    if (!complete || addresses.some((address) => broken.has(address))) return true;
    if (reference.kinds.some((kind) => isGiven(kind, name))) return true;
    return reference.parts === 2 && isGiven("Schema", nameParts(name)[0] as string) ? true : undefined;
  };

  // Most names stand in many places: the grants on a table, the roles of a team.
  const looked = new Map<Reference, Map<string, Address | true | undefined>>();
  const resolve: KnownNames["resolve"] = (reference, name) => {
    const byName = looked.get(reference) ?? new Map<string, Address | true | undefined>();
    looked.set(reference, byName);
    if (!byName.has(name)) byName.set(name, look(reference, name));
    return byName.get(name);
  };

  const suggest = suggestions([...declared.keys(), ...byAlias.keys()]);
  const unknown: KnownNames["unknown"] = (reference, name, path) => {
    const near = suggest(reference, name);
    const what = alternatives(reference.kinds);
    const external = reference.kinds.includes("Role") ? "external.roles" : "external.schemas";
    const outside = `Declare it, or list ${reference.parts === 2 ? "its schema" : "it"} under \`${external}\` of the DataSource.`;
    // No data source holds another.
    const otherwise = reference.kinds.includes("DataSource") ? OTHER_SOURCE : outside;
    return {
      code: "UNKNOWN_REFERENCE",
      path,
      value: name,
      summary: `There is no ${what} ${quoted(name)}`,
      detail: near === undefined ? otherwise : `Did you mean ${quoted(near)}? ${otherwise}`,
    };
  };
  return { resolve, unknown };
}

const OTHER_SOURCE =
  "Declare it: `kind: DataSource`, beside what names it. A ConnectionPool may give `host` in place of `to`.";

/** Comparing one name with all others takes time; past this many, the names alone must do. */
const MOST_SUGGESTIONS = 50;

function suggestions(addresses: readonly Address[]): (reference: Reference, name: string) => string | undefined {
  const made = new Map<string, string | undefined>();
  return ({ kinds }, name) => {
    const key = `${kinds.join()} ${name}`;
    if (!made.has(key) && made.size < MOST_SUGGESTIONS) {
      const names = addresses.filter((of) => kinds.includes(kindOf(of))).map((of) => of.slice(of.indexOf("/") + 1));
      made.set(key, nearest(name, names));
    }
    return made.get(key);
  };
}

/** Most of a table names nothing. */
const NAMES = seeking((schema) => schema.reference !== undefined || schema.column !== undefined);
