/**
 * Data sources whose documents refer to one another. A resource of Terraform is one of them, and is given what it must know
 * of the others: all that is declared for those that point to it, since they may ask something of it, and of whatever is
 * pointed to the data source itself.
 */
import type { Construct } from "constructs";
import type { Spec } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import { parseName } from "../core/names.ts";
import { seeking, walk } from "../core/objects.ts";
import { DataSource } from "./data-source.ts";
import { documentsOf, type PlainDocument } from "./document.ts";

/** A document that refers to another data source than its own. */
export interface Link {
  readonly by: PlainDocument;
  readonly to: DataSource;
}

/** The data sources of a tree, and which of them refer to which. */
export class Links {
  readonly #sources: ReadonlyMap<string, DataSource>;
  readonly #documents: readonly PlainDocument[];

  constructor(root: Construct) {
    const sources = root.node.findAll().filter((each) => each instanceof DataSource);
    this.#sources = new Map(sources.map((each) => [each.name, each]));
    this.#documents = documentsOf(root);
  }

  /** Where the documents of a data source point to; what is not declared is nobody's. */
  from({ name }: DataSource): Link[] {
    return this.#of(name).flatMap((by) =>
      pointedTo(by).flatMap((other): Link[] => {
        const to = this.#sources.get(other);
        return to && other !== name ? [{ by, to }] : [];
      }),
    );
  }

  /** Data sources that come before one: those it points to, unless they in turn point to it. */
  before(source: DataSource): DataSource[] {
    return this.#targets(source).filter((to) => !this.#leads(to, source, new Set()));
  }

  /** The documents of others that a data source must know. */
  around(source: DataSource): PlainDocument[] {
    const targets = this.#targets(source);
    const pointing = [...this.#sources.values()].filter((each) => this.#targets(each).includes(source));
    const whole = pointing.flatMap((each) =>
      // How it is reached itself, nobody needs whom it points to.
      this.#of(each.name).map((own) =>
        own.kind === KIND && !targets.includes(each) ? { ...own, connection: {} } : own,
      ),
    );
    const named = new Set([...targets, ...pointing.flatMap((each) => this.#targets(each))]);
    const alone = [...named].filter((each) => each !== source && !pointing.includes(each));
    return [...whole, ...alone.map((each) => each.toDocument())];
  }

  #of(source: string): PlainDocument[] {
    return this.#documents.filter(({ kind, name, dataSource }) => (kind === KIND ? name : dataSource) === source);
  }

  #targets(source: DataSource): DataSource[] {
    return [...new Set(this.from(source).map(({ to }) => to))];
  }

  #leads(from: DataSource, to: DataSource, seen: Set<DataSource>): boolean {
    if (seen.has(from)) return false;
    seen.add(from);
    return this.#targets(from).some((each) => each === to || this.#leads(each, to, seen));
  }
}

const KIND = "DataSource";
const POINTERS = seeking(({ reference }) => reference?.kinds.includes(KIND) ?? false);

/** Names of the data sources that a document refers to. */
function pointedTo(document: PlainDocument): string[] {
  const schema = KINDS.get(document.kind)?.schema;
  const found: string[] = [];
  if (!schema) return found;
  walk(
    schema,
    document as unknown as Spec,
    ({ schema: field, value }) => {
      const [name] = field.reference?.kinds.includes(KIND) && typeof value === "string" ? (parseName(value) ?? []) : [];
      if (name !== undefined) found.push(name);
      return undefined;
    },
    POINTERS,
  );
  return found;
}
