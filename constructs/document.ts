import { Construct } from "constructs";
import { readable } from "../core/address.ts";
import { faultsOf, toDiagnostic } from "../core/documents/validate.ts";
import type { Kind, Spec } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import type { Json } from "../core/schema.ts";
import type { LaterValues } from "./later.ts";
import { refuse, refuseAll } from "./refuse.ts";

/** A document as it stands in a declaration: the fields of its kind, and where it comes from. */
export interface PlainDocument {
  readonly kind: string;
  readonly dataSource?: string;
  /** Path of the construct, which diagnostics name as the place. */
  readonly $construct: string;
  readonly [field: string]: Json | undefined;
}

/** A construct that declares one document. */
export abstract class Documented extends Construct {
  readonly #fields: { readonly kind: string; readonly [field: string]: Json | undefined };

  constructor(
    scope: Construct,
    id: string,
    fields: { readonly kind: string; readonly [field: string]: Json | undefined },
  ) {
    super(scope, id);
    this.#fields = fields;
  }

  /** The document that this construct stands for. */
  toDocument(): PlainDocument {
    return { ...this.#fields, $construct: this.node.path };
  }

  /** The same, where it may stand for several. */
  toDocuments(): readonly PlainDocument[] {
    return [this.toDocument()];
  }
}

/** The documents of a construct and of all below it, in the order in which they were made. */
export function documentsOf(root: Construct): PlainDocument[] {
  return root.node.findAll().flatMap((each) => (each instanceof Documented ? each.toDocuments() : []));
}

/** The same with what judges every data source, wherever it was made. */
export function documentsFor(scope: Construct): PlainDocument[] {
  const mine = documentsOf(scope);
  const there = new Set(mine.map(({ $construct }) => $construct));
  const others = documentsOf(scope.node.root as Construct).filter(({ $construct }) => !there.has($construct));
  return [...mine, ...others.filter(judgesAll)];
}

function judgesAll({ kind, dataSource }: PlainDocument): boolean {
  return dataSource === undefined && KINDS.get(kind)?.judges === true;
}

/** The documents of a data source: its own, those that belong to it, and what judges all of them. */
export function documentsOfSource(source: Documented & { readonly name: string }): PlainDocument[] {
  return documentsOf(source.node.root as Construct).filter((document) => {
    const { kind, name, dataSource } = document;
    return judgesAll(document) || (kind === "DataSource" ? name : dataSource) === source.name;
  });
}

/** The path that a construct will have; refuses an id that is taken, since two documents would stand in one place. */
export function pathOf(scope: Construct, id: string): string {
  const path = [scope.node.path, id].filter((part) => part !== "").join("/");
  if (scope.node.tryFindChild(id)) {
    refuse(
      path,
      "There is a construct of this id already",
      "Give one of the two another id; `name` may stay.",
      "DUPLICATE",
    );
  }
  return path;
}

/** Refuses a spec that does not hold to the schema of its kind; of values known later, others stand in the spec. */
export function check(kind: Kind, spec: Spec, path: string, later: LaterValues): void {
  const document = { kind: kind.name, spec, origin: { construct: path } };
  const faults = faultsOf(document).filter((fault) => !later.concerns(fault));
  if (faults.length === 0) return;
  refuseAll(
    path,
    faults.map((fault) => toDiagnostic(fault, document, (origin) => origin)),
  );
}

/** Who declares what, for each system and, for the systems themselves, for each tree. */
const CLAIMS = new WeakMap<Construct, Map<string, string>>();

/** Refuses a second declaration of the same object. */
export function claim(within: Construct, kind: Kind, spec: Spec, path: string): void {
  // Documents that add up to one object are no duplicates; the declaration as a whole is checked for them.
  if (kind.merge) return;
  const claims = CLAIMS.get(within) ?? new Map<string, string>();
  CLAIMS.set(within, claims);
  const addresses = [kind.name, ...(kind.as ?? [])].map((name) => (KINDS.get(name) as Kind).address(spec));
  for (const address of addresses) {
    const earlier = claims.get(address);
    if (earlier === undefined) continue;
    refuse(
      path,
      `${readable(address)} is declared twice`,
      `It is declared by ${earlier} already; keep one.`,
      "DUPLICATE",
    );
  }
  for (const address of addresses) claims.set(address, path);
}
