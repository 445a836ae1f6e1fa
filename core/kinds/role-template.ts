import { address } from "../address.ts";
import { defineKind } from "../kind.ts";
import { MEMBERS, memberList } from "../role-fields.ts";
import { choice, list, object, reference, type Schema, set, text } from "../schema.ts";
import type { RoleTemplate } from "../specs.ts";

const LEVELS = ["reader", "writer", "owner"] as const;

function eachLevel(description: string, schema: (level: string) => Schema): Schema {
  return object(description, Object.fromEntries(LEVELS.map((level) => [level, schema(level)])));
}

export const roleTemplate = defineKind<RoleTemplate>({
  name: "RoleTemplate",
  rank: 10,
  intent: true,
  summary:
    "Groups for a schema: one that reads, one that writes as well, one that makes things; for what exists and for what the owners will make.",
  fields: {
    schema: reference("Schema; this or `schemas`.", "Schema"),
    schemas: set("Schemas, each with groups of its own.", reference("Schema.", "Schema"), { minItems: 1 }),
    levels: set(
      "Groups that there are: a reader selects, a writer is a reader that inserts, updates and deletes, an owner is a writer that creates and truncates. Absent: all.",
      choice("Level.", LEVELS),
      { minItems: 1 },
    ),
    names: eachLevel("Names of the groups; `*` stands for the schema.", (level) =>
      text(`Name; by default \`*_${level}\`.`),
    ),
    owners: set(
      "Roles that make tables in these schemas, such as the one that runs the migrations: what they will make is granted as well.",
      reference("Role.", "Role", { orders: false }),
    ),
    except: list(
      "Tables, views and sequences that the groups are granted nothing on: `schema.name`, `*` stands for any characters.",
      text("Name or pattern."),
    ),
    members: eachLevel("Members of the groups.", () => MEMBERS),
  },
  required: [],
  example: { schema: "sales", owners: ["loader"], members: { reader: ["analyst"] } },
  address: (spec) => address("RoleTemplate", schemasOf(spec).join(", ")),
  check: ({ schema, schemas }) =>
    (schema === undefined) === (schemas === undefined) ? ["it takes one of schema, schemas"] : [],
  normalise: (spec) => {
    const { schema: _, members, ...rest } = spec;
    if (!members) return { ...rest, schemas: schemasOf(spec) };
    const levels = Object.entries(members).map(([level, some = []]) => [level, memberList(some)]);
    return { ...rest, schemas: schemasOf(spec), members: Object.fromEntries(levels) };
  },
  gives: (spec) => [...new Set(groupsOf(spec).map(({ name }) => name))].map((name) => address("Role", name)),
});

function schemasOf({ schema, schemas = [] }: RoleTemplate): readonly string[] {
  return schema === undefined ? [...schemas].sort() : [schema];
}

export interface Group {
  readonly schema: string;
  readonly level: (typeof LEVELS)[number];
  readonly name: string;
}

/** The groups of each schema, the one that may least first. */
export function groupsOf(spec: RoleTemplate): Group[] {
  const { names, levels = LEVELS } = spec;
  return schemasOf(spec).flatMap((schema) =>
    LEVELS.filter((level) => levels.includes(level)).map((level) => ({
      schema,
      level,
      name: (names?.[level] ?? `*_${level}`).replaceAll("*", schema),
    })),
  );
}
