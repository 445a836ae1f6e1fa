/** What the resource and the data source take and give, as Terraform shows it in errors and editors. */
import type { Attribute, Block } from "./plugin/provider.ts";

const LIST = ["list", "string"] as const;

function optional(type: Attribute["type"], description: string, more: Partial<Attribute> = {}): Attribute {
  return { type, description, optional: true, ...more };
}

function computed(type: Attribute["type"], description: string): Attribute {
  return { type, description, computed: true };
}

/** Computed attributes that say what a plan does, and nothing of the object. */
export const SHOWN = ["changes", "hazards", "access"] as const;

export const DECLARATION: Block = {
  version: 1,
  description:
    "One declared data source: its schemas, roles, tables, grants and policies. The plan shows the statements that would make the live system match.",
  attributes: {
    spec: {
      type: "string",
      required: true,
      description:
        'What is declared, as JSON: `jsonencode({ files = { "warehouse.yaml" = file("warehouse.yaml") } })`, or `{"documents": […]}` as constructs write it. Where it declares several data sources, `dataSource = "NAME"` beside them says which one the resource is; the others are there to be referred to. It holds no secret: those are references.',
    },
    values: optional(
      ["map", "string"],
      "Values that are known only after something else has been applied, by name. A document says `{ $value: NAME }` where it takes one, `{ $value: NAME, type: number }` where it takes a number. They stand in the state: for no secret.",
    ),
    url: optional(
      "string",
      "Where to connect instead of where the DataSource says: `env:NAME`, or a URL. It is written nowhere, so refreshing and destroying go without it.",
      // Not marked as sensitive as well: Terraform 1.11 lists sensitive attributes in an order of its own each time, and
      // takes another order for a change. It never shows what is write-only.
      { writeOnly: true },
    ),
    password: optional("string", "Password of the connection. It is written nowhere, as for `url`.", {
      sensitive: true,
      writeOnly: true,
    }),
    mode: optional("string", "`observe`, `additive` or `authoritative`, instead of what the DataSource says."),
    allow: optional(LIST, 'Hazards that may be executed, by code, or `["all"]`. A plan that holds another is refused.'),
    max_drops: optional("string", "A plan that drops more objects than this is refused."),
    max_revokes: optional("string", "A plan that takes away more privileges than this is refused."),
    protect: optional(
      "bool",
      "Refuses to destroy the declaration. Absent means true: to destroy, apply `protect = false` first.",
    ),
    plan_offline: optional(
      "bool",
      "Does not connect to plan: what will change is known after apply, and every plan shows that something may.",
    ),
    changes: computed(LIST, "The statements of the plan in the order in which they run; secrets are comments in them."),
    hazards: computed(LIST, "What is dangerous about the plan: `CODE: object: message`."),
    access: computed(LIST, "Who sees or does more, or less, than before."),
    fingerprint: computed("string", "Hash of what was there after the last apply."),
  },
};

export const CATALOG: Block = {
  version: 1,
  description: "What a live system holds, as documents: to adopt it, or to look something up in it.",
  attributes: {
    url: optional(
      "string",
      "Where to connect: `env:NAME`, or a URL without a password. Absent means what the variables PGHOST, PGDATABASE and their like say.",
    ),
    password: optional(
      "string",
      "Password of the connection. It stands in the state: better let `url` be `env:NAME`, or set PGPASSWORD.",
      { sensitive: true },
    ),
    schemas: optional(LIST, "Only what is in these schemas; absent means everything, roles included."),
    documents: computed("string", "The documents, as a JSON array; the first is the DataSource."),
    engine_version: computed("string", "Version of the server."),
    fingerprint: computed("string", "Hash of what is there."),
  },
};
