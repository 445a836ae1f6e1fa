import { address } from "../address.ts";
import { NAME } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { nameParts } from "../names.ts";
import { choice, column, expression, flag, object, reference, set, text } from "../schema.ts";
import type { RowAccess } from "../specs.ts";

const WAYS = ["tenant", "match", "user", "mapping", "hierarchy", "condition"] as const;

const SETTING = text("Setting of the session that holds the value: `app.tenant`. Not set, it means no rows.", {
  pattern: "^[A-Za-z_][A-Za-z0-9_$]*(\\.[A-Za-z_][A-Za-z0-9_$]*)+$",
  examples: ["app.tenant"],
});

const BY_SETTING = { column: column("Column of the table.", "table"), setting: SETTING };
const OWN_COLUMN = text("Column of the table itself; by default it is named like the other.");
const LOGIN = column("Its column with the name of the role that is connected.", "table");

export const rowAccess = defineKind<RowAccess>({
  name: "RowAccess",
  rank: 70,
  intent: true,
  summary:
    "The rows of a table that some roles see and may write, by one rule. The table's row security is switched on, for its owner as well.",
  fields: {
    table: reference("Table.", "Table"),
    name: NAME,
    to: set("Roles that it is for; `public` for all.", reference("Role.", "Role"), { minItems: 1 }),
    tenant: object("Rows of the tenant that a setting names.", BY_SETTING, ["column", "setting"]),
    match: object("Rows in which a column is what a setting says, such as the region.", BY_SETTING, [
      "column",
      "setting",
    ]),
    user: object("Rows that name the connected role.", { column: column("Column of the table.", "table") }, ["column"]),
    mapping: object(
      "Rows that another table gives to the connected role; its two columns are granted to these roles as well.",
      {
        table: reference("Table that says who sees what.", "Table"),
        user: LOGIN,
        key: column("Its column with the value to be seen.", "table"),
        column: OWN_COLUMN,
      },
      ["table", "user", "key"],
    ),
    hierarchy: object(
      "Rows of the connected role and of everybody below it in a tree; its columns are granted to these roles as well.",
      {
        table: reference("Table that holds the tree.", "Table"),
        child: column("Its column with the key of a node.", "table"),
        parent: column("Its column with the key of the node above.", "table"),
        user: LOGIN,
        column: OWN_COLUMN,
      },
      ["table", "child", "parent", "user"],
    ),
    condition: expression("SQL condition on the rows, where no other rule fits."),
    restrictive: flag(
      "Must hold in addition to what opens the rows. Otherwise a row is seen that meets this rule or another.",
    ),
    commands: set(
      "Commands that it is for. Absent: all.",
      choice("Command.", ["select", "insert", "update", "delete"]),
      {
        minItems: 1,
      },
    ),
    index: flag("Makes an index on the column of the rule where none begins with it.", true),
  },
  required: ["table", "name", "to"],
  example: { table: "sales.customer", name: "own_rows", to: ["analyst"], user: { column: "login" } },
  address: (spec) => address("RowAccess", nameParts(spec.table), spec.name),
  scope: (spec) => ({ schema: nameParts(spec.table)[0] as string }),
  check: (spec) =>
    WAYS.filter((way) => spec[way] !== undefined).length === 1 ? [] : [`it takes one of ${WAYS.join(", ")}`],
});
