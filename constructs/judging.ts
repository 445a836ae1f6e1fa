import { Construct } from "constructs";
import type { Kind, Spec } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import { DataSource } from "./data-source.ts";
import { check, claim, Documented, type PlainDocument, pathOf } from "./document.ts";
import { LaterValues } from "./later.ts";
import { plain } from "./plain.ts";
import { refuse } from "./refuse.ts";

/**
 * What judges data sources: the one that it is made in; in a stack or another construct, all that are below that; in the
 * root, all.
 */
export abstract class Judging<K extends string = string> extends Documented {
  readonly kind: K;

  constructor(kind: K, scope: Construct, id: string, props: object) {
    const path = pathOf(scope, id);
    const itsKind = KINDS.get(kind) as Kind;
    const source = sourceAround(scope);
    const values = new LaterValues(source?.later, path);
    const spec = specOf(itsKind, { ...props, name: (props as { readonly name?: string }).name ?? id }, path, values);
    const known = values.known(itsKind, spec);
    check(itsKind, known, path, values);
    claim(source ?? scope, itsKind, known, path);
    super(scope, id, { kind, ...(source && { dataSource: source.name }), ...spec });
    this.kind = kind;
  }

  /** One for each data source that it judges; a single one where it judges all. */
  override toDocuments(): readonly PlainDocument[] {
    const { scope, root } = this.node;
    const document = this.toDocument();
    if (scope === root || scope === undefined || document.dataSource !== undefined) return [document];
    const { kind, $construct, ...fields } = document;
    const sources = scope.node.findAll().filter((each) => each instanceof DataSource);
    return sources.map(({ name }) => ({ kind, dataSource: name, ...fields, $construct }));
  }
}

function sourceAround(scope: Construct): DataSource | undefined {
  return scope.node.scopes.toReversed().find((each) => each instanceof DataSource);
}

function specOf(kind: Kind, props: object, path: string, values: LaterValues): Spec {
  return plain(kind.schema, props, (schema, value, at) =>
    value instanceof Construct
      ? refuse(path, `\`${at.join(".")}\` takes no construct`, "Name the object as references write it.")
      : values.take(schema, value, at),
  ) as Spec;
}
