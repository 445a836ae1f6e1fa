import { address } from "../address.ts";
import { NAME, OWNER, SCHEMA_REFERENCE } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { choice, column, flag, object, reference, whole } from "../schema.ts";
import type { Sequence } from "../specs.ts";

const LIMITS: Record<string, readonly [number, number]> = {
  smallint: [-32768, 32767],
  integer: [-2147483648, 2147483647],
};

export const sequence = defineKind<Sequence>({
  name: "Sequence",
  rank: 35,
  summary: "A generator of numbers that stands on its own; identity columns have one of theirs.",
  fields: {
    schema: SCHEMA_REFERENCE,
    name: NAME,
    type: choice("Type of the numbers.", ["smallint", "integer", "bigint"], { default: "bigint" }),
    start: whole("First value; by default the smallest when counting up, the largest when counting down."),
    increment: whole("Step; negative counts down.", { default: 1 }),
    minValue: whole("Smallest value; by default 1 when counting up, the type's smallest when counting down."),
    maxValue: whole("Largest value; by default the type's largest when counting up, -1 when counting down."),
    cache: whole("Values taken in advance by a session.", { minimum: 1, default: 1 }),
    cycle: flag("Starts again at the end."),
    ownedBy: object(
      "Column that it goes with: dropped when the column is.",
      { table: reference("Table.", ["Table"], { orders: false }), column: column("Column.", "table") },
      ["table", "column"],
    ),
    owner: OWNER,
  },
  required: ["schema", "name"],
  address: (spec) => address("Sequence", [spec.schema, spec.name]),
  normalise: (spec) => {
    const { start, minValue, maxValue, ...rest } = spec;
    const up = (spec.increment ?? 1) > 0;
    const [smallest, largest] = LIMITS[spec.type ?? "bigint"] ?? [undefined, undefined];
    const min = minValue ?? (up ? 1 : smallest);
    const max = maxValue ?? (up ? largest : -1);
    return {
      ...rest,
      ...(minValue !== undefined && minValue !== (up ? 1 : smallest) && { minValue }),
      ...(maxValue !== undefined && maxValue !== (up ? largest : -1) && { maxValue }),
      ...(start !== undefined && start !== (up ? min : max) && { start }),
    };
  },
});
