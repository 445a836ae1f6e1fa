import { address } from "../address.ts";
import { bareQuery, SCALAR, SECRET } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { choice, column, expression, flag, list, map, object, reference, set, text, whole } from "../schema.ts";
import type { AccessTest } from "../specs.ts";

const VALUE = { anyOf: [...(SCALAR.anyOf ?? []), { const: null }], description: "Value; null for NULL." };
const RANGE = object("At least and at most.", {
  min: whole("At least.", { minimum: 0 }),
  max: whole("At most.", { minimum: 0 }),
});

const EXPECT = {
  ...object("What must be so; of several, all of them.", {
    rows: list(
      "Exactly these rows are seen, in any order; of each the columns that are given here.",
      // Of a query, the rows have the columns that it gives.
      { ...map("Row.", VALUE), column: "on", columnUnless: "query" },
      { minItems: 1 },
    ),
    columns: set("Exactly these columns are readable.", column("Column.", "on"), { minItems: 1 }),
    denied: flag("It is refused: the role lacks the privilege, or a row policy refuses the row that it writes."),
    count: {
      anyOf: [whole("Exactly so many.", { minimum: 0 }), { ...RANGE, minProperties: 1 }],
      description: "How many rows are seen, or written.",
    },
    only: expression("SQL condition that every row meets that is seen."),
    none: flag("No row is seen, or written."),
  }),
  minProperties: 1,
};

export const accessTest = defineKind<AccessTest>({
  name: "AccessTest",
  rank: 100,
  proves: true,
  summary:
    "What a role can do, tried on the live system as that role, in a transaction that is rolled back. A test that could show nothing has failed.",
  fields: {
    name: text("Name, as reports show it."),
    as: reference("Role that acts; `public` for one that has nothing but what everybody has.", "Role"),
    settings: map("Settings of the session, such as `app.user_region: EU`.", SCALAR),
    on: reference("Table or view that it acts on, and that `plant` fills.", ["Table", "View", "MaterializedView"]),
    query: expression("SELECT statement that it runs, in place of reading `on`."),
    command: choice("What it tries.", ["select", "insert", "update", "delete"], { default: "select" }),
    columns: list("Columns that are read or written; by default all, or those that are expected or given.", {
      ...column("Column.", "on"),
    }),
    where: expression("SQL condition on the rows that it reads, updates or deletes."),
    values: row("Values that an insert or an update writes; what a new row needs besides is made up."),
    plant: list(
      "Rows that are there before it acts, put into `on` by the connected role; what they need besides is made up.",
      row("Row; `{}` for one that is all made up."),
    ),
    allowEmpty: flag("Holds as well where there is no row that could show anything."),
    url: {
      ...SECRET,
      description: `URL with which the role logs in, in place of SET ROLE. ${SECRET.description}`,
    },
    timeout: text("How long a statement of it may take.", { pattern: "^\\d+(ms|s|min)$", default: "60s" }),
    expect: EXPECT,
  },
  required: ["name", "as", "expect"],
  example: {
    name: "analysts write nothing",
    as: "analyst",
    on: "sales.customer",
    command: "insert",
    expect: { denied: true },
  },
  address: (spec) => address("AccessTest", spec.name),
  check,
  normalise: (spec) => (spec.query === undefined ? spec : { ...spec, query: bareQuery(spec.query) }),
});

function row(description: string) {
  return { ...map(description, VALUE), column: "on" };
}

type Rule = readonly [broken: boolean, says: string];

function check(spec: AccessTest): string[] {
  const { on, query, command = "select", columns, where, values, plant, url, expect } = spec;
  const { denied, none, rows, count, only } = expect;
  const writes = command !== "select";
  const rules: readonly Rule[] = [
    [!on && !query, "`on` or `query` must say what is tried"],
    [
      query !== undefined && (writes || columns !== undefined || where !== undefined),
      "`query` stands for all of the SELECT: `command`, `columns` and `where` go with `on`",
    ],
    [plant !== undefined && !on, "`plant` needs `on`, the table that the rows go into"],
    [
      plant !== undefined && url !== undefined,
      "`plant` and `url` exclude each other: what is planted is seen on the connection that planted it only",
    ],
    [url !== undefined && spec.as === "public", "nobody logs in as `public`: leave `url` out, or name the role"],
    [values !== undefined && command !== "insert" && command !== "update", "`values` are for an insert or an update"],
    [
      !expect.denied && command === "update" && values === undefined && columns === undefined,
      "an update needs `values`, or `columns` that are set to what they are",
    ],
    [command === "insert" && where !== undefined, "an insert has no `where`"],
    [denied === true && Object.keys(expect).length > 1, "what is `denied` shows nothing else to expect"],
    [
      typeof count === "object" && (count.min ?? 0) > (count.max ?? Number.POSITIVE_INFINITY),
      "`min` of `count` is greater than its `max`: no number lies between them; swap or mend them",
    ],
    [none === true && (rows ?? count ?? only) !== undefined, "`none` leaves no rows to expect"],
    [
      denied !== true && none !== true && Object.values(expect).every((wish) => wish === false),
      "`expect` says nothing that could fail",
    ],
    [
      writes && (rows ?? only ?? expect.columns) !== undefined,
      "`rows`, `only` and `columns` are expected of a select; of a write, `denied`, `count` or `none`",
    ],
    [
      query !== undefined && expect.columns !== undefined,
      "which columns are readable is asked of `on`, not of a `query`",
    ],
    [
      !denied && !where && (command === "update" || command === "delete"),
      "`where` must say which rows are touched: nothing stays, but they are locked meanwhile",
    ],
    [RESERVED.some((name) => spec.settings && name in spec.settings), "who acts is said by `as`, not by a setting"],
  ];
  return rules.flatMap(([broken, says]) => (broken ? [says] : []));
}

const RESERVED = ["role", "session_authorization"];
