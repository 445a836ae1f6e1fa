/**
 * Types as the server spells them. https://www.postgresql.org/docs/current/datatype.html
 * A name without a schema that is no built-in type means a type of the table's own schema, or of a schema that an
 * extension or another declaration put it in, as long as only one has it.
 */

import type { NormaliseContext } from "../../core/engine.ts";
import { parseName } from "../../core/names.ts";

const ALIASES: Readonly<Record<string, string>> = {
  bool: "boolean",
  int: "integer",
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  float: "double precision",
  float4: "real",
  float8: "double precision",
  decimal: "numeric",
  dec: "numeric",
  varchar: "character varying",
  "char varying": "character varying",
  char: "character",
  bpchar: "bpchar",
  varbit: "bit varying",
  timestamptz: "timestamp with time zone",
  timestamp: "timestamp without time zone",
  timetz: "time with time zone",
  time: "time without time zone",
};

/** Types whose modifier stands before the rest of the name. */
const SPLIT = /^(timestamp|time) (with|without) time zone$/;

/** The type as `format_type` gives it back with an empty search_path. */
export function canonicalType(written: string, ownSchema: string, context: NormaliseContext): string {
  const known = SPELLED.get(context) ?? new Map<string, string>();
  SPELLED.set(context, known);
  const key = `${ownSchema} ${written}`;
  let type = known.get(key);
  if (type === undefined) {
    const { base, modifier, arrays } = parts(written);
    type = spelled(base, modifier, ownSchema, context) + arrays;
    known.set(key, type);
  }
  return type;
}

/** Is it a type of the server's own, or an array of one? */
export function isBuiltIn(written: string): boolean {
  const base = parts(written)
    .base.toLowerCase()
    .replace(/^pg_catalog\./, "");
  return Object.hasOwn(ALIASES, base) || BUILT_IN.has(base) || SPLIT.test(base);
}

/** Few types are written in many columns. */
const SPELLED = new WeakMap<NormaliseContext, Map<string, string>>();

function parts(written: string): { base: string; modifier: string; arrays: string } {
  let text = written.trim().replace(/\s+/g, " ");
  const array = /((?:\s*\[\d*\])+|\s+array(?:\s*\[\d*\])?)$/i.exec(text);
  const arrays = array ? "[]" : "";
  if (array) text = text.slice(0, array.index);
  const modifier = /\s*\(([^()]*)\)/.exec(text);
  if (!modifier) return { base: text.trim(), modifier: "", arrays };
  const base = `${text.slice(0, modifier.index)}${text.slice(modifier.index + modifier[0].length)}`
    .replace(/\s+/g, " ")
    .trim();
  const inner = (modifier[1] as string)
    .split(",")
    .map((part) => part.trim())
    .join(",");
  return { base, modifier: `(${inner})`, arrays };
}

function spelled(base: string, modifier: string, ownSchema: string, context: NormaliseContext): string {
  if (base.includes('"') || base.includes(".")) return qualifiedType(base) + modifier;
  const lower = base.toLowerCase();
  const full = ALIASES[lower] ?? lower;
  const precision = lower === "float" && modifier ? Number(modifier.slice(1, -1)) : undefined;
  if (precision !== undefined) return precision <= 24 ? "real" : "double precision";
  if (SPLIT.test(full)) return full.replace(" ", `${modifier} `);
  if (full === "character" && modifier === "") return "character(1)";
  if (full === "bit" && modifier === "") return "bit(1)";
  if (full === "numeric" && /^\(\d+\)$/.test(modifier)) return `numeric(${modifier.slice(1, -1)},0)`;
  if (full.startsWith("interval") && modifier) return `interval${full.slice("interval".length)}${modifier}`;
  if (full !== lower || BUILT_IN.has(full)) return full + modifier;
  const schema = schemaOf(lower, ownSchema, context);
  return schema === undefined ? full + modifier : `${quoted(schema)}.${quoted(lower)}${modifier}`;
}

function qualifiedType(base: string): string {
  const names = parseName(base);
  if (!names) return base;
  if (names[0] === "pg_catalog") return names.slice(1).map(quoted).join(".");
  return names.map(quoted).join(".");
}

function quoted(name: string): string {
  // Without quotes `char` is another type.
  return /^[a-z_][a-z0-9_$]*$/.test(name) && name !== "char" ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Where an unqualified type lives: the own schema before all others. */
function schemaOf(name: string, ownSchema: string, { desired, facts }: NormaliseContext): string | undefined {
  const schemas = new Set((facts.types as ReadonlyMap<string, readonly string[]>).get(name) ?? []);
  const declared = declaredTypes(desired).get(name);
  for (const schema of declared ?? []) schemas.add(schema);
  if (schemas.has(ownSchema)) return ownSchema;
  return schemas.size === 1 ? [...schemas][0] : undefined;
}

const DECLARED = new WeakMap<object, Map<string, string[]>>();

function declaredTypes(desired: NormaliseContext["desired"]): Map<string, string[]> {
  let types = DECLARED.get(desired);
  if (types) return types;
  types = new Map();
  for (const { kind, spec } of desired.values()) {
    if (kind !== "Enum") continue;
    const name = spec.name as string;
    types.set(name, [...(types.get(name) ?? []), spec.schema as string]);
  }
  DECLARED.set(desired, types);
  return types;
}

const BUILT_IN = new Set(
  `aclitem bigint bigserial bit bit varying boolean box bytea character character varying cid cidr circle date datemultirange
  daterange double precision inet int4multirange int4range int8multirange int8range integer interval json jsonb jsonpath line lseg
  macaddr macaddr8 money name numeric nummultirange numrange oid oidvector int2vector path pg_lsn pg_snapshot point polygon real
  regclass regcollation regconfig regdictionary regnamespace regoper regoperator regproc regprocedure regrole regtype smallint
  serial smallserial text tid tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector txid_snapshot uuid xid xid8 xml bpchar`
    .split(/\s+/)
    .concat(["bit varying", "character varying", "double precision"]),
);
