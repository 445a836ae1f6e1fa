import { Construct } from "constructs";
import type { Kind, Spec } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import { nearest } from "../core/names.ts";
import { check, claim, Documented, pathOf } from "./document.ts";
import { type Later, LaterValues } from "./later.ts";
import { plain } from "./plain.ts";
import { refuse } from "./refuse.ts";

const KIND = KINDS.get("DataSource") as Kind;
const FIELDS = Object.keys(KIND.schema.properties);
const CONNECTION = Object.keys(KIND.schema.properties.connection?.properties ?? {});

/** By which cdktf and cdktn know a stack. */
const STACK = Symbol.for("cdktf/TerraformStack");

/** A system that holds data; everything made below it is declared for it. Each engine has a class of its own. */
export abstract class DataSource extends Documented {
  /** Name by which documents and `--data-source` refer to it. */
  readonly name: string;
  /** How what is made below it recognises values that are known later; undefined where there are none. */
  readonly later: Later | undefined;

  constructor(engine: string, scope: Construct, id: string, props: object, later?: Later) {
    const path = pathOf(scope, id);
    if (later === undefined && scope.node.scopes.some((each) => STACK in each)) {
      const next = "Import it from `datumline/cdktf` or `datumline/cdktn`; of this one Terraform would hear nothing.";
      refuse(path, "It stands in a TerraformStack, and is the class that needs no Terraform", next);
    }
    const values = new LaterValues(later, path);
    const spec = specOf({ engine, id, props, path, values });
    const known = values.known(KIND, spec);
    check(KIND, known, path, values);
    claim(scope.node.root as Construct, KIND, known, path);
    super(scope, id, { kind: KIND.name, ...spec });
    this.name = spec.name as string;
    this.later = later;
  }
}

interface Making {
  readonly engine: string;
  readonly id: string;
  readonly props: object;
  readonly path: string;
  readonly values: LaterValues;
}

function specOf({ engine, id, props, path, values }: Making): Spec {
  const given: { [key: string]: unknown } = { name: id, engine };
  const connection: { [key: string]: unknown } = {};
  for (const [key, value] of Object.entries(props)) (belongsToConnection(key) ? connection : given)[key] = value;
  return plain(KIND.schema, { ...given, connection }, (schema, value, at) =>
    value instanceof Construct
      ? refuse(path, `\`${at.join(".")}\` takes no construct`, "A data source refers to no other object.")
      : values.take(schema, value, at),
  ) as Spec;
}

/** The fields of the connection stand among those of the data source. A mistyped one is told which was meant. */
function belongsToConnection(key: string): boolean {
  return CONNECTION.includes(key) || (!FIELDS.includes(key) && nearest(key, CONNECTION) !== undefined);
}
