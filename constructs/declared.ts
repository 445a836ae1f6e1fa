import { Construct } from "constructs";
import type { Kind, Spec } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import { formatName } from "../core/names.ts";
import type { Json, Reference, Schema } from "../core/schema.ts";
import { type Container, contained, fits } from "./container.ts";
import { DataSource } from "./data-source.ts";
import { check, claim, Documented, pathOf } from "./document.ts";
import { LaterValues } from "./later.ts";
import { plain } from "./plain.ts";
import { refuse } from "./refuse.ts";
import { SqlText } from "./sql.ts";

/** The parts of a name of an object in a schema, for names that hold dots. */
export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

/** An object of a data source: what every class in `kinds.ts` is. */
export abstract class Declared<K extends string = string> extends Documented {
  readonly kind: K;
  /** The data source that it is declared for: the nearest one above it. */
  readonly dataSource: DataSource;
  /** The parts of its name: schema and name, or the name alone. */
  readonly names: readonly string[];
  /** The schema that it is in, where it is in one; what is made inside it is in the same. */
  readonly schema: string | undefined;

  constructor(kind: K, scope: Construct, id: string, props: object) {
    const path = pathOf(scope, id);
    const itsKind = KINDS.get(kind) as Kind;
    const around = scope.node.scopes.toReversed();
    const dataSource =
      around.find((each) => each instanceof DataSource) ??
      refuse(
        path,
        `There is no data source above this ${kind}`,
        "Make it inside a PostgresDataSource, or inside an object of one.",
      );
    const values = new LaterValues(dataSource.later, path);
    const spec = specOf(itsKind, {
      path,
      values,
      id,
      props,
      dataSource,
      around: around.filter((each) => each instanceof Declared),
    });
    const known = values.known(itsKind, spec);
    check(itsKind, known, path, values);
    claim(dataSource, itsKind, known, path);
    super(scope, id, { kind, dataSource: dataSource.name, ...spec });
    this.kind = kind;
    this.dataSource = dataSource;
    this.names = namesOf(itsKind, spec);
    this.schema = typeof spec.schema === "string" ? spec.schema : undefined;
  }

  /** The name by which documents refer to it: `schema.name`, or the name of a role or a schema. */
  get reference(): string {
    return formatName(this.names);
  }
}

interface Making {
  readonly path: string;
  readonly values: LaterValues;
  readonly id: string;
  readonly props: object;
  readonly dataSource: DataSource;
  readonly around: readonly Container[];
}

function specOf(kind: Kind, { path, values, id, props, dataSource, around }: Making): Spec {
  const named = "name" in kind.schema.properties ? { name: id, ...given(props) } : given(props);
  return plain(kind.schema, contained(kind, named, around), (schema, value, at) => {
    if (value instanceof SqlText) return values.take(schema, value.text, at) ?? value.text;
    const later = value instanceof Construct ? undefined : values.take(schema, value, at);
    if (later !== undefined) return later;
    const reference = referenceIn(schema);
    if (value instanceof Construct) return nameFor(value, { reference, dataSource, path, field: at.join(".") });
    return reference?.parts === 2 && isQualifiedName(value) ? formatName([value.schema, value.name]) : undefined;
  }) as Spec;
}

/** Properties that are `undefined` are not given: `name: undefined` means the id. */
function given(props: object): { readonly [key: string]: unknown } {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined));
}

function referenceIn(schema: Schema): Reference | undefined {
  return schema.reference ?? schema.anyOf?.find((form) => form.reference)?.reference;
}

function nameFor(
  construct: Construct,
  to: {
    readonly reference: Reference | undefined;
    readonly dataSource: DataSource;
    readonly path: string;
    readonly field: string;
  },
): Json {
  const { reference, dataSource, path, field } = to;
  if (!reference) refuse(path, `\`${field}\` takes no construct`, "Give it a plain value.");
  const wanted = reference.kinds.join(" or ");
  if (construct instanceof DataSource && reference.kinds.includes("DataSource")) return formatName([construct.name]);
  if (!(construct instanceof Declared) || !fits(construct.kind, reference)) {
    const what = construct instanceof Declared ? construct.kind : construct.constructor.name;
    refuse(path, `\`${field}\` takes a ${wanted}, not a ${what}`, `${construct.node.path} is a ${what}.`);
  }
  if (construct.dataSource !== dataSource) {
    refuse(
      path,
      `\`${field}\` refers to an object of another data source`,
      `${construct.node.path} belongs to ${construct.dataSource.name}, this object to ${dataSource.name}; declare a ${wanted} there as well.`,
    );
  }
  return construct.reference;
}

function isQualifiedName(value: unknown): value is QualifiedName {
  if (value === null || typeof value !== "object") return false;
  const { schema, name } = value as { readonly [key: string]: unknown };
  return typeof schema === "string" && typeof name === "string" && Object.keys(value).length === 2;
}

function namesOf(kind: Kind, spec: Spec): string[] {
  const parts = kind.schema.required.includes("schema") ? [spec.schema, spec.name] : [spec.name];
  return parts.filter((part) => typeof part === "string");
}
