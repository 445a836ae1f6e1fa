import type { Address } from "../../address.ts";
import { NAME, OWNER, SCALAR, SCHEMA_REFERENCE } from "../../fragments.ts";
import { defineKind } from "../../kind.ts";
import { formatName } from "../../names.ts";
import { choice, flag, list, map, object, text } from "../../schema.ts";
import type { Function as Routine } from "../../specs.ts";

export const routine = defineKind<Routine>({
  name: "Function",
  rank: 25,
  summary:
    "A function in SQL or a procedural language. A new one may be executed by nobody but its owner until a Grant says who: EXECUTE is taken from PUBLIC as it is made.",
  fields: {
    schema: SCHEMA_REFERENCE,
    name: NAME,
    arguments: list(
      "Arguments in order, all of them input and without defaults.",
      object("Argument.", { name: text("Name."), type: text("Type, as in the engine.") }, ["type"]),
    ),
    returns: text("What it returns: a type, `SETOF type`, `TABLE(name type, …)`, `trigger`.", { default: "void" }),
    language: text("Language.", { default: "sql" }),
    body: text("Its text, kept to the letter."),
    security: choice("Whose rights it runs with: those of whoever calls it, or its owner's.", ["invoker", "definer"], {
      default: "invoker",
    }),
    volatility: choice("What its result depends on.", ["volatile", "stable", "immutable"], { default: "volatile" }),
    strict: flag("Returns null, without being run, where an argument is null."),
    leakproof: flag("Tells nothing of its arguments but by its result; only a superuser may say so."),
    parallel: choice("May it run in parallel?", ["unsafe", "restricted", "safe"], { default: "unsafe" }),
    cost: { type: "number", description: "Estimated cost of a call.", default: 100 },
    rows: { type: "number", description: "Estimated rows, where it returns a set.", default: 1000 },
    settings: {
      ...map("Settings while it runs, such as `search_path`, which a function with its owner's rights needs.", SCALAR),
      open: true,
    },
    owner: OWNER,
  },
  required: ["schema", "name", "body"],
  example: { schema: "sales", name: "margin", returns: "numeric", body: "SELECT 0.3" },
  address: ({ schema, name, arguments: taken = [] }) =>
    `Function/${formatName([schema, name])}(${taken.map(({ type }) => type).join(", ")})` as Address,
  normalise: ({ settings, ...spec }) => ({
    ...spec,
    ...(settings && {
      settings: Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, words(value)])),
    }),
  }),
});

function words(value: string | number | boolean): string {
  return typeof value === "boolean" ? (value ? "on" : "off") : `${value}`;
}
